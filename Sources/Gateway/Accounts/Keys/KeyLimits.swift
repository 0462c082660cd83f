/// What a client key may use; `nil` is no limit.
public struct KeyLimits: Hashable, Sendable {
    /// How long a budget is for. Periods are those of the UTC calendar: they begin at midnight, weeks on Monday, months on the first.
    public enum BudgetPeriod: String, CaseIterable, Hashable, Sendable {
        case day, week, month
        /// The key's whole life.
        case total
    }

    /// Requests in any 60 seconds, at least 1.
    public var requestsPerMinute: Int?
    /// Requests in any 24 hours, at least 1.
    public var requestsPerDay: Int?
    /// Tokens, of prompts and completions together, in any 60 seconds, at least 1.
    public var tokensPerMinute: Int?
    /// Tokens, of prompts and completions together, in any 24 hours, at least 1.
    public var tokensPerDay: Int?
    /// Requests at a time, at least 1.
    public var concurrency: Int?
    /// Money for one period, more than nothing; counted where the prices of the models are known.
    public var budget: Money?
    /// The period of `budget`.
    public var budgetPeriod = BudgetPeriod.month

    /// Makes limits that limit nothing.
    public init() {}

    /// Whether nothing is limited, so that no books need be kept for the key.
    public var isUnlimited: Bool {
        requestsPerMinute == nil && requestsPerDay == nil && tokensPerMinute == nil && tokensPerDay == nil && concurrency == nil && budget == nil
    }
}
