/// Keeps the books of keys' limits: reserve at admission, settle at the end, give back what was not used.
///
/// One process keeps them in memory; several processes that share keys keep them in an engine of their own, which is why `reserve` may
/// suspend. In memory it never does. Where the engine is out of order an implementation decides by what it knows itself; no request fails for it.
/// Windows slide: at no moment do the last 60 seconds, or the last 24 hours, hold more than the limit, by the monotonic clock; a jump of the time of day
/// changes nothing about them. A budget's period begins by the time of day, and only forwards. Called on the loop.
public protocol SharedLimits: AnyObject {
    /// Takes what a request will probably use, all of it or nothing, and in one step, so that of simultaneous requests exactly as many pass as
    /// the limit allows.
    func reserve(_ claim: LimitClaim, at now: Moment) async -> LimitDecision
    /// Raises what is reserved to what the request has used so far, where that is more, so that a long answer leaves less for those that come while it
    /// is under way. Never waits.
    ///
    /// - Returns: The limit that is crossed by now, when the request has to end for it. The first that crosses it may end its answer: a key uses at most
    ///   one answer more than its limit.
    func grow(_ reservation: inout LimitReservation, tokens: Int, cost: Money, at now: Moment) -> KeyLimitName?
    /// Replaces the estimate by what was used, and ends the request's place among the simultaneous ones. Never waits.
    ///
    /// - Parameters:
    ///   - tokens: What was used; may be more or less than was reserved. Where nothing is known the estimate.
    ///   - cost: What it cost, where prices are known.
    func settle(_ reservation: LimitReservation, tokens: Int, cost: Money, at now: Moment)
    /// Gives everything back, the request too: nothing was done for it. Never waits.
    func release(_ reservation: LimitReservation, at now: Moment)
    /// How far a key's limits are used.
    func standing(of key: VirtualKey.ID, _ limits: KeyLimits, at now: Moment) async -> LimitStanding
    /// The same as far as it is known at once; `nil` where somebody else must be asked.
    func glance(at key: VirtualKey.ID, _ limits: KeyLimits, at now: Moment) -> LimitStanding?
}

extension SharedLimits {
    /// Nothing is known at once.
    public func glance(at key: VirtualKey.ID, _ limits: KeyLimits, at now: Moment) -> LimitStanding? { nil }
}

/// Limits whose books are in the process alone, and so must be carried over a restart. An engine that keeps them itself is none.
public protocol CarriedLimits: SharedLimits {
    /// Whether the books are others than at the last checkpoint.
    var hasChanged: Bool { get }
    /// The books, for a store. Of requests in work they hold what was measured so far: what is only reserved would stay used for ever if the process
    /// ended before they do.
    func checkpoint(at now: Moment) -> LimitsCheckpoint
    /// Takes the books of an earlier checkpoint, as far as they can be read.
    ///
    /// - Returns: How many keys' books were taken.
    @discardableResult
    func restore(_ bytes: [UInt8], at now: Moment) -> Int
}

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

/// Whether a request may go on.
public enum LimitDecision: Sendable {
    /// It may; how far the limits are used with it counted in.
    case granted(LimitReservation, LimitStanding)
    /// It may not; nothing was taken.
    case refused(LimitRefusal)
}

/// Which limit a request would cross.
public struct LimitRefusal: Sendable {
    /// The limit.
    public let limit: KeyLimitName
    /// When the same request would pass if nothing else came; `nil` where that is not known, as with concurrency, or never, as with a budget
    /// for the key's life or a request larger than the limit itself.
    public let retryAfter: Duration?
    /// How far the limits are used.
    public let standing: LimitStanding
    /// Whether only what is reserved for requests in work stands in the way, so that there may be room as soon as one of them ends.
    public var isHeld = false

    /// Makes a refusal.
    public init(limit: KeyLimitName, retryAfter: Duration?, standing: LimitStanding) {
        self.limit = limit
        self.retryAfter = retryAfter
        self.standing = standing
    }
}

/// The names of a key's limits.
public enum KeyLimitName: String, CaseIterable, Sendable {
    case requestsPerMinute = "requests_per_minute"
    case requestsPerDay = "requests_per_day"
    case tokensPerMinute = "tokens_per_minute"
    case tokensPerDay = "tokens_per_day"
    case concurrency
    case budget
}

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
