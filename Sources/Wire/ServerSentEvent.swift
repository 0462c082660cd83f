/// One event of a `text/event-stream`, as a range of bytes that are stored elsewhere (WHATWG HTML §9.2).
///
/// Its bytes are in the chunk it was found in, or in the parser when the event was spread over several chunks;
/// the parser's accessors find them.
public struct ServerSentEvent: Equatable, Sendable {
    /// What an event says to a client.
    public enum Kind: UInt8, Sendable {
        /// It has data, perhaps of length 0.
        case data
        /// It has comments, or nothing at all.
        case comment
        /// It has fields but no data, so that clients do not dispatch it.
        case other
    }

    /// Where raw bytes of the stream lie.
    public enum Place: Equatable, Sendable {
        /// In this part of the chunk.
        case chunk(Range<Int>)
        /// In the parser, until its next call.
        case held
    }

    /// Where the whole event is, with the blank line that ends it.
    public let place: Place
    /// What it says.
    public let kind: Kind
    /// The data within the bytes that `place` names, when it is a single line.
    let data: Range<Int>
    /// Whether the data had several lines, which the parser has joined.
    let isJoined: Bool
    /// Whether it is named an error (`event: error`), or has a field of that name.
    public let isError: Bool
    /// Whether it has a line that is neither a field nor a comment: bare text or JSON from the server.
    public let hasWords: Bool
}
