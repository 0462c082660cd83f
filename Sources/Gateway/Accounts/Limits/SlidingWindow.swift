internal import EventLoop
internal import Wire

/// What was used in the last so many seconds of the monotonic clock, kept in slices of time so that a busy day takes no more memory than a quiet one.
///
/// A slice counts until the last use in it is outside of the window, so at no moment does the window hold more than its limit, and nobody waits for
/// longer than the window is: what was used early in a slice comes back up to one slice late.
///
/// | window | slice | most slices |
/// | --- | --- | --- |
/// | 60 s | 1 s | 61 |
/// | 24 h | 5 min | 289 |
struct SlidingWindow: Sendable {
    /// The last 60 seconds.
    static var minute: SlidingWindow { SlidingWindow(span: 60_000, slice: 1000) }
    /// The last 24 hours.
    static var day: SlidingWindow { SlidingWindow(span: 86_400_000, slice: 300_000) }
    /// The most that counts in one slice, so that all slices together stay within `ForeignNumber.sum`.
    private static let most = ForeignNumber.sum / 512

    /// One slice in which something was used.
    struct Slice: Equatable, Sendable {
        /// When it ended or will end: milliseconds on the monotonic clock, below zero for a slice of a time before the machine was started.
        let end: Int64
        /// When something was added to it last.
        var last: Int64
        var amount: Int
    }

    /// The length of the window and of a slice in milliseconds.
    let span: Int64
    let slice: Int64
    /// The slices in which something was used, the oldest first.
    private(set) var slices: [Slice] = []
    /// What the window holds, as of the last call with a time.
    private(set) var used = 0

    init(span: Int64, slice: Int64) {
        self.span = span
        self.slice = slice
    }

    /// Forgets what is outside of the window by now.
    mutating func advance(to now: LoopInstant) {
        let now = SlidingWindow.milliseconds(now)
        var gone = 0
        while gone < slices.count, slices[gone].last + span <= now {
            used -= slices[gone].amount
            gone += 1
        }
        if gone > 0 { slices.removeFirst(gone) }
    }

    /// Adds to the slice of `time`; a negative amount gives back, at most what is there. What is outside of the window is not counted any more.
    mutating func add(_ amount: Int, at time: LoopInstant) {
        let time = SlidingWindow.milliseconds(time)
        let index = slices.last.map { $0.end <= time } ?? true ? slices.count : slices.firstIndex { $0.end > time } ?? slices.count
        if index < slices.count, slices[index].end - slice <= time {
            if amount > 0 { slices[index].last = max(slices[index].last, time) }
            return change(index, by: amount)
        }
        guard amount > 0 else { return }
        insert(amount, end: (time / slice + 1) * slice, last: time, at: index)
    }

    /// Takes a slice of an earlier process.
    ///
    /// - Parameters:
    ///   - age: How long ago something was added to it last, in milliseconds; what can't be is taken for what can.
    mutating func restore(_ amount: Int, age: Int64, at now: LoopInstant) {
        let last = SlidingWindow.milliseconds(now) - max(0, min(age, span))
        // Neither what is outside of the window by now, nor one that would be older than those that are there.
        guard amount > 0, last + span > SlidingWindow.milliseconds(now), slices.last.map({ $0.last < last }) ?? true else { return }
        insert(amount, end: last + 1, last: last, at: slices.count)
    }

    private mutating func insert(_ amount: Int, end: Int64, last: Int64, at index: Int) {
        let amount = min(amount, SlidingWindow.most)
        slices.insert(Slice(end: end, last: last, amount: amount), at: index)
        used += amount
    }

    private mutating func change(_ index: Int, by amount: Int) {
        let before = slices[index].amount
        let after = before.addingClamped(amount).clamped(to: 0...SlidingWindow.most)
        slices[index].amount = after
        used += after - before
        if after == 0 { slices.remove(at: index) }
    }

    /// How much is over the limit when `amount` is added; nothing or less when it fits.
    func excess(of amount: Int, over limit: Int) -> Int { amount.addingClamped(used).addingClamped(-limit) }

    /// How long until `amount` more fit under `limit`, if nothing else comes; `nil` when they never do.
    func wait(for amount: Int, under limit: Int, at now: LoopInstant) -> Duration? {
        guard amount <= limit else { return nil }
        var excess = excess(of: amount, over: limit)
        guard excess > 0 else { return .zero }
        for slice in slices {
            excess -= slice.amount
            if excess <= 0 { return .milliseconds(max(1, slice.last + span - SlidingWindow.milliseconds(now))) }
        }
        return nil
    }

    /// How long until nothing is used any more, if nothing else comes.
    func reset(at now: LoopInstant) -> Duration {
        slices.last.map { .milliseconds(max(0, $0.last + span - SlidingWindow.milliseconds(now))) } ?? .zero
    }

    private static func milliseconds(_ instant: LoopInstant) -> Int64 { Int64(clamping: instant.nanoseconds / 1_000_000) }
}
