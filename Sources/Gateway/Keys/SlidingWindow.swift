internal import Wire

/// What was used in the last so many seconds, kept in slices of time so that a busy day takes no more memory than a quiet one.
///
/// A slice counts until all of it is outside of the window, so at no moment does the window hold more than its limit: what is given back comes up to
/// one slice late.
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

    /// One slice in which something was used.
    struct Slice: Equatable, Sendable {
        /// The number of the slice: milliseconds since 1970, divided by the slice's length.
        let number: Int64
        var amount: Int
    }

    /// The length of the window and of a slice in milliseconds.
    let span: Int64
    let slice: Int64
    /// The slices in which something was used, the oldest first.
    private(set) var slices: [Slice] = []
    /// What the window holds, as of the last call with a time.
    private(set) var used = 0

    /// The most that counts in one slice, so that all slices together stay within `ForeignNumber.sum`.
    private static let most = ForeignNumber.sum / 512

    init(span: Int64, slice: Int64) {
        self.span = span
        self.slice = slice
    }

    /// Forgets what is outside of the window by now.
    mutating func advance(to now: UnixTime) {
        var gone = 0
        while gone < slices.count, end(of: slices[gone]) <= now.milliseconds {
            used -= slices[gone].amount
            gone += 1
        }
        if gone > 0 { slices.removeFirst(gone) }
    }

    /// Adds to the slice of `time`; a negative amount gives back, at most what is there. What is outside of the window is not counted any more.
    mutating func add(_ amount: Int, at time: UnixTime) {
        let number = time.milliseconds / slice
        let amount = min(amount, SlidingWindow.most)
        if let last = slices.last, last.number == number { return change(slices.count - 1, by: amount) }
        if slices.last.map({ $0.number < number }) ?? true {
            guard amount > 0 else { return }
            slices.append(Slice(number: number, amount: amount))
            used += amount
        } else if let index = slices.firstIndex(where: { $0.number == number }) {
            change(index, by: amount)
        } else if amount > 0, let index = slices.firstIndex(where: { $0.number > number }) {
            slices.insert(Slice(number: number, amount: amount), at: index)
            used += amount
        }
    }

    private mutating func change(_ index: Int, by amount: Int) {
        let change = min(max(amount, -slices[index].amount), SlidingWindow.most - slices[index].amount)
        slices[index].amount += change
        used += change
        if slices[index].amount == 0 { slices.remove(at: index) }
    }

    /// How long until `amount` more fit under `limit`, if nothing else comes; `nil` when they never do.
    func wait(for amount: Int, under limit: Int, at now: UnixTime) -> Duration? {
        guard amount <= limit else { return nil }
        var excess = used + amount - limit
        guard excess > 0 else { return .zero }
        for slice in slices {
            excess -= slice.amount
            if excess <= 0 { return .milliseconds(max(1, end(of: slice) - now.milliseconds)) }
        }
        return nil
    }

    /// How long until nothing is used any more, if nothing else comes.
    func reset(at now: UnixTime) -> Duration {
        slices.last.map { .milliseconds(max(0, end(of: $0) - now.milliseconds)) } ?? .zero
    }

    /// When all of a slice is outside of the window.
    private func end(of slice: Slice) -> Int64 { (slice.number + 1) * self.slice + span }
}
