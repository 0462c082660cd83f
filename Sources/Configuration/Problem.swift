/// One thing that is wrong in the configuration: where, what was found, and what would be right.
///
/// A problem never holds the value of a secret, of a header or of a URL, nor text that looks like a credential in the wrong place.
public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// The file as the user would name it, or `environment` for a variable.
    public let file: String
    /// The line, counted from 1, where there is one.
    public let line: Int?
    /// The column in characters, counted from 1, where there is one.
    public let column: Int?
    /// The key or variable, like `providers[3].base_url` (list positions count from 0); empty for the file as a whole.
    public let keyPath: String
    /// What was found.
    public let found: String
    /// What would be right; for an unknown key the nearest valid one.
    public let expected: String

    /// Makes a problem.
    public init(file: String, line: Int? = nil, column: Int? = nil, keyPath: String = "", found: String, expected: String) {
        self.file = file
        self.line = line
        self.column = column
        self.keyPath = keyPath
        self.found = found
        self.expected = expected
    }

    /// One line: `config/meta-providers.yaml:12: providers[3].base_ur: unknown key; did you mean "base_url"?`
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        let key = keyPath.isEmpty ? "" : "\(keyPath): "
        return "\(place): \(key)\(found); \(expected)"
    }
}
