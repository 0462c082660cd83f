internal import EventLoop
internal import Gateway

/// The connections to one origin: those in use, and those kept open for the next request.
final class ConnectionPool {
    /// How long an idle connection is kept; below the 60 to 75 s after which common servers close theirs.
    static let idleInterval = LoopInterval(.seconds(50))
    /// The maximum age of a reused connection, so that changes of the provider's addresses take effect.
    static let maximumAge = LoopInterval(.seconds(3600))
    /// The most idle connections of an origin.
    static let maximumIdle = 1024

    let origin: UpstreamOrigin
    /// Releases its pools when it is closed, which ends the cycle.
    let transport: CurlTransport
    /// Whether our bytes go to the provider's socket as they are.
    let isPlain: Bool
    let multi: CurlMulti
    var shards = ConnectionShards()
    private var idle: [UpstreamConnection] = []
    /// Every connection, so that they can be closed with the pool.
    private var all: [ObjectIdentifier: UpstreamConnection] = [:]

    init(origin: UpstreamOrigin, transport: CurlTransport, multi: CurlMulti) {
        self.multi = multi
        self.origin = origin
        self.transport = transport
        isPlain = !origin.isSecure && !origin.hasProxy && (origin.proxy != nil || !transport.hasProxyVariable)
    }

    /// How many connections are open or being opened.
    var count: Int { all.count }

    /// Finds a connection for a transfer: the one that became idle last, or a new one.
    func acquire(for transfer: FramedTransfer, fresh: Bool) {
        let now = transport.loop.now
        while !fresh, let connection = idle.popLast() {
            connection.isIdle = false
            let isFit = connection.isOpen && now < connection.openedAt.advanced(by: ConnectionPool.maximumAge)
            guard isFit, transfer.request.mayBeRepeated || connection.isQuiet() else {
                connection.close()
                continue
            }
            connection.transfer = transfer
            return transfer.connectionOpened(connection, isReused: true)
        }
        do {
            let connection = try UpstreamConnection(pool: self, timeout: transfer.connectTimeout)
            connection.transfer = transfer
            transfer.connection = connection
            all[ObjectIdentifier(connection)] = connection
        } catch {
            transport.loop.task(transfer) { $0.connectionFailed(UpstreamFailure(.local, "no timer for a connection: \(error)")) }
        }
    }

    /// Keeps a connection for the next request, or closes it.
    func release(_ connection: UpstreamConnection) {
        connection.transfer = nil
        guard connection.isOpen, idle.count < ConnectionPool.maximumIdle, !transport.isClosed, !origin.isRetired else { return connection.close() }
        connection.isIdle = true
        connection.setReading(true)
        connection.timer.arm(after: ConnectionPool.idleInterval)
        idle.append(connection)
    }

    func connectionClosed(_ connection: UpstreamConnection, shard: ConnectionShard) {
        shards.giveBack(shard)
        all.removeValue(forKey: ObjectIdentifier(connection))
        if connection.isIdle, let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
        if origin.isRetired, all.isEmpty { transport.remove(self) }
    }

    /// Closes idle connections; the others close when they are released.
    func retire() {
        for connection in idle { connection.close() }
        if all.isEmpty { transport.remove(self) }
    }

    /// Closes every connection.
    func close() {
        for connection in Array(all.values) { connection.close() }
    }
}
