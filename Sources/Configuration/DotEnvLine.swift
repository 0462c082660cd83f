/// Reads one line of a `.env` file, byte by byte.
struct DotEnvLine {
    /// What is wrong with a line; it never holds any of the line's text.
    struct Malformed: Error, Equatable {
        let found: String
        let expected: String

        static let name = Malformed(
            found: "a line that is not KEY=VALUE", expected: "the key begins with a letter or _ and holds only letters, digits and _")
        static let equals = Malformed(found: "a key without =", expected: "expected KEY=VALUE")
        static let quotation = Malformed(found: "a quotation mark that is not closed on its line", expected: "close it, or write \\n for a line end")
        static let surplus = Malformed(found: "text behind the closing quotation mark", expected: "only a # comment may follow")
        static let escape = Malformed(found: "an unknown escape", expected: "use one of \\n \\r \\t \\\" \\\\ \\$, or single quotation marks")
    }

    private var rest: Substring.UTF8View

    init(_ line: Substring.UTF8View) {
        rest = line
        if rest.last == UInt8(ascii: "\r") { rest = rest.dropLast() }
    }

    /// The key and value, or `nil` for an empty line or a comment.
    func parse() throws(Malformed) -> (key: String, value: String)? {
        var line = self
        return try line.consume()
    }

    private mutating func consume() throws(Malformed) -> (key: String, value: String)? {
        skipBlanks()
        guard let first = rest.first, first != UInt8(ascii: "#") else { return nil }
        var key = takeName()
        if key == "export", isBlank(rest.first) {
            skipBlanks()
            // `export =x` would set a variable of that name.
            if rest.first != UInt8(ascii: "=") { key = takeName() }
        }
        guard !key.isEmpty else { throw .name }
        skipBlanks()
        guard let equals = rest.first else { throw .equals }
        guard equals == UInt8(ascii: "=") else { throw .name }
        rest = rest.dropFirst()
        let isAfterBlank = isBlank(rest.first)
        skipBlanks()
        switch rest.first {
        case UInt8(ascii: "'"): return (key, try takeSingleQuoted())
        case UInt8(ascii: "\""): return (key, try takeDoubleQuoted())
        default: return (key, takeBare(isAfterBlank: isAfterBlank))
        }
    }

    private mutating func takeName() -> String {
        guard let first = rest.first, VariableName.isLeading(first) else { return "" }
        let name = rest.prefix(while: VariableName.isFollowing)
        rest = rest[name.endIndex...]
        return String(Substring(name))
    }

    private mutating func takeSingleQuoted() throws(Malformed) -> String {
        let body = rest.dropFirst().prefix { $0 != UInt8(ascii: "'") }
        guard body.endIndex != rest.endIndex else { throw .quotation }
        rest = rest[body.endIndex...].dropFirst()
        try finish()
        return String(Substring(body))
    }

    private mutating func takeDoubleQuoted() throws(Malformed) -> String {
        rest = rest.dropFirst()
        var value: [UInt8] = []
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "\""):
                try finish()
                return String(decoding: value, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.first else { throw .quotation }
                rest = rest.dropFirst()
                switch escaped {
                case UInt8(ascii: "n"): value.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "r"): value.append(UInt8(ascii: "\r"))
                case UInt8(ascii: "t"): value.append(UInt8(ascii: "\t"))
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"): value.append(escaped)
                default: throw .escape
                }
            default:
                value.append(byte)
            }
        }
        throw .quotation
    }

    private func takeBare(isAfterBlank: Bool) -> String {
        var value = rest
        var isAfterBlank = isAfterBlank
        for index in rest.indices {
            if rest[index] == UInt8(ascii: "#"), isAfterBlank {
                value = rest[..<index]
                break
            }
            isAfterBlank = isBlank(rest[index])
        }
        while isBlank(value.last) { value = value.dropLast() }
        return String(Substring(value))
    }

    /// Behind a closing quotation mark.
    private mutating func finish() throws(Malformed) {
        skipBlanks()
        guard rest.isEmpty || rest.first == UInt8(ascii: "#") else { throw .surplus }
    }

    private mutating func skipBlanks() {
        while isBlank(rest.first) { rest = rest.dropFirst() }
    }

    private func isBlank(_ byte: UInt8?) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}
