internal import Wire

/// Reads one answer after another as it comes in: checks that it is what was asked for, and takes the times.
///
/// A value without I/O: the connection feeds it bytes with the time of their arrival.
struct AnswerReader: ~Copyable {
    /// How much of an answer that is not a stream is kept until it is complete: 32 MiB, far more than any
    /// answer has.
    private static let maximumBodyBytes = 32 << 20
    /// How much of the body of an unexpected answer is kept for the report.
    private static let sampleBytes = 512
    /// The largest event.
    private static let maximumEventBytes = 1 << 20

    private enum Form {
        case stream, whole, refused
    }

    private let endpoint: LoadEndpoint
    private var form = Form.whole
    private var asksForStream = false
    private var body = ByteBuffer()
    private var events = ServerSentEventParser(maximumEventBytes: AnswerReader.maximumEventBytes)
    private var notes = StreamNotes()
    private var failure: LoadFailure?
    private var wholeUsage: Usage?

    init(endpoint: LoadEndpoint) { self.endpoint = endpoint }

    /// When the first event with content came, or 0.
    var firstContentAt: UInt64 { notes.firstContentAt }
    /// When the last event with content came, or 0.
    var lastContentAt: UInt64 { notes.lastContentAt }
    /// How many events with content came.
    var contentEvents: Int { notes.contentEvents }
    /// The token counts the answer gave.
    var usage: Usage? { wholeUsage ?? notes.usage }

    /// Forgets the last answer.
    mutating func begin(asksForStream: Bool) {
        self.asksForStream = asksForStream
        form = .whole
        body.removeAll()
        notes.begin()
        failure = nil
        wholeUsage = nil
    }

    /// Processes the head.
    mutating func readHead(status: Int, isEventStream: Bool) {
        if status != 200 {
            failure = .status(status)
        } else if asksForStream != isEventStream {
            failure = .malformed
        }
        form = failure != nil ? .refused : asksForStream ? .stream : .whole
        if form == .stream { events = ServerSentEventParser(maximumEventBytes: AnswerReader.maximumEventBytes) }
    }

    /// Processes bytes of the body that arrived at `now`.
    ///
    /// - Parameters:
    ///   - measurement: Receives the times between events.
    ///   - isCounted: Whether the request counts; otherwise only the rate of events is kept.
    mutating func read(_ bytes: RawSpan, at now: UInt64, into measurement: inout LoadMeasurement, isCounted: Bool) {
        switch form {
        case .refused:
            let room = AnswerReader.sampleBytes - body.count
            if room > 0 { body.append(bytes.extracting(first: min(room, bytes.byteCount))) }
        case .whole:
            guard body.count + bytes.byteCount <= AnswerReader.maximumBodyBytes else {
                failure = .malformed
                return
            }
            body.append(bytes)
        case .stream:
            AnswerReader.readEvents(
                bytes, &events, &notes, endpoint == .completions ? .completions : .chat, at: now, into: &measurement, isCounted: isCounted)
        }
    }

    private static func readEvents(
        _ bytes: RawSpan, _ events: inout ServerSentEventParser, _ notes: inout StreamNotes, _ dialect: StreamEvent.Dialect, at now: UInt64,
        into measurement: inout LoadMeasurement, isCounted: Bool
    ) {
        var offset = 0
        while true {
            switch events.next(in: bytes, at: &offset) {
            case .needsMoreBytes: return
            case .oversized(let place): notes.fail(.malformed, with: events.raw(of: place, in: bytes))
            case .event(let event):
                guard event.kind == .data else { continue }
                notes.add(events.data(of: event, in: bytes), dialect, at: now, into: &measurement, isCounted: isCounted)
            }
        }
    }

    /// The answer is complete.
    ///
    /// - Returns: What is wrong with it, if anything.
    mutating func finish() -> LoadFailure? {
        if let failure { return failure }
        switch form {
        case .refused: return .malformed
        case .stream: return notes.failure ?? (notes.sawEnd && !events.isInsideEvent ? nil : .malformed)
        case .whole:
            let inspection = AnswerInspection(inspecting: body.bytes, kind: kind)
            guard inspection.isValid else { return .malformed }
            wholeUsage = inspection.usage
            if inspection.hasError { return .errorInAnswer }
            return inspection.isComplete ? nil : .malformed
        }
    }

    /// The beginning of the invalid content.
    var sample: String {
        if notes.failure != nil { return notes.sample.bytes.text }
        let text = body.bytes.extracting(first: min(body.count, AnswerReader.sampleBytes)).text
        return text.isEmpty && form == .stream ? "the stream ended without a finish_reason and without [DONE]" : text
    }

    private var kind: AnswerInspection.Kind {
        switch endpoint {
        case .chat: .chat
        case .completions: .completions
        case .embeddings: .embeddings
        }
    }
}
