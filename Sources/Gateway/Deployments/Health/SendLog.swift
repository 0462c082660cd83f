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
        /// How much there was in all groups before it, since the log's beginning: what lies between two groups is a difference.
        var before: Int
    }

    /// Groups kept: room for every age of a day at a sixteenth of it, and for some dozens of single sends.
    private static let capacity = 256
    /// Sends within 5 ms are one group.
    private static let grain: UInt64 = 5_000_000
    /// Nothing is counted over more than a day; an hour beyond it for margins.
    private static let retention: UInt64 = 25 * 3600 * 1_000_000_000

    private var groups: [Group] = []
    /// How much there was since the log's beginning.
    private var total = 0

    /// Notes `amount` at `now`.
    mutating func add(_ amount: UInt32 = 1, at now: LoopInstant) {
        if let last = groups.indices.last, now.nanoseconds < groups[last].first &+ SendLog.grain {
            let before = groups[last].amount
            groups[last].amount = before.addingClamped(amount)
            total += Int(groups[last].amount - before)
            groups[last].last = max(groups[last].last, now.nanoseconds)
            return
        }
        if groups.count >= SendLog.capacity { condense(at: now) }
        if groups.isEmpty { groups.reserveCapacity(SendLog.capacity) }
        groups.append(Group(first: now.nanoseconds, last: now.nanoseconds, amount: amount, before: total))
        total += Int(amount)
    }

    /// Takes back what was noted at `instant`: it did not count, or was less.
    mutating func remove(_ amount: UInt32 = 1, sentAt instant: LoopInstant) {
        guard !groups.isEmpty else { return }
        // The group that holds it is the first whose date is not before it.
        let index = min(firstIndex { $0.last >= instant.nanoseconds }, groups.count - 1)
        let less = min(amount, groups[index].amount)
        groups[index].amount -= less
        for later in groups.indices[(index + 1)...] { groups[later].before -= Int(less) }
        total -= Int(less)
    }

    /// Forgets everything up to `instant`.
    mutating func forget(before instant: LoopInstant) {
        groups.removeAll { $0.last <= instant.nanoseconds }
        number()
    }

    /// How much there was after `instant`, and up to `end` if that is given.
    func count(after instant: LoopInstant, through end: LoopInstant = LoopInstant(nanoseconds: .max)) -> Int {
        let from = firstIndex { $0.last > instant.nanoseconds }
        let to = end.nanoseconds == .max ? groups.count : firstIndex { $0.first > end.nanoseconds }
        return max(0, sum(before: to) - sum(before: from))
    }

    /// How much there was for certain: groups that reach beyond an end are left out.
    func least(after instant: LoopInstant, through end: LoopInstant) -> Int {
        let from = firstIndex { $0.first > instant.nanoseconds }
        let to = firstIndex { $0.last > end.nanoseconds }
        return max(0, sum(before: to) - sum(before: from))
    }

    /// When there is room for `amount` more in a sliding window.
    ///
    /// - Parameter begin: What was sent up to then does not count.
    /// - Returns: `nil` when there is room now; otherwise the first time at which there is.
    func roomFor(
        _ amount: Int, limit: Int, window: LoopInterval, since begin: LoopInstant = LoopInstant(nanoseconds: 0), at now: LoopInstant
    ) -> LoopInstant? {
        let start = max(begin.nanoseconds, now.nanoseconds > window.nanoseconds ? now.nanoseconds - window.nanoseconds : 0)
        let from = firstIndex { $0.last > start }
        let most = total - max(0, limit - amount)
        guard sum(before: from) < most else { return nil }
        // So much has to leave the window: the first group whose end is as far.
        let leaving = min(firstIndex { $0.before + Int($0.amount) >= most }, groups.count - 1)
        return LoopInstant(nanoseconds: groups[leaving].last).advanced(by: window)
    }

    /// How much there was before the group at a place.
    private func sum(before place: Int) -> Int { place < groups.count ? groups[place].before : total }

    /// The first group that fulfils a condition which all behind it fulfil, too.
    @inline(__always)
    private func firstIndex(where condition: (Group) -> Bool) -> Int {
        var (low, high) = (0, groups.count)
        while low < high {
            let middle = (low + high) / 2
            if condition(groups[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Counts anew what is before each group.
    private mutating func number() {
        total = 0
        for index in groups.indices {
            groups[index].before = total
            total += Int(groups[index].amount)
        }
    }

    /// What there was after an instant, each of it so many times as much.
    func weighed(_ weight: UInt32, after instant: LoopInstant) -> SendLog {
        var weighed = SendLog()
        for group in groups where group.last > instant.nanoseconds {
            let (amount, overflow) = group.amount.multipliedReportingOverflow(by: weight)
            weighed.groups.append(Group(first: group.first, last: group.last, amount: overflow ? .max : amount, before: 0))
        }
        weighed.number()
        return weighed
    }

    /// What there was, in so many groups at most, each with its last date in nanoseconds: joined as when there is no room, but for an even coarser record.
    func condensed(at now: LoopInstant, to most: Int) -> [(last: UInt64, amount: Int)] {
        var copy = self
        let oldest = now.nanoseconds > SendLog.retention ? now.nanoseconds - SendLog.retention : 0
        copy.groups.removeAll { $0.last <= oldest || $0.amount == 0 }
        copy.join(at: now, parts: 64, to: max(1, most))
        return copy.groups.map { ($0.last, Int($0.amount)) }
    }

    /// The oldest that is kept, in nanoseconds.
    static var longest: UInt64 { retention }

    /// Puts before what there is what an earlier run has sent.
    mutating func restore(_ earlier: SendLog) {
        groups = earlier.groups + groups
        groups.sort { $0.last < $1.last }
        // Both dates rise from group to group, or what is looked up by one of them is not found.
        for index in groups.indices.dropLast().reversed() { groups[index].first = min(groups[index].first, groups[index + 1].first) }
        number()
    }

    /// Makes room: what is too old goes, and older groups are joined where that moves a count by no more than a sixteenth; by more only when that
    /// is not enough.
    private mutating func condense(at now: LoopInstant) {
        let oldest = now.nanoseconds > SendLog.retention ? now.nanoseconds - SendLog.retention : 0
        groups.removeAll { $0.last <= oldest || $0.amount == 0 }
        join(at: now, parts: 16, to: SendLog.capacity * 3 / 4)
        number()
    }

    /// Joins neighbours until there are no more than so many: first those whose span is a small part of their age, at last any.
    private mutating func join(at now: LoopInstant, parts: UInt64, to most: Int) {
        var parts = parts
        while groups.count > most {
            join(at: now, parts: parts)
            parts /= 2
        }
    }

    /// Joins neighbours whose span is at most so small a part of their age; all of them for none.
    private mutating func join(at now: LoopInstant, parts: UInt64) {
        var kept = 0
        for index in groups.indices.dropFirst() {
            let group = groups[index]
            let age = now.nanoseconds > group.last ? now.nanoseconds - group.last : 0
            // What a clock has that was set back may lie before what was there, and after now.
            let span = group.last > groups[kept].first ? group.last - groups[kept].first : 0
            if parts == 0 || span <= age / parts {
                groups[kept].last = max(groups[kept].last, group.last)
                groups[kept].amount = groups[kept].amount.addingClamped(group.amount)
            } else {
                kept += 1
                groups[kept] = group
            }
        }
        groups.removeLast(groups.count - kept - 1)
    }
}
