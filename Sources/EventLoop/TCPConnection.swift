internal import CUV
internal import Glibc
public import Wire

/// The outcome of handing bytes to a writer.
public enum WriteOutcome: Sendable {
    /// More may follow at once.
    case ready
    /// The bytes were taken, but the queue is over its high mark: wait for the drain before writing more.
    case saturated
}

/// Why a connection ended.
public enum CloseReason: Sendable {
    /// This side closed it.
    case local
    /// The peer closed or reset it, or the network failed.
    case peer
}

/// How a connection informs its owner, always on the loop.
public protocol TCPConnectionDelegate: AnyObject {
    /// Bytes came in; they are borrowed from the loop's read buffer and valid only during the call.
    func connectionDidRead(_ bytes: RawSpan)
    /// A connection opened by this side is open; an accepted one is open from the start.
    func connectionDidOpen()
    /// The peer has sent its last byte (FIN).
    func connectionDidReachEnd()
    /// The write queue has fallen under its low mark after `saturated`.
    func connectionDidDrain()
    /// The connection is closed; nothing more will be called.
    func connectionDidClose(_ reason: CloseReason)
    /// The client whose bytes begin to wait in the write queue; `nil` if they are not counted for a client.
    func connectionShare() -> ClientShare?
}

extension TCPConnectionDelegate {
    /// Nothing: the owner of an accepted connection does not wait for it.
    public func connectionDidOpen() {}
    /// None: what is sent to a provider was counted where it was received.
    public func connectionShare() -> ClientShare? { nil }
}

/// A TCP connection, or one accepted by a `LocalSocket`: bytes in by callback, bytes out at once if the kernel
/// takes them, otherwise through a bounded queue.
///
/// ```swift
/// final class Greeter: TCPConnectionDelegate {
///     private let connection: TCPConnection
///     private(set) var answer = ""
///
///     init(to address: SocketAddress, on loop: EventLoop) throws(UVError) {
///         connection = try TCPConnection(connectingTo: address, on: loop)
///         connection.delegate = self
///         connection.startReading()
///         _ = connection.write(StaticString("hello").span)  // waits until the connection is open
///     }
///
///     func connectionDidRead(_ bytes: RawSpan) { answer += bytes.text }
///     func connectionDidReachEnd() { connection.close() }
///     func connectionDidDrain() {}  // after a write that was `saturated`: more may follow
///     func connectionDidClose(_ reason: CloseReason) {}
/// }
/// ```
@safe public final class TCPConnection: ByteStream {
    /// Above this many queued bytes a write reports `saturated`.
    public static let highWaterMark = 64 * 1024
    /// Under this many queued bytes a saturated connection reports its drain.
    static let lowWaterMark = 16 * 1024
    /// Seconds without traffic before the kernel probes a silent peer (`TCP_KEEPIDLE`), so that vanished clients are found.
    private static let keepAliveSeconds: UInt32 = 60

    private let handle: UVHandle<uv_tcp_t>
    private let loop: EventLoop
    private unowned let listener: TCPListener?
    private var queue = WriteQueue()
    /// The client whose bytes the queue holds.
    private var share: ClientShare?
    private var isReading = false
    /// Whether reading pauses until others have had their turn.
    private var isResting = false
    private var isClosing = false
    private var isSaturated = false
    private var closesWhenFlushed = false
    private var writtenBytes = 0
    private var reason = CloseReason.local
    /// Why the connection could not be opened, once it is closed for that reason.
    public private(set) var connectError: UVError?
    /// The owner; released after `connectionDidClose`.
    public var delegate: (any TCPConnectionDelegate)?

    init(acceptedBy listener: TCPListener, on loop: EventLoop, listener stream: UnsafeMutablePointer<uv_stream_t>) throws(UVError) {
        self.loop = loop
        self.listener = listener
        unsafe handle = try UVHandle("uv_tcp_init", on: loop) { raw in unsafe uv_tcp_init(loop.raw, raw) }
        unsafe handle.retain(self)
        let status = unsafe uv_accept(stream, handle.stream)
        guard status == 0 else {
            isClosing = true
            unsafe handle.close()
            throw UVError(code: status, call: "uv_accept")
        }
        unsafe uv_tcp_nodelay(handle.raw, 1)
        unsafe uv_tcp_keepalive(handle.raw, 1, TCPConnection.keepAliveSeconds)
    }

    /// Starts opening a connection to `address`. What is written meanwhile waits in the queue.
    ///
    /// The delegate receives `connectionDidOpen`, or `connectionDidClose` if there is no listener;
    /// `connectError` then gives the reason.
    public init(connectingTo address: SocketAddress, on loop: EventLoop) throws(UVError) {
        self.loop = loop
        listener = nil
        unsafe handle = try UVHandle("uv_tcp_init", on: loop) { raw in unsafe uv_tcp_init(loop.raw, raw) }
        unsafe handle.retain(self)
        unsafe uv_tcp_nodelay(handle.raw, 1)
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        let status = unsafe address.withRaw { raw in
            unsafe uv_tcp_connect(request, handle.raw, raw) { request, status in
                let connection = unsafe Unmanaged<TCPConnection>.fromOpaque(request!.pointee.handle.pointee.data).takeUnretainedValue()
                unsafe request!.deallocate()
                connection.loop.callback("connect") { connection.didConnect(status) }
            }
        }
        guard status == 0 else {
            unsafe request.deallocate()
            isClosing = true
            unsafe handle.close()
            throw UVError(code: status, call: "connect")
        }
    }

    /// Whether the connection is closed or closing.
    public var isClosed: Bool { isClosing }

    /// Where the client comes from; `unknown` once it has gone.
    public var clientNetwork: ClientNetwork {
        var descriptor: Int32 = -1
        guard !isClosing, unsafe uv_fileno(handle.base, &descriptor) == 0 else { return .unknown }
        return ClientNetwork(peerOf: descriptor)
    }

    /// How many bytes have reached the other end, as far as the system knows: what was written, minus what
    /// waits here and what waits in the kernel to be acknowledged. For watching a slow reader: the kernel takes
    /// bytes in gulps of megabytes, with a minute in between.
    public var deliveredBytes: Int {
        var descriptor: Int32 = -1
        guard !isClosing, unsafe uv_fileno(handle.base, &descriptor) == 0 else { return writtenBytes }
        let onItsWay = unsafe uv_stream_get_write_queue_size(handle.stream)
        // SIOCOUTQ of tcp(7), under its other name.
        var unacknowledged: CInt = 0
        guard unsafe ioctl(descriptor, UInt(TIOCOUTQ), &unacknowledged) == 0 else { return writtenBytes }
        return writtenBytes &- queue.waitingBytes &- Int(clamping: onItsWay) &- Int(unacknowledged)
    }

    /// How many bytes wait in the queue for the kernel.
    public var queuedBytes: Int { queue.count }

    /// Starts reading.
    public func startReading() {
        guard !isReading, !isClosing else { return }
        isReading = true
        if !isResting { beginReading() }
    }

    private func beginReading() {
        let status = unsafe uv_read_start(
            handle.stream,
            { raw, _, buffer in
                let loop = unsafe EventLoop.of(raw!.pointee.loop)
                unsafe buffer!.pointee = uv_buf_init(loop.readBuffer.assumingMemoryBound(to: CChar.self), UInt32(EventLoop.readBufferSize))
            },
            { raw, count, _ in
                let connection = unsafe Unmanaged<TCPConnection>.fromOpaque(raw!.pointee.data).takeUnretainedValue()
                connection.loop.callback("client read") { connection.didRead(count) }
            })
        if status < 0 { fail() }
    }

    /// Stops reading; the kernel's window closes.
    public func stopReading() {
        guard isReading, !isClosing else { return }
        isReading = false
        if !isResting { unsafe uv_read_stop(handle.stream) }
    }

    /// Writes up to four pieces in order, in one system call if the kernel takes them; only what it leaves is
    /// copied. If the loop's `held` has no room for that, the connection ends.
    public func write(_ first: RawSpan, _ second: RawSpan = RawSpan(), _ third: RawSpan = RawSpan(), _ fourth: RawSpan = RawSpan()) -> WriteOutcome {
        guard !isClosing else { return .saturated }
        let total = first.byteCount + second.byteCount + third.byteCount + fourth.byteCount
        var taken = 0
        writtenBytes &+= total
        if queue.isEmpty {
            taken = tryWrite(first, second, third, fourth)
            if taken == total { return .ready }
            guard taken >= 0 else {
                fail()
                return .saturated
            }
        }
        if queue.count == 0 { share = delegate?.connectionShare() }
        guard loop.held.take(total - taken, for: share) else {
            close()
            return .saturated
        }
        queue.append(first, skipping: &taken)
        queue.append(second, skipping: &taken)
        queue.append(third, skipping: &taken)
        queue.append(fourth, skipping: &taken)
        flush()
        if queue.count > TCPConnection.highWaterMark { isSaturated = true }
        return isSaturated ? .saturated : .ready
    }

    /// Writes a piece, a block that is handed over, and another piece, in this order. What the kernel does not
    /// take at once of a long block waits where it is, without a copy, and is written in slices.
    public func write(_ first: RawSpan, adopting body: inout ByteBuffer, _ last: RawSpan) -> WriteOutcome {
        guard body.count > WriteQueue.sliceSize else {
            defer { body.deallocate() }
            return write(first, body.bytes, last, RawSpan())
        }
        defer { body.deallocate() }
        guard !isClosing else { return .saturated }
        var taken = 0
        writtenBytes &+= first.byteCount + body.count + last.byteCount
        if queue.isEmpty {
            taken = tryWrite(first, body.bytes.extracting(first: WriteQueue.sliceSize), RawSpan(), RawSpan())
            guard taken >= 0 else {
                fail()
                return .saturated
            }
        }
        if queue.count == 0 { share = delegate?.connectionShare() }
        let start = max(0, taken - first.byteCount)
        guard loop.held.take(max(0, first.byteCount - taken) + body.count + last.byteCount, for: share) else {
            close()
            return .saturated
        }
        queue.append(first, skipping: &taken)
        queue.adopt(&body, from: start)
        var none = 0
        queue.append(last, skipping: &none)
        flush()
        if queue.count > TCPConnection.highWaterMark { isSaturated = true }
        return isSaturated ? .saturated : .ready
    }

    /// Ends the outgoing half after the queue is empty (FIN); reading continues.
    public func finishWriting() {
        guard !isClosing else { return }
        queue.endsWhenEmpty = true
        if queue.isEmpty { sendEnd() }
    }

    /// Closes when the kernel has taken the queue; nothing more may be written.
    public func closeWhenFlushed() {
        guard !isClosing else { return }
        if queue.isEmpty { return close() }
        closesWhenFlushed = true
    }

    /// Closes at once; queued bytes are dropped. Calling it twice does nothing.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        isReading = false
        unsafe handle.close()
        loop.held.give(queue.dropWaiting(), of: share)
        listener?.connectionClosed()
        // Reported in a later turn, never from inside the call that closed; the handle keeps this object alive
        // until then.
        loop.task(self) { $0.finishClose() }
    }

    private func didConnect(_ status: Int32) {
        // Closing before the connect ends cancels it.
        guard !isClosing else { return }
        guard status == 0 else {
            connectError = UVError(code: status, call: "connect")
            return fail()
        }
        delegate?.connectionDidOpen()
    }

    private func finishClose() {
        let owner = delegate
        delegate = nil
        owner?.connectionDidClose(reason)
    }

    private func fail() {
        guard !isClosing else { return }
        reason = .peer
        close()
    }

    private func didRead(_ count: Int) {
        guard !isClosing, let delegate else { return }
        if count > 0 {
            // Through a pointer of its own: borrowed from the loop's field the span trips the optimizer (Swift 6.3.1, copy propagation).
            let start = unsafe UnsafeRawPointer(loop.readBuffer)
            delegate.connectionDidRead(unsafe RawSpan(_unsafeStart: start, byteCount: count))
            // After a full buffer libuv reads again at once, 32 times (uv__read): too often for bytes that mean
            // much work, such as tiny chunks.
            if count == EventLoop.readBufferSize, isReading, loop.turnIsLong { rest() }
        } else if count == Int(UV_EOF.rawValue) {
            stopReading()
            delegate.connectionDidReachEnd()
        } else if count < 0 {
            fail()
        }
    }

    private func rest() {
        isResting = true
        unsafe uv_read_stop(handle.stream)
        loop.queueTurn(for: self)
    }

    /// How many bytes the kernel took; -1 when the connection is broken.
    private func tryWrite(_ first: RawSpan, _ second: RawSpan, _ third: RawSpan, _ fourth: RawSpan) -> Int {
        unsafe first.withUnsafeBytes { a in
            unsafe second.withUnsafeBytes { b in
                unsafe third.withUnsafeBytes { c in
                    unsafe fourth.withUnsafeBytes { d in
                        var buffers = unsafe (buffer(a), buffer(b), buffer(c), buffer(d))
                        let used: UInt32 = d.count > 0 ? 4 : c.count > 0 ? 3 : b.count > 0 ? 2 : 1
                        let status = unsafe withUnsafeMutablePointer(to: &buffers) { tuple in
                            unsafe tuple.withMemoryRebound(to: uv_buf_t.self, capacity: 4) { unsafe uv_try_write(handle.stream, $0, used) }
                        }
                        return status >= 0 ? Int(status) : status == UV_EAGAIN.rawValue ? 0 : -1
                    }
                }
            }
        }
    }

    @inline(__always)
    private func buffer(_ bytes: UnsafeRawBufferPointer) -> uv_buf_t {
        unsafe uv_buf_t(base: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self)), len: bytes.count)
    }

    /// Hands the queue to libuv unless a write is in flight.
    private func flush() {
        guard let next = unsafe queue.beginWrite() else { return }
        var buffer = unsafe buffer(UnsafeRawBufferPointer(next.bytes))
        let status = unsafe uv_write(next.request, handle.stream, &buffer, 1) { request, status in
            let connection = unsafe Unmanaged<TCPConnection>.fromOpaque(request!.pointee.handle.pointee.data).takeUnretainedValue()
            connection.loop.callback("client write") { connection.didWrite(status) }
        }
        if status < 0 {
            loop.held.give(queue.finishWrite(), of: share)
            fail()
        }
    }

    private func didWrite(_ status: Int32) {
        loop.held.give(queue.finishWrite(), of: share)
        guard !isClosing else { return }
        guard status == 0 else { return fail() }
        flush()
        if closesWhenFlushed, queue.isEmpty { return close() }
        if isSaturated, queue.count < TCPConnection.lowWaterMark {
            isSaturated = false
            delegate?.connectionDidDrain()
        }
        if queue.isEmpty, queue.endsWhenEmpty, !isClosing { sendEnd() }
    }

    private func sendEnd() {
        queue.endsWhenEmpty = false
        guard let request = unsafe queue.shutdownRequest() else { return }
        let status = unsafe uv_shutdown(request, handle.stream) { request, _ in unsafe request!.deallocate() }
        // Ended before: no callback will come (uv_shutdown, UV_ENOTCONN).
        if status < 0 { unsafe request.deallocate() }
    }
}

extension TCPConnection: TurnTaker {
    /// Resumes reading after a rest.
    public func takeTurn() {
        isResting = false
        if isReading, !isClosing { beginReading() }
    }
}
