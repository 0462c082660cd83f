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
    /// Whether the server is ending: it accepts no new connections, and each open one closes after its answer.
    public private(set) var isDraining = false

    private(set) var headLimits: HTTPHeadLimits
    private(set) var intervals: ServerIntervals
    var date = HTTPDate()

    private var listener: TCPListener?
    private var connections: [HTTPConnection] = []
    /// The connections by the network they come from; those found to belong to a key have been moved to it.
    private var networks: [ClientNetwork: ClientConnections] = [:]
    /// The connections of keys, by their share of what is held.
    private var clients: [ObjectIdentifier: ClientConnections] = [:]
    /// Repeats the search for room after one that found too little.
    private var roomTimer: LoopTimer?
    /// How often room was searched for.
    package private(set) var looksForRoom = 0
    private var bodyBuffers: [BodyBuffer] = []
    private var pooledBytes = 0
    private var drained: UnsafeContinuation<Void, Never>?

    /// The most bytes that the pool of body buffers keeps. Giving large blocks back to the system with each
    /// request would cost more than copying them.
    private static let maximumPooledBytes = 4 * 1024 * 1024

    /// Binds and listens; requests are answered from the next turn on.
    ///
    /// - Parameter descriptor: A socket that is already bound to `address`; the server closes it.
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

    /// Makes a server without a listener: it has only the connections that it is given.
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

    /// Switches to other bounds: those on heads with the next connection, the others at once. The number of
    /// connections allowed stays as it was made.
    public func apply(_ limits: ServerLimits) {
        self.limits = limits
        headLimits = HTTPHeadLimits(limits)
        intervals = isDraining ? ServerIntervals(limits).whileDraining : ServerIntervals(limits)
    }

    /// Stops accepting and lets answers finish; incomplete requests have a second to become complete. Those
    /// that have not ended by the `deadline` are made to end with an explanation to their clients, and their
    /// connections are closed shortly after. Returns when every connection is closed.
    public func drain(deadline: Duration) async {
        loop.preconditionOnLoop()
        isDraining = true
        intervals = intervals.whileDraining
        // Kept, although closed, for the connections that it counts.
        listener?.close()
        for connection in connections { connection.drain() }
        var isCut = false
        let cut = { [unowned self] (timer: LoopTimer) in
            guard !isCut else { return closeAll() }
            isCut = true
            timer.arm(after: HTTPServer.cutInterval)
            for connection in connections { connection.endAtOnce() }
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

    /// Takes over a client's connection, wherever it was accepted.
    package func accept(_ tcp: any ByteStream) {
        guard !isDraining else { return tcp.close() }
        let origin = tcp.clientNetwork
        let network = networks[origin] ?? ClientConnections(origin)
        guard let connection = try? HTTPConnection(tcp: tcp, server: self, network: network) else { return tcp.close() }
        network.arrived()
        network.opened()
        networks[origin] = network
        connection.index = connections.count
        connections.append(connection)
        if isFull, roomTimer?.isArmed != true { makeRoom() }
    }

    /// Whether no further connection is admitted.
    var isFull: Bool { connections.count >= limits.maximumConnections }

    /// Closes connections that are idle, or whose request does not become complete, so that the next client is
    /// admitted.
    ///
    /// | whose | which | after |
    /// | --- | --- | --- |
    /// | clients with more than their share | all, the longest idle ones first | no time |
    /// | of a crowd | those whose client has not identified itself, and those that had their last answer | 50 ms |
    /// | all, if there are none of these | idle ones | 1 s |
    /// | the same | those that receive nothing of their request | 1 s |
    ///
    /// Closing starts with connections above half of the largest client's number, so that a client that opens
    /// many does not take the places of one with few; and where one crowds the others out, no other client
    /// loses its last one to it. A share is what each would have if all had the same, and at most a quarter of
    /// all places; a client with more than a quarter crowds the others out. One that keeps opening new
    /// connections makes those behind it in the system's queue wait for as long as each of its connections is
    /// kept.
    ///
    /// Some are closed at once. A search that finds fewer has found all, and the next one comes when others may
    /// have been idle for long enough: so a full server's work for a newcomer does not grow with its
    /// connections, whatever they do.
    private func makeRoom() {
        guard isFull, !isDraining else { return }
        looksForRoom += 1
        let (some, quarter) = (max(1, limits.maximumConnections / 32), max(1, limits.maximumConnections / 4))
        let share = max(1, min(quarter, limits.maximumConnections / (networks.count + clients.count + 1)))
        let unused = close(some, above: share) { $0.closeUnused(atMost: $1) }
        if unused == some { return }
        let isCrowded =
            networks.values.contains { $0.arrivals > quarter } || clients.values.contains { $0.count > quarter }
        var strangers = 0
        if isCrowded {
            let time = loop.now.advanced(by: .zero - HTTPServer.strangerGrace)
            strangers = close(quarter, above: some) { $0.closeStrangers(since: time, atMost: $1) }
            if strangers == quarter { return }
        }
        if unused + strangers == 0 {
            let time = loop.now.advanced(by: .zero - HTTPServer.idleGrace)
            let least = isCrowded ? 1 : 0
            if close(some, above: least, { $0.closeIdle(since: time, atMost: $1) }) == some { return }
            // A client that holds places this way may open others at once, and a newcomer waits behind all of
            // them, so they are closed quickly.
            if close(quarter, above: least, { $0.closeUnfinished(since: time, atMost: $1) }) == quarter { return }
        }
        if roomTimer == nil { roomTimer = try? LoopTimer(on: loop) { [unowned self] _ in makeRoom() } }
        roomTimer?.arm(after: isCrowded || unused > 0 ? HTTPServer.strangerGrace : HTTPServer.idleGrace)
    }

    /// Closes this many connections of clients that have more than `least`, leaving each at least that many.
    ///
    /// - Parameter body: Closes some of one client's connections, at most the given number, and returns how
    ///   many it closed.
    /// - Returns: How many were closed.
    private func close(_ count: Int, above least: Int, _ body: (ClientConnections, Int) -> Int) -> Int {
        var left = count
        var most = max(networks.values.reduce(0) { max($0, $1.count) }, clients.values.reduce(0) { max($0, $1.count) })
        while left > 0, most > least {
            most = max(most / 2, least)
            for client in networks.values where client.count > most && left > 0 { left -= body(client, min(left, client.count - most)) }
            for client in clients.values where client.count > most && left > 0 { left -= body(client, min(left, client.count - most)) }
        }
        return count - left
    }

    /// Whether nearly all places are taken: the last eighth is for clients that have no more than a quarter of
    /// all.
    var isNearlyFull: Bool { connections.count > limits.maximumConnections - limits.maximumConnections / 8 }

    /// Whether a client with this many connections has more than its share while nearly all places are taken.
    func isCrowded(by count: Int) -> Bool { isNearlyFull && count > limits.maximumConnections / 4 }

    /// How long a connection may be idle before its place is given to another: longer than a client takes to
    /// send its first bytes.
    private static let idleGrace = Duration.seconds(1)
    /// The same for connections from a network that crowds the others out, whose client has not identified
    /// itself: with its first bytes a client sends its whole head.
    private static let strangerGrace = Duration.milliseconds(50)

    func remove(_ connection: HTTPConnection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        connection.network.departed()
        forget(connection.network)
        forget(connection.client)
        guard connections.isEmpty else { return }
        roomTimer?.close()
        roomTimer = nil
        guard let drained else { return }
        self.drained = nil
        drained.resume()
    }

    /// The connections of a client that has named its key, with one more counted.
    func connections(of client: ClientShare) -> ClientConnections {
        // Keeps the client alive, so that no other one is found under its address.
        let known = clients[ObjectIdentifier(client)] ?? ClientConnections(of: client)
        clients[ObjectIdentifier(client)] = known
        return known
    }

    /// Removes a client that has no connections left.
    func forget(_ client: ClientConnections) {
        guard client.isEmpty else { return }
        if let network = client.network {
            if networks[network] === client { networks[network] = nil }
        } else if clients[ObjectIdentifier(client.share)] === client {
            clients[ObjectIdentifier(client.share)] = nil
        }
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
