internal import EventLoop

/// How many requests a provider takes at a time, as far as its refusals for load tell.
///
/// | seen | follows |
/// | --- | --- |
/// | a refusal while `n` others are under way | it takes `n` at a time; of a burst that is refused together the last one says how many |
/// | one of those others is served | it was a limit on what is under way, and no trouble |
/// | a refusal while nothing else is under way | nothing: that is trouble, or a limit of another kind |
/// | one beyond the limit is served | perhaps a place was free before its answer was here: another is tried at once |
/// | two in a row | it takes so many; one more at once may go, then 2, 4, 8, up to 16, until one is refused |
///
/// What lies beyond is tried by one request, seldom, as each such call may be wasted (additive increase, multiplicative decrease as in Chiu and Jain 1989,
/// but the decrease goes to what was counted at the refusal: that is known, and need not be found by going down):
///
/// | refused tries since the limit was learnt, or rose | 0 | 1 | 2 | 3 | 4 | 5 | 6 and more |
/// | --- | --- | --- | --- | --- | --- | --- | --- |
/// | the next one after (s) | 2 | 4 | 8 | 16 | 32 | 64 | 128 |
/// | and so many served | 8 | 16 | 32 | 64 | 128 | 256 | 400 |
///
/// Where little is served the next one goes after five minutes at the latest.
struct ConcurrencyEstimate: Sendable {
    /// How many at a time; 0 while nothing is known.
    private(set) var limit = 0
    /// When it was learnt, or last changed.
    private(set) var learntAt = LoopInstant(nanoseconds: 0)
    /// How many refusals have told so.
    private(set) var refusals = 0
    /// When a refusal came last.
    private(set) var refusedAt = LoopInstant(nanoseconds: 0)
    /// When one was served that had been under way while another was refused.
    private var confirmedAt: LoopInstant?
    /// How many more than the limit may go at once, as the last one beyond it was served.
    private var step = 0
    /// When the try that is under way began; the clock's start where none is.
    private var triedAt = LoopInstant(nanoseconds: 0)
    private var tries: UInt8 = 0
    private var served = 0
    /// Whether the last one beyond the limit was served.
    private var isHopeful = false
    /// Whether one was refused below the limit: a place may be free a moment later than the answer that left it is here.
    private var isDoubted = false

    /// How long it is believed that refusals beside others are for what is under way.
    private static let memory = LoopInterval(.seconds(600))
    private static let longestPause: UInt64 = 300
    private static let mostTries: UInt8 = 6
    private static let mostAtOnce = 16

    /// Whether anything is known.
    var isKnown: Bool { limit > 0 }

    /// Whether so many under way leave no place for another.
    @inline(__always)
    func isFull(_ inFlight: Int, at now: LoopInstant) -> Bool { limit > 0 && inFlight >= allowed(at: now) }

    private func allowed(at now: LoopInstant) -> Int {
        if step > 0 { return limit + step }
        guard triedAt.nanoseconds == 0 else { return limit }
        if isHopeful { return limit + 1 }
        let pause = LoopInterval(nanoseconds: (UInt64(2) << UInt64(tries)) * 1_000_000_000)
        let isDue = now >= refusedAt.advanced(by: pause) && served >= min(8 << Int(tries), 400)
        return isDue || now >= refusedAt.advanced(by: LoopInterval(nanoseconds: ConcurrencyEstimate.longestPause * 1_000_000_000)) ? limit + 1 : limit
    }

    /// A request is sent beside so many others.
    mutating func begin(beside others: Int, at now: LoopInstant) {
        if limit > 0, others >= limit, step == 0 { triedAt = now }
    }

    /// A request that was sent at `startedAt` beside so many others was let in.
    mutating func admitted(beside others: Int, startedAt: LoopInstant, at now: LoopInstant) {
        guard limit > 0 else { return }
        served = min(served + 1, 1_000_000)
        if served % 64 == 0 { isDoubted = false }
        guard startedAt >= refusedAt else { return confirmedAt = now }
        guard others >= limit else { return }
        guard isHopeful || step > 0 else {
            isHopeful = true
            return
        }
        (limit, learntAt, tries, isHopeful) = (others + 1, now, min(tries, 3), false)
        step = min(max(1, step * 2), ConcurrencyEstimate.mostAtOnce)
        triedAt = LoopInstant(nanoseconds: 0)
    }

    /// A request has an end, whatever it was.
    mutating func ended(startedAt: LoopInstant) { if startedAt == triedAt { triedAt = LoopInstant(nanoseconds: 0) } }

    /// Learns from a refusal for load.
    ///
    /// - Parameters:
    ///   - others: How many others are under way.
    ///   - startedAt: When it was sent.
    /// - Returns: Whether it is known that so many at a time are served, so that it says nothing against the provider.
    mutating func refused(beside others: Int, startedAt: LoopInstant, at now: LoopInstant) -> Bool {
        isHopeful = false
        guard others > 0 else {
            step = 0
            return false
        }
        refusals = min(refusals + 1, 1_000_000)
        let isConfirmed = confirmedAt.map { now < $0.advanced(by: ConcurrencyEstimate.memory) } ?? false
        if limit == 0 || others < limit, !isConfirmed || isDoubted || startedAt < refusedAt || learntAt > refusedAt {
            (limit, learntAt, isDoubted) = (others, now, false)
            // It may have been another user's doing, and is looked at soon.
            if startedAt >= refusedAt { tries = min(tries, 2) }
        } else if others < limit {
            isDoubted = true
            return isConfirmed
        } else if startedAt >= refusedAt {
            tries = min(tries + 1, ConcurrencyEstimate.mostTries)
        }
        (step, served, refusedAt) = (0, 0, now)
        return isConfirmed
    }
}
