/// What a request may take of a provider's allowance of tokens: its prompt by its bytes, and its answer by what the deployment's answers have, but no
/// more than the client asks for. What the client asks for says nothing more: whoever asks for a million tokens gets an answer like everybody.
struct TokenNeed: Hashable, Sendable {
    /// Bytes of the request's prompt.
    let bytes: Int
    /// Tokens of what it holds beside text.
    var media = 0
    /// The most tokens the client asks for; `nil` where it does not say.
    let outputLimit: Int?

    /// Nothing: what asks for no allowance.
    static let none = TokenNeed(bytes: 0, outputLimit: 0)

    /// Whether it is no less than another in any way, so that there is no room for it where there is none for the other.
    func isAtLeast(_ other: TokenNeed) -> Bool {
        bytes >= other.bytes && media >= other.media && (outputLimit ?? .max) >= (other.outputLimit ?? .max)
    }

    /// The least need that is at least both.
    func joined(with other: TokenNeed) -> TokenNeed {
        let limit = max(outputLimit ?? .max, other.outputLimit ?? .max)
        return TokenNeed(bytes: max(bytes, other.bytes), media: max(media, other.media), outputLimit: limit == .max ? nil : limit)
    }
}
