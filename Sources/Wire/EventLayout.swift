/// What the lines of one event are (WHATWG HTML §9.2.6).
struct EventLayout {
    /// How many `data` lines there are.
    private(set) var dataLines = 0
    /// The value of the last `data` line.
    private(set) var data = 0..<0
    private var hasField = false

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
        } else if bytes.byteOrZero(at: line.lowerBound) != UInt8(ascii: ":") {
            hasField = true
        }
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
