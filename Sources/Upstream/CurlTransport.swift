internal import CCurl
public import EventLoop
public import Gateway
internal import Glibc
internal import HTTP1
internal import Wire

/// Sends requests to providers on connections that libcurl opens, and rare ones through libcurl's own HTTP
/// engine.
///
/// ```swift
/// final class Page: UpstreamConsumer {
///     private(set) var status = 0
///     private(set) var body: [UInt8] = []
///     private(set) var hasEnded = false
///
///     func receiveHead(status: Int, fields: borrowing HTTPFields) { self.status = status }
///
///     func receive(_ chunk: RawSpan) -> Demand {
///         body += chunk.array
///         return .more
///     }
///
///     func receiveEnd(_ end: UpstreamEnd) { hasEnded = true }
///
///     static func get(_ path: String, at origin: UpstreamOrigin, by transport: CurlTransport) -> Page {
///         let endpoint = UpstreamEndpoint(origin: origin, method: .get, target: path, fields: [])
///         let page = Page()
///         _ = transport.start(UpstreamRequest(endpoint: endpoint, body: nil, timeouts: UpstreamTimeouts(), isCold: true), delivering: page)
///         return page
///     }
/// }
/// ```
@safe public final class CurlTransport: UpstreamTransport {
    /// The most bytes that the pool of send buffers keeps. Giving large blocks back to the system with each
    /// request would cost more than copying them.
    private static let maximumPooledBytes = 4 * 1024 * 1024

    /// The version of libcurl that is in use and that of its TLS library, `libcurl 7.88.1 (OpenSSL 3.0.17)`.
    public static var libraryVersion: String {
        // Names and versions of everything it was built with, in this order: `libcurl/7.88.1 OpenSSL/3.0.17 zlib/1.2.13 …` (curl_version(3)).
        let parts = unsafe String(cString: curl_version()).split(separator: " ").prefix(2).map { $0.replacing("/", with: " ") }
        return parts.count == 2 ? "\(parts[0]) (\(parts[1]))" : parts.joined()
    }

    let loop: EventLoop
    /// libcurl keeps the parsed certificates of one file for each multi, so each file of certificates has a
    /// multi of its own; the system's is under the empty name.
    private var multis: [String: CurlMulti]
    let headLimits = HTTPHeadLimits()
    /// One buffer for every read of every connection.
    let readBuffer: UnsafeMutableRawBufferPointer
    /// Where the pieces of one read are joined, for the length of one call.
    var gathered = ByteBuffer()
    /// Whether libcurl takes a proxy for http from the environment (libcurl-env(3)).
    let hasProxyVariable = unsafe getenv("http_proxy") != nil || getenv("all_proxy") != nil || getenv("ALL_PROXY") != nil
    private(set) var isClosed = false
    private var pools: [ConnectionPool] = []
    private var sendBuffers: [SendBuffer] = []
    private var pooledBytes = 0

    /// Makes a transport on the loop.
    public init(on loop: EventLoop) throws(UVError) {
        self.loop = loop
        multis = ["": try CurlMulti(on: loop)]
        unsafe readBuffer = .allocate(byteCount: EventLoop.readBufferSize, alignment: 16)
    }

    deinit { unsafe readBuffer.deallocate() }

    /// How many connections to providers are open or being opened.
    public var openConnections: Int { pools.reduce(0) { $0 + $1.count } }

    /// Reads the system's certificates before the first connection needs them.
    ///
    /// libcurl parses them at the first TLS handshake, 45 ms on the loop, and keeps them for later ones. No
    /// traffic leaves this process: the handshake it begins is with a socket of its own.
    public func warmUpCertificates() async {
        if let multi = multis[""] { await TrustStoreWarmUp.run(on: multi) }
    }

    /// Sends one request on a connection of its origin's pool, or through libcurl's own engine when it is cold.
    public func start(_ request: UpstreamRequest, delivering consumer: any UpstreamConsumer) -> any UpstreamTransfer {
        loop.preconditionOnLoop()
        guard !isClosed else { return ClosedTransfer(consumer, on: loop) }
        if request.isCold {
            let transfer = FetchTransfer(request, transport: self, consumer: consumer)
            transfer.begin()
            return transfer
        }
        let transfer = FramedTransfer(request, pool: pool(of: request.endpoint.origin), consumer: consumer)
        transfer.begin()
        return transfer
    }

    /// Closes every connection; transfers in flight receive nothing more.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        for pool in pools {
            pool.close()
            pool.origin.pool = nil
        }
        pools = []
        for multi in multis.values { multi.close() }
    }

    /// Closes the idle connections to an origin that is no longer configured.
    public func originRetired(_ origin: UpstreamOrigin) {
        (origin.pool as? ConnectionPool)?.retire()
    }

    /// Removes a pool whose last connection has closed and that will not be used again.
    func remove(_ pool: ConnectionPool) {
        pool.origin.pool = nil
        pools.removeAll { $0 === pool }
    }

    private func pool(of origin: UpstreamOrigin) -> ConnectionPool {
        if let pool = origin.pool as? ConnectionPool { return pool }
        let pool = ConnectionPool(origin: origin, transport: self, multi: multi(for: origin))
        origin.pool = pool
        pools.append(pool)
        return pool
    }

    /// The multi for an origin's certificates; the system's own if there is no room for another.
    func multi(for origin: UpstreamOrigin) -> CurlMulti {
        let name = origin.certificateFile ?? ""
        if let multi = multis[name] { return multi }
        guard let multi = try? CurlMulti(on: loop) else { return multis[""]! }
        multis[name] = multi
        return multi
    }

    /// The first `count` bytes of the shared read buffer.
    @_lifetime(borrow self)
    func read(_ count: Int) -> RawSpan {
        unsafe _overrideLifetime(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: readBuffer[..<count])), borrowing: self)
    }

    func takeSendBuffer() -> SendBuffer {
        guard let buffer = sendBuffers.popLast() else { return SendBuffer() }
        pooledBytes -= buffer.bytes.capacity
        return buffer
    }

    func reclaim(_ buffer: SendBuffer) {
        guard pooledBytes + buffer.bytes.capacity <= CurlTransport.maximumPooledBytes else { return }
        pooledBytes += buffer.bytes.capacity
        sendBuffers.append(buffer)
    }
}
