internal import Wire

/// What the events of one answer have said so far, and when.
struct StreamNotes: ~Copyable {
    /// How much of an invalid event is kept for the report.
    private static let sampleBytes = 512

    /// When the first event with content came, or 0.
    private(set) var firstContentAt: UInt64 = 0
    /// When the last event with content came, or 0.
    private(set) var lastContentAt: UInt64 = 0
    /// How many events with content came.
    private(set) var contentEvents = 0
    /// The token counts that were reported.
    private(set) var usage: Usage?
    /// The first failure.
    private(set) var failure: LoadFailure?
    /// The event that failed.
    private(set) var sample = ByteBuffer()
    /// Whether the stream has said that it is complete: `[DONE]`, or a `finish_reason`.
    private(set) var sawEnd = false
    private var stamps = StampReader()

    /// Forgets the last answer.
    mutating func begin() {
        firstContentAt = 0
        lastContentAt = 0
        contentEvents = 0
        usage = nil
        failure = nil
        sample.removeAll()
        sawEnd = false
        stamps.begin()
    }

    /// Adds the data of an event that arrived at `now`.
    mutating func add(
        _ data: RawSpan, _ dialect: StreamEvent.Dialect, at now: UInt64, into measurement: inout LoadMeasurement, isCounted: Bool
    ) {
        let event = StreamEvent(inspecting: data, dialect: dialect)
        if event.isDone {
            sawEnd = true
            return
        }
        if event.carriesContent {
            switch stamps.read(data, number: contentEvents) {
            case .none: break
            case .sent(let microseconds):
                let sent = microseconds &* 1000
                if isCounted { measurement.transit.record(now > sent ? now - sent : 0) }
            case .outOfOrder: fail(.malformed, with: data)
            }
            contentArrived(at: now, into: &measurement, isCounted: isCounted)
        }
        if !event.isValid { return fail(.malformed, with: data) }
        if event.hasError || event.finishReasonIsError { return fail(.errorInAnswer, with: data) }
        if let counts = event.usage { usage = counts }
        if event.finishedChoices != 0 || event.finishesFurtherChoice { sawEnd = true }
    }

    /// Records the first failure.
    mutating func fail(_ failure: LoadFailure, with bytes: RawSpan) {
        guard self.failure == nil else { return }
        self.failure = failure
        sample.removeAll()
        sample.append(bytes.extracting(first: min(StreamNotes.sampleBytes, bytes.byteCount)))
    }

    private mutating func contentArrived(at now: UInt64, into measurement: inout LoadMeasurement, isCounted: Bool) {
        if contentEvents == 0 {
            firstContentAt = now
        } else if isCounted {
            measurement.interToken.record(now - lastContentAt)
        }
        lastContentAt = now
        contentEvents += 1
        if now >= measurement.window.lowerBound, now < measurement.window.upperBound { measurement.chunksInWindow += 1 }
    }
}
