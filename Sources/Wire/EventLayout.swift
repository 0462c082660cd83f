/// What the lines of one event are (WHATWG HTML §9.2.6).
struct EventLayout {
    /// How many `data` lines there are.
    private(set) var dataLines = 0
    /// The value of the last `data` line.
    private(set) var data = 0..<0
    private var hasField = false
    /// Whether the event is named an error, or has a line that says so without data.
    private(set) var isError = false

    /// What the event says to a client.
    var kind: ServerSentEvent.Kind {
        if dataLines > 0 { return .data }
        return hasField ? .other : .comment
    }

    /// Takes note of the line at `line`, which is not empty and has no line end.
    @inline(__always)
    mutating func add(_ line: Range<Int>, of bytes: RawSpan) {
        if let value = EventLayout.data(of: line, in: bytes) {
            dataLines += 1
            data = value
        } else {
            let first = bytes.byteOrZero(at: line.lowerBound)
            guard first != UInt8(ascii: ":") else { return }
            hasField = true
            if first | 0x20 == UInt8(ascii: "e") { isError = isError || EventLayout.isError(line, of: bytes) }
        }
    }

    /// Whether a line is `event: error` or alike, or has a field named `error`, which llama.cpp sent in 2025 (ggml-org/llama.cpp#16104).
    @inline(never)
    private static func isError(_ line: Range<Int>, of bytes: RawSpan) -> Bool {
        let text = bytes.extracting(line)
        let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.byteCount
        let name = text.extracting(0..<colon)
        guard !name.equalsIgnoringCase("error") else { return true }
        guard name.equals("event"), colon < text.byteCount else { return false }
        let value = text.extracting(colon + 1..<text.byteCount).trimmed
        for word in errors where value.byteCount >= word.utf8CodeUnitCount {
            if value.extracting(value.byteCount - word.utf8CodeUnitCount..<value.byteCount).equalsIgnoringCase(word) { return true }
        }
        return false
    }

    /// How the names of events end that tell of a failure.
    private static let errors: [StaticString] = ["error", "exception"]

    /// What a whole event says that stands in no `data` line: the value of an `error` field, or JSON that lies bare; `nil` when there is none.
    static func bareText(of event: RawSpan) -> Range<Int>? {
        var start = event.hasPrefix("\u{FEFF}") ? 3 : 0
        for at in 0...event.byteCount where at == event.byteCount || event.byteOrZero(at: at) == 0x0A || event.byteOrZero(at: at) == 0x0D {
            let line = event.extracting(start..<at)
            if line.hasPrefixIgnoringCase("error:") { return start + 6..<at }
            let first = line.withoutSpace.byteOrZero(at: 0)
            // JSON may be spread over lines; it ends with the event.
            if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "<") { return start..<event.byteCount }
            start = at + 1
        }
        return nil
    }

    /// Takes note of a line whose beginning is not at hand.
    mutating func addUnknown() {
        hasField = true
    }

    /// The value of the `data` field in the line at `line`, without the one space that may follow the colon; `nil` for another line.
    @inline(__always)
    private static func data(of line: Range<Int>, in bytes: RawSpan) -> Range<Int>? {
        let start = line.lowerBound
        // "data", read as one little-endian word.
        guard line.count >= 4, bytes.leadingWord(at: start) == 0x6174_6164 else { return nil }
        guard line.count > 4 else { return line.upperBound..<line.upperBound }
        guard bytes.byteOrZero(at: start &+ 4) == UInt8(ascii: ":") else { return nil }
        let hasSpace = line.count > 5 && bytes.byteOrZero(at: start &+ 5) == 0x20
        return Range(uncheckedBounds: (start &+ (hasSpace ? 6 : 5), line.upperBound))
    }

    /// The values of all `data` lines of the whole event `event`, joined by LF.
    static func joined(_ event: RawSpan) -> ByteBuffer {
        var buffer = ByteBuffer()
        var isFirst = true
        // A byte order mark stands in front of the first line of a stream and nowhere else in a line that has a field name.
        var start = event.hasPrefix("\u{FEFF}") ? 3 : 0
        // Line ends need no care here: an empty line between a CR and its LF has no field.
        for at in 0..<event.byteCount where event.byteOrZero(at: at) == 0x0A || event.byteOrZero(at: at) == 0x0D {
            if let value = data(of: start..<at, in: event) {
                if !isFirst { buffer.append(0x0A) }
                isFirst = false
                buffer.append(event.extracting(value))
            }
            start = at + 1
        }
        return buffer
    }
}
