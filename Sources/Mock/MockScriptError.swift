/// A script that cannot be carried out.
public struct MockScriptError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The key that the error is about, as written.
    public let key: String
    /// What was wrong and what would be right, in lower case.
    public let reason: String

    init(key: some StringProtocol, _ reason: String) {
        self.key = String(key)
        self.reason = reason
    }

    /// Key and reason, for a message.
    public var description: String { "mock script: `\(key)`: \(reason)" }
}
