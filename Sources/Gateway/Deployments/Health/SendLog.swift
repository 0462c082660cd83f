internal import EventLoop
internal import Wire

/// When requests were sent, or tokens spent, over the last day: exact for recent times, coarser for older ones, in bounded memory.
///
/// Sends close to each other are one group, dated by its last one, so that a count over a window is never too small.
struct SendLog: Sendable {
    private struct Group: Sendable {
        var first: UInt64
        var last: UInt64
        var amount: UInt32
    }

    /// Groups kept: room for every age of a day at a sixteenth of it, and for some dozens of single sends.
    private static let capacity = 256
    /// Sends within 5 ms are one group.
    private static let grain: UInt64 = 5_000_000
    /// Nothing is counted over more than a day; an hour beyond it for margins.
    private static let retention: UInt64 = 25 * 3600 * 1_000_000_000

    private var groups: [Group] = []

    /// Notes `amount` at `now`.
    mutating func add(_ amount: UInt32 = 1, at now: LoopInstant) {
        if let last = groups.indices.last, now.nanoseconds < groups[last].first &+ SendLog.grain {
            groups[last].amount = groups[last].amount.addingClamped(amount)
            groups[last].last = max(groups[last].last, now.nanoseconds)
            return
        }
        if groups.count >= SendLog.capacity { condense(at: now) }
        if groups.isEmpty { groups.reserveCapacity(SendLog.capacity) }
        groups.append(Group(first: now.nanoseconds, last: now.nanoseconds, amount: amount))
    }

    /// Takes back what was noted at `instant`: it did not count, or was less.
    mutating func remove(_ amount: UInt32 = 1, sentAt instant: LoopInstant) {
        // The group that holds it is the first whose date is not before it.
        for index in groups.indices.reversed() where index == 0 || groups[index - 1].last < instant.nanoseconds {
            groups[index].amount -= min(amount, groups[index].amount)
            return
        }
    }

    /// Forgets everything up to `instant`.
    mutating func forget(before instant: LoopInstant) {
        groups.removeAll { $0.last <= instant.nanoseconds }
    }

    /// How much there was after `instant`, and up to `end` if that is given.
    func count(after instant: LoopInstant, through end: LoopInstant = LoopInstant(nanoseconds: .max)) -> Int {
        var sum = 0
        for index in groups.indices.reversed() {
            guard groups[index].last > instant.nanoseconds else { break }
            if groups[index].first <= end.nanoseconds { sum += Int(groups[index].amount) }
        }
        return sum
    }

    /// How much there was for certain: groups that reach beyond an end are left out.
    func least(after instant: LoopInstant, through end: LoopInstant) -> Int {
        var sum = 0
        for index in groups.indices.reversed() {
            guard groups[index].last > instant.nanoseconds else { break }
            if groups[index].first > instant.nanoseconds, groups[index].last <= end.nanoseconds { sum += Int(groups[index].amount) }
        }
        return sum
    }

    /// When there is room for `amount` more in a sliding window.
    ///
    /// - Returns: `nil` when there is room now; otherwise the first time at which there is.
    func roomFor(_ amount: Int, limit: Int, window: LoopInterval, at now: LoopInstant) -> LoopInstant? {
        let start = now.nanoseconds > window.nanoseconds ? now.nanoseconds - window.nanoseconds : 0
        var sum = amount
        for index in groups.indices.reversed() {
            guard groups[index].last > start else { return nil }
            sum += Int(groups[index].amount)
            if sum > limit { return LoopInstant(nanoseconds: groups[index].last).advanced(by: window) }
        }
        return nil
    }

    /// Makes room: what is too old goes, and older groups are joined where that moves a count by no more than a sixteenth; by more only when that
    /// is not enough.
    private mutating func condense(at now: LoopInstant) {
        let oldest = now.nanoseconds > SendLog.retention ? now.nanoseconds - SendLog.retention : 0
        groups.removeAll { $0.last <= oldest || $0.amount == 0 }
        var parts: UInt64 = 16
        while groups.count > SendLog.capacity * 3 / 4 {
            join(at: now, parts: parts)
            parts = max(1, parts / 2)
        }
    }

    /// Joins neighbours whose span is at most so small a part of their age.
    private mutating func join(at now: LoopInstant, parts: UInt64) {
        var kept = 0
        for index in groups.indices.dropFirst() {
            let group = groups[index]
            let age = now.nanoseconds > group.last ? now.nanoseconds - group.last : 0
            if group.last - groups[kept].first <= age / parts {
                groups[kept].last = group.last
                groups[kept].amount = groups[kept].amount.addingClamped(group.amount)
            } else {
                kept += 1
                groups[kept] = group
            }
        }
        groups.removeLast(groups.count - kept - 1)
    }
}
