import Wire

/// What a parser made of a stream.
struct EventStreamReading: Equatable {
    struct Event: Equatable {
        var kind: ServerSentEvent.Kind
        var data: String
        /// Text that is in no `data` line.
        var words: String
        var isError: Bool
        var hasWords: Bool
    }

    var events: [Event] = []
    /// All raw bytes that were given, in order, followed by those that were kept.
    var raw: [UInt8] = []
    /// The raw bytes of each event.
    var rawEvents: [String] = []
    var oversizedPieces = 0
    var oversizedBytes = 0
    var isInsideEvent = false
    /// Whether any event was taken from the parser's own memory.
    var usedHeld = false

    /// Reads `stream` in chunks that end at `cuts`, in ascending order.
    init(_ stream: [UInt8], cutAt cuts: [Int] = [], maximumEventBytes: Int = 64 * 1024) {
        var parser = ServerSentEventParser(maximumEventBytes: maximumEventBytes)
        var start = 0
        for end in cuts + [stream.count] {
            let bytes = Array(stream[start..<end])
            let chunk = bytes.span.bytes
            var offset = 0
            var isOpen = true
            while isOpen {
                switch parser.next(in: chunk, at: &offset) {
                case .needsMoreBytes: isOpen = false
                case .event(let event):
                    events.append(
                        Event(
                            kind: event.kind, data: parser.data(of: event, in: chunk).text, words: parser.bareText(of: event, in: chunk).text,
                            isError: event.isError, hasWords: event.hasWords))
                    raw += bytesOf(parser.raw(of: event, in: chunk))
                    rawEvents.append(parser.raw(of: event.place, in: chunk).text)
                    if event.place == .held { usedHeld = true }
                case .oversized(let place):
                    let piece = bytesOf(parser.raw(of: place, in: chunk))
                    raw += piece
                    oversizedPieces += 1
                    oversizedBytes += piece.count
                }
            }
            precondition(offset == bytes.count, "a chunk must be used up")
            start = end
        }
        raw += bytesOf(parser.pending)
        isInsideEvent = parser.isInsideEvent
    }

    init(_ stream: String, cutAt cuts: [Int] = [], maximumEventBytes: Int = 64 * 1024) {
        self.init(Array(stream.utf8), cutAt: cuts, maximumEventBytes: maximumEventBytes)
    }

    /// The data of the events that have any.
    var data: [String] { events.filter { $0.kind == .data }.map(\.data) }
}

/// A copy of the bytes.
func bytesOf(_ span: RawSpan) -> [UInt8] {
    span.withUnsafeBytes { Array($0) }
}
