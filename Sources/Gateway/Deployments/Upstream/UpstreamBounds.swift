public import EventLoop

/// The bounds in time of one request, by what was learnt of the provider and by what the client still waits.
public struct UpstreamBounds: Sendable {
    /// From the request sent to the first content, in place of the time to the first byte.
    public var firstContent: LoopInterval
    /// The first content is there by then.
    public var contentBy: LoopInstant
    /// The whole answer is there by then.
    public var endBy: LoopInstant
    /// Whether the consumer says by `contentArrived()` what content is; otherwise the first byte of the body is that is no blank.
    public var waitsForWord: Bool

    /// Makes bounds.
    public init(firstContent: LoopInterval, contentBy: LoopInstant, endBy: LoopInstant, waitsForWord: Bool) {
        self.firstContent = firstContent
        self.contentBy = contentBy
        self.endBy = endBy
        self.waitsForWord = waitsForWord
    }
}
