/// What is to change about a key: only the members that are set, so that two changes made at the same time don't undo each other.
public struct KeyChange: Sendable {
    /// A member that may also be emptied.
    public enum Member<Value: Sendable>: Sendable {
        /// Stays as it is.
        case unchanged
        /// Becomes this; `nil` takes a limit or an expiry away.
        case changed(Value?)

        func apply(to value: inout Value?) {
            if case .changed(let new) = self { value = new }
        }
    }

    /// The new name.
    public var name: String?
    /// The new patterns of models.
    public var models: [String]?
    /// The new tags.
    public var tags: [String]?
    /// The new expiry.
    public var expiresAt = Member<UnixTime>.unchanged
    /// The new limit of requests in 60 seconds.
    public var requestsPerMinute = Member<Int>.unchanged
    /// The new limit of requests in 24 hours.
    public var requestsPerDay = Member<Int>.unchanged
    /// The new limit of tokens in 60 seconds.
    public var tokensPerMinute = Member<Int>.unchanged
    /// The new limit of tokens in 24 hours.
    public var tokensPerDay = Member<Int>.unchanged
    /// The new limit of requests at a time.
    public var concurrency = Member<Int>.unchanged
    /// The new limit of money for a period.
    public var budget = Member<Money>.unchanged
    /// The new period of the budget.
    public var budgetPeriod: KeyLimits.BudgetPeriod?

    /// The new share of capacity that is scarce.
    public var weight: Int?

    /// Makes a change of nothing.
    public init() {}

    /// The key after the change.
    public func applied(to key: StoredKey) -> StoredKey {
        var key = key
        if let name { key.name = name }
        if let models { key.models = models }
        if let tags { key.tags = tags }
        if let weight { key.weight = weight }
        expiresAt.apply(to: &key.expiresAt)
        requestsPerMinute.apply(to: &key.limits.requestsPerMinute)
        requestsPerDay.apply(to: &key.limits.requestsPerDay)
        tokensPerMinute.apply(to: &key.limits.tokensPerMinute)
        tokensPerDay.apply(to: &key.limits.tokensPerDay)
        concurrency.apply(to: &key.limits.concurrency)
        budget.apply(to: &key.limits.budget)
        if let budgetPeriod { key.limits.budgetPeriod = budgetPeriod }
        return key
    }
}
