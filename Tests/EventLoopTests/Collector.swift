import EventLoop
import LoopTesting
import Wire

/// The owner of a connection in a test: records every call it receives.
final class Collector: TCPConnectionDelegate {
    let connection: TCPConnection
    var received: [UInt8] = []
    var ends = 0
    var drains = 0
    var closes: [CloseReason] = []
    var onDrain: () -> Void = {}
    var onRead: () -> Void = {}

    init(_ connection: TCPConnection, reads: Bool = true) {
        self.connection = connection
        connection.delegate = self
        if reads { connection.startReading() }
    }

    func connectionDidRead(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { received += $0 }
        onRead()
    }
    func connectionDidReachEnd() { ends += 1 }
    func connectionDidDrain() {
        drains += 1
        onDrain()
    }
    func connectionDidClose(_ reason: CloseReason) { closes.append(reason) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> WriteOutcome { connection.write(bytes.span.bytes) }
}

/// A listener on a free port that collects its connections.
final class Listening {
    private(set) var listener: TCPListener!
    private(set) var accepted: [Collector] = []

    init(on loop: EventLoop, maximumConnections: Int = 100, reads: Bool = true) throws {
        listener = try TCPListener(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)!, maximumConnections: maximumConnections) {
            [unowned self] in accepted.append(Collector($0, reads: reads))
        }
    }

    var port: UInt16 { listener.address!.port }

    /// The first connection, once it has come.
    func first(_ loop: EventLoop) async throws -> Collector {
        try await eventually(on: loop, "a connection") { !accepted.isEmpty }
        return accepted[0]
    }

    func close() {
        for collector in accepted { collector.connection.close() }
        listener.close()
    }
}
