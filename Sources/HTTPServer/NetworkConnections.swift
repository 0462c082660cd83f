internal import EventLoop

/// The connections of one client network: how many are open, and those on which nothing is asked in the order in which that began.
///
/// The order is kept in the connections themselves, so that a request that begins or ends costs neither memory nor a search.
final class NetworkConnections {
    /// Where its clients come from.
    let network: ClientNetwork
    /// What is held of their requests, and of answers of which no other client is known.
    let share = ClientShare()
    /// How many are open.
    private(set) var count = 0
    /// The one that has been idle for longest. Connections are taken out before they are let go.
    private unowned(unsafe) var first: HTTPConnection?
    private unowned(unsafe) var last: HTTPConnection?

    /// A connection's place in the order.
    struct Place {
        fileprivate unowned(unsafe) var previous: HTTPConnection?
        fileprivate unowned(unsafe) var next: HTTPConnection?
        fileprivate var isTaken = false
    }

    init(_ network: ClientNetwork) {
        self.network = network
    }

    /// A connection was opened.
    func opened() { count += 1 }

    /// A connection is closed.
    func closed(_ connection: HTTPConnection) {
        becameBusy(connection)
        count -= 1
    }

    /// Nothing is asked on a connection, from now on.
    func becameIdle(_ connection: HTTPConnection) {
        if connection.idlePlace.isTaken { becameBusy(connection) }
        connection.idlePlace.isTaken = true
        connection.idlePlace.previous = last
        if let last { last.idlePlace.next = connection } else { first = connection }
        last = connection
    }

    /// Something is asked on a connection, or it ends.
    func becameBusy(_ connection: HTTPConnection) {
        guard connection.idlePlace.isTaken else { return }
        let (previous, next) = (connection.idlePlace.previous, connection.idlePlace.next)
        if let previous { previous.idlePlace.next = next } else { first = next }
        if let next { next.idlePlace.previous = previous } else { last = previous }
        connection.idlePlace = Place()
    }

    /// Closes those that have been idle for longest, at most so many, as far as they have been idle since `time` or before.
    ///
    /// - Returns: How many were closed.
    func closeIdle(since time: LoopInstant, atMost most: Int) -> Int {
        var closed = 0
        while closed < most, let connection = first, connection.idleSince <= time {
            // Who still takes his last answer goes to the end.
            if connection.hasQueuedBytes {
                connection.stayBusy()
            } else {
                connection.close()
                closed += 1
            }
        }
        return closed
    }
}
