public import EventLoop
internal import HTTP1
internal import Wire

/// An HTTP/1.1 server on one listening socket.
public final class HTTPServer {
    /// The loop the server lives on.
    public let loop: EventLoop
    /// The bounds on clients.
    public private(set) var limits: ServerLimits
    /// What answers the requests.
    public let responder: any HTTPResponder
    /// Whether the server ends: no new connections, each open one closes after its answer.
    public private(set) var isDraining = false

    private(set) var headLimits: HTTPHeadLimits
    private(set) var intervals: ServerIntervals
    var date = HTTPDate()

    private var listener: TCPListener?
    private var connections: [HTTPConnection] = []
    private var bodyBuffers: [BodyBuffer] = []
    private var pooledBytes = 0
    private var drained: UnsafeContinuation<Void, Never>?

    /// Most bytes that the pool of body buffers keeps. Giving large blocks back to the system with each request costs more than copying them.
    private static let maximumPooledBytes = 4 * 1024 * 1024

    /// Binds and listens; requests are answered from the next turn on.
    ///
    /// - Parameter descriptor: A socket that is bound to `address` already; the server closes it.
    public init(
        on loop: EventLoop, address: SocketAddress, adopting descriptor: Int32? = nil, limits: ServerLimits = ServerLimits(),
        responder: any HTTPResponder
    ) throws(UVError) {
        self.loop = loop
        self.limits = limits
        self.responder = responder
        headLimits = HTTPHeadLimits(limits)
        intervals = ServerIntervals(limits)
        listener = try TCPListener(
            on: loop, address: address, adopting: descriptor, maximumConnections: limits.maximumConnections,
            onConnection: { [unowned self] tcp in accept(tcp) })
    }

    /// Takes over a socket that listens in the file system; requests are answered from the next turn on.
    public init(on loop: EventLoop, local: LocalSocket, limits: ServerLimits = ServerLimits(), responder: any HTTPResponder) throws(UVError) {
        self.loop = loop
        self.limits = limits
        self.responder = responder
        headLimits = HTTPHeadLimits(limits)
        intervals = ServerIntervals(limits)
        listener = try TCPListener(
            on: loop, local: local, maximumConnections: limits.maximumConnections, onConnection: { [unowned self] tcp in accept(tcp) })
    }

    /// Listens nowhere: the server has the connections that it is given.
    package init(on loop: EventLoop, limits: ServerLimits = ServerLimits(), responder: any HTTPResponder) {
        self.loop = loop
        self.limits = limits
        self.responder = responder
        headLimits = HTTPHeadLimits(limits)
        intervals = ServerIntervals(limits)
    }

    /// The address the server listens on, with the port the system chose when 0 was asked for; `nil` once it drains, and for a socket in the
    /// file system.
    public var address: SocketAddress? { listener?.address }

    /// How many client connections are open.
    public var openConnections: Int { connections.count }

    /// How long answers that were cut at the deadline have to reach their clients.
    private static let cutInterval: Duration = .milliseconds(500)

    /// Goes over to other bounds, those on heads with the next connection, the others at once. How many connections there may be stays as it
    /// was made.
    public func apply(_ limits: ServerLimits) {
        self.limits = limits
        headLimits = HTTPHeadLimits(limits)
        intervals = ServerIntervals(limits)
    }

    /// Stops accepting and lets answers finish. Those that have not by the `deadline` are told to end, so that their clients hear why, and
    /// their connections are closed shortly after. Returns when every connection is closed.
    public func drain(deadline: Duration) async {
        loop.preconditionOnLoop()
        isDraining = true
        // Kept, though closed, for the connections that it counts.
        listener?.close()
        for connection in connections { connection.drain() }
        var isCut = false
        let cut = { [unowned self] (timer: LoopTimer) in
            guard !isCut else { return closeAll() }
            isCut = true
            timer.arm(after: HTTPServer.cutInterval)
            for connection in connections { connection.cut() }
        }
        if !connections.isEmpty, let timer = try? LoopTimer(on: loop, fire: cut) {
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

    /// Takes a client's connection over, whoever has accepted it.
    package func accept(_ tcp: any ByteStream) {
        guard !isDraining, let connection = try? HTTPConnection(tcp: tcp, server: self) else { return tcp.close() }
        connection.index = connections.count
        connections.append(connection)
        if isFull { makeRoom() }
    }

    /// Whether nobody else is let in.
    var isFull: Bool { connections.count >= limits.maximumConnections }

    /// Closes those that have been idle for longest, so that who comes next is let in: connections on which nothing is asked keep nobody out. One that
    /// has only just come, or has only just had its answer, stays.
    private func makeRoom() {
        let idle = connections.filter { $0.isIdle && $0.idleSince.advanced(by: HTTPServer.idleGrace) <= loop.now }.sorted {
            $0.idleSince < $1.idleSince
        }
        // Some at once, so that the look at all of them is not repeated with each that comes.
        for connection in idle.prefix(max(1, limits.maximumConnections / 32)) { connection.close() }
    }

    /// How long a connection may be idle before its place is given to another one: longer than a client takes to send its first bytes.
    private static let idleGrace = LoopInterval(.seconds(1))

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
        loop.held.give(buffer.bytes.count)
        buffer.client?.bytes -= buffer.bytes.count
        buffer.client = nil
        guard pooledBytes + buffer.bytes.capacity <= HTTPServer.maximumPooledBytes else { return }
        pooledBytes += buffer.bytes.capacity
        buffer.bytes.removeAll()
        bodyBuffers.append(buffer)
    }
}
