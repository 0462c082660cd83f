internal import Gateway

/// A `.env` file: variables for those that the environment does not set.
///
/// A line is `KEY=VALUE` or `export KEY=VALUE`, with spaces allowed around `=`. A value is bare (it ends before ` #`), in single
/// quotation marks (taken as it is) or in double ones (`\n`, `\r`, `\t`, `\"`, `\\` and `\$` are escapes). Nothing is expanded, and a
/// value does not go on in the next line. Of two lines with the same key the later wins.
struct DotEnvFile {
    struct Entry {
        let value: Secret
        let line: Int
    }

    /// The variables by name.
    private(set) var entries: [String: Entry] = [:]

    /// A file without variables.
    init() {}

    /// Reads the text; malformed lines go to `problems`, repeated keys to `warnings`. Neither shows a value.
    init(_ text: String, problems: ProblemReporter, warnings: ProblemReporter) {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let mark = SourceMark(line: index + 1, column: 1)
            do {
                guard let (key, value) = try DotEnvLine(line).parse() else { continue }
                if let earlier = entries[key] {
                    warnings.report(
                        at: mark, .root.appending(key: key), found: "this variable was set on line \(earlier.line) already",
                        expected: "keep one; the later one is used")
                }
                entries[key] = Entry(value: Secret(value), line: mark.line)
            } catch {
                problems.report(at: mark, found: error.found, expected: error.expected)
            }
        }
    }
}
