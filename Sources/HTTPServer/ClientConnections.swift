internal import EventLoop

/// The connections of one client: those of a key, or those of a network on which no key was named. It counts
/// the open ones and keeps three orders: idle connections, those with an incomplete request, and those that
/// only wait for their client to close them.
///
/// The orders are linked lists through the connections themselves, so that a request that begins or ends costs
/// neither memory nor a search.
final class ClientConnections {
    /// What is held for the client's requests; for a network, also for answers whose client is not known
    /// otherwise.
    let share: ClientShare
    /// The network they come from; `nil` for those of a key.
    let network: ClientNetwork?
    /// How many are open.
    private(set) var count = 0
    /// How many open ones came from the network, including those of keys.
    private(set) var arrivals = 0
    /// Idle connections, the longest idle one first. Connections are removed before they are released.
    private var idle = Order()
    /// The same for connections whose client has not identified itself.
    private var idleStrangers = Order()
    /// Those with an incomplete request, the one that has received nothing for longest first.
    private var unfinished = Order()
    /// The same for those that have only a part of a head and whose client has not identified itself.
    private var unfinishedStrangers = Order()
    /// Those that have had their last answer, the earliest first.
    private var leaving = Order()

    /// A connection's position in an order.
    struct Place {
        fileprivate unowned(unsafe) var previous: HTTPConnection?
        fileprivate unowned(unsafe) var next: HTTPConnection?
        fileprivate var kind = Kind.none
    }

    fileprivate enum Kind {
        case none, idle, idleStranger, unfinished, unfinishedStranger, leaving
    }

    /// A list of connections.
    private struct Order {
        unowned(unsafe) var first: HTTPConnection?
        unowned(unsafe) var last: HTTPConnection?

        mutating func append(_ connection: HTTPConnection, _ kind: Kind) {
            connection.place.kind = kind
            connection.place.previous = last
            if let last { last.place.next = connection } else { first = connection }
            last = connection
        }

        mutating func remove(_ connection: HTTPConnection) {
            let (previous, next) = (connection.place.previous, connection.place.next)
            if let previous { previous.place.next = next } else { first = next }
            if let next { next.place.previous = previous } else { last = previous }
            connection.place = Place()
        }
    }

    /// Makes the connections of a network.
    init(_ network: ClientNetwork) {
        self.network = network
        share = ClientShare(ofMany: true)
    }

    /// Makes the connections of a client that has named its key.
    init(of client: ClientShare) {
        network = nil
        share = client
    }

    /// Whether there are none, so that it may be removed.
    var isEmpty: Bool { count == 0 && arrivals == 0 }

    /// A connection from the network was opened, or closed.
    func arrived() { arrivals += 1 }
    func departed() { arrivals -= 1 }

    /// A connection belongs to the client from now on.
    func opened() { count += 1 }

    /// A connection was closed, or now belongs to another client.
    func closed(_ connection: HTTPConnection) {
        becameBusy(connection)
        count -= 1
    }

    /// A connection is idle from now on.
    func becameIdle(_ connection: HTTPConnection) {
        becameBusy(connection)
        if connection.isOfStranger { idleStrangers.append(connection, .idleStranger) } else { idle.append(connection, .idle) }
    }

    /// An idle connection stays idle, or received too little to be a request.
    func stayedIdle(_ connection: HTTPConnection) {
        if connection.place.kind != (connection.isOfStranger ? .idleStranger : .idle) { becameIdle(connection) }
    }

    /// A request has begun on a connection, or more of one has come, and it is incomplete.
    ///
    /// - Parameter isNews: Whether enough came for the connection to move to the end of the order.
    func becameUnfinished(_ connection: HTTPConnection, isNews: Bool = true) {
        let isStranger = connection.isOfStranger && connection.isReadingHead
        if !isNews, connection.place.kind == (isStranger ? .unfinishedStranger : .unfinished) { return }
        becameBusy(connection)
        if isStranger {
            unfinishedStrangers.append(connection, .unfinishedStranger)
        } else {
            unfinished.append(connection, .unfinished)
        }
    }

    /// A connection has had its last answer, and its client should close it.
    func becameLeaving(_ connection: HTTPConnection) {
        becameBusy(connection)
        leaving.append(connection, .leaving)
    }

    /// A request is complete, or the connection ends.
    func becameBusy(_ connection: HTTPConnection) {
        switch connection.place.kind {
        case .none: break
        case .idle: idle.remove(connection)
        case .idleStranger: idleStrangers.remove(connection)
        case .unfinished: unfinished.remove(connection)
        case .unfinishedStranger: unfinishedStrangers.remove(connection)
        case .leaving: leaving.remove(connection)
        }
    }

    /// Closes the longest idle ones, at most `most`, if they have been idle since `time` or earlier: those of
    /// strangers first.
    ///
    /// - Returns: How many were closed.
    func closeIdle(since time: LoopInstant, atMost most: Int) -> Int {
        let closed = close(\.idleStrangers, atMost: most) { $0.idleSince <= time }
        return closed + close(\.idle, atMost: most - closed) { $0.idleSince <= time }
    }

    /// Closes those that have received nothing of their request for longest, at most `most`, if that was at
    /// `time` or earlier: those of strangers first.
    ///
    /// - Returns: How many were closed.
    func closeUnfinished(since time: LoopInstant, atMost most: Int) -> Int {
        let closed = close(\.unfinishedStrangers, atMost: most) { $0.arrivedAt <= time }
        return closed + close(\.unfinished, atMost: most - closed) { $0.arrivedAt <= time }
    }

    /// Closes strangers' connections that have been idle or without a complete head, and those that have had
    /// their last answer, since `time` or earlier, at most `most`.
    ///
    /// - Returns: How many were closed.
    func closeStrangers(since time: LoopInstant, atMost most: Int) -> Int {
        var closed = close(\.idleStrangers, atMost: most) { $0.idleSince <= time }
        closed += close(\.unfinishedStrangers, atMost: most - closed) { $0.arrivedAt <= time }
        return closed + close(\.leaving, atMost: most - closed) { $0.arrivedAt <= time }
    }

    /// Closes connections of known clients without a complete request, at most `most`: the longest idle ones
    /// first.
    ///
    /// - Returns: How many were closed.
    func closeUnused(atMost most: Int) -> Int {
        let closed = close(\.idle, atMost: most) { _ in true }
        return closed + close(\.unfinished, atMost: most - closed) { _ in true }
    }

    private func close(_ order: KeyPath<ClientConnections, Order>, atMost most: Int, while isOld: (HTTPConnection) -> Bool) -> Int {
        var (closed, looks) = (0, count)
        while closed < most, looks > 0, let connection = self[keyPath: order].first, isOld(connection) {
            looks -= 1
            // A connection that is still taking its last answer moves to the end.
            if connection.isIdle, connection.hasQueuedBytes {
                connection.restartIdleTime()
            } else {
                connection.close()
                closed += 1
            }
        }
        return closed
    }
}
