import EventLoop
import LoopTesting
import Testing
import Wire

@Suite(.timeLimit(.minutes(5))) struct LoopExamples {
    @Test func `EventLoop runs on the thread that calls it, until it is stopped`() throws {
        // Example: EventLoop
        let loop = EventLoop()
        let timer = try LoopTimer(on: loop) { timer in
            timer.close()
            loop.stop()
        }
        timer.arm(after: .milliseconds(5))
        loop.run()  // returns after `stop()`
        loop.close()
        // End
        #expect(!timer.isArmed)
    }

    @Test func `TCPConnection tells its owner what comes, and queues what goes`() async throws {
        // Example: TCPConnection
        final class Greeter: TCPConnectionDelegate {
            private let connection: TCPConnection
            private(set) var answer = ""

            init(to address: SocketAddress, on loop: EventLoop) throws(UVError) {
                connection = try TCPConnection(connectingTo: address, on: loop)
                connection.delegate = self
                connection.startReading()
                _ = connection.write(StaticString("hello").span)  // waits until the connection is open
            }

            func connectionDidRead(_ bytes: RawSpan) { answer += bytes.text }
            func connectionDidReachEnd() { connection.close() }
            func connectionDidDrain() {}  // after a write that was `saturated`: more may follow
            func connectionDidClose(_ reason: CloseReason) {}
        }
        // End
        try await withLoop { loop in
            let echo = Echo()
            let listener = try TCPListener(
                on: loop, address: try #require(SocketAddress(host: "127.0.0.1", port: 0)), maximumConnections: 1, onConnection: { echo.take($0) })
            let greeter = try Greeter(to: try #require(listener.address), on: loop)
            try await eventually(on: loop, "the answer") { greeter.answer == "hello" }
            echo.connection?.close()
            listener.close()
            try await eventually(on: loop, "the end") { echo.isClosed }
            try await pause(.milliseconds(20), on: loop)
        }
    }

    /// Sends back what comes.
    private final class Echo: TCPConnectionDelegate {
        var connection: TCPConnection?
        var isClosed = false

        func take(_ connection: TCPConnection) {
            self.connection = connection
            connection.delegate = self
            connection.startReading()
        }

        func connectionDidRead(_ bytes: RawSpan) { _ = connection?.write(bytes) }
        func connectionDidReachEnd() { connection?.close() }
        func connectionDidDrain() {}
        func connectionDidClose(_ reason: CloseReason) { isClosed = true }
    }
}
