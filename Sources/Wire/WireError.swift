/// A request body that is refused before it reaches a provider.
public struct WireError: Error, Equatable, Sendable {
    /// What was wrong and what would be right, in lower case, suitable for the client.
    public let message: String
    /// The member it is about, `nil` when the body as a whole is malformed.
    public let param: String?

    /// Makes an error about `param`, or about the body as a whole.
    public init(_ message: String, param: String? = nil) {
        self.message = message
        self.param = param
    }

    /// For a body that is not JSON; the message gives the position of the byte.
    init(_ error: JSONError) {
        self.init("malformed JSON at byte \(error.offset): \(error.explanation)")
    }
}
