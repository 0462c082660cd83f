public import EventLoop

/// A client's connection in memory: the gateway's end of it is a `ByteStream`, the client's end is what a test holds.
///
/// Between the two is what a kernel would hold: `room` bytes towards the client. A client that does not read fills it, and the rest waits in the
/// gateway's queue, with the marks that a socket has.
public final class MemoryStream: ByteStream {
    /// How the client sees the connection end.
    public enum End: Sendable {
        /// After the last byte (FIN).
        case finished
        /// In the middle (RST): bytes the client had not read are lost.
        case reset
    }

    /// Bytes the client has read.
    public private(set) var received: [UInt8] = []
    /// How the connection ended for the client, once it has read all before; `nil` while it is open.
    public private(set) var end: End?
    /// The bytes the client has sent and the gateway has not read.
    public var unreadBytes: Int { inbound.count - inboundOffset }
    /// The bytes that wait in the kernel for the client to read them.
    public var unreceivedBytes: Int { kernel.count }
    /// Bytes that a kernel takes towards a client that does not read.
    public var room: Int
    /// Whether the client reads what comes.
    public var clientReads = true {
        didSet { if clientReads, !oldValue { loop.step { [self] in clientRead() } } }
    }

    private let loop: EventLoop
    private let network: ClientNetwork
    private var inbound: [UInt8] = []
    private var inboundOffset = 0
    private var clientHasEnded = false
    private var clientIsGone = false
    private var endIsTold = false
    private var kernel: [UInt8] = []
    private var queue: [UInt8] = []
    private var isReading = false
    private var isSaturated = false
    private var closesWhenFlushed = false
    private var endsWhenEmpty = false
    private var hasSentEnd = false
    private var deliveryIsDue = false
    private var flushIsDue = false
    private var reason = CloseReason.local
    /// Whether the gateway has closed its end.
    public private(set) var isClosed = false
    /// The owner at the gateway's end.
    public var delegate: (any TCPConnectionDelegate)?

    /// The most bytes one callback brings in, as from a socket.
    private static let readSize = EventLoop.readBufferSize
    /// As `TCPConnection` has it.
    private static let lowWaterMark = 16 * 1024

    /// Makes an open connection.
    public init(on loop: EventLoop, room: Int = .max, network: ClientNetwork = .local) {
        self.loop = loop
        self.room = room
        self.network = network
    }

    // MARK: The client's end

    /// Sends bytes.
    public func send(_ bytes: [UInt8]) {
        guard !isClosed, !clientHasEnded else { return }
        inbound += bytes
        loop.step { [self] in deliver() }
    }

    /// Sends the end (FIN), behind what was sent before.
    public func finish() {
        clientHasEnded = true
        loop.step { [self] in deliver() }
    }

    /// Breaks the connection off (RST).
    public func reset() {
        clientHasEnded = true
        clientIsGone = true
        loop.step { [self] in
            // Who does not read hears of it with the next byte that is written.
            if isReading { fail() }
        }
    }

    private func clientRead() {
        guard clientReads else { return }
        received += kernel
        kernel.removeAll(keepingCapacity: true)
        if !queue.isEmpty { flushSoon() }
        noticeEnd()
    }

    private func noticeEnd() {
        guard end == nil, kernel.isEmpty, queue.isEmpty || isClosed else { return }
        if isClosed || hasSentEnd { end = isClosed && lostBytes ? .reset : .finished }
    }

    /// Whether the gateway has closed without having read all that was sent: a system then answers with a reset.
    private var lostBytes = false

    // MARK: The gateway's end

    /// Bytes that wait for room.
    public var queuedBytes: Int { queue.count }

    /// Bytes that the client has, or its kernel for it.
    public var deliveredBytes: Int { writtenBytes - queue.count }
    private var writtenBytes = 0

    /// Where the client is said to come from.
    public var clientNetwork: ClientNetwork { isClosed ? .unknown : network }

    /// Lets bytes come in.
    public func startReading() {
        guard !isReading, !isClosed else { return }
        isReading = true
        deliverSoon()
    }

    /// Stops bytes from coming in.
    public func stopReading() { isReading = false }

    /// Writes four pieces in order.
    public func write(_ first: RawSpan, _ second: RawSpan, _ third: RawSpan, _ fourth: RawSpan) -> WriteOutcome {
        guard !isClosed else { return .saturated }
        guard !clientIsGone else {
            fail()
            return .saturated
        }
        writtenBytes += first.byteCount + second.byteCount + third.byteCount + fourth.byteCount
        put(first)
        put(second)
        put(third)
        put(fourth)
        if queue.count > TCPConnection.highWaterMark { isSaturated = true }
        clientRead()
        return isSaturated ? .saturated : .ready
    }

    /// Ends the outgoing half behind the queue.
    public func finishWriting() {
        guard !isClosed else { return }
        endsWhenEmpty = true
        endIfEmpty()
    }

    /// Closes behind the queue.
    public func closeWhenFlushed() {
        guard !isClosed else { return }
        if queue.isEmpty { return close() }
        closesWhenFlushed = true
    }

    /// Closes at once.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        isReading = false
        lostBytes = unreadBytes > 0 || clientIsGone
        queue = []
        if lostBytes { kernel = [] }
        inbound = []
        inboundOffset = 0
        clientRead()
        // Told in a later turn, as by a socket.
        loop.task(self) { $0.finishClose() }
    }

    private func finishClose() {
        let owner = delegate
        delegate = nil
        owner?.connectionDidClose(reason)
    }

    private func fail() {
        guard !isClosed else { return }
        reason = .peer
        close()
    }

    private func put(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        let taken = queue.isEmpty ? min(bytes.byteCount, max(0, room - kernel.count)) : 0
        bytes.withUnsafeBytes { pointer in
            kernel += pointer[..<taken]
            queue += pointer[taken...]
        }
    }

    private func endIfEmpty() {
        guard endsWhenEmpty, queue.isEmpty else { return }
        hasSentEnd = true
        noticeEnd()
    }

    private func deliverSoon() {
        guard !deliveryIsDue, unreadBytes > 0 || clientHasEnded else { return }
        deliveryIsDue = true
        loop.schedule { [self] in
            deliveryIsDue = false
            deliver()
        }
    }

    /// What one callback brings in.
    private func deliver() {
        guard isReading, !isClosed, let delegate else { return }
        if clientIsGone { return fail() }
        if unreadBytes > 0 {
            let piece = Array(inbound[inboundOffset..<min(inbound.count, inboundOffset + MemoryStream.readSize)])
            inboundOffset += piece.count
            if inboundOffset == inbound.count {
                inbound.removeAll(keepingCapacity: true)
                inboundOffset = 0
            }
            delegate.connectionDidRead(piece.span.bytes)
            deliverSoon()
        } else if clientHasEnded, !endIsTold {
            endIsTold = true
            isReading = false
            delegate.connectionDidReachEnd()
        }
    }

    private func flushSoon() {
        guard !flushIsDue else { return }
        flushIsDue = true
        loop.schedule { [self] in
            flushIsDue = false
            flush()
        }
    }

    /// The kernel takes what it has room for.
    private func flush() {
        guard !isClosed, !queue.isEmpty else { return }
        if clientIsGone { return fail() }
        let taken = min(queue.count, max(0, room - kernel.count))
        kernel += queue[..<taken]
        queue.removeFirst(taken)
        if closesWhenFlushed, queue.isEmpty { return close() }
        if isSaturated, queue.count < MemoryStream.lowWaterMark {
            isSaturated = false
            delegate?.connectionDidDrain()
        }
        if isClosed { return }
        endIfEmpty()
        clientRead()
    }
}
