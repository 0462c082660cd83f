/// The text of a YAML file, prepared so that Yams neither expands an alias nor stops at a repeated key.
///
/// Yams copies the anchored node to the place of each alias and hashes every key, so a few lines of nested aliases keep it busy for
/// years; and it gives up at the first repeated key. Its event stream is not public, so the text is changed instead: every `*`, and
/// later the first character of a repeated key, is replaced by a private-use character that the text does not hold. One scalar
/// stands for one, so all marks stay true. `YAMLComposer` undoes it.
struct YAMLSource {
    private var scalars: [Unicode.Scalar]
    /// The offset of the first scalar of each line.
    private let lineStarts: [Int]
    private let aliasIndicator: Unicode.Scalar
    private var unused: [Unicode.Scalar]
    /// The repeated keys that were masked, by their place, with the name they had.
    private(set) var maskedKeys: [SourceMark: String] = [:]

    /// Prepares `text`; `nil` when it holds so many private-use characters that none is left.
    init?(_ text: String) {
        scalars = Array(text.unicodeScalars)
        // U+E000...U+F8FF: the private use area of the basic plane (Unicode 23.5); YAML 1.2.2 §5.1 allows it.
        let used = Set(scalars.filter { (0xE000...0xF8FF).contains($0.value) })
        let free = (UInt32(0xE000)...0xF8FF).lazy.compactMap(Unicode.Scalar.init).filter { !used.contains($0) }
        unused = Array(free.prefix(ConfigurationLimits.maximumDuplicateKeys + 1))
        guard unused.count > ConfigurationLimits.maximumDuplicateKeys else { return nil }
        aliasIndicator = unused.removeLast()
        lineStarts = Self.lineStarts(of: scalars)
        for index in scalars.indices where scalars[index] == "*" { scalars[index] = aliasIndicator }
    }

    /// The prepared text.
    var text: String { String(String.UnicodeScalarView(scalars)) }

    /// What `prepared` said in the file.
    func restored(_ prepared: String) -> String {
        guard prepared.unicodeScalars.contains(aliasIndicator) else { return prepared }
        return String(String.UnicodeScalarView(prepared.unicodeScalars.map { $0 == aliasIndicator ? "*" : $0 }))
    }

    /// The name behind `*`, when the plain scalar `prepared` was an alias. (A plain scalar cannot begin with `*` otherwise: YAML 1.2.2 §7.3.3.)
    func aliasName(_ prepared: String) -> String? {
        guard prepared.unicodeScalars.first == aliasIndicator else { return nil }
        return restored(String(prepared.unicodeScalars.dropFirst()))
    }

    /// Makes the key at `mark` unlike any other.
    ///
    /// - Returns: Whether that was possible; it is not for keys with an anchor, a tag or an escape at their beginning.
    mutating func maskKey(_ name: String, at mark: SourceMark) -> Bool {
        guard lineStarts.indices.contains(mark.line - 1), maskedKeys[mark] == nil, let replacement = unused.popLast() else { return false }
        var offset = lineStarts[mark.line - 1] + mark.column - 1
        guard scalars.indices.contains(offset) else { return false }
        if scalars[offset] == "\"" || scalars[offset] == "'" { offset += 1 }
        guard scalars.indices.contains(offset), !Self.untouchable.contains(scalars[offset]) else { return false }
        scalars[offset] = replacement
        maskedKeys[mark] = restored(name)
        return true
    }

    /// The line whose indentation holds a tab: `line` itself or the one above, where libyaml stops for want of a better reason.
    func tabbedLine(near line: Int) -> Int? {
        [line, line - 1].first { number in
            lineStarts.indices.contains(number - 1) && scalars[lineStarts[number - 1]...].prefix { $0 == " " || $0 == "\t" }.contains("\t")
        }
    }

    /// The place of the first explicit key indicator, `?`, over the limit. Yams hashes a key with all that is in it, and only an explicit
    /// key may be long and hold further ones (YAML 1.2.2 §7.4.2), so a chain of them would cost the square of the file.
    var placeOfSurplusExplicitKey: SourceMark? {
        var count = 0
        for (index, scalar) in scalars.enumerated() where scalar == "?" && isBorder(index - 1) && isBorder(index + 1) {
            count += 1
            guard count > ConfigurationLimits.maximumExplicitKeys else { continue }
            let line = lineStarts.lastIndex { $0 <= index } ?? 0
            return SourceMark(line: line + 1, column: index - lineStarts[line] + 1)
        }
        return nil
    }

    /// Whether an indicator at the neighbouring offset would stand by itself.
    private func isBorder(_ offset: Int) -> Bool {
        guard scalars.indices.contains(offset) else { return true }
        return [" ", "\t", "\n", "\r", "[", "{", ","].contains(scalars[offset])
    }

    private static let untouchable: Set<Unicode.Scalar> = ["\"", "'", "\\", "&", "!", "?", "|", ">", "[", "{", "%", "\n", "\r"]

    /// Lines as libyaml counts them: they end in LF, CR, CR LF, NEL, LS or PS (yaml_private.h, `IS_BREAK`).
    private static func lineStarts(of scalars: [Unicode.Scalar]) -> [Int] {
        var starts = [0]
        for (index, scalar) in scalars.enumerated() {
            switch scalar.value {
            case 0x0D where index + 1 < scalars.count && scalars[index + 1] == "\n": break
            case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: starts.append(index + 1)
            default: break
            }
        }
        return starts
    }
}
