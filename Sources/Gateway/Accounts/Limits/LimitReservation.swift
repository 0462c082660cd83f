/// What was taken for a request; to be settled or released exactly once.
public struct LimitReservation: Sendable {
    /// The key.
    public let key: VirtualKey.ID
    /// The limits it was taken from.
    public let limits: KeyLimits
    /// When it was taken, so that it is given back to the same window.
    public let madeAt: Moment
    /// The beginning of the budget's period it was taken from, so that none is given back to another; `nil` without a budget.
    public let budgetPeriod: UnixTime?
    /// Tokens taken.
    public var tokens: Int
    /// Money taken.
    public var cost: Money
    /// Tokens that the request has used so far, of those taken.
    var usedTokens = 0
    /// Money that it has used so far, of that taken.
    var usedCost = Money.zero
    /// What is taken and not used so far.
    var unused: (tokens: Int, cost: Money) { (max(0, tokens - usedTokens), max(.zero, cost - usedCost)) }
    /// Tells it apart from the others of its key.
    public let number: UInt64

    /// Makes a reservation; only implementations of `SharedLimits` do.
    public init(
        key: VirtualKey.ID, number: UInt64, limits: KeyLimits, madeAt: Moment, budgetPeriod: UnixTime?, tokens: Int, cost: Money
    ) {
        self.key = key
        self.number = number
        self.limits = limits
        self.madeAt = madeAt
        self.budgetPeriod = budgetPeriod
        self.tokens = tokens
        self.cost = cost
    }
}
