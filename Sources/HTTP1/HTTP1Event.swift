/// What a parser found next in the bytes it was given.
public enum HTTP1Event: Equatable, Sendable {
    /// All bytes are used and the message continues: call again with the next ones.
    case needsMoreBytes
    /// The head is whole and valid; the parser's properties describe it until the next message begins.
    case head
    /// Some bytes of the body, as offsets into the given span. They are never empty and never include chunk
    /// framing.
    case body(Range<Int>)
    /// The message is complete. The offset points past it, to the start of the next one, if any.
    case end
}
