internal import CCurl
internal import EventLoop
internal import Gateway
internal import Glibc
internal import HTTP1
internal import Wire

/// A connection to a provider: opened and encrypted by libcurl, used by us.
@safe final class UpstreamConnection: CurlJob {
    /// The outcome of one read.
    enum ReadResult {
        case bytes(Int)
        /// Nothing for now; the watcher reports when there is more.
        case wait
        /// The peer has closed, or the connection is broken.
        case ended
    }

    /// The outcome of one attempt to send.
    enum SendResult {
        case sent, wait, broken
    }

    let pool: ConnectionPool
    let parser: HTTP1ResponseParser
    /// The transfer that uses the connection; `nil` while it is idle. The transfer releases it when it ends.
    var transfer: FramedTransfer?
    private(set) var isOpen = false
    private(set) var isClosed = false
    /// When the connection was opened; it is not reused forever.
    private(set) var openedAt: LoopInstant
    /// Whether it is waiting in the pool for its next request.
    var isIdle = false
    let timer: LoopTimer

    private let timerTarget: TimerTarget
    private let easy: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private let shard: ConnectionShard
    private var watcher: SocketWatcher?
    private var descriptor: Int32 = -1
    private var isReading = true
    /// Whether libcurl or the kernel has asked to wait before taking more of the request.
    private var waitsToSend = false
    /// The heads of a proxy's answer.
    private var heads: HeadTally
    /// Why the proxy's answer is no longer accepted.
    private var refusal: UpstreamFailure?

    /// Starts to connect; `FramedTransfer.connectionOpened` or `connectionFailed` follows in a later turn.
    init(pool: ConnectionPool, timeout: Duration) throws(UVError) {
        self.pool = pool
        parser = HTTP1ResponseParser(limits: pool.transport.headLimits)
        heads = HeadTally(pool.transport.headLimits)
        openedAt = pool.transport.loop.now
        // Not a weak reference, with which every retain of the connection would take the runtime's slow path.
        // `close()` empties the box.
        let box = TimerTarget()
        timerTarget = box
        timer = try LoopTimer(on: pool.transport.loop) { _ in box.connection?.timeOut() }
        guard let handle = unsafe curl_easy_init() else { preconditionFailure("out of memory: curl_easy_init") }
        unsafe easy = handle
        unsafe errorText = .allocate(capacity: CurlOptions.errorTextSize)
        unsafe errorText.initialize(repeating: 0, count: CurlOptions.errorTextSize)
        shard = pool.shards.take()
        unsafe ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        unsafe CurlOptions.setConnectOnly(easy, origin: pool.origin, shard: shard, timeout: timeout)
        box.connection = self
        unsafe ccurl_set_write(easy, CURLOPT_HEADERFUNCTION, curlDidReceiveProxyLine)
        unsafe ccurl_set_pointer(easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(self).toOpaque())
        unsafe pool.multi.add(easy, job: self)
    }

    private final class TimerTarget {
        var connection: UpstreamConnection?
    }

    deinit {
        unsafe errorText.deallocate()
    }

    /// Closes the connection and frees its handle; never from inside a libcurl callback. Calling it twice does nothing.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        isOpen = false
        transfer = nil
        timer.close()
        timerTarget.connection = nil
        watcher = nil
        unsafe pool.multi.remove(easy)
        unsafe curl_easy_cleanup(easy)
        pool.connectionClosed(self, shard: shard)
    }

    func curlClosed() { close() }

    func curlFinished(_ code: CURLcode) {
        guard !isClosed, !isOpen else { return }
        guard code == CURLE_OK else {
            let failure =
                unsafe refusal ?? UpstreamFailure(code, text: String(cString: errorText), easy: easy, viaProxy: pool.origin.hasProxy)
            let waiting = transfer
            close()
            waiting?.connectionFailed(failure)
            return
        }
        // Queried once: the lookup walks libcurl's connections.
        unsafe ccurl_get_socket(easy, &descriptor)
        guard descriptor >= 0, let taken = try? pool.multi.takeOver(descriptor: descriptor) else {
            let waiting = transfer
            close()
            waiting?.connectionFailed(UpstreamFailure(.local, "the connection's socket can't be watched"))
            return
        }
        isOpen = true
        openedAt = pool.transport.loop.now
        watcher = taken
        taken.onReady = { [unowned self] in ready($0) }
        watch()
        // A connect-only connection counts as unused until the first receive, and libcurl prunes unused ones.
        var unused: UInt8 = 0
        var count = 0
        unsafe curl_easy_recv(easy, &unused, 0, &count)
        if let transfer { transfer.connectionOpened(self, isReused: false) } else { pool.release(self) }
    }

    /// Takes a line of a proxy's answer to CONNECT, the only HTTP that libcurl speaks here.
    fileprivate func proxyLineArrived(_ line: RawSpan) -> Bool {
        switch heads.take(line) {
        case .start, .field, .trailer: break
        case .end: refusal = unsafe UpstreamFailure(proxyOf: easy)
        case .tooMuch: refusal = UpstreamFailure(.proxy, HeadTally.tooMuch)
        }
        return refusal == nil
    }

    // MARK: Bytes

    /// Sends the rest of the buffer.
    func send(_ buffer: SendBuffer) -> SendResult {
        while !buffer.isSent {
            var taken = 0
            let (start, count) = unsafe buffer.unsent
            var code = CURLE_OK
            if isRaw {
                taken = unsafe Glibc.send(descriptor, start, count, Int32(MSG_NOSIGNAL))
                if taken < 0 { code = errno == EAGAIN || errno == EINTR ? CURLE_AGAIN : CURLE_SEND_ERROR }
            } else {
                code = unsafe curl_easy_send(easy, start, count, &taken)
            }
            switch code {
            case CURLE_OK: buffer.sent += taken
            case CURLE_AGAIN:
                waitsToSend = true
                watch()
                return .wait
            default: return .broken
            }
        }
        waitsToSend = false
        watch()
        return .sent
    }

    /// Reads once into the transport's shared buffer.
    func read() -> ReadResult {
        var count = 0
        let room = unsafe pool.transport.readBuffer
        if isRaw {
            count = unsafe recv(descriptor, room.baseAddress, room.count, 0)
            if count > 0 { return .bytes(count) }
            return count < 0 && (errno == EAGAIN || errno == EINTR) ? .wait : .ended
        }
        let code = unsafe curl_easy_recv(easy, room.baseAddress, room.count, &count)
        switch code {
        case CURLE_OK: return count > 0 ? .bytes(count) : .ended
        case CURLE_AGAIN: return .wait
        default: return .ended
        }
    }

    /// Whether the peer has neither ended the connection nor sent anything unrequested, as far as it has
    /// arrived. For requests that must not be sent in vain.
    func isQuiet() -> Bool {
        if case .wait = read() { true } else { false }
    }

    /// The round-trip time as measured by the system (tcp(7)); with a proxy, only up to it.
    var roundTrip: Duration {
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        guard unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0 else { return .zero }
        return .microseconds(Int64(info.tcpi_rtt))
    }

    /// Whether a read that did not fill the buffer has taken all there is. With TLS, more may be decrypted
    /// already in the library.
    var shortReadMeansEmpty: Bool { isRaw }

    /// Whether our bytes are the socket's own. libcurl's send and receive can then be skipped: they add
    /// nothing, but look up the connection each time, 3 µs a chunk. Not so with TLS, or where a proxy may speak
    /// TLS itself.
    private var isRaw: Bool { pool.isPlain }

    /// Starts or stops reading; when stopped, the provider's window closes.
    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        watch()
    }

    private func watch() {
        var events: SocketEvents = isReading ? .readable : []
        if waitsToSend { events.insert(.writable) }
        watcher?.watch(for: events)
    }

    private func ready(_ events: SocketEvents) {
        guard isOpen else { return }
        if let transfer { return transfer.connectionReady(events) }
        // Idle: TLS 1.3 tickets may come and do not matter; other bytes or an end make the connection useless.
        switch read() {
        case .wait: if events.contains(.failed) { close() }
        case .bytes, .ended: close()
        }
    }

    private func timeOut() {
        guard !isClosed else { return }
        if let transfer { transfer.timeOut() } else { close() }
    }
}

private let curlDidReceiveProxyLine: curl_write_callback = { bytes, size, count, user in
    let connection = unsafe Unmanaged<UpstreamConnection>.fromOpaque(user!).takeUnretainedValue()
    let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(bytes!), byteCount: size * count)
    // A smaller count ends the call (CURLOPT_HEADERFUNCTION(3)).
    return connection.proxyLineArrived(span) ? size * count : 0
}
