internal import Wire

/// What was measured of one target, in one stretch of load or several combined. Times are in nanoseconds.
public struct LoadMeasurement: Sendable {
    /// The span in which answers count towards the rates, on the monotonic clock.
    var window: Range<UInt64> = 0..<0

    /// From the time a request was meant to be sent to the last byte of its answer. In an open loop this
    /// includes the wait for a free connection or a late generator, so that a target that stalls does not hide
    /// the requests that it kept from being sent.
    public internal(set) var latency = HDRHistogram()
    /// The same from the time the request was actually sent.
    public internal(set) var serviceTime = HDRHistogram()
    /// From the time a request was meant to be sent to the first event with content.
    public internal(set) var firstToken = HDRHistogram()
    /// The same from the time the request was actually sent.
    public internal(set) var serviceFirstToken = HDRHistogram()
    /// Between two events with content, as they were read.
    public internal(set) var interToken = HDRHistogram()
    /// Thousandths of a token a second, in each stream from its first event with content to its last.
    public internal(set) var tokenRate = HDRHistogram()
    /// From the upstream's write of an event to its arrival here, where the upstream stamps its events (`best mock --bench`).
    public internal(set) var transit = HDRHistogram()
    /// From the time a request was meant to be sent to the time it was.
    public internal(set) var lateness = HDRHistogram()

    /// Requests that count: started in the window.
    public internal(set) var requests = 0
    /// Those of them that were answered successfully.
    public internal(set) var succeeded = 0
    /// The others, by class.
    public internal(set) var failures: [LoadFailure: Int] = [:]
    /// An example of the first failure of each class.
    public internal(set) var samples: [LoadFailure: String] = [:]
    /// Good answers that ended in the window, whenever they had begun.
    public internal(set) var answersInWindow = 0
    /// Events with content that arrived in the window.
    public internal(set) var chunksInWindow = 0
    /// Tokens of the good answers that ended in the window.
    public internal(set) var tokensInWindow = 0
    /// Whether token counts are the target's own (`usage`); otherwise events with content were counted.
    public internal(set) var hasUsage = false
    /// The length of the window, or of all windows combined.
    public internal(set) var windowLength: UInt64 = 0
    /// The processor time of this program in the windows.
    public internal(set) var processorTime: UInt64 = 0
    /// All content events, to distribute the token counts.
    var contentEvents = 0

    /// Makes an empty measurement with room for 100 s, so that recording allocates nothing.
    init() {
        for path in LoadMeasurement.histograms { self[keyPath: path].reserve(upTo: 100_000_000_000) }
    }

    private static var histograms: [WritableKeyPath<LoadMeasurement, HDRHistogram>] {
        [\.latency, \.serviceTime, \.firstToken, \.serviceFirstToken, \.interToken, \.tokenRate, \.transit, \.lateness]
    }

    /// Requests that failed.
    public var failed: Int { requests - succeeded }
    /// The windows' length in seconds.
    public var seconds: Double { Double(windowLength) / 1e9 }
    /// Good answers a second.
    public var requestRate: Double { windowLength == 0 ? 0 : Double(answersInWindow) / seconds }
    /// Events with content a second.
    public var chunkRate: Double { windowLength == 0 ? 0 : Double(chunksInWindow) / seconds }
    /// Tokens a second of all answers together.
    public var outputTokenRate: Double { windowLength == 0 ? 0 : Double(tokensInWindow) / seconds }
    /// The share of one core that this program used in the windows.
    public var processorShare: Double { windowLength == 0 ? 0 : Double(processorTime) / Double(windowLength) }

    /// Counts a failed request.
    mutating func countFailure(_ failure: LoadFailure, sample: @autoclosure () -> String) {
        requests += 1
        failures[failure, default: 0] += 1
        if samples[failure] == nil { samples[failure] = sample() }
    }

    /// Adds another stretch's measurement.
    mutating func merge(_ other: LoadMeasurement) {
        for path in LoadMeasurement.histograms { self[keyPath: path].merge(other[keyPath: path]) }
        requests += other.requests
        succeeded += other.succeeded
        failures.merge(other.failures, uniquingKeysWith: +)
        samples.merge(other.samples) { first, _ in first }
        answersInWindow += other.answersInWindow
        chunksInWindow += other.chunksInWindow
        tokensInWindow = tokensInWindow.addingCount(other.tokensInWindow)
        contentEvents += other.contentEvents
        hasUsage = hasUsage || other.hasUsage
        windowLength += other.windowLength
        processorTime += other.processorTime
    }
}
