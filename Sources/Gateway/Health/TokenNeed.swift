internal import Wire

/// What a request may take of a provider's allowance of tokens: its prompt by its bytes, and its answer by what the deployment's answers have, but no
/// more than the client asks for. What the client asks for says nothing more: whoever asks for a million tokens gets an answer like everybody.
struct TokenNeed: Hashable, Sendable {
    /// Bytes of the request's body.
    let bytes: Int
    /// The most tokens the client asks for; `nil` where it does not say.
    let outputLimit: Int?

    /// Nothing: what asks for no allowance.
    static let none = TokenNeed(bytes: 0, outputLimit: 0)

    /// The tokens it probably takes of a deployment.
    func tokens(of deployment: Deployment) -> Int {
        self == .none ? 0 : deployment.learned.tokens.expected(bytes: bytes, outputLimit: outputLimit).totalTokens
    }
}
