internal import Wire

/// When the requests of one stretch begin and which of them count: the decisions of a load run, without clock
/// or connection.
///
/// Times are nanoseconds of the monotonic clock.
struct LoadPace {
    /// The span in which requests count and rates are taken.
    private(set) var window: Range<UInt64>
    /// How long a request may take.
    let timeout: UInt64
    /// Whether the answers decide when the next request is sent.
    let isClosed: Bool

    private let start: UInt64
    private var schedule: ArrivalSchedule?
    private var arrival: UInt64?
    /// Counted requests that have yet to begin, if their number ends the stretch.
    private var left: Int?
    private var limit: Int?

    init(_ stretch: LoadStretch, start: UInt64) {
        self.start = start
        timeout = LoadPace.nanoseconds(stretch.timeout)
        let first = start + LoadPace.nanoseconds(stretch.warmUp)
        switch stretch.length {
        case .duration(let duration):
            window = first..<first + max(1, LoadPace.nanoseconds(duration))
        case .requests(let count):
            // Open-ended until the last answer.
            window = first..<UInt64.max
            left = count
            limit = count
        }
        switch stretch.mode {
        case .closed:
            isClosed = true
        case .open(let rate, let arrivals, _):
            isClosed = false
            schedule = ArrivalSchedule(rate: rate, kind: arrivals, seed: stretch.seed)
            advanceArrival()
        }
    }

    /// The time of the next request of an open loop; `nil` when there is none.
    var nextArrival: UInt64? { arrival }

    /// Asks to start a request of a closed loop now.
    mutating func begin(at now: UInt64) -> Bool {
        guard now < window.upperBound, left != 0 else { return false }
        if now >= window.lowerBound, let count = left { left = count - 1 }
        return true
    }

    /// The time of the next request of an open loop if it is due; it then counts as begun.
    mutating func beginNextArrival(until now: UInt64) -> UInt64? {
        guard let time = arrival, time <= now else { return nil }
        if time >= window.lowerBound, let count = left { left = count - 1 }
        advanceArrival()
        return time
    }

    /// Whether no further request begins.
    func isOver(at now: UInt64) -> Bool {
        if left == 0 { return true }
        return isClosed ? now >= window.upperBound : arrival == nil
    }

    /// Ends the stretch early; requests that have begun still count.
    mutating func stop(at now: UInt64) {
        arrival = nil
        schedule = nil
        left = left == nil ? nil : 0
        let end = max(now, window.lowerBound)
        if end < window.upperBound { window = window.lowerBound..<end }
    }

    /// The progress so far.
    func progress(at now: UInt64, _ measurement: LoadMeasurement, inFlight: Int) -> LoadProgress {
        let elapsed = now - min(now, window.lowerBound)
        let fraction: Double
        if let limit {
            fraction = limit == 0 ? 1 : Double(measurement.requests) / Double(limit)
        } else {
            fraction = Double(now - min(now, start)) / Double(window.upperBound - start)
        }
        return LoadProgress(
            fraction: min(1, fraction), isWarmingUp: now < window.lowerBound,
            requestRate: elapsed == 0 ? 0 : Double(measurement.answersInWindow) / Double(min(elapsed, window.upperBound - window.lowerBound)) * 1e9,
            failed: measurement.failed, inFlight: inFlight)
    }

    private mutating func advanceArrival() {
        guard left != 0, let offset = schedule?.next() else {
            arrival = nil
            return
        }
        let time = start.addingClamped(offset)
        arrival = time < window.upperBound ? time : nil
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds / 1_000_000_000))
    }
}
