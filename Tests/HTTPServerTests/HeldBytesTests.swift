import EventLoop
import HTTPServer
import LoopTesting
import Testing
import Wire

/// The budget for held bytes: only the connection that needs more is ended.
@Suite(.timeLimit(.minutes(1))) struct HeldBytesTests {
    @Test func `a waiting answer that does not fit ends its own connection, and others are answered`() async throws {
        try await withServer { served in
            served.loop.held.most = 200_000
            served.script.onRespond = { exchange in
                let bytes = BytePattern.bytes(from: 0, count: exchange.path.equals("/large") ? 20_000_000 : 10)
                exchange.respond(status: 200, body: bytes.span.bytes)
            }
            let slow = try await served.connect(receiveBuffer: 4096)
            let other = try await served.connect()
            try await offLoop {
                try slow.send(get("/large"))
                #expect(throws: (any Error).self) { try slow.receiveMessage() }
                try other.send(get("/small"))
                #expect(try other.receiveMessage().status == 200)
            }
            #expect(served.server.openConnections == 1)
        }
    }

    @Test(arguments: [true, false]) func `answers that one client leaves unread leave room for another client's`(isOneNetwork: Bool) async throws {
        try await withServer { served in
            served.loop.held.most = 80_000_000
            let (greedy, other) = (ClientShare(), ClientShare())
            served.script.onShare = { $0.path.equals("/other") ? other : isOneNetwork ? nil : greedy }
            served.script.onRespond = { exchange in
                let bytes = BytePattern.bytes(from: 0, count: exchange.path.equals("/other") ? 15_000_000 : 30_000_000)
                exchange.respond(status: 200, body: bytes.span.bytes)
            }
            var unread: [Peer] = []
            for _ in 0..<4 { unread.append(try await served.connect(receiveBuffer: 4096)) }
            let peer = try await served.connect(receiveBuffer: 4096)
            let peers = unread
            try await offLoop { for peer in peers { try peer.send(get("/large")) } }
            try await eventually(on: served.loop, "only the first waits") { served.server.openConnections == 2 }
            try await offLoop {
                try peer.send(get("/other"))
                #expect(try peer.receiveMessage().body.count == 15_000_000)
            }
            #expect(other.bytes == 0 && isOneNetwork == (greedy.bytes == 0))
        }
    }

    @Test func `requests sent ahead that do not fit are dropped, and the current one is answered as the last`() async throws {
        try await withServer { served in
            served.loop.held.most = 1000
            let gate = Gate()
            served.script.onRespond = { exchange in
                await gate.wait()
                exchange.answer("yes")
            }
            let peer = try await served.client { peer in
                try peer.send(get("/first"))
                return peer
            }
            try await eventually(on: served.loop, "the first request") { served.script.requests.count == 1 }
            try await offLoop { try peer.send((0..<100).map { get("/\($0)") }.joined()) }
            try await pause(.milliseconds(20), on: served.loop)
            #expect(served.loop.held.used == 0)
            gate.open()
            try await offLoop {
                let answer = try peer.receiveMessage()
                #expect(answer.text == "yes" && answer["connection"] == "close")
                #expect(try peer.receiveAll().isEmpty)
            }
            #expect(served.script.requests == ["/first"])
        }
    }

    @Test func `dropping requests after an answer was sent ends the connection, and no part of them is read as a request`() async throws {
        try await withServer { served in
            served.loop.held.most = 1000
            let gate = Gate()
            served.script.onRespond = { exchange in
                exchange.answer("yes")
                await gate.wait()
            }
            let peer = try await served.client { peer in
                try peer.send(get("/first"))
                #expect(try peer.receiveMessage().text == "yes")
                try peer.send(String(repeating: "x", count: 5000) + "\r\n")
                return peer
            }
            try await pause(.milliseconds(20), on: served.loop)
            try await offLoop { try peer.send(get("/second")) }
            try await pause(.milliseconds(20), on: served.loop)
            gate.open()
            #expect(try await offLoop { try peer.receiveAll().isEmpty })
            #expect(served.script.requests == ["/first"] && served.script.refusals.isEmpty)
        }
    }

    @Test func `unfinished heads are counted, and one that does not fit is refused`() async throws {
        try await withServer { served in
            served.loop.held.most = 2000
            let (first, second) = (try await served.connect(), try await served.connect())
            try await offLoop { try first.send("GET /first HTTP/1.1\r\nHost: h\r\nx: " + String(repeating: "x", count: 800)) }
            try await eventually(on: served.loop, "the beginning") { served.loop.held.used > 800 }
            try await offLoop {
                try second.send("GET /second HTTP/1.1\r\nHost: h\r\nx: " + String(repeating: "x", count: 300))
                let answer = try second.receiveMessage()
                #expect(answer.status == 503 && answer["connection"] == "close")
                try first.send("\r\n\r\n")
                #expect(try first.receiveMessage().status == 200)
            }
            #expect(served.loop.held.used < 400)
            #expect(served.script.requests == ["/first"])
        }
    }

    @Test func `a large body's memory is freed piece by piece, one a turn, and counts until then`() async throws {
        try await withServer { served in
            let size = 20_000_000
            var held: [Int] = []
            served.script.onScreen = { _ in .proceed(maximumBodyBytes: size) }
            served.script.onRespond = { exchange in
                held.append(served.loop.held.used)
                exchange.releaseBody()
                held.append(served.loop.held.used)
                exchange.answer("yes")
            }
            try await served.client { peer in
                try peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
                try peer.send([UInt8](repeating: 0x78, count: size))
                #expect(try peer.receiveMessage().text == "yes")
            }
            #expect(held.count == 2 && held[0] == size && (size - 2_200_000..<size - 1_900_000).contains(held[1]))
            try await eventually(on: served.loop, "nothing held") { served.loop.held.used == 0 }
        }
    }
}
