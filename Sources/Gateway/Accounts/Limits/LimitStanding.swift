/// How far a key's limits are used, as `x-ratelimit-*` tells it.
public struct LimitStanding: Equatable, Sendable {
    /// One window.
    public struct Window: Equatable, Sendable {
        /// The limit.
        public var limit: Int
        /// What is left of it, at least 0.
        public var remaining: Int
        /// How long until nothing of it is used any more, if nothing else comes.
        public var reset: Duration

        /// Makes a window.
        public init(limit: Int, remaining: Int, reset: Duration) {
            self.limit = limit
            self.remaining = remaining
            self.reset = reset
        }
    }

    /// Requests of the last 60 seconds; this and the next three are `nil` where the key has no such limit.
    public var requestsPerMinute: Window?
    /// Requests of the last 24 hours.
    public var requestsPerDay: Window?
    /// Tokens of the last 60 seconds.
    public var tokensPerMinute: Window?
    /// Tokens of the last 24 hours.
    public var tokensPerDay: Window?
    /// Requests in work.
    public var concurrency = 0
    /// What is left of the budget of the current period, at least nothing; `nil` without a budget.
    public var budgetRemaining: Money?

    /// Makes the standing of a key without limits.
    public init() {}
}
