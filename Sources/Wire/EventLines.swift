/// The parser's position within the lines of an event stream, so that the bytes can be cut anywhere (WHATWG
/// HTML §9.2.6).
struct EventLines {
    /// A line end is searched in stretches of this many bytes: searching the whole chunk for one kind of line
    /// end while the stream uses the other would make a chunk of short lines cost the square of its length.
    private static let stretch = 1024

    /// Whether the last byte was a CR, so that an LF now belongs to the same line end.
    private var isAfterCR = false
    /// `isAfterCR` at the start of the event.
    private var wasAfterCR = false
    /// Whether the current line is still empty.
    private var isLineEmpty = true
    /// Whether the event has a whole line.
    private var hasLine = false
    /// How many bytes of a byte order mark have come at the start of the stream; 3 also once any other byte has
    /// come.
    private var marked = 0

    /// Whether bytes of an event have been passed, but not its end.
    var isInsideEvent: Bool { hasLine || !isLineEmpty }

    /// The state before the first byte of the current event.
    var atFrontOfEvent: EventLines {
        var front = EventLines()
        front.isAfterCR = wasAfterCR
        return front
    }

    /// Records that an event has ended.
    mutating func beginEvent() {
        hasLine = false
        isLineEmpty = true
        wasAfterCR = isAfterCR
    }

    /// Passes bytes from `offset` to the end of the event, or to the end of `bytes`.
    ///
    /// - Parameters:
    ///   - layout: Collects the contents of the lines that lie whole in `bytes`.
    ///   - isFirst: Whether it is the first event of the stream.
    /// - Returns: Whether the event has ended.
    @inline(__always)
    mutating func pass(_ bytes: RawSpan, from offset: inout Int, layout: inout EventLayout, isFirst: Bool) -> Bool {
        var at = offset
        defer { offset = at }
        if isFirst, marked < 3 { passByteOrderMark(bytes, &at) }
        if isAfterCR, at < bytes.byteCount {
            isAfterCR = false
            if bytes.byteOrZero(at: at) == 0x0A { at &+= 1 }
        }
        while at < bytes.byteCount {
            let start = at
            let end = Self.lineEnd(bytes, from: start)
            guard end < bytes.byteCount else {
                isLineEmpty = false
                at = end
                return false
            }
            at = end &+ 1
            if bytes.byteOrZero(at: end) == 0x0D {
                if at < bytes.byteCount {
                    if bytes.byteOrZero(at: at) == 0x0A { at &+= 1 }
                } else {
                    isAfterCR = true
                }
            }
            if isLineEmpty {
                if start == end { return true }
                layout.add(start..<end, of: bytes)
            } else {
                layout.addUnknown()
            }
            hasLine = true
            isLineEmpty = true
        }
        return false
    }

    /// Passes the byte order mark U+FEFF, or as much of it as has come.
    @inline(never)
    private mutating func passByteOrderMark(_ bytes: RawSpan, _ at: inout Int) {
        while at < bytes.byteCount, marked < 3 {
            let expected: UInt8 = marked == 0 ? 0xEF : marked == 1 ? 0xBB : 0xBF
            if bytes.byteOrZero(at: at) == expected {
                marked += 1
                at += 1
            } else {
                // What looked like a mark is the start of the first line.
                if marked > 0 { isLineEmpty = false }
                marked = 3
            }
        }
    }

    /// The offset of the next CR or LF, or the end of `bytes`.
    @inline(__always)
    private static func lineEnd(_ bytes: RawSpan, from start: Int) -> Int {
        var at = start
        while at < bytes.byteCount {
            let window = bytes.extracting(unchecked: at..<min(at &+ stretch, bytes.byteCount))
            let feed = window.firstIndex(of: 0x0A)
            let line = window.extracting(unchecked: 0..<(feed ?? window.byteCount))
            if let carriage = line.firstIndex(of: 0x0D) { return at &+ carriage }
            if let feed { return at &+ feed }
            at &+= window.byteCount
        }
        return at
    }
}
