internal import Gateway

/// When a store that is out of order is tried again: after a quarter of a second, then after twice the last
/// pause each time, up to a longest pause.
///
/// | failed tries | 1 | 2 | 3 | 4 | 5 | 6 | 7+ |
/// | pause (s), longest 10 | 0.25 | 0.5 | 1 | 2 | 4 | 8 | 10 |
struct RetrySchedule {
    static let first: Duration = .milliseconds(250)

    let longest: Duration
    private(set) var failures = 0
    private(set) var next: UnixTime?

    init(longest: Duration) { self.longest = longest }

    /// Whether another try is due; also if the clock was set back to before the failure.
    func isDue(at now: UnixTime) -> Bool {
        guard let next else { return true }
        return now >= next || now.advanced(by: longest) < next
    }

    mutating func failed(at now: UnixTime) {
        failures += 1
        next = now.advanced(by: min(longest, RetrySchedule.first * (1 << min(failures - 1, 20))))
    }

    mutating func succeeded() {
        failures = 0
        next = nil
    }
}
