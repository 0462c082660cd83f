internal import EventLoop

/// The connections of one client, which is a key, or all of a network on which no key was named: how many are open, and in order those on which nothing is
/// asked, those on which a request is not whole, and those that only wait for their client to close them.
///
/// The orders are kept in the connections themselves, so that a request that begins or ends costs neither memory nor a search.
final class ClientConnections {
    /// What is held of the client's requests; of a network of those, and of answers of which no other client is known.
    let share: ClientShare
    /// Where they come from; `nil` for those of a key.
    let network: ClientNetwork?
    /// How many are open.
    private(set) var count = 0
    /// How many are open that have come from the network, those of keys among them.
    private(set) var arrivals = 0
    /// Those on which nothing is asked, the one first that has been so for longest. Connections are taken out before they are let go.
    private var idle = Order()
    /// The same of those on which no client has said who it is.
    private var idleStrangers = Order()
    /// Those on which a request has begun that is not whole, the one first of which nothing has come for longest.
    private var unfinished = Order()
    /// The same of those of which only a part of a head has come, where no client has said who it is.
    private var unfinishedStrangers = Order()
    /// Those that have had their last answer, the one first that has been so for longest.
    private var leaving = Order()

    /// A connection's place in an order.
    struct Place {
        fileprivate unowned(unsafe) var previous: HTTPConnection?
        fileprivate unowned(unsafe) var next: HTTPConnection?
        fileprivate var kind = Kind.none
    }

    fileprivate enum Kind {
        case none, idle, idleStranger, unfinished, unfinishedStranger, leaving
    }

    /// Connections one after the other.
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

    /// Those of a network.
    init(_ network: ClientNetwork) {
        self.network = network
        share = ClientShare(ofMany: true)
    }

    /// Those of a client that has named its key.
    init(of client: ClientShare) {
        network = nil
        share = client
    }

    /// Whether there is none, so that it may be forgotten.
    var isEmpty: Bool { count == 0 && arrivals == 0 }

    /// A connection has come from the network, and ended.
    func arrived() { arrivals += 1 }
    func departed() { arrivals -= 1 }

    /// A connection is the client's from now on.
    func opened() { count += 1 }

    /// A connection is closed, or another client's.
    func closed(_ connection: HTTPConnection) {
        becameBusy(connection)
        count -= 1
    }

    /// Nothing is asked on a connection, from now on.
    func becameIdle(_ connection: HTTPConnection) {
        becameBusy(connection)
        if connection.isOfStranger { idleStrangers.append(connection, .idleStranger) } else { idle.append(connection, .idle) }
    }

    /// Nothing is asked on a connection on which nothing was asked before, or not enough to be a request.
    func stayedIdle(_ connection: HTTPConnection) {
        if connection.place.kind != (connection.isOfStranger ? .idleStranger : .idle) { becameIdle(connection) }
    }

    /// A request has begun on a connection, or more of one has come, and it is not whole.
    ///
    /// - Parameter isNews: Whether it came so far that the connection goes behind the others.
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

    /// A connection has had its last answer, and its client is to close it.
    func becameLeaving(_ connection: HTTPConnection) {
        becameBusy(connection)
        leaving.append(connection, .leaving)
    }

    /// A request is whole, or the connection ends.
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

    /// Closes those that have been idle for longest, at most so many, as far as they have been idle since `time` or before: those of strangers first.
    ///
    /// - Returns: How many were closed.
    func closeIdle(since time: LoopInstant, atMost most: Int) -> Int {
        let closed = close(\.idleStrangers, atMost: most) { $0.idleSince <= time }
        return closed + close(\.idle, atMost: most - closed) { $0.idleSince <= time }
    }

    /// Closes those of whose request nothing has come for longest, at most so many, as far as that was at `time` or before: those of strangers first.
    ///
    /// - Returns: How many were closed.
    func closeUnfinished(since time: LoopInstant, atMost most: Int) -> Int {
        let closed = close(\.unfinishedStrangers, atMost: most) { $0.arrivedAt <= time }
        return closed + close(\.unfinished, atMost: most - closed) { $0.arrivedAt <= time }
    }

    /// Closes those of strangers that have been idle, or whose head has not come to its end, and those that were answered for the last time, since `time` or
    /// before, at most so many.
    ///
    /// - Returns: How many were closed.
    func closeStrangers(since time: LoopInstant, atMost most: Int) -> Int {
        var closed = close(\.idleStrangers, atMost: most) { $0.idleSince <= time }
        closed += close(\.unfinishedStrangers, atMost: most - closed) { $0.arrivedAt <= time }
        return closed + close(\.leaving, atMost: most - closed) { $0.arrivedAt <= time }
    }

    /// Closes those of clients that are known and have no request that is whole, at most so many: first those that have been idle for longest.
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
            // Who still takes his last answer goes to the end.
            if connection.isIdle, connection.hasQueuedBytes {
                connection.stayBusy()
            } else {
                connection.close()
                closed += 1
            }
        }
        return closed
    }
}
