/// What a body that should be a stream of events is, judged by its first bytes. Providers label streams as JSON
/// or plain text, and answer with JSON that is labelled as a stream.
public enum StreamStart: Equatable, Sendable {
    /// Too early to tell.
    case unknown
    /// A stream of events.
    case events
    /// A JSON value or an HTML page.
    case whole
    /// Neither.
    case other

    /// After this many bytes it no longer waits for more.
    private static let most = 1024

    /// Reads the start of a body, or as much of it as has come.
    public init(_ bytes: RawSpan) {
        self = StreamStart.kind(of: bytes)
    }

    private static func kind(of bytes: RawSpan) -> StreamStart {
        // A byte order mark, or the beginning of one.
        let mark = StaticString("\u{FEFF}")
        guard bytes.byteCount >= 3 || bytes.byteCount > 0 && !mark.span.extracting(first: bytes.byteCount).equals(bytes) else { return .unknown }
        let text = (bytes.hasPrefix(mark) ? bytes.extracting(droppingFirst: 3) : bytes).withoutSpace
        guard text.byteCount > 0 else { return bytes.byteCount < most ? .unknown : .other }
        switch text[byte: 0] {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "<"), UInt8(ascii: "\""): return .whole
        case UInt8(ascii: ":"): return .events
        default: break
        }
        for field in fields {
            if text.hasPrefixIgnoringCase(field) { return .events }
            let name = field.span
            if text.byteCount < name.byteCount, name.extracting(first: text.byteCount).equals(text) { return .unknown }
        }
        return .other
    }

    /// The fields of events, and the one in which some servers send their errors.
    private static let fields: [StaticString] = ["data:", "event:", "id:", "retry:", "error:"]
}
