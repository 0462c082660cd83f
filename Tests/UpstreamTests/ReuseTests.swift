import EventLoop
import Gateway
import Glibc
import LoopTesting
import Testing
import Upstream
import Wire

@Suite(.timeLimit(.minutes(1))) struct ReuseTests {
    /// A server whose connections end after `requests` answers, in a way that no client can see before it sends
    /// again.
    private static func forgetful(requests: Int, last: @escaping @Sendable (Peer) throws -> Void) throws -> PeerServer {
        try PeerServer { peer, connection in
            for _ in 0..<requests {
                let request = try peer.receiveMessage()
                try peer.send(ok("\(connection) \(request.text)"))
            }
            _ = try peer.receiveMessage()
            try last(peer)
        }
    }

    /// A server that answers one request of each connection, ends it on demand, and reports when it has.
    private final class Dropping: Sendable {
        let server: PeerServer
        let requests: Shared<Int>
        private let drop: LoopTesting.Gate
        private let dropped: LoopTesting.Gate

        init(resets: Bool) throws {
            let (requests, drop, dropped) = (Shared(0), LoopTesting.Gate(), LoopTesting.Gate())
            server = try PeerServer { peer, connection in
                let request = try peer.receiveMessage()
                requests.update { $0 += 1 }
                try peer.send(ok("\(connection) \(request.text)"))
                drop.pass()
                if resets { peer.reset() } else { peer.close() }
                dropped.open()
            }
            (self.requests, self.drop, self.dropped) = (requests, drop, dropped)
        }

        /// Ends the connection while the loop is blocked, so that the end has not been noticed when the next
        /// request is sent.
        func end() {
            drop.open()
            dropped.pass()
        }
    }

    @Test(arguments: [false, true], [false, true])
    func `a kept connection that ended before a request came is replaced without a report`(resets: Bool, mayBeRepeated: Bool) async throws {
        try await withTransport { fixture in
            let dropping = try Dropping(resets: resets)
            let server = dropping.server
            for number in 1...5 {
                let answer = await fixture.fetch(server.origin, body: Array("\(number)".utf8), mayBeRepeated: mayBeRepeated)
                #expect(answer.isComplete && answer.text == "\(number) \(number)" && answer.lateCalls == 0)
                #expect(server.accepted == number && dropping.requests.value == number)
                dropping.end()
            }
            server.stop()
        }
    }

    @Test func `a request that must not be repeated is not repeated, however soon its connection ends`() async throws {
        try await withTransport { fixture in
            let server = try ReuseTests.forgetful(requests: 1) { _ in }
            #expect(await fixture.fetch(server.origin, mayBeRepeated: false).isComplete)
            let answer = await fixture.fetch(server.origin, body: [1], mayBeRepeated: false)
            #expect(answer.failure?.kind == .closedBeforeAnswer && answer.lateCalls == 0)
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test(arguments: [false, true])
    func `a connection that ends long after a request was sent is a failure, and nothing is sent again`(mayBeRepeated: Bool) async throws {
        try await withTransport { fixture in
            let server = try ReuseTests.forgetful(requests: 1) { _ in rest(.milliseconds(400)) }
            #expect(await fixture.fetch(server.origin).isComplete)
            let answer = await fixture.fetch(server.origin, body: [1], mayBeRepeated: mayBeRepeated)
            #expect(answer.failure?.kind == .closedBeforeAnswer && answer.lateCalls == 0)
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test func `a kept connection that ends while idle is not used`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, connection in
                _ = try peer.receiveMessage()
                try peer.send(ok("\(connection)"))
            }
            let first = await fixture.fetch(server.origin)
            #expect(first.text == "1")
            try await eventually(on: fixture.loop, "the end of the idle connection") { fixture.transport.openConnections == 0 }
            let second = await fixture.fetch(server.origin)
            #expect(second.isComplete && second.text == "2")
            server.stop()
        }
    }

    @Test func `a kept connection that sends unrequested data is not used`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, connection in
                _ = try peer.receiveMessage()
                try peer.send(ok("\(connection)"))
                rest(.milliseconds(10))
                try peer.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
                _ = try? peer.receive()
            }
            #expect(await fixture.fetch(server.origin).text == "1")
            try await eventually(on: fixture.loop, "the end of the idle connection") { fixture.transport.openConnections == 0 }
            #expect(await fixture.fetch(server.origin).text == "2")
            server.stop()
        }
    }

    @Test func `a request whose new connection also dies fails, and is not sent a third time`() async throws {
        try await withTransport { fixture in
            let (drop, dropped) = (LoopTesting.Gate(), LoopTesting.Gate())
            let server = try PeerServer { peer, connection in
                _ = try peer.receiveMessage()
                guard connection == 1 else { return }
                try peer.send(ok("first"))
                drop.pass()
                peer.close()
                dropped.open()
            }
            #expect(await fixture.fetch(server.origin).text == "first")
            // While the loop is blocked.
            drop.open()
            dropped.pass()
            let answer = await fixture.fetch(server.origin, body: [1, 2, 3])
            #expect(answer.failure?.kind == .closedBeforeAnswer && answer.lateCalls == 0)
            #expect(server.accepted == 2)
            server.stop()
        }
    }

    @Test func `a kept connection that dies after a byte of the answer is a failure`() async throws {
        try await withTransport { fixture in
            let server = try ReuseTests.forgetful(requests: 1) { try $0.send("H") }
            #expect(await fixture.fetch(server.origin).text == "1 ")
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .truncated)
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test(arguments: [false, true])
    func `a first connection that dies before an answer is a failure at once`(resets: Bool) async throws {
        try await withTransport { fixture in
            let server = try ReuseTests.forgetful(requests: 0) { peer in if resets { peer.reset() } }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .closedBeforeAnswer && answer.failure?.detail.isEmpty == false)
            #expect(server.accepted == 1 && fixture.transport.openConnections == 0)
            server.stop()
        }
    }

    @Test func `a closed port is a failure to connect`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { _, _ in }
            let origin = server.origin
            server.stop()
            try await pause(.milliseconds(20), on: fixture.loop)
            let answer = await fixture.fetch(origin)
            #expect(answer.failure?.kind == .connect && answer.failure?.detail.isEmpty == false)
        }
    }

    @Test func `a name that does not exist is a failure to resolve`() async throws {
        try await withTransport { fixture in
            // RFC 6761 §6.4: the top-level name `invalid` never exists.
            let answer = await fixture.fetch(UpstreamOrigin(isSecure: false, host: "name.invalid", port: 80))
            #expect(answer.failure?.kind == .resolve && answer.failure?.detail.contains("name.invalid") == true)
        }
    }

    @Test func `cancelling while a name is looked up does not block the loop`() async throws {
        try await withTransport { fixture in
            let calls = (0..<20).map { fixture.start(UpstreamOrigin(isSecure: false, host: "host-\($0).invalid", port: 80)) }
            try await pause(.milliseconds(1), on: fixture.loop)
            let start = fixture.loop.readClock()
            for call in calls { call.transfer.cancel() }
            #expect(fixture.loop.readClock().elapsed(since: start) < .milliseconds(500))
            #expect(fixture.transport.openConnections == 0)
        }
    }

    @Test func `an early answer to a long upload is received`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveHead()
                try peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
                // Keeps reading, as a server must so that its answer arrives (RFC 9112 §9.6).
                while let bytes = try? peer.receive(), !bytes.isEmpty {}
            }
            let answer = await fixture.fetch(server.origin, body: BytePattern.bytes(from: 0, count: 8_000_000))
            #expect(answer.isComplete && answer.status == 413 && answer.text == "big")
            #expect(fixture.transport.openConnections == 0)
            server.stop()
        }
    }

    @Test func `a large upload reaches a server that reads slowly`() async throws {
        try await withTransport { fixture in
            fixture.timeouts.firstByte = .seconds(3)
            let body = BytePattern.bytes(from: 0, count: 24_000_000)
            let server = try PeerServer(receiveBuffer: 200_000) { peer, _ in
                _ = try peer.receiveHead()
                var isEqual = true
                // Longer in total than the time for the first byte of the answer, which counts from when the
                // last bytes were taken.
                for part in 0..<4 {
                    isEqual = try BytePattern.matches(peer.receiveExactly(6_000_000), from: part * 6_000_000) && isEqual
                    if part < 3 { rest(.milliseconds(1200)) }
                }
                try peer.send(ok(isEqual ? "equal" : "different"))
                _ = try? peer.receive()
            }
            let answer = await fixture.fetch(server.origin, body: body)
            #expect(answer.failure == nil)
            #expect(answer.isComplete && answer.text == "equal")
            #expect(fixture.transport.openConnections == 1)
            server.stop()
        }
    }
}
