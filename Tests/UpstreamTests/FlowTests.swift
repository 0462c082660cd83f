import EventLoop
import Gateway
import Glibc
import LoopTesting
import Testing
import Upstream
import Wire

/// The processor time of the calling thread.
private func threadTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

/// Connections that fill a listener's queue, so that the next one gets no answer to its first packet.
private struct FullListener {
    let descriptor: Int32
    let port: UInt16
    let fillers: [Int32]

    init() throws {
        (descriptor, port) = try PeerServer.listen(backlog: 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        fillers = (0..<4).map { _ in
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            withUnsafePointer(to: &address) { pointer in
                _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            return filler
        }
    }

    var origin: UpstreamOrigin { UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: Int(port)) }

    func close() { for open in fillers + [descriptor] { Glibc.close(open) } }
}

/// A server that streams a pattern endlessly, and counts the bytes it could send.
private func endlessServer(_ sent: Shared<Int>, _ ended: Shared<Bool>) throws -> PeerServer {
    try PeerServer { peer, _ in
        defer { ended.update { $0 = true } }
        _ = try peer.receiveMessage()
        try peer.send("HTTP/1.1 200 OK\r\n\r\n")
        peer.setTimeout(.seconds(30))
        while true {
            let start = sent.value
            try peer.send(BytePattern.bytes(from: start, count: 100_000))
            sent.update { $0 += 100_000 }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct FlowTests {
    // MARK: Time

    @Test func `a peer that does not accept is given up after the connect time-out`() async throws {
        try await withTransport { fixture in
            let listener = try FullListener()
            fixture.timeouts.connect = .milliseconds(150)
            let start = fixture.loop.now
            let answer = await fixture.fetch(listener.origin)
            #expect(answer.failure?.kind == .connectTimeout)
            #expect(fixture.loop.readClock().elapsed(since: start) >= .milliseconds(140))
            #expect(fixture.loop.readClock().elapsed(since: start) < .milliseconds(1500))
            #expect(fixture.transport.openConnections == 0)
            listener.close()
        }
    }

    @Test func `the total time-out also counts while connecting`() async throws {
        try await withTransport { fixture in
            let listener = try FullListener()
            fixture.timeouts.connect = .seconds(10)
            fixture.timeouts.total = .milliseconds(150)
            let start = fixture.loop.now
            let answer = await fixture.fetch(listener.origin)
            #expect(answer.failure?.kind == .connectTimeout || answer.failure?.kind == .totalTimeout)
            #expect(fixture.loop.readClock().elapsed(since: start) < .milliseconds(1500))
            listener.close()
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
    func `an answer without a first byte of its body is given up`(start: String) async throws {
        try await withTransport { fixture in
            fixture.timeouts.firstByte = .milliseconds(100)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send(start)
                _ = try? peer.receive()
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .firstByteTimeout && answer.lateCalls == 0)
            #expect(fixture.transport.openConnections == 0)
            server.stop()
        }
    }

    @Test func `endless interim answers do not extend the wait for an answer`() async throws {
        try await withTransport { fixture in
            fixture.timeouts.firstByte = .milliseconds(150)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                while true {
                    try peer.send("HTTP/1.1 102 Processing\r\n\r\n")
                    rest(.milliseconds(5))
                }
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .firstByteTimeout && answer.status == 0)
            server.stop()
        }
    }

    @Test func `an answer that stops is given up, and one that trickles is not`() async throws {
        try await withTransport { fixture in
            fixture.timeouts.firstByte = .seconds(3)
            fixture.timeouts.idle = .milliseconds(250)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
                for _ in 0..<40 {
                    try peer.send("x")
                    rest(.milliseconds(10))
                }
                _ = try? peer.receive()
            }
            let start = fixture.loop.now
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .idleTimeout && answer.body.count == 40)
            #expect(fixture.loop.readClock().elapsed(since: start) >= .milliseconds(600))
            server.stop()
        }
    }

    @Test(arguments: [("", UpstreamFailure.Kind.firstByteTimeout), ("{\"a\":", .idleTimeout)])
    func `blanks count neither as the beginning of an answer nor as progress`(start: String, kind: UpstreamFailure.Kind) async throws {
        try await withTransport { fixture in
            fixture.timeouts.firstByte = .milliseconds(200)
            fixture.timeouts.idle = .milliseconds(200)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\n\r\n" + start)
                while true {
                    try peer.send([" ", "\n", "\r\n\t"].randomElement()!)
                    rest(.milliseconds(10))
                }
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == kind && answer.text.hasPrefix(start))
            server.stop()
        }
    }

    @Test func `an answer that never ends is given up after the total time-out`() async throws {
        try await withTransport { fixture in
            fixture.timeouts.total = .milliseconds(1500)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\n\r\n")
                while true {
                    try peer.send("x")
                    rest(.milliseconds(5))
                }
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .totalTimeout && !answer.body.isEmpty)
            server.stop()
        }
    }

    // MARK: Pause

    @Test func `a paused answer stops its server, and nothing is lost once it resumes`() async throws {
        try await withTransport { fixture in
            let sent = Shared(0)
            let ended = Shared(false)
            let server = try endlessServer(sent, ended)
            let receiver = Receiver()
            receiver.demand = { .pause }
            let (_, transfer) = fixture.start(server.origin, receiver: receiver)
            var last = -1
            while last != sent.value || last == 0 {
                last = sent.value
                try await pause(.milliseconds(40), on: fixture.loop)
            }
            #expect(receiver.body.count <= EventLoop.readBufferSize)
            for _ in 0..<20 {
                let count = receiver.body.count
                transfer.resume()
                try await eventually(on: fixture.loop, "more") { receiver.body.count > count }
                // What was asked for, not what the server could send.
                try await pause(.milliseconds(2), on: fixture.loop)
                #expect(receiver.body.count <= count + EventLoop.readBufferSize)
            }
            receiver.demand = { receiver.pieces % 10 == 0 ? .pause : .more }
            while receiver.body.count < 15_000_000 {
                transfer.resume()
                try await pause(.milliseconds(1), on: fixture.loop)
            }
            #expect(BytePattern.matches(receiver.body))
            transfer.cancel()
            try await eventually(on: fixture.loop, "the server's end") { ended.value }
            server.stop()
        }
    }

    @Test func `a pause costs no processor time, and does not count as silence`() async throws {
        try await withTransport { fixture in
            fixture.timeouts.idle = .milliseconds(50)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
                _ = try? peer.receive()
            }
            let receiver = Receiver()
            receiver.demand = { .pause }
            let (_, transfer) = fixture.start(server.origin, receiver: receiver)
            try await eventually(on: fixture.loop, "the first piece") { receiver.pieces == 1 }
            let before = threadTime()
            try await pause(.milliseconds(400), on: fixture.loop)
            #expect(threadTime() - before < .milliseconds(50))
            #expect(receiver.end == nil)
            // The loop's other sockets are served meanwhile.
            let other = try PeerServer.answering { _, _, _ in ok("x") }
            #expect(await fixture.fetch(other.origin).isComplete)
            other.stop()
            // From now on, silence counts again.
            let start = fixture.loop.now
            transfer.resume()
            await receiver.finish()
            #expect(receiver.failure?.kind == .idleTimeout)
            #expect(fixture.loop.readClock().elapsed(since: start) < .milliseconds(1500))
            server.stop()
        }
    }

    @Test func `the total time-out also ends a paused answer`() async throws {
        try await withTransport { fixture in
            fixture.timeouts.total = .milliseconds(150)
            fixture.timeouts.idle = .milliseconds(30)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
                _ = try? peer.receive()
            }
            let receiver = Receiver()
            receiver.demand = { .pause }
            let (_, transfer) = fixture.start(server.origin, receiver: receiver)
            await receiver.finish()
            #expect(receiver.failure?.kind == .totalTimeout)
            transfer.resume()
            server.stop()
        }
    }

    // MARK: Cancel

    /// Cancels and checks that the connection is gone in the same turn and that nothing more is delivered.
    private static func cancel(_ call: (receiver: Receiver, transfer: any UpstreamTransfer), _ fixture: Fixture) async throws {
        let heard = (call.receiver.status, call.receiver.pieces)
        call.transfer.cancel()
        #expect(fixture.transport.openConnections == 0)
        call.transfer.cancel()
        call.transfer.resume()
        call.transfer.detach()
        try await pause(.milliseconds(20), on: fixture.loop)
        #expect(heard == (call.receiver.status, call.receiver.pieces) && call.receiver.end == nil)
    }

    @Test func `cancelling in the turn of the start opens no connection`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { _, _, _ in ok("x") }
            try await FlowTests.cancel(fixture.start(server.origin), fixture)
            #expect(server.accepted == 0)
            server.stop()
        }
    }

    @Test func `cancelling while connecting ends the attempt`() async throws {
        try await withTransport { fixture in
            let listener = try FullListener()
            let call = fixture.start(listener.origin)
            try await pause(.milliseconds(10), on: fixture.loop)
            try await FlowTests.cancel(call, fixture)
            listener.close()
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
    func `cancelling ends the connection in the same turn, at any point of the answer`(answered: String) async throws {
        try await withTransport { fixture in
            let received = Shared(false)
            let ended = Shared(false)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send(answered)
                received.update { $0 = true }
                let seesEnd = peer.seesEnd()
                ended.update { $0 = seesEnd }
            }
            // On a new connection and on a kept one.
            let call = fixture.start(server.origin)
            try await eventually(on: fixture.loop, "the request") { received.value }
            try await pause(.milliseconds(10), on: fixture.loop)
            try await FlowTests.cancel(call, fixture)
            try await eventually(on: fixture.loop, "the end at the server") { ended.value }
            server.stop()
        }
    }

    @Test func `cancelling in the middle of an upload and of a pause ends the connection`() async throws {
        try await withTransport { fixture in
            let ended = Shared(0)
            let server = try PeerServer { peer, _ in
                let head = try peer.receiveHead()
                if head["content-length"] != nil {
                    rest(.milliseconds(30))
                    while let bytes = try? peer.receive(), !bytes.isEmpty {}
                } else {
                    try peer.send("HTTP/1.1 200 OK\r\n\r\nabc")
                    while let bytes = try? peer.receive(), !bytes.isEmpty {}
                }
                ended.update { $0 += 1 }
            }
            let upload = fixture.start(server.origin, body: BytePattern.bytes(from: 0, count: 20_000_000))
            try await eventually(on: fixture.loop, "the connection") { server.accepted == 1 }
            try await pause(.milliseconds(10), on: fixture.loop)
            try await FlowTests.cancel(upload, fixture)
            let receiver = Receiver()
            receiver.demand = { .pause }
            let paused = fixture.start(server.origin, receiver: receiver)
            try await eventually(on: fixture.loop, "a piece") { receiver.pieces == 1 }
            try await FlowTests.cancel(paused, fixture)
            try await eventually(on: fixture.loop, "both ends") { ended.value == 2 }
            server.stop()
        }
    }

    @Test func `a consumer may cancel from within any of its callbacks`() async throws {
        final class Canceller: UpstreamConsumer {
            let place: Int
            var transfer: (any UpstreamTransfer)?
            var calls = 0
            init(_ place: Int) { self.place = place }
            private func note() {
                calls += 1
                if calls == place { transfer?.cancel() }
            }
            func receiveHead(status: Int, fields: borrowing HTTPFields) { note() }
            func receive(_ chunk: RawSpan) -> Demand {
                note()
                return .more
            }
            func receiveEnd(_ end: UpstreamEnd) { note() }
        }
        try await withTransport { fixture in
            let server = try PeerServer.answering { request, _, _ in
                let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
                return request["a"] == "gzip" ? "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n" : chunks
            }
            let origin = server.origin
            // The head, the chunks of one read, and the end.
            for place in 1...3 {
                let canceller = Canceller(place)
                let endpoint = UpstreamEndpoint(origin: origin, method: .get, target: "/", fields: [])
                canceller.transfer = fixture.transport.start(
                    UpstreamRequest(endpoint: endpoint, body: nil, timeouts: fixture.timeouts), delivering: canceller)
                try await eventually(on: fixture.loop, "the cancel") { canceller.calls == place }
                try await pause(.milliseconds(5), on: fixture.loop)
                #expect(canceller.calls == place)
                canceller.transfer = nil
            }
            server.stop()
        }
    }

    @Test func `a request may be started while another reports its end`() async throws {
        final class Chain: UpstreamConsumer {
            let transport: CurlTransport
            let request: UpstreamRequest
            var left = 50
            var transfer: (any UpstreamTransfer)?
            init(_ transport: CurlTransport, _ request: UpstreamRequest) { (self.transport, self.request) = (transport, request) }
            func receiveHead(status: Int, fields: borrowing HTTPFields) {}
            func receive(_ chunk: RawSpan) -> Demand { .more }
            func receiveEnd(_ end: UpstreamEnd) {
                left -= 1
                transfer = left > 0 ? transport.start(request, delivering: self) : nil
            }
        }
        try await withTransport { fixture in
            let server = try PeerServer.answering { _, _, _ in ok("x") }
            let endpoint = UpstreamEndpoint(origin: server.origin, method: .get, target: "/", fields: [])
            let chain = Chain(fixture.transport, UpstreamRequest(endpoint: endpoint, body: nil, timeouts: fixture.timeouts))
            chain.transfer = fixture.transport.start(chain.request, delivering: chain)
            try await eventually(on: fixture.loop, "fifty answers") { chain.left == 0 }
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    // MARK: Memory

    @Test(arguments: [false, true])
    func `the memory of a request is counted, and only the one without room fails`(isCold: Bool) async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { request, _, _ in ok(String(repeating: "x", count: 5000)) }
            #expect(await fixture.fetch(server.origin, body: [1, 2, 3], isCold: isCold).isComplete)
            #expect(fixture.loop.held.used == 0)
            fixture.loop.held.most = 40
            let refused = await fixture.fetch(server.origin, body: [1, 2, 3], isCold: isCold)
            #expect(refused.failure?.kind == .local && refused.lateCalls == 0)
            let (_, transfer) = fixture.start(server.origin, body: [1, 2, 3], isCold: isCold)
            transfer.cancel()
            fixture.loop.held.most = 10_000
            #expect(await fixture.fetch(server.origin, body: [1, 2, 3], isCold: isCold).isComplete)
            #expect(fixture.loop.held.used == 0)
            server.stop()
        }
    }

    // MARK: Detach

    @Test func `a connection whose answer ends soon after its consumer left is kept`() async throws {
        try await withTransport { fixture in
            let go = Gate()
            let server = try PeerServer { peer, connection in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
                go.pass()
                try peer.send("1\r\nb\r\n0\r\n\r\n")
                _ = try peer.receiveMessage()
                try peer.send(ok("\(connection)"))
                _ = try? peer.receive()
            }
            let receiver = Receiver()
            var transfer: (any UpstreamTransfer)? = fixture.start(server.origin, receiver: receiver).transfer
            try await eventually(on: fixture.loop, "the first piece") { receiver.pieces == 1 }
            transfer?.detach()
            // Only the connection keeps the transfer now, until the answer ends.
            transfer = nil
            go.open()
            try await pause(.milliseconds(50), on: fixture.loop)
            #expect(receiver.pieces == 1 && receiver.end == nil)
            let next = await fixture.fetch(server.origin)
            #expect(next.isComplete && next.text == "1" && server.accepted == 1)
            server.stop()
        }
    }

    @Test func `a connection whose answer continues long after its consumer left is closed`() async throws {
        try await withTransport { fixture in
            let sent = Shared(0)
            let ended = Shared(false)
            let server = try endlessServer(sent, ended)
            let receiver = Receiver()
            let (_, transfer) = fixture.start(server.origin, receiver: receiver)
            try await eventually(on: fixture.loop, "the first piece") { receiver.pieces > 0 }
            transfer.detach()
            try await eventually(on: fixture.loop, "the server's end") { ended.value }
            #expect(fixture.transport.openConnections == 0 && receiver.end == nil)
            server.stop()
        }
    }

    @Test func `a connection that stays silent after its consumer left is closed`() async throws {
        try await withTransport { fixture in
            let ended = Shared(false)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\n\r\nabc")
                let seesEnd = peer.seesEnd()
                ended.update { $0 = seesEnd }
            }
            let receiver = Receiver()
            receiver.demand = { .pause }
            let (_, transfer) = fixture.start(server.origin, receiver: receiver)
            try await eventually(on: fixture.loop, "the first piece") { receiver.pieces == 1 }
            transfer.detach()
            try await eventually(on: fixture.loop, "the server's end") { ended.value }
            #expect(fixture.transport.openConnections == 0 && receiver.end == nil)
            server.stop()
        }
    }

    @Test func `closing the transport ends everything without reports`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\n\r\nabc")
                _ = try? peer.receive()
            }
            let calls = (0..<5).map { _ in fixture.start(server.origin) }
            let cold = fixture.start(server.origin, isCold: true)
            try await eventually(on: fixture.loop, "five answers") { calls.allSatisfy { $0.receiver.pieces == 1 } }
            fixture.transport.close()
            fixture.transport.close()
            #expect(fixture.transport.openConnections == 0)
            try await pause(.milliseconds(10), on: fixture.loop)
            #expect(calls.allSatisfy { $0.receiver.end == nil } && cold.receiver.isSilent)
            for call in calls { call.transfer.cancel() }
            cold.transfer.cancel()
            server.stop()
        }
    }
}
