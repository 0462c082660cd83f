internal import EventLoop
internal import Wire

/// A request body's bytes; a class so that a pool can hold it.
final class BodyBuffer {
    var bytes = ByteBuffer()
    /// The client whose bytes they are, where that is counted.
    var client: ClientShare?
    /// The bytes, as long as they are not changed.
    var span: RawSpan {
        @_lifetime(borrow self) get { _overrideLifetime(bytes.bytes, borrowing: self) }
    }
    /// Whether another thread is reading the bytes, which are neither changed nor freed meanwhile.
    var isLent = false
    /// Whether the bytes are to be freed as soon as they are no longer lent.
    var isGivenUp = false
}

/// Frees the memory of a large body, a piece in each turn.
final class BodyRelease: TurnTaker {
    /// About half a millisecond's work.
    private static let pieceSize = 2 * 1024 * 1024

    private let buffer: BodyBuffer
    private let loop: EventLoop

    init(_ buffer: BodyBuffer, on loop: EventLoop) { (self.buffer, self.loop) = (buffer, loop) }

    func takeTurn() {
        let count = buffer.bytes.count
        let isLeft = buffer.bytes.deallocate(some: BodyRelease.pieceSize)
        loop.held.give(count - buffer.bytes.count, of: buffer.client)
        if isLeft { loop.queueTurn(for: self) }
    }
}
