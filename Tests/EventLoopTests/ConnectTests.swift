import EventLoop
import LoopTesting
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct ConnectTests {
    /// The owner of a connection that this side opens.
    private final class Caller: TCPConnectionDelegate {
        let connection: TCPConnection
        var opens = 0
        var received: [UInt8] = []
        var ends = 0
        var closes: [CloseReason] = []

        init(_ address: SocketAddress, on loop: EventLoop) throws {
            connection = try TCPConnection(connectingTo: address, on: loop)
            connection.delegate = self
        }

        func connectionDidOpen() {
            opens += 1
            connection.startReading()
        }
        func connectionDidRead(_ bytes: RawSpan) { bytes.withUnsafeBytes { received += $0 } }
        func connectionDidReachEnd() { ends += 1 }
        func connectionDidDrain() {}
        func connectionDidClose(_ reason: CloseReason) { closes.append(reason) }
    }

    @Test func `a connection opens, and bytes go both ways`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let caller = try Caller(listening.listener.address!, on: loop)
            // Not open yet: this waits in the queue.
            _ = caller.connection.write(Array("early ".utf8).span.bytes)
            #expect(caller.opens == 0)
            try await eventually(on: loop, "the open") { caller.opens == 1 }
            _ = caller.connection.write(Array("late".utf8).span.bytes)
            let server = try await listening.first(loop)
            try await eventually(on: loop, "both") { server.received == Array("early late".utf8) }
            server.write(Array("answer".utf8))
            try await eventually(on: loop, "the answer") { caller.received == Array("answer".utf8) }
            server.connection.close()
            try await eventually(on: loop, "the end") { caller.ends == 1 }
            caller.connection.close()
            try await eventually(on: loop, "the close") { caller.closes == [.local] }
            #expect(caller.opens == 1 && caller.connection.connectError == nil)
            listening.close()
        }
    }

    @Test func `a port without a listener closes the connection with the reason`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let address = listening.listener.address!
            listening.close()
            try await eventually(on: loop, "the listener's end") { loop.liveHandles["tcp"] == 0 }
            let caller = try Caller(address, on: loop)
            try await eventually(on: loop, "the refusal") { caller.closes == [.peer] }
            #expect(caller.opens == 0 && caller.connection.connectError?.reason == "connection refused")
        }
    }

    @Test func `a connection closed before it opens reports only its close`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let caller = try Caller(listening.listener.address!, on: loop)
            caller.connection.close()
            caller.connection.close()
            try await eventually(on: loop, "the close") { caller.closes == [.local] }
            try await pause(.milliseconds(10), on: loop)
            #expect(caller.opens == 0 && caller.connection.connectError == nil)
            listening.close()
        }
    }

    @Test func `names are looked up, and addresses are used as they are`() {
        #expect(SocketAddress.lookUp(host: "127.0.0.1", port: 5).map(\.description) == ["127.0.0.1:5"])
        #expect(SocketAddress.lookUp(host: "[::1]", port: 5).map(\.description) == ["[::1]:5"])
        #expect(SocketAddress.lookUp(host: "localhost", port: 5).map(\.description) == ["127.0.0.1:5"])
        #expect(SocketAddress.lookUp(host: "no-such-host.invalid", port: 5).isEmpty)
    }
}
