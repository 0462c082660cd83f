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
    /// The connections by where they come from.
    private var networks: [ClientNetwork: NetworkConnections] = [:]
    /// Looks for room again when a look has found too little.
    private var roomTimer: LoopTimer?
    /// How often room was looked for.
    package private(set) var looksForRoom = 0
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
        intervals = isDraining ? ServerIntervals(limits).whileDraining : ServerIntervals(limits)
    }

    /// Stops accepting and lets answers finish; requests that are not whole have a second to become so. Those that have not by the `deadline` are told to
    /// end, so that their clients hear why, and their connections are closed shortly after. Returns when every connection is closed.
    public func drain(deadline: Duration) async {
        loop.preconditionOnLoop()
        isDraining = true
        intervals = intervals.whileDraining
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
        guard !isDraining else { return tcp.close() }
        let origin = tcp.clientNetwork
        let network = networks[origin] ?? NetworkConnections(origin)
        guard let connection = try? HTTPConnection(tcp: tcp, server: self, network: network) else { return tcp.close() }
        network.opened()
        networks[origin] = network
        connection.index = connections.count
        connections.append(connection)
        if isFull, roomTimer?.isArmed != true { makeRoom() }
    }

    /// Whether nobody else is let in.
    var isFull: Bool { connections.count >= limits.maximumConnections }

    /// Closes connections that have been idle for some time, so that who comes next is let in: those on which nothing is asked keep nobody out, nor do those
    /// whose request does not come to its end. Of the networks that hold most comes first what they have above half of it, so that who opens many does not
    /// take the places of who has few. Where one network holds more than a quarter of all places, its connections on which nobody has said who he is go
    /// first, and need hardly be idle: who opens them anew each time makes those behind him in the system's queue wait for that long.
    ///
    /// Some are closed at once. A look that finds fewer has found all, and the next one comes when others may have been idle for long enough: so
    /// what a full server does for a newcomer does not grow with its connections, whatever they do.
    private func makeRoom() {
        guard isFull, !isDraining else { return }
        looksForRoom += 1
        let quarter = limits.maximumConnections / 4
        let isCrowded = networks.values.contains { $0.count > quarter }
        if isCrowded {
            let time = loop.now.advanced(by: .zero - HTTPServer.strangerGrace)
            if close(max(1, quarter), { $0.count > quarter ? $0.closeStrangers(since: time, atMost: $1) : 0 }) { return }
        }
        let time = loop.now.advanced(by: .zero - HTTPServer.idleGrace)
        if close(max(1, limits.maximumConnections / 32), { $0.closeIdle(since: time, atMost: $1) }) { return }
        // Whoever holds places so may open others at once, and who waits for one has them all before him: they go quickly.
        if close(max(1, limits.maximumConnections / 4), { $0.closeUnfinished(since: time, atMost: $1) }) { return }
        if roomTimer == nil { roomTimer = try? LoopTimer(on: loop) { [unowned self] _ in makeRoom() } }
        roomTimer?.arm(after: isCrowded ? HTTPServer.strangerGrace : HTTPServer.idleGrace)
    }

    /// Closes so many connections.
    ///
    /// - Parameter body: Closes some of one network, at most so many, and says how many it has closed.
    /// - Returns: Whether there were as many.
    private func close(_ count: Int, _ body: (NetworkConnections, Int) -> Int) -> Bool {
        var left = count
        var most = networks.values.reduce(0) { max($0, $1.count) }
        while left > 0, most > 0 {
            most /= 2
            for network in networks.values where network.count > most { left -= body(network, min(left, network.count - most)) }
        }
        return left == 0
    }

    /// Whether nearly all places are taken: the last eighth is for clients that have no more than a quarter of all.
    var isNearlyFull: Bool { connections.count > limits.maximumConnections - limits.maximumConnections / 8 }

    /// Whether somebody with so many connections has more than is his where nearly all places are taken.
    func isCrowdedBy(_ count: Int) -> Bool { isNearlyFull && count > limits.maximumConnections / 4 }

    /// How long a connection may be idle before its place is given to another one: longer than a client takes to send its first bytes.
    private static let idleGrace = Duration.seconds(1)
    /// The same for one of a network that crowds the others out, and on which nobody has said who he is: with the first bytes a client sends its whole head.
    private static let strangerGrace = Duration.milliseconds(50)

    func remove(_ connection: HTTPConnection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        let network = connection.network
        if network.count == 0, networks[network.network] === network { networks[network.network] = nil }
        guard connections.isEmpty else { return }
        roomTimer?.close()
        roomTimer = nil
        guard let drained else { return }
        self.drained = nil
        drained.resume()
    }

    func takeBodyBuffer() -> BodyBuffer {
        guard let buffer = bodyBuffers.popLast() else { return BodyBuffer() }
        pooledBytes -= buffer.bytes.capacity
        return buffer
    }

    func reclaim(_ buffer: BodyBuffer) {
        guard buffer.bytes.count <= HTTPServer.maximumPooledBytes else { return BodyRelease(buffer, on: loop).takeTurn() }
        loop.held.give(buffer.bytes.count, of: buffer.client)
        buffer.client = nil
        guard pooledBytes + buffer.bytes.capacity <= HTTPServer.maximumPooledBytes else { return }
        pooledBytes += buffer.bytes.capacity
        buffer.bytes.removeAll()
        bodyBuffers.append(buffer)
    }
}
