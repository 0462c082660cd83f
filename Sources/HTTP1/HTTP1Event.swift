/// What a parser found next in the bytes it was given.
public enum HTTP1Event: Equatable, Sendable {
    /// Every byte is used up and the message goes on: call again with the next ones.
    case needsMoreBytes
    /// The head is whole and valid; the parser's properties describe it until the next message begins.
    case head
    /// Some bytes of the body, as offsets into the span that was given. They are never empty, and without any chunk framing.
    case body(Range<Int>)
    /// The message is whole. The offset points behind it, at what may be the next one.
    case end
}
