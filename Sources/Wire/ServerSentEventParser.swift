/// Finds the events in a `text/event-stream` that arrives in chunks cut anywhere (WHATWG HTML §9.2).
///
/// It copies nothing when an event lies whole in one chunk. Forwarding the raw bytes of every step, in order,
/// forwards the stream unchanged, in whole events. A line ends with LF, CRLF or CR. A CR at the end of a chunk
/// ends its line at once; an LF that then begins the next chunk is the first raw byte of the next event and
/// ends no line of its own. A byte order mark at the start of the stream belongs to the raw bytes of the first
/// event and to nothing else.
///
/// ```swift
/// var parser = ServerSentEventParser()
/// var words: [String] = []
/// for text in ["data: Hel", "lo\n\ndata: wor", "ld\n\n"] {
///     let chunk = Array(text.utf8)
///     var offset = 0
///     while case .event(let event) = parser.next(in: chunk.span.bytes, at: &offset) {
///         words.append(parser.data(of: event, in: chunk.span.bytes).text)
///     }
/// }
/// // words is ["Hello", "world"]
/// ```
public struct ServerSentEventParser: ~Copyable {
    /// What the next bytes of a chunk are.
    public enum Step: Equatable, Sendable {
        /// The whole chunk is used; the parser keeps the bytes that are not yet a whole event.
        case needsMoreBytes
        /// A whole event.
        case event(ServerSentEvent)
        /// A piece of an event beyond the limit, to be forwarded as it is. The last piece is the one after
        /// which `isInsideEvent` is false.
        case oversized(ServerSentEvent.Place)
    }

    /// What the held buffer may keep between two events: a stream of split events does not allocate for each,
    /// and 8,000 idle streams do not each keep the size of their largest event.
    private static let keptCapacity = 4096

    /// The largest event, in raw bytes, that is kept until it is whole.
    public let maximumEventBytes: Int
    /// The bytes of an event that is spread over chunks, or of one that has not ended yet.
    private var held = ByteBuffer()
    /// The data of an event that had several lines of it.
    private var joined = ByteBuffer()
    private var lines = EventLines()
    /// Whether `held` was given out by the last call and must be dropped.
    private var isHeldGiven = false
    /// Whether the event that `lines` is in is being given out in pieces.
    private var isOversized = false
    /// Whether no event has ended yet, so that a byte order mark may come first.
    private var isFirst = true

    /// Makes a parser for the start of a stream.
    ///
    /// - Parameter maximumEventBytes: The default of 64 KiB is a hundred times an ordinary event, and bounds the memory per stream.
    public init(maximumEventBytes: Int = 64 * 1024) {
        self.maximumEventBytes = maximumEventBytes
    }

    /// Whether the bytes so far end within an event: at the end of the stream, whether it was cut off.
    public var isInsideEvent: Bool { isOversized || lines.isInsideEvent }

    /// The bytes that were kept because they are not a whole event yet.
    public var pending: RawSpan {
        @_lifetime(borrow self) get { isHeldGiven ? held.bytes.extracting(0..<0) : held.bytes }
    }

    /// Whether the bytes that were kept begin with `literal`.
    public func isPending(_ literal: StaticString) -> Bool {
        !isHeldGiven && held.bytes.hasPrefix(literal)
    }

    /// Continues at `offset` of `chunk` to the end of the next event or of the chunk, and moves `offset` there.
    ///
    /// Call it with the same chunk until it returns `needsMoreBytes`.
    public mutating func next(in chunk: RawSpan, at offset: inout Int) -> Step {
        if isHeldGiven { dropHeld() }
        if joined.capacity > 0 { joined.deallocate() }
        guard offset < chunk.byteCount else { return .needsMoreBytes }
        if isOversized { return nextPiece(in: chunk, at: &offset) }
        let start = offset
        if held.isEmpty {
            var layout = EventLayout()
            if lines.pass(chunk, from: &offset, layout: &layout, isFirst: isFirst) {
                guard offset - start <= maximumEventBytes else { return endOversized(.chunk(start..<offset)) }
                if layout.dataLines > 1 { joined = EventLayout.joined(chunk.extracting(start..<offset)) }
                return finish(layout, at: .chunk(start..<offset))
            }
            guard offset - start <= maximumEventBytes else { return beginOversized(.chunk(start..<offset)) }
            held.append(chunk.extracting(start..<offset))
            return .needsMoreBytes
        }
        var ignored = EventLayout()
        let before = lines
        let isWhole = lines.pass(chunk, from: &offset, layout: &ignored, isFirst: isFirst)
        guard held.count + offset - start <= maximumEventBytes else {
            // The pieces are given in stream order: first the held bytes, then the same part of the chunk once
            // more.
            lines = before
            offset = start
            isHeldGiven = true
            return beginOversized(.held)
        }
        held.append(chunk.extracting(start..<offset))
        guard isWhole else { return .needsMoreBytes }
        isHeldGiven = true
        return finishHeld()
    }

    /// The raw bytes at `place`, which the last call gave for `chunk`.
    @_lifetime(borrow self, copy chunk)
    public func raw(of place: ServerSentEvent.Place, in chunk: RawSpan) -> RawSpan {
        switch place {
        case .chunk(let range): return chunk.extracting(range)
        case .held: return held.bytes
        }
    }

    /// The raw bytes of an event that the last call gave for `chunk`, with the blank line that ends it.
    @_lifetime(borrow self, copy chunk)
    public func raw(of event: ServerSentEvent, in chunk: RawSpan) -> RawSpan {
        raw(of: event.place, in: chunk)
    }

    /// The data of an event that the last call gave for `chunk`, its lines joined by LF.
    @_lifetime(borrow self, copy chunk)
    public func data(of event: ServerSentEvent, in chunk: RawSpan) -> RawSpan {
        guard !event.isJoined else { return joined.bytes }
        switch event.place {
        case .chunk: return chunk.extracting(event.data)
        case .held: return held.bytes.extracting(event.data)
        }
    }

    /// The text of an event that is in no `data` line: the value of a field that is an error, or bare text.
    /// Empty if there is none.
    @_lifetime(borrow self, copy chunk)
    public func bareText(of event: ServerSentEvent, in chunk: RawSpan) -> RawSpan {
        let raw = raw(of: event.place, in: chunk)
        guard let range = EventLayout.bareText(of: raw) else { return raw.extracting(0..<0) }
        return raw.extracting(range).withoutSpace
    }

    private mutating func nextPiece(in chunk: RawSpan, at offset: inout Int) -> Step {
        let start = offset
        var ignored = EventLayout()
        let isWhole = lines.pass(chunk, from: &offset, layout: &ignored, isFirst: isFirst)
        return isWhole ? endOversized(.chunk(start..<offset)) : .oversized(.chunk(start..<offset))
    }

    private mutating func beginOversized(_ place: ServerSentEvent.Place) -> Step {
        isOversized = true
        return .oversized(place)
    }

    private mutating func endOversized(_ place: ServerSentEvent.Place) -> Step {
        isOversized = false
        isFirst = false
        lines.beginEvent()
        return .oversized(place)
    }

    /// Reads the layout of the whole event in `held`; its end is already known.
    private mutating func finishHeld() -> Step {
        var layout = EventLayout()
        var fresh = lines.atFrontOfEvent
        var end = 0
        _ = fresh.pass(held.bytes, from: &end, layout: &layout, isFirst: isFirst)
        if layout.dataLines > 1 { joined = EventLayout.joined(held.bytes) }
        return finish(layout, at: .held)
    }

    private mutating func finish(_ layout: EventLayout, at place: ServerSentEvent.Place) -> Step {
        isFirst = false
        lines.beginEvent()
        return .event(
            ServerSentEvent(
                place: place, kind: layout.kind, data: layout.data, isJoined: layout.dataLines > 1, isError: layout.isError,
                hasWords: layout.hasWords))
    }

    private mutating func dropHeld() {
        isHeldGiven = false
        if held.capacity > Self.keptCapacity { held.deallocate() } else { held.removeAll() }
    }
}
