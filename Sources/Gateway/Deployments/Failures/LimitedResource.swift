/// What a limit of a provider's counts.
public enum LimitedResource: Hashable, Sendable {
    /// Requests in a window; also where nothing is said.
    case requests
    /// Tokens in a window.
    case tokens
    /// Requests under way at a time.
    case inFlight
}
