/// The limits a provider publishes, by which the gateway holds back before the provider has to refuse.
///
/// They count over all models of the provider. `nil` means that no limit is known; what the provider's answers say is learnt
/// either way.
public struct ProviderLimits: Hashable, Sendable {
    /// What a limit is counted for.
    public enum Scope: String, CaseIterable, Hashable, Sendable {
        /// Each key has the limits for itself, and an account of its own: what one hears of its money is said of no other.
        case key
        /// All keys of the provider share the limits and the account; another key does not help.
        case account
    }

    /// Requests in a minute, at least 1.
    public var requestsPerMinute: Int?
    /// Requests in a day, at least 1. When the day begins is the provider's matter.
    public var requestsPerDay: Int?
    /// Tokens, prompt and completion together, in a minute, at least 1.
    public var tokensPerMinute: Int?
    /// Tokens, prompt and completion together, in a day, at least 1.
    public var tokensPerDay: Int?
    /// Requests in flight at one time, at least 1.
    public var concurrency: Int?
    /// What the limits are counted for.
    public var scope = Scope.key

    /// Makes limits that hold nothing back.
    public init() {}
}
