public import EventLoop
internal import HTTP1
internal import Wire

/// An HTTP/1.1 server on one listening socket.
public final class HTTPServer {
    /// The loop the server lives on.
    public let loop: EventLoop
    /// The bounds on clients.
    public let limits: ServerLimits
    /// What answers the requests.
    public let responder: any HTTPResponder
    /// Whether the server ends: no new connections, each open one closes after its answer.
    public private(set) var isDraining = false

    let headLimits: HTTPHeadLimits
    let intervals: ServerIntervals
    var date = HTTPDate()
    /// Bytes of request bodies that are held now.
    var bufferedBodyBytes = 0

    private var listener: TCPListener?
    private var connections: [HTTPConnection] = []
    private var bodyBuffers: [BodyBuffer] = []
    private var pooledBytes = 0
    private var drained: UnsafeContinuation<Void, Never>?

    /// Most bytes that the pool of body buffers keeps. Giving large blocks back to the system with each request costs more than copying them.
    private static let maximumPooledBytes = 4 * 1024 * 1024

    /// Binds and listens; requests are answered from the next turn on.
    public init(on loop: EventLoop, address: SocketAddress, limits: ServerLimits = ServerLimits(), responder: any HTTPResponder) throws(UVError) {
        self.loop = loop
        self.limits = limits
        self.responder = responder
        var head = HTTPHeadLimits()
        head.maximumTargetBytes = limits.maximumTargetBytes
        head.maximumHeadBytes = limits.maximumHeadBytes
        head.maximumFieldCount = limits.maximumFieldCount
        headLimits = head
        intervals = ServerIntervals(limits)
        listener = try TCPListener(on: loop, address: address, maximumConnections: limits.maximumConnections) { [unowned self] tcp in
            accept(tcp)
        }
    }

    /// The address the server listens on, with the port the system chose when 0 was asked for; `nil` once it drains.
    public var address: SocketAddress? { listener?.address }

    /// How many client connections are open.
    public var openConnections: Int { connections.count }

    /// Stops accepting, lets answers finish, and returns when every connection is closed or `deadline` has passed.
    public func drain(deadline: Duration) async {
        loop.preconditionOnLoop()
        isDraining = true
        // Kept, though closed, for the connections that it counts.
        listener?.close()
        for connection in connections { connection.drain() }
        if !connections.isEmpty, let timer = try? LoopTimer(on: loop, fire: { [unowned self] _ in closeAll() }) {
            timer.arm(after: deadline)
            await withUnsafeContinuation { drained = $0 }
            timer.close()
        }
        listener = nil
    }

    /// Closes the listener and every connection at once.
    public func closeAll() {
        isDraining = true
        listener?.close()
        for connection in connections { connection.close() }
        listener = nil
    }

    private func accept(_ tcp: TCPConnection) {
        guard !isDraining, let connection = try? HTTPConnection(tcp: tcp, server: self) else { return tcp.close() }
        connection.index = connections.count
        connections.append(connection)
    }

    func remove(_ connection: HTTPConnection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        guard connections.isEmpty, let drained else { return }
        self.drained = nil
        drained.resume()
    }

    func takeBodyBuffer() -> BodyBuffer {
        guard let buffer = bodyBuffers.popLast() else { return BodyBuffer() }
        pooledBytes -= buffer.bytes.capacity
        return buffer
    }

    func reclaim(_ buffer: BodyBuffer) {
        bufferedBodyBytes -= buffer.bytes.count
        guard pooledBytes + buffer.bytes.capacity <= HTTPServer.maximumPooledBytes else { return }
        pooledBytes += buffer.bytes.capacity
        buffer.bytes.removeAll()
        bodyBuffers.append(buffer)
    }
}
