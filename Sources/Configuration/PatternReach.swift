/// Whether a regular expression can match anything at all, as far as its anchors say.
///
/// `foo^` never does: the beginning of the text can't come behind a letter of it; nor does `$foo`. Such a pattern is a slip that
/// nobody notices, because it looks right and does nothing. What this does not understand counts as possible.
struct PatternReach {
    /// How what was read so far can have matched.
    private struct Reach {
        /// The least number of characters before this place.
        var consumed = 0
        /// Whether the end of the text was asserted.
        var isAtEnd = false
        var isPossible = true
    }

    private var rest: Substring
    /// Whether white space means nothing (`(?x)`), which is not followed.
    private var isExtended = false

    private init(_ pattern: String) {
        rest = pattern[...]
    }

    /// Whether `pattern`, which is a valid one, can match in some line of text.
    static func canMatch(_ pattern: String) -> Bool {
        var parser = PatternReach(pattern)
        return parser.alternatives(after: Reach()).isPossible || parser.isExtended
    }

    /// `a|b|c` up to `)` or the end: possible when one of them is.
    private mutating func alternatives(after start: Reach) -> Reach {
        var best: Reach?
        repeat {
            let branch = sequence(after: start)
            guard branch.isPossible else { continue }
            guard let other = best else {
                best = branch
                continue
            }
            best = Reach(consumed: min(other.consumed, branch.consumed), isAtEnd: other.isAtEnd && branch.isAtEnd)
        } while take("|")
        return best ?? Reach(isPossible: false)
    }

    private mutating func sequence(after start: Reach) -> Reach {
        var reach = start
        while let next = rest.first, next != "|", next != ")" {
            let after = atom(after: reach)
            reach = isOptional() ? Reach(consumed: reach.consumed, isAtEnd: reach.isAtEnd, isPossible: reach.isPossible) : after
        }
        return reach
    }

    /// One atom without its quantifier.
    private mutating func atom(after start: Reach) -> Reach {
        switch rest.removeFirst() {
        case "^": return beginning(start)
        case "$": return end(start)
        case "\\": return escape(start)
        case "[":
            skipClass()
            return character(start)
        case "(": return group(start)
        default: return character(start)
        }
    }

    private func character(_ start: Reach) -> Reach {
        Reach(consumed: start.consumed + 1, isAtEnd: false, isPossible: start.isPossible && !start.isAtEnd)
    }

    private func beginning(_ start: Reach) -> Reach {
        Reach(consumed: start.consumed, isAtEnd: start.isAtEnd, isPossible: start.isPossible && start.consumed == 0)
    }

    private func end(_ start: Reach) -> Reach {
        Reach(consumed: start.consumed, isAtEnd: true, isPossible: start.isPossible)
    }

    private mutating func escape(_ start: Reach) -> Reach {
        guard let kind = rest.popFirst() else { return start }
        switch kind {
        case "A": return beginning(start)
        case "Z", "z": return end(start)
        // Word boundaries, the end of the last match and back references take no character, or may take none.
        case "b", "B", "G", "K", "y", "Y", "1"..."9", "k": return start
        // Names and numbers of characters and properties in braces, and quotation, whose contents are characters.
        case "Q":
            let quoted = rest.firstRange(of: "\\E").map { rest[..<$0.lowerBound] } ?? rest
            rest = rest[quoted.endIndex...].dropFirst(2)
            return quoted.isEmpty ? start : Reach(consumed: start.consumed + quoted.count, isPossible: start.isPossible && !start.isAtEnd)
        case "p", "P", "u", "x", "N", "o":
            if rest.first == "{" { rest = rest[(rest.firstIndex(of: "}") ?? rest.indices.last ?? rest.startIndex)...].dropFirst() }
            return character(start)
        default: return character(start)
        }
    }

    /// Behind `(`.
    private mutating func group(_ start: Reach) -> Reach {
        if take("?") {
            if take("#") {
                rest = rest.drop { $0 != ")" }.dropFirst()
                return start
            }
            // Looking around takes no character; behind and in the negative, what it says about this place is not followed.
            if take("=") {
                let inner = alternatives(after: start)
                _ = take(")")
                return Reach(consumed: start.consumed, isAtEnd: start.isAtEnd, isPossible: inner.isPossible)
            }
            if rest.hasPrefix("!") || rest.hasPrefix("<=") || rest.hasPrefix("<!") {
                rest = rest.drop { "<!=".contains($0) }
                _ = alternatives(after: Reach())
                _ = take(")")
                return start
            }
            // `?:`, `?<name>`, `?P<name>`, `?i`, `?i:`: what follows is the group, or nothing.
            if let end = rest.firstIndex(where: { ":>)".contains($0) }) {
                let isFlagsOnly = rest[end] == ")"
                if rest[end] != ">", rest[..<end].contains("x") { isExtended = true }
                rest = rest[end...].dropFirst()
                if isFlagsOnly { return start }
            }
        }
        let inner = alternatives(after: start)
        _ = take(")")
        return inner
    }

    /// Behind `[`: up to the `]` that closes it.
    private mutating func skipClass() {
        _ = take("^")
        var depth = 1
        while depth > 0, let next = rest.popFirst() {
            switch next {
            case "\\": rest = rest.dropFirst()
            case "[": depth += 1
            case "]": depth -= 1
            default: break
            }
        }
    }

    /// Takes a quantifier; `true` when it allows the atom to be left out.
    private mutating func isOptional() -> Bool {
        guard let next = rest.first else { return false }
        var isOptional = false
        switch next {
        case "*", "?":
            isOptional = true
            rest = rest.dropFirst()
        case "+": rest = rest.dropFirst()
        case "{":
            guard let end = rest.firstIndex(of: "}") else { return false }
            let bounds = rest[rest.index(after: rest.startIndex)..<end]
            guard bounds.first?.isNumber == true || bounds.first == "," else { return false }
            isOptional = bounds.prefix { $0 != "," }.allSatisfy { $0 == "0" }
            rest = rest[end...].dropFirst()
        default: return false
        }
        // Lazy and possessive forms.
        if rest.first == "?" || rest.first == "+" { rest = rest.dropFirst() }
        return isOptional
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }
}
