import EventLoop
import Glibc
import HTTPServer
import LoopTesting
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct LimitTests {
    /// Sends bytes one by one until the answer comes; returns the answer and how long it took.
    private static func trickle(_ peer: Peer, _ start: String, _ rest: String) throws -> (answer: PeerMessage, milliseconds: Int) {
        try peer.send(start)
        let began = ContinuousClock.now
        peer.setTimeout(.milliseconds(4))
        for byte in rest.utf8 {
            try peer.send([byte])
            do {
                let answer = try peer.receiveMessage()
                return (answer, Int((ContinuousClock.now - began) / .milliseconds(1)))
            } catch PeerError.timedOut {
            }
        }
        throw PeerError.malformed("no answer")
    }

    @Test func `a head that trickles is cut at the limit`() async throws {
        try await withServer { limits in
            limits.headTimeout = .milliseconds(120)
        } _: { served in
            let (answer, time) = try await served.client { peer in
                try LimitTests.trickle(peer, "GET / HTTP/1.1\r\n", "x: " + String(repeating: "x", count: 1000))
            }
            #expect(answer.status == 408 && answer["connection"] == "close")
            #expect(time >= 100 && time < 1000)
            #expect(served.script.refusals.map(\.status) == [408])
        }
    }

    @Test func `a body that trickles is cut at the limit`() async throws {
        try await withServer { limits in
            limits.bodyTimeout = .milliseconds(120)
        } _: { served in
            let (answer, time) = try await served.client { peer in
                try LimitTests.trickle(peer, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n", String(repeating: "x", count: 1000))
            }
            #expect(answer.status == 408)
            #expect(time >= 100 && time < 1000)
            #expect(served.script.requests.isEmpty)
        }
    }

    @Test func `a body in chunks that trickles is cut at the limit`() async throws {
        try await withServer { limits in
            limits.bodyTimeout = .milliseconds(120)
        } _: { served in
            let (answer, time) = try await served.client { peer in
                try LimitTests.trickle(
                    peer, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", String(repeating: "1\r\nx\r\n", count: 1000))
            }
            #expect(answer.status == 408)
            #expect(time >= 100 && time < 1000)
        }
    }

    @Test func `an idle connection is closed without an answer`() async throws {
        try await withServer { limits in
            limits.idleTimeout = .milliseconds(60)
        } _: { served in
            let silence = try await served.client { try $0.receiveAll() }
            #expect(silence.isEmpty)
            try await served.client { peer in
                try peer.send(get("/"))
                #expect(try peer.receiveMessage().status == 200)
                #expect(try peer.receiveAll().isEmpty)
            }
            #expect(served.script.refusals.isEmpty)
        }
    }

    @Test func `an answer may take longer than every limit of a request`() async throws {
        try await withServer { limits in
            limits.idleTimeout = .milliseconds(300)
            limits.headTimeout = .milliseconds(300)
            limits.bodyTimeout = .milliseconds(300)
            limits.stallTimeout = .milliseconds(300)
        } _: { served in
            served.script.onRespond = { exchange in
                try? await pause(.milliseconds(500), on: exchange.loop)
                exchange.begin("a")
                try? await pause(.milliseconds(500), on: exchange.loop)
                exchange.finish()
            }
            try await served.client { peer in
                try peer.send(post("/", "x"))
                #expect(try peer.receiveMessage().text == "a")
            }
        }
    }

    /// A request that is refused, with its status; printed by its name.
    struct Refused: CustomTestStringConvertible, Sendable {
        let status: Int
        let testDescription: String
        let request: String

        init(_ status: Int, _ name: String, _ request: String) { (self.status, testDescription, self.request) = (status, name, request) }
    }

    @Test(arguments: [
        Refused(413, "announced body", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000001\r\n\r\n"),
        Refused(414, "target", "GET /\(String(repeating: "x", count: 300)) HTTP/1.1\r\n"),
        Refused(431, "head", "GET / HTTP/1.1\r\nHost: h\r\nx: \(String(repeating: "x", count: 1200))\r\n\r\n"),
        Refused(431, "field count", "GET / HTTP/1.1\r\nHost: h\r\n\(String(repeating: "a: b\r\n", count: 20))\r\n"),
        Refused(400, "no host", "GET / HTTP/1.1\r\n\r\n"), Refused(400, "folded line", "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"),
        Refused(501, "TRACE", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"), Refused(501, "CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
        Refused(505, "version", "GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
        Refused(417, "expectation", "POST / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n"),
        Refused(400, "TLS", "\u{16}\u{3}\u{1}\u{2}"),
    ])
    func `a request that breaks a limit or a rule is refused with its status, and the connection ends`(refused: Refused) async throws {
        try await withServer { limits in
            limits.maximumTargetBytes = 256
            limits.maximumHeadBytes = 1024
            limits.maximumFieldCount = 16
        } _: { served in
            served.script.onScreen = { _ in .proceed(maximumBodyBytes: 1_000_000) }
            let (status, request) = (refused.status, refused.request)
            try await served.client { peer in
                // Also as a connection's second request, whose parser has already read a good one.
                try peer.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try peer.receiveMessage(hasBody: false)
                try peer.send(request)
                let answer = try peer.receiveMessage()
                #expect(answer.status == status && answer["connection"] == "close" && !answer.body.isEmpty)
                #expect(peer.seesEnd())
            }
            try await served.client { peer in
                try peer.send(request)
                let answer = try peer.receiveMessage()
                #expect(answer.status == status && answer["connection"] == "close" && !answer.body.isEmpty)
                #expect(peer.seesEnd())
            }
            #expect(served.script.refusals.map(\.status) == [status, status])
        }
    }

    @Test func `a body in chunks over the limit is refused while it comes`() async throws {
        try await withServer { served in
            served.script.onScreen = { _ in .proceed(maximumBodyBytes: 10) }
            let answer = try await served.client { peer in
                try peer.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n3\r\nabc\r\n")
                return try peer.receiveMessage()
            }
            #expect(answer.status == 413)
        }
    }

    @Test func `a client that keeps sending after a refusal still gets the answer`() async throws {
        try await withServer { served in
            served.script.onScreen = { _ in .proceed(maximumBodyBytes: 1000) }
            let answer = try await served.client { peer in
                try peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n")
                // The whole body, although it is not wanted: most clients do so.
                try peer.send(BytePattern.bytes(from: 0, count: 3_000_000))
                return try peer.receiveMessage()
            }
            #expect(answer.status == 413)
        }
    }

    @Test func `a body beyond the memory for bodies is refused, and freed memory makes room again`() async throws {
        try await withServer { served in
            served.loop.held.most = 1000
            let gate = Gate()
            served.script.onRespond = { exchange in
                await gate.wait()
                exchange.answer("\(exchange.body.byteCount)")
            }
            let first = try await served.client { peer in
                try peer.send(post("/first", String(repeating: "x", count: 900)))
                return peer
            }
            try await eventually(on: served.loop, "the first request") { served.script.requests == ["/first"] }
            let refused = try await served.client { peer in
                try peer.send(post("/second", String(repeating: "x", count: 200)))
                return try peer.receiveMessage()
            }
            #expect(refused.status == 503)
            gate.open()
            let answer = try await offLoop { try first.receiveMessage() }
            #expect(answer.text == "900")
            try await served.client { peer in
                for _ in 0..<3 {
                    try peer.send(post("/third", String(repeating: "x", count: 1000)))
                    #expect(try peer.receiveMessage().text == "1000")
                }
            }
        }
    }

    // MARK: Early answers

    @Test func `the short rest of a body that was answered early is dropped`() async throws {
        try await withServer { limits in
            limits.maximumDiscardedBytes = 10_000
        } _: { served in
            served.script.onScreen = { exchange in
                guard exchange.path.equals("/early") else { return .proceed(maximumBodyBytes: 100_000) }
                exchange.answer(status: 401, "no")
                return .answered
            }
            try await served.client { peer in
                for _ in 0..<3 {
                    try peer.send("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n")
                    let answer = try peer.receiveMessage()
                    #expect(answer.status == 401 && answer["connection"] == nil)
                    try peer.send(String(repeating: "x", count: 9000))
                    try peer.send("POST /early HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
                    #expect(try peer.receiveMessage().status == 401)
                    try peer.send("0\r\n\r\n")
                    try peer.send(get("/early"))
                    #expect(try peer.receiveMessage().status == 401)
                    try peer.send(post("/late", "abc"))
                    #expect(try peer.receiveMessage().text == "/late abc")
                }
            }
            #expect(served.script.requests == ["/late", "/late", "/late"])
        }
    }

    @Test func `the long rest of a body that was answered early ends the connection`() async throws {
        try await withServer { limits in
            limits.maximumDiscardedBytes = 10_000
        } _: { served in
            served.script.onScreen = { exchange in
                exchange.answer(status: 401, "no")
                return .answered
            }
            try await served.client { peer in
                try peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n")
                try peer.send(BytePattern.bytes(from: 0, count: 2_000_000))
                #expect(try peer.receiveMessage().status == 401)
                #expect(peer.seesEnd())
            }
            try await served.client { peer in
                try peer.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
                #expect(try peer.receiveMessage().status == 401)
                for _ in 0..<20 { try peer.send("400\r\n" + String(repeating: "x", count: 1024) + "\r\n") }
                #expect(peer.seesEnd())
            }
        }
    }

    @Test func `a client that waits for a 100 and is refused may omit its body`() async throws {
        try await withServer { served in
            served.script.onScreen = { exchange in
                exchange.answer(status: 401, "no")
                return .answered
            }
            try await served.client { peer in
                try peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
                #expect(try peer.receiveMessage().status == 401)
                #expect(peer.seesEnd())
            }
        }
    }

    @Test func `a refused client that never ends is closed after the linger time`() async throws {
        try await withServer { limits in
            limits.lingerTimeout = .milliseconds(80)
        } _: { served in
            let peer = try await served.connect()
            try await offLoop {
                try peer.send("nonsense\r\n\r\n")
                #expect(try peer.receiveMessage().status == 400)
            }
            try await eventually(on: served.loop, within: .seconds(2), "the close") { served.server.openConnections == 0 }
        }
    }

    // MARK: Drain

    @Test func `a drain closes idle connections, waits for answers, and ends`() async throws {
        try await withServer { served in
            let gate = Gate()
            served.script.onRespond = { exchange in
                await gate.wait()
                exchange.answer("late")
            }
            let idle = try await served.connect()
            let busy = try await served.client { peer in
                try peer.send(get("/"))
                return peer
            }
            try await eventually(on: served.loop, "both") { served.server.openConnections == 2 && served.script.requests.count == 1 }
            let drained = Gate()
            served.loop.task((served.server, drained)) { server, drained in
                await server.drain(deadline: .seconds(10))
                drained.open()
            }
            #expect(try await offLoop { idle.seesEnd() })
            try await eventually(on: served.loop, "one left") { served.server.openConnections == 1 }
            #expect(!drained.isOpen && served.server.isDraining)
            gate.open()
            try await offLoop {
                let answer = try busy.receiveMessage()
                #expect(answer.text == "late")
                #expect(busy.seesEnd())
                busy.close()
            }
            try await eventually(on: served.loop, "the end of the drain") { drained.isOpen }
            #expect(served.server.address == nil)
        }
    }

    @Test(arguments: ["GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"])
    func `an incomplete request does not hold up a drain`(piece: String) async throws {
        try await withServer { served in
            let peer = try await served.client { peer in
                try peer.send(get("/"))
                #expect(try peer.receiveMessage().status == 200)
                try peer.send(piece)
                return peer
            }
            // An idle connection would be closed without an answer too.
            try await pause(.milliseconds(20), on: served.loop)
            let start = served.loop.readClock()
            await served.server.drain(deadline: .seconds(30))
            #expect(served.loop.readClock().elapsed(since: start) < .seconds(10))
            let rest = try await offLoop { try peer.receiveText() }
            #expect(rest.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test func `a drain ends at its deadline`() async throws {
        try await withServer { served in
            let gate = Gate()
            let watcher = Watcher()
            watcher.onLoss = { gate.open() }
            served.script.onRespond = { exchange in
                exchange.observer = watcher
                await gate.wait()
            }
            let peer = try await served.client { peer in
                try peer.send(get("/"))
                return peer
            }
            try await eventually(on: served.loop, "the request") { served.script.requests.count == 1 }
            let start = served.loop.readClock()
            await served.server.drain(deadline: .milliseconds(60))
            #expect(served.loop.readClock().elapsed(since: start) >= .milliseconds(55))
            #expect(served.server.openConnections == 0 && watcher.losses == 1)
            #expect(try await offLoop { peer.seesEnd() })
        }
    }

    @Test func `closing all connections at once also closes the listener`() async throws {
        try await withServer { served in
            let peer = try await served.connect()
            try await eventually(on: served.loop, "the connection") { served.server.openConnections == 1 }
            served.server.closeAll()
            #expect(try await offLoop { peer.seesEnd() })
            try await eventually(on: served.loop, "no handle but the harness's") { served.loop.liveHandles["tcp"] == 0 }
        }
    }

    @Test func `connections over the cap wait until there is room`() async throws {
        try await withServer { limits in
            limits.maximumConnections = 2
        } _: { served in
            let first = try await served.connect()
            let second = try await served.connect()
            let third = try await served.client { peer in
                try peer.send(get("/third"))
                return peer
            }
            try await offLoop {
                for peer in [first, second] {
                    try peer.send(get("/"))
                    #expect(try peer.receiveMessage().status == 200)
                }
            }
            #expect(served.server.openConnections == 2 && !served.script.requests.contains("/third"))
            first.close()
            let answer = try await offLoop { try third.receiveMessage() }
            #expect(answer.text == "/third ")
            #expect(served.server.openConnections <= 2)
            second.close()
        }
    }
}
