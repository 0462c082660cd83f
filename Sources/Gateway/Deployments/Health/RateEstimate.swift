internal import EventLoop

/// A limit that fills steadily, as a store of which each request takes one.
///
/// Kept by the time at which the store would be full again (the generic cell rate algorithm, ITU-T I.371). How fast it fills shows between refusals: at
/// each of them it is empty, so that all that was let in between two has come in between.
struct RateEstimate: Sendable, Equatable {
    static func == (left: Self, right: Self) -> Bool { left.interval == right.interval && left.nextAt == right.nextAt }

    /// How long it takes until there is one more, in nanoseconds.
    private(set) var interval: UInt64
    /// How many the store holds.
    private(set) var burst: Int
    /// When it was learnt.
    let learntAt: LoopInstant
    /// When the next request has room, if the store is empty; it holds one for each interval before now.
    private var nextAt: UInt64
    /// What was let in between refusals, and how long that took, where the store can't have been full in between.
    private var measuredCount = 0
    private var measuredTime: UInt64 = 0
    /// How much less was let in than was expected, all in all.
    private var shortfall = 0.0
    /// What the last three stretches between refusals gave.
    private var lastCounts = InlineArray<3, Int>(repeating: 0)
    private var lastTimes = InlineArray<3, UInt64>(repeating: 0)
    /// The last refusal, and what was let in since.
    private var refusedAt: UInt64
    private var count = 0
    /// How many more may go at once, after those beyond the pace were let in.
    private(set) var step = 0
    /// Whether the store may have been full in between, so that what was let in is only the least there can have been.
    private var hasOverflowed = false
    /// When the last request went that was more than was thought to be there.
    private var beyondAt: UInt64 = 0
    private var probeAt = LoopInstant(nanoseconds: 0)
    private var probes: UInt8 = 0
    private var hasChanged = false

    init(interval: UInt64, burst: Int, at now: LoopInstant) {
        self.interval = max(1, interval)
        learntAt = now
        self.burst = min(max(1, burst), RateEstimate.largestBurst)
        nextAt = now.nanoseconds + interval
        refusedAt = now.nanoseconds
        schedule(at: now)
    }

    /// From so many on they are enough to measure by, and from so many on older ones count less.
    private static let (enough, plenty) = (4, 200)
    private static let largestBurst = 100_000

    /// When the next request has room; `nil` for now.
    func nextRoom(at now: LoopInstant) -> LoopInstant? {
        let extra = UInt64(step > 0 ? step : now >= probeAt ? 1 : 0)
        return nextAt > now.nanoseconds + extra * interval ? LoopInstant(nanoseconds: nextAt) : nil
    }

    /// How many it holds.
    func left(at now: LoopInstant) -> Int {
        nextAt > now.nanoseconds ? 0 : min(burst, Int(clamping: (now.nanoseconds - nextAt) / interval + 1))
    }

    /// When it holds so many, or is full; `nil` for now.
    func room(for amount: Int, at now: LoopInstant) -> LoopInstant? {
        let (time, overflow) = UInt64(max(0, min(amount, burst) - 1)).multipliedReportingOverflow(by: interval)
        let room = LoopInstant(nanoseconds: nextAt).advanced(by: LoopInterval(nanoseconds: overflow ? .max : time))
        return room > now ? room : nil
    }

    mutating func sent(at now: LoopInstant) {
        if nextAt > now.nanoseconds {
            beyondAt = now.nanoseconds
            if step == 0 { schedule(at: now) }
        }
        // What overflows is no measure of how fast it fills.
        let full = now.nanoseconds - min(held, now.nanoseconds)
        if nextAt + interval < full { hasOverflowed = true }
        nextAt = max(nextAt, full) + interval
        count += 1
    }

    /// What the store holds when it is full, less one, as a time.
    private var held: UInt64 {
        let (time, overflow) = UInt64(burst - 1).multipliedReportingOverflow(by: interval)
        return overflow ? .max : time
    }

    /// A request that was sent did not count.
    mutating func takeBack() {
        nextAt -= min(interval, nextAt)
        count = max(0, count - 1)
    }

    /// - Returns: Whether it was more than was thought to be there.
    mutating func admitted(sentAt: LoopInstant) -> Bool {
        guard sentAt.nanoseconds == beyondAt else { return false }
        // More than a store can have held up to now comes from a faster one.
        if step >= 16 { interval = max(1, interval - interval / 16) }
        step = min(max(1, step * 2), 16)
        burst = min(burst + 1, RateEstimate.largestBurst)
        return true
    }

    /// Learns from a refusal.
    mutating func refused(at now: LoopInstant, sentAt: LoopInstant, wait: LoopInterval?, row: Int, isSame: Bool) {
        defer {
            step = 0
            nextAt = max(now.nanoseconds + (wait?.nanoseconds ?? interval << UInt64(min(max(row, 1) - 1, 6))), isSame ? nextAt : 0)
            schedule(at: now)
        }
        guard !isSame else { return }
        probes = min(probes + 1, 200)
        if nextAt + interval * 2 < now.nanoseconds {
            // More was thought to be in it.
            burst = max(1, burst - Int(clamping: (now.nanoseconds - nextAt) / interval))
        }
        let time = sentAt.nanoseconds - min(refusedAt, sentAt.nanoseconds)
        let found = time / UInt64(max(1, count))
        let expected = Double(time) / Double(interval)
        if hasOverflowed {
            if count >= 4, found < interval { (interval, measuredCount, measuredTime) = (max(1, found), 0, 0) }
        } else {
            // How far less comes than was expected, all in all: then it fills slower than it did.
            shortfall = max(0, shortfall + expected - Double(count))
            (lastCounts[0], lastCounts[1], lastCounts[2]) = (lastCounts[1], lastCounts[2], count)
            (lastTimes[0], lastTimes[1], lastTimes[2]) = (lastTimes[1], lastTimes[2], time)
            (measuredCount, measuredTime) = (measuredCount + count, measuredTime + time)
            let lately = lastCounts[0] + lastCounts[1] + lastCounts[2]
            if shortfall > 3 + expected / 4, lately > 0 {
                (measuredCount, measuredTime, shortfall) = (lately, lastTimes[0] + lastTimes[1] + lastTimes[2], 0)
                interval = max(1, measuredTime / UInt64(measuredCount))
                (hasChanged, probes) = (true, 0)
            } else if measuredCount >= RateEstimate.enough {
                interval = max(1, measuredTime / UInt64(measuredCount))
            }
            if measuredCount > RateEstimate.plenty { (measuredCount, measuredTime) = (measuredCount / 2, measuredTime / 2) }
        }
        (refusedAt, count, hasOverflowed) = (sentAt.nanoseconds, 0, false)
    }

    private mutating func schedule(at now: LoopInstant) {
        // As windows of sixteen, and of ten seconds at least.
        let unit = max(min(interval, 1 << 50) * 16, 10_000_000_000)
        let times = hasChanged ? 1 + UInt64(max(6, probes) - 6) / 2 : 2 << UInt64(min(probes, 8))
        probeAt = now.advanced(by: LoopInterval(nanoseconds: min(times, 25) * unit))
    }
}
