internal import Wire

/// The tokens of one request at one deployment.
struct TokenDemand: Equatable, Sendable {
    /// What it asks for. Some providers hold that against their limits, whatever comes of it.
    let need: TokenNeed
    /// The tokens it probably takes.
    let expected: Int

    /// Nothing.
    static let none = TokenDemand(need: .none, expected: 0)
}
