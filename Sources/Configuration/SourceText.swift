/// Turns the bytes of a configuration file into text, or says on which line they are not text.
enum SourceText {
    /// The text without a byte-order mark, or `nil` after a report.
    static func decode(_ bytes: [UInt8], _ reporter: ProblemReporter) -> String? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            reporter.report(at: .start, found: "the file is UTF-16", expected: "save it as UTF-8")
            return nil
        }
        var content = bytes[...]
        // Editors put it there, and it says nothing that is not so without it.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
        let text = Array(content)
        do {
            _ = try UTF8Span(validating: text.span)
        } catch {
            let line = text[..<error.byteOffsets.lowerBound].count { $0 == UInt8(ascii: "\n") } + 1
            reporter.report(at: SourceMark(line: line, column: 1), found: "bytes that are not UTF-8", expected: "save the file as UTF-8")
            return nil
        }
        let decoded = String(decoding: text, as: UTF8.self)
        guard let mark = firstControlCharacter(in: decoded) else { return decoded }
        reporter.report(at: mark, found: "a control character", expected: "delete it; only tabs and line ends are allowed")
        return nil
    }

    /// The place of the first scalar outside YAML's printable set (YAML 1.2.2 §5.1).
    private static func firstControlCharacter(in text: String) -> SourceMark? {
        var line = 1
        var column = 1
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: (line, column) = (line + 1, 0)
            case 0x09, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFFFD, 0x1_0000...: break
            default: return SourceMark(line: line, column: column)
            }
            column += 1
        }
        return nil
    }
}
