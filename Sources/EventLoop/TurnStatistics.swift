/// A turn of the loop that took longer than its limit.
public struct SlowTurn: Sendable {
    /// How long the turn took, without the wait for events.
    public let duration: Duration
    /// The name of the turn's longest callback.
    public let longest: String
    /// How long that callback took, including the jobs it made ready.
    public let longestDuration: Duration
    /// How many callbacks ran.
    public let callbacks: Int
}

/// Times the callbacks between two sleeps of the loop: each begins where the one before it ended, so one clock reading each is enough.
struct TurnStatistics {
    private var start: LoopInstant?
    private var current: (what: StaticString, start: LoopInstant)?
    private var longest: (what: StaticString, nanoseconds: UInt64) = ("nothing", 0)
    private var callbacks = 0

    @inline(__always)
    mutating func callbackBegan(_ what: StaticString, at now: LoopInstant) {
        if start == nil { start = now }
        finishCurrent(at: now)
        current = (what, now)
        callbacks += 1
    }

    /// Whether the turn has begun more than `limit` before `now`.
    func lasts(longerThan limit: LoopInterval, at now: LoopInstant) -> Bool {
        guard let start else { return false }
        return now > start.advanced(by: limit)
    }

    /// Ends the turn and resets; returns a report if it was longer than `limit`.
    mutating func end(limit: Duration?) -> SlowTurn? {
        guard let start else { return nil }
        let now = LoopInstant.read()
        finishCurrent(at: now)
        defer { self = TurnStatistics() }
        let duration = now.elapsed(since: start)
        guard let limit, duration > limit else { return nil }
        return SlowTurn(
            duration: duration, longest: "\(longest.what)", longestDuration: .nanoseconds(Int64(clamping: longest.nanoseconds)),
            callbacks: callbacks)
    }

    @inline(__always)
    private mutating func finishCurrent(at now: LoopInstant) {
        guard let done = current else { return }
        let spent = now.nanoseconds &- done.start.nanoseconds
        if spent > longest.nanoseconds { longest = (done.what, spent) }
        current = nil
    }
}
