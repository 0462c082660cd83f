/// What a request asks of its key's limits.
public struct LimitClaim: Sendable {
    /// The key.
    public let key: VirtualKey.ID
    /// The key's limits now; they may differ from claim to claim.
    public let limits: KeyLimits
    /// Tokens the request will probably use.
    public let tokens: Int
    /// What they will probably cost, where prices are known; of an answer that the client bounds, the most it may.
    public let cost: Money
    /// Tokens it may well use, where nothing bounds its answer. They count while the key has other requests in work, whose answers nothing bounds either; a
    /// request that comes alone is held to what is probable.
    public let mostTokens: Int
    /// The most it may cost, at least `cost`. It counts as `mostTokens` does: so of all that is in work one request alone can go beyond what is held for it,
    /// and a budget ends within one answer of it.
    public let mostCost: Money

    /// Makes a claim.
    public init(key: VirtualKey.ID, limits: KeyLimits, tokens: Int, mostTokens: Int? = nil, cost: Money, mostCost: Money? = nil) {
        self.key = key
        self.limits = limits
        self.tokens = tokens
        self.cost = cost
        self.mostTokens = max(tokens, mostTokens ?? tokens)
        self.mostCost = max(cost, mostCost ?? cost)
    }
}
