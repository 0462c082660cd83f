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
