public import Wire

/// A client's connection as a server sees it: bytes in by callback, bytes out through a bounded queue.
///
/// `TCPConnection` is one; a simulation's connections exist only in memory. The members are documented there.
public protocol ByteStream: AnyObject {
    /// The owner; released after `connectionDidClose`.
    var delegate: (any TCPConnectionDelegate)? { get set }
    /// Whether the connection is closed or closing.
    var isClosed: Bool { get }
    /// How many bytes wait in the queue for the peer to take them.
    var queuedBytes: Int { get }
    /// How many bytes are known to have reached the peer so far: this tells a slow reader from one that has
    /// stopped.
    var deliveredBytes: Int { get }
    /// Where the client comes from; `unknown` once it has gone.
    var clientNetwork: ClientNetwork { get }
    /// Starts reading.
    func startReading()
    /// Stops reading.
    func stopReading()
    /// Writes four pieces in order, each of which may be empty.
    func write(_ first: RawSpan, _ second: RawSpan, _ third: RawSpan, _ fourth: RawSpan) -> WriteOutcome
    /// Writes a piece, a block that is handed over, and another piece, in order.
    func write(_ first: RawSpan, adopting body: inout ByteBuffer, _ last: RawSpan) -> WriteOutcome
    /// Ends the outgoing half after the queue is empty; reading continues.
    func finishWriting()
    /// Closes when the queue is empty; nothing more may be written.
    func closeWhenFlushed()
    /// Closes at once; queued bytes are dropped. The delegate is notified in a later turn.
    func close()
}

extension ByteStream {
    /// Writes a copy of the block.
    public func write(_ first: RawSpan, adopting body: inout ByteBuffer, _ last: RawSpan) -> WriteOutcome {
        defer { body.deallocate() }
        return write(first, body.bytes, last, RawSpan())
    }
}
