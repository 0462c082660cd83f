internal import CCurl
public import EventLoop
public import Gateway
internal import HTTP1
internal import Wire

/// Sends requests to providers on connections that libcurl opens, and rare ones through libcurl's own HTTP engine.
@safe public final class CurlTransport: UpstreamTransport {
    /// Most send buffers kept for the next requests, and the largest of them in bytes.
    private static let mostPooledBuffers = 64
    private static let largestPooledBuffer = 64 * 1024

    let loop: EventLoop
    let multi: CurlMulti
    let headLimits = HTTPHeadLimits()
    /// One buffer for every read of every connection.
    let readBuffer: UnsafeMutableRawBufferPointer
    private(set) var isClosed = false
    private var pools: [ConnectionPool] = []
    private var sendBuffers: [SendBuffer] = []

    /// Makes a transport on the loop.
    public init(on loop: EventLoop) throws(UVError) {
        self.loop = loop
        multi = try CurlMulti(on: loop)
        unsafe readBuffer = .allocate(byteCount: EventLoop.readBufferSize, alignment: 16)
    }

    deinit { unsafe readBuffer.deallocate() }

    /// How many connections to providers are open or being opened.
    public var openConnections: Int { pools.reduce(0) { $0 + $1.count } }

    public func start(_ request: UpstreamRequest, delivering consumer: any UpstreamConsumer) -> any UpstreamTransfer {
        loop.preconditionOnLoop()
        if request.isCold {
            let transfer = FetchTransfer(request, transport: self, consumer: consumer)
            transfer.begin()
            return transfer
        }
        let transfer = FramedTransfer(request, pool: pool(of: request.endpoint.origin), consumer: consumer)
        transfer.begin()
        return transfer
    }

    /// Closes every connection; what is under way hears nothing more.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        for pool in pools { pool.close() }
        multi.close()
    }

    private func pool(of origin: UpstreamOrigin) -> ConnectionPool {
        if let pool = origin.pool as? ConnectionPool { return pool }
        let pool = ConnectionPool(origin: origin, transport: self)
        origin.pool = pool
        pools.append(pool)
        return pool
    }

    /// The first `count` bytes of the shared read buffer.
    @_lifetime(borrow self)
    func read(_ count: Int) -> RawSpan {
        unsafe _overrideLifetime(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: readBuffer[..<count])), borrowing: self)
    }

    func takeSendBuffer() -> SendBuffer {
        sendBuffers.popLast() ?? SendBuffer()
    }

    func reclaim(_ buffer: SendBuffer) {
        guard buffer.bytes.capacity <= CurlTransport.largestPooledBuffer, sendBuffers.count < CurlTransport.mostPooledBuffers else { return }
        sendBuffers.append(buffer)
    }
}
