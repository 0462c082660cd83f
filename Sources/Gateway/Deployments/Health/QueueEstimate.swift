internal import EventLoop

/// From how many requests under way on more of them bring a server nothing: it works off so many at a time and lets the others queue.
///
/// By Little's law a server that is used to its full lets each request take twice as long when twice as many are under way. So what requests take is kept
/// for 1, 2 and 3, 4 to 7, 8 to 15 under way and so on; where it doubles with the load, and doubles again, the load at which that begins is all it serves
/// at a time. Of the gradient algorithms for adaptive concurrency limits the sign is taken, latency that grows with load; not the continuous control by
/// it: answers differ in length a hundredfold, and one long answer is no queue. For the same reason it is no limit that refuses anybody: above it others
/// are asked, and where there are none requests wait in turn as long as their patience lasts, and then go all the same.
///
/// | a server with 4 slots, under way | 1 | 2-3 | 4-7 | 8-15 | 16-31 |
/// | --- | --- | --- | --- | --- | --- |
/// | an answer takes, of a second's work (s) | 1 | 1 | 1.4 | 2.9 | 5.9 |
///
/// There 8 at a time are let go: as many as are served, and as many behind them.
struct QueueEstimate: Sendable {
    private struct Level: Sendable {
        var count: UInt16 = 0
        var seconds: Float = 0
    }

    private var levels = InlineArray<10, Level>(repeating: Level())
    /// From so many under way on it is crowded; 0 while nothing is known.
    private(set) var limit = 0
    private(set) var learntAt = LoopInstant(nanoseconds: 0)

    /// So many answers say what one takes.
    private static let enough: UInt16 = 32
    /// From so many on the older ones count less.
    private static let plenty: UInt16 = 64
    /// Twice as long, less what chance makes of it.
    private static let growth: Float = 1.7
    /// What was learnt is looked at anew after so long: a server may have got more slots.
    private static let memory = LoopInterval(.seconds(600))

    /// Whether so many are under way that one more would only queue.
    func isCrowded(_ inFlight: Int) -> Bool { limit > 0 && inFlight >= limit }

    /// A request that was sent beside so many others was answered.
    mutating func answered(beside others: Int, after time: LoopInterval, at now: LoopInstant) {
        let level = min(max(0, others + 1).bitWidth - (others + 1).leadingZeroBitCount - 1, levels.count - 1)
        guard level >= 0 else { return }
        let seconds = Float(time.nanoseconds) / 1_000_000_000
        levels[level].count = min(levels[level].count + 1, QueueEstimate.plenty)
        levels[level].seconds += (seconds - levels[level].seconds) / Float(levels[level].count)
        if limit > 0, now >= learntAt.advanced(by: QueueEstimate.memory) { self = QueueEstimate() }
        look(at: now)
    }

    private mutating func look(at now: LoopInstant) {
        for level in 0..<levels.count - 2 {
            let (least, middle, most) = (levels[level], levels[level + 1], levels[level + 2])
            guard min(least.count, middle.count, most.count) >= QueueEstimate.enough else { continue }
            guard middle.seconds >= least.seconds * QueueEstimate.growth, most.seconds >= middle.seconds * QueueEstimate.growth else { continue }
            // Where it is less loaded it is known later that it queues even then.
            if limit == 0 || 2 << level < limit { (limit, learntAt) = (2 << level, now) }
            return
        }
    }
}
