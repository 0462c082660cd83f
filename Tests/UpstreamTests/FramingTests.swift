import EventLoop
import Gateway
import Glibc
import LoopTesting
import Testing
import Upstream
import Wire

@Suite(.timeLimit(.minutes(1))) struct FramingTests {
    @Test func `a request has its prepared head and its body's length`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { request, _, _ in
                ok(
                    "\(request.startLine)|\(request["host"] ?? "")|\(request["a"] ?? "")|\(request["content-length"] ?? "-")|\(request.text)",
                    "X-Y: z\r\n")
            }
            let get = await fixture.fetch(server.origin, "/p?q=1", fields: [("a", "b")])
            #expect(get.isComplete && get.status == 200 && get["x-y"] == "z")
            #expect(get.text == "GET /p?q=1 HTTP/1.1|127.0.0.1:\(server.port)|b|-|")
            let post = await fixture.fetch(server.origin, "/p", body: Array("hello".utf8))
            #expect(post.text == "POST /p HTTP/1.1|127.0.0.1:\(server.port)||5|hello")
            let empty = await fixture.fetch(server.origin, "/p", body: [])
            #expect(empty.text == "POST /p HTTP/1.1|127.0.0.1:\(server.port)||0|")
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test func `a hundred requests use one connection`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { request, connection, number in ok("\(connection) \(number) \(request.text)") }
            for number in 1...100 {
                let answer = await fixture.fetch(server.origin, body: Array("\(number)".utf8))
                #expect(answer.isComplete && answer.text == "1 \(number) \(number)")
            }
            #expect(server.accepted == 1 && fixture.transport.openConnections == 1)
            server.stop()
        }
    }

    @Test func `requests at once use a connection each, and all are kept`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { _, _, _ in ok("x") }
            let origin = server.origin
            for _ in 0..<3 {
                let calls = (0..<70).map { _ in fixture.start(origin) }
                for call in calls { await call.receiver.finish() }
                #expect(calls.allSatisfy { $0.receiver.isComplete })
                #expect(server.accepted == 70 && fixture.transport.openConnections == 70)
            }
            server.stop()
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: r\r\n\r\n", "abcde"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", "abcde"), ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ""),
        ("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "ab"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab", "ab"),
    ])
    func `an answer is complete wherever it is cut, and its connection is kept`(wire: String, body: String) async throws {
        try await withTransport { fixture in
            let bytes = Array(wire.utf8)
            let server = try PeerServer { peer, _ in
                for cut in 1..<bytes.count {
                    _ = try peer.receiveMessage()
                    try peer.send(Array(bytes[..<cut]))
                    try peer.send(Array(bytes[cut...]))
                }
                _ = try? peer.receive()
            }
            for _ in 1..<bytes.count {
                let answer = await fixture.fetch(server.origin)
                #expect(answer.isComplete && answer.status == 200 && answer.text == body && answer.lateCalls == 0)
            }
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test func `answers without a body are complete at once`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { request, _, _ in
                switch request["a"] {
                case "204": "HTTP/1.1 204 No Content\r\n\r\n"
                case "304": "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"
                default: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
                }
            }
            for status in [204, 304] {
                let answer = await fixture.fetch(server.origin, fields: [("a", "\(status)")])
                #expect(answer.isComplete && answer.status == status && answer.body.isEmpty)
            }
            let head = await fixture.fetch(server.origin, method: .head)
            #expect(head.isComplete && head.status == 200 && head.body.isEmpty)
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test func `an answer that ends with the connection is reported as such`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\n\r\nall of it")
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.isClosed && answer.text == "all of it")
            #expect(fixture.transport.openConnections == 0)
            server.stop()
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ])
    func `an answer that stops short is truncated`(wire: String) async throws {
        try await withTransport { fixture in
            for resets in [false, true] {
                let server = try PeerServer { peer, _ in
                    _ = try peer.receiveMessage()
                    try peer.send(wire)
                    if resets { peer.reset() }
                }
                let answer = await fixture.fetch(server.origin)
                // A reset discards what the client has not read yet, possibly all of it.
                let kind = answer.failure?.kind
                #expect(kind == .truncated || (resets && kind == .closedBeforeAnswer))
                #expect(answer.lateCalls == 0 && fixture.transport.openConnections == 0)
                server.stop()
            }
        }
    }

    @Test(arguments: [
        "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "hello\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nx: \u{1}\r\n\r\n",
    ])
    func `an answer that is not HTTP is malformed`(wire: String) async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send(wire)
                _ = try? peer.receive()
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .malformed && answer.failure?.detail.isEmpty == false && answer.lateCalls == 0)
            #expect(fixture.transport.openConnections == 0)
            server.stop()
        }
    }

    @Test func `an endless head is refused`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\n")
                for number in 0..<100_000 { try peer.send("x-\(number): \(String(repeating: "x", count: 200))\r\n") }
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .malformed)
            server.stop()
        }
    }

    @Test func `a connection with bytes after an answer is not reused`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { _, _, _ in ok("a") + "HTTP/1.1 200 OK\r\n" }
            for number in 1...3 {
                let answer = await fixture.fetch(server.origin)
                #expect(answer.isComplete && answer.text == "a")
                #expect(server.accepted == number && fixture.transport.openConnections == 0)
            }
            server.stop()
        }
    }

    @Test(arguments: ["Connection: close\r\n", "Connection: Keep-Alive, Close\r\n"])
    func `a connection whose answer asks to close is not reused`(fields: String) async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { _, _, _ in ok("a", fields) }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.isComplete && fixture.transport.openConnections == 0)
            server.stop()
        }
    }

    // MARK: Content coding

    private static let codings: [(name: String, bytes: [UInt8])] = [
        ("gzip", Gzip.hellos), ("x-gzip", Gzip.hellos), ("GZip", Gzip.hellos), ("deflate", Gzip.hellosAsZlib),
    ]

    @Test(arguments: 0..<4) func `a coded body is decoded wherever it is cut`(index: Int) async throws {
        let (name, coded) = FramingTests.codings[index]
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                for cut in 1..<coded.count {
                    _ = try peer.receiveMessage()
                    try peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: \(name)\r\nContent-Length: \(coded.count)\r\n\r\n")
                    try peer.send(Array(coded[..<cut]))
                    try peer.send(Array(coded[cut...]))
                }
                _ = try? peer.receive()
            }
            for _ in 1..<coded.count {
                let answer = await fixture.fetch(server.origin)
                #expect(answer.isComplete && answer.text == String(repeating: "hello ", count: 100))
            }
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test func `a large coded body in chunks is decoded as it arrives`() async throws {
        try await withTransport { fixture in
            let plain = BytePattern.bytes(from: 0, count: 500_000)
            let coded = Gzip.stored(plain)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
                for start in stride(from: 0, to: coded.count, by: 10_000) {
                    let part = Array(coded[start..<min(coded.count, start + 10_000)])
                    try peer.send("\(String(part.count, radix: 16))\r\n")
                    try peer.send(part)
                    try peer.send("\r\n")
                }
                try peer.send("0\r\n\r\n")
                _ = try? peer.receive()
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.isComplete && answer.body == plain && answer.pieces > 5)
            server.stop()
        }
    }

    // MARK: Codings and pauses

    /// How a body of zeros is framed.
    enum Frame: CaseIterable {
        case length, smallChunks, close

        func wire(_ coded: [UInt8]) -> [UInt8] {
            let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
            switch self {
            case .length: return Array((head + "Content-Length: \(coded.count)\r\n\r\n").utf8) + coded
            case .close: return Array((head + "\r\n").utf8) + coded
            case .smallChunks:
                var bytes = Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)
                for start in stride(from: 0, to: coded.count, by: 1000) {
                    let part = coded[start..<min(coded.count, start + 1000)]
                    bytes += Array("\(String(part.count, radix: 16))\r\n".utf8) + part + [13, 10]
                }
                return bytes + Array("0\r\n\r\n".utf8)
            }
        }
    }

    @Test(arguments: Frame.allCases)
    func `a coded body is decoded only as far as its consumer wants, and nothing is lost`(frame: Frame) async throws {
        let total = 258 * 16_000 + 1
        let wire = frame.wire(Gzip.zeros(total))
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send(wire)
                if frame != .close { _ = try? peer.receive() }
            }
            let receiver = Receiver()
            receiver.demand = { .pause }
            let (_, transfer) = fixture.start(server.origin, receiver: receiver)
            for pieces in 1...20 {
                try await eventually(on: fixture.loop, "a piece") { receiver.pieces == pieces }
                try await pause(.milliseconds(1), on: fixture.loop)
                #expect(receiver.pieces == pieces && receiver.body.count <= pieces * 40_000)
                #expect(fixture.loop.held.used <= EventLoop.readBufferSize)
                transfer.resume()
            }
            // Then with occasional pauses, and as fast as it comes.
            receiver.demand = { receiver.pieces < 60 && receiver.pieces % 7 == 0 ? .pause : .more }
            while receiver.end == nil {
                transfer.resume()
                try await pause(.milliseconds(1), on: fixture.loop)
            }
            #expect(frame == .close ? receiver.isClosed : receiver.isComplete)
            #expect(receiver.body.count == total && receiver.body.allSatisfy { $0 == 0 } && receiver.lateCalls == 0)
            #expect(fixture.loop.held.used == 0)
            #expect(fixture.transport.openConnections == (frame == .close ? 0 : 1))
            server.stop()
        }
    }

    @Test(arguments: Frame.allCases)
    func `a body that is large only once decoded does not take up a whole turn of the loop`(frame: Frame) async throws {
        let total = 258 * 24_000 + 1
        let wire = frame.wire(Gzip.zeros(total))
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send(wire)
                if frame != .close { _ = try? peer.receive() }
            }
            let receiver = Receiver()
            var turns: [UInt64: Int] = [:]
            receiver.demand = {
                turns[fixture.loop.turnNumber, default: 0] += 1
                return .more
            }
            let (_, transfer) = fixture.start(server.origin, receiver: receiver)
            await receiver.finish()
            #expect((receiver.isComplete || frame == .close) && receiver.body.count == total)
            #expect(turns.values.allSatisfy { $0 <= 32 } && turns.count > 20)
            _ = transfer
            server.stop()
        }
    }

    @Test(arguments: [1, 10]) func `small chunks are passed on together, and only a limited number in each turn`(size: Int) async throws {
        let count = 40_000
        let chunk = Array("\(String(size, radix: 16))\r\n\(String(repeating: "x", count: size))\r\n".utf8)
        let wire = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8) + Array(repeating: chunk, count: count).flatMap { $0 }
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                while (try? peer.receiveMessage()) != nil {
                    try peer.send(wire)
                    try peer.send("0\r\n\r\n")
                }
            }
            let receiver = Receiver()
            var (turns, seen): ([UInt64: Int], Int) = ([:], 0)
            receiver.demand = {
                turns[fixture.loop.turnNumber, default: 0] += receiver.body.count - seen
                seen = receiver.body.count
                return .more
            }
            let (_, transfer) = fixture.start(server.origin, receiver: receiver)
            await receiver.finish()
            #expect(receiver.isComplete && receiver.body.count == count * size && receiver.lateCalls == 0)
            #expect(receiver.pieces <= count / 50, "\(receiver.pieces) pieces")
            #expect(turns.values.allSatisfy { $0 <= 2048 * size } && turns.count >= count / 2048)
            #expect(fixture.loop.held.used == 0 && fixture.transport.openConnections == 1)
            // The connection is kept, and the next answer on it is not mixed up with what was held.
            let second = await fixture.fetch(server.origin)
            #expect(second.isComplete && second.body.count == count * size && server.accepted == 1)
            _ = transfer
            server.stop()
        }
    }

    @Test func `a consumer that has had enough for one turn gets the next piece in a later one`() async throws {
        let body = BytePattern.bytes(from: 0, count: 150_000)
        let half = "\(String(75_000, radix: 16))\r\n"
        let wires = [
            Array("HTTP/1.1 200 OK\r\nContent-Length: 150000\r\n\r\n".utf8) + body,
            Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(half)".utf8) + body[..<75_000] + Array("\r\n\(half)".utf8)
                + body[75_000...] + Array("\r\n0\r\n\r\n".utf8),
        ]
        try await withTransport { fixture in
            let server = try PeerServer { peer, connection in
                for wire in wires {
                    _ = try peer.receiveMessage()
                    try peer.send(wire)
                }
                _ = try? peer.receive()
            }
            for _ in wires {
                let receiver = Receiver()
                var (turns, sizes, seen): (Set<UInt64>, [Int], Int) = ([], [], 0)
                receiver.demand = {
                    turns.insert(fixture.loop.turnNumber)
                    sizes.append(receiver.body.count - seen)
                    seen = receiver.body.count
                    return .rest
                }
                let (_, transfer) = fixture.start(server.origin, receiver: receiver)
                await receiver.finish()
                #expect(receiver.isComplete && receiver.body == body && fixture.loop.held.used == 0)
                #expect(turns.count == receiver.pieces && sizes.allSatisfy { $0 <= 8192 })
                _ = transfer
            }
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test func `an error after a held body is reported after that body`() async throws {
        let body = BytePattern.bytes(from: 0, count: 40_000)
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(40_000, radix: 16))\r\n"
        let wire = Array(head.utf8) + body + Array("\r\nno\r\n".utf8)
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send(wire)
                _ = try? peer.receive()
            }
            for demand in [Demand.more, .rest] {
                let receiver = Receiver()
                receiver.demand = { demand }
                let (_, transfer) = fixture.start(server.origin, receiver: receiver)
                await receiver.finish()
                #expect(receiver.failure?.kind == .malformed && receiver.body == body && receiver.lateCalls == 0)
                #expect(fixture.loop.held.used == 0 && fixture.transport.openConnections == 0)
                _ = transfer
            }
            server.stop()
        }
    }

    @Test func `a coded body that is abandoned halfway is cut off or read to its end`() async throws {
        let wire = Frame.smallChunks.wire(Gzip.zeros(258 * 16_000 + 1))
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                while (try? peer.receiveMessage()) != nil { try peer.send(wire) }
            }
            for detaches in [true, false] {
                let receiver = Receiver()
                receiver.demand = { .pause }
                let (_, transfer) = fixture.start(server.origin, receiver: receiver)
                try await eventually(on: fixture.loop, "a piece") { receiver.pieces == 1 }
                #expect(fixture.loop.held.used > 0)
                if detaches { transfer.detach() } else { transfer.cancel() }
                try await eventually(on: fixture.loop, "nothing held") { fixture.loop.held.used == 0 }
                #expect(receiver.pieces == 1 && receiver.end == nil)
                if detaches {
                    try await eventually(on: fixture.loop, "an idle connection") { server.accepted == 1 && fixture.transport.openConnections == 1 }
                }
            }
            #expect(fixture.transport.openConnections == 0 && server.accepted == 1)
            server.stop()
        }
    }

    @Test(arguments: ["Content-Length: 20\r\n", ""])
    func `a coded body that stops short is truncated, even where the framing does not show it`(length: String) async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\(length)\r\n")
                try peer.send(Array(Gzip.hellos[..<20]))
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.failure?.kind == .truncated)
            server.stop()
        }
    }

    @Test func `a complete coded body may end with the connection`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
                try peer.send(Gzip.hellos)
            }
            let answer = await fixture.fetch(server.origin)
            #expect(answer.isClosed && answer.text == String(repeating: "hello ", count: 100))
            server.stop()
        }
    }

    @Test func `a broken or unknown coding is malformed, and identity is no coding`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { request, _, _ in ok("not coded", "Content-Encoding: \(request["a"] ?? "")\r\n") }
            for coding in ["gzip", "br", "zstd", "gzip, gzip"] {
                let answer = await fixture.fetch(server.origin, fields: [("a", coding)])
                #expect(answer.failure?.kind == .malformed && answer.body.isEmpty)
            }
            let plain = await fixture.fetch(server.origin, fields: [("a", "identity")])
            #expect(plain.isComplete && plain.text == "not coded")
            server.stop()
        }
    }
}
