import EventLoop
import Gateway
import LoopTesting
import Testing
import Upstream
import Wire

@Suite(.timeLimit(.minutes(1))) struct FetchTests {
    @Test func `a cold call brings status and body, whatever the status`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { request, _, _ in
                request.startLine.hasPrefix("GET /models ")
                    ? ok("\(request["a"] ?? "") \(request["host"] ?? "")") : "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"
            }
            let found = await fixture.fetch(server.origin, "/models", isCold: true, fields: [("a", "b")])
            #expect(found.isComplete && found.status == 200 && found.text == "b 127.0.0.1:\(server.port)")
            let missing = await fixture.fetch(server.origin, "/other", isCold: true)
            #expect(missing.isComplete && missing.status == 404 && missing.text == "none")
            server.stop()
        }
    }

    /// Both have arrived when the loop polls: libuv then reports only the reset.
    @Test(arguments: [false, true])
    func `a cold call's answer is complete even if its connection was reset after it`(isBodyUnread: Bool) async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                if isBodyUnread { _ = try peer.receiveHead() } else { _ = try peer.receiveMessage() }
                try peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
                peer.reset()
            }
            for _ in 0..<20 {
                let answer = await fixture.fetch(server.origin, body: [UInt8](repeating: 32, count: 100_000), isCold: true)
                if isBodyUnread, let failure = answer.failure {
                    // The system may discard data that was not read yet.
                    #expect(failure.kind == .connect && !failure.detail.contains("poll"), "\(failure)")
                } else {
                    #expect(answer.isComplete && answer.status == 413 && answer.text == "no", "\(String(describing: answer.failure))")
                }
            }
            server.stop()
        }
    }

    @Test func `a cold call on a kept connection that is reset is repeated on a new one`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, connection in
                _ = try peer.receiveMessage()
                try peer.send(ok("\(connection)"))
                _ = try? peer.receiveHead()
                peer.reset()
            }
            for connection in 1...20 {
                let answer = await fixture.fetch(server.origin, isCold: true)
                #expect(answer.isComplete && answer.text == "\(connection)", "\(String(describing: answer.failure))")
            }
            server.stop()
        }
    }

    @Test func `a cold call delivers the header fields of the final answer, not those of interim ones`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { _, _, _ in
                "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nETag: \"a\"\r\nX-Two:  b \r\nContent-Length: 0\r\n\r\n"
            }
            let answer = await fixture.fetch(server.origin, isCold: true)
            #expect(answer.isComplete && answer["etag"] == "\"a\"" && answer["x-two"] == "b" && answer["x-early"] == nil)
            server.stop()
        }
    }

    @Test(arguments: [
        ("", 100_000, "\r\n"), ("HTTP/1.1 200 OK\r\n", 101, "Content-Length: 0\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\nx: \(String(repeating: "x", count: 33 * 1024))\r\n", 0, "Content-Length: 0\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 101, "\r\n"),
    ])
    func `a cold call is given up if its answer's fields exceed the bounds in number or bytes`(start: String, count: Int, end: String)
        async throws
    {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send(start.isEmpty ? "HTTP/1.1 200 OK\r\n" : start)
                for _ in 0..<count / 1000 { try peer.send(String(repeating: "x-a: y\r\n", count: 1000)) }
                try peer.send(String(repeating: "x-a: y\r\n", count: count % 1000) + end)
            }
            let answer = await fixture.fetch(server.origin, isCold: true)
            #expect(answer.failure?.kind == .malformed && answer.failure?.detail.contains("too many fields") == true)
            #expect(answer.fields.isEmpty)
            server.stop()
        }
    }

    @Test func `a cold call does not accept interim answers forever`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                while true { try peer.send(String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 100)) }
            }
            let answer = await fixture.fetch(server.origin, isCold: true)
            #expect(answer.failure?.kind == .malformed)
            server.stop()
        }
    }

    @Test func `a cold call's answer may have as many fields as the bounds allow, and its trailers are dropped`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { _, _, _ in
                "HTTP/1.1 200 OK\r\n\(String(repeating: "X-A: y\r\n", count: 98))Transfer-Encoding: chunked\r\nX-Last:\tz\t\r\n\r\n"
                    + "2\r\nok\r\n0\r\nX-Trailer: t\r\n\r\n"
            }
            let answer = await fixture.fetch(server.origin, isCold: true)
            #expect(answer.isComplete && answer.text == "ok" && answer.fields.count == 100)
            #expect(answer["x-last"] == "z" && answer["x-trailer"] == nil)
            server.stop()
        }
    }

    @Test func `a transport that closes frees a cold call in flight without reporting it`() async throws {
        try await withTransport { fixture in
            let asked = Shared(false)
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                asked.update { $0 = true }
                _ = try peer.receive()
            }
            let (receiver, transfer) = fixture.start(server.origin, isCold: true)
            try await eventually(on: fixture.loop, "the request arrives") { asked.value }
            fixture.transport.close()
            #expect(receiver.isSilent)
            transfer.cancel()
            server.stop()
        }
    }

    @Test func `a cold call sends a body`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { request, _, _ in ok("\(request.startLine) \(request.text)") }
            let answer = await fixture.fetch(server.origin, "/p", body: Array("hello\u{0}world".utf8), isCold: true)
            #expect(answer.isComplete && answer.text == "POST /p HTTP/1.1 hello\u{0}world")
            server.stop()
        }
    }

    @Test func `a cold call decodes gzip`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                let request = try peer.receiveMessage()
                guard request["accept-encoding"]?.contains("gzip") == true else { return }
                try peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(Gzip.hellos.count)\r\n\r\n")
                try peer.send(Gzip.hellos)
            }
            let answer = await fixture.fetch(server.origin, isCold: true, fields: [("accept-encoding", "identity")])
            #expect(answer.failure == nil)
            #expect(answer.isComplete && answer.text == String(repeating: "hello ", count: 100))
            server.stop()
        }
    }

    @Test(arguments: [false, true]) func `a long body is decoded and delivered in pieces, one a turn`(isCoded: Bool) async throws {
        let total = 258 * 8000 + 1
        let wire = isCoded ? Gzip.zeros(total) : [UInt8](repeating: 0, count: total)
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                while (try? peer.receiveMessage()) != nil {
                    try peer.send("HTTP/1.1 200 OK\r\n\(isCoded ? "Content-Encoding: gzip\r\n" : "")Content-Length: \(wire.count)\r\n\r\n")
                    try peer.send(wire)
                }
            }
            let receiver = Receiver()
            var (sizes, seen): ([UInt64: Int], Int) = ([:], 0)
            receiver.demand = {
                sizes[fixture.loop.turnNumber, default: 0] += receiver.body.count - seen
                seen = receiver.body.count
                return .more
            }
            let (_, transfer) = fixture.start(server.origin, isCold: true, receiver: receiver)
            await receiver.finish()
            #expect(receiver.isComplete && receiver.body.count == total && receiver.lateCalls == 0)
            #expect(sizes.count >= total / 300_000 && sizes.values.allSatisfy { $0 <= 300_000 } && fixture.loop.held.used == 0)
            _ = transfer
            // A consumer that cancels in the middle receives nothing more.
            let other = Receiver()
            var call: (any UpstreamTransfer)?
            other.demand = {
                if other.pieces == 2 { call?.cancel() }
                return .more
            }
            call = fixture.start(server.origin, isCold: true, receiver: other).transfer
            try await eventually(on: fixture.loop, "two pieces") { other.pieces == 2 }
            try await pause(.milliseconds(5), on: fixture.loop)
            #expect(other.pieces == 2 && other.end == nil && fixture.loop.held.used == 0)
            server.stop()
        }
    }

    @Test func `a coded body is given up if it becomes too long, is broken, or has a coding that was not asked for`() async throws {
        let bomb = Gzip.zeros(258 * 8000 + 1)
        for (fields, wire, detail) in [
            ("Content-Encoding: gzip\r\n", bomb, "larger than 1000000 bytes"),
            ("Content-Encoding: gzip\r\n", Array("no gzip".utf8), "gzip coding is broken"),
            ("Content-Encoding: gzip\r\n", Array(Gzip.hellos.dropLast(9)), "gzip coding is not complete"),
            ("Content-Encoding: br\r\n", Array("x".utf8), "coding that was not asked for"),
            ("Transfer-Encoding: gzip\r\n", Gzip.hellos, "coding that was not asked for"),
        ] {
            try await withTransport { fixture in
                let server = try PeerServer { peer, _ in
                    _ = try peer.receiveMessage()
                    let length = fields.hasPrefix("T") ? "" : "Content-Length: \(wire.count)\r\n"
                    try peer.send("HTTP/1.1 200 OK\r\n\(fields)\(length)\r\n")
                    try peer.send(wire)
                }
                let receiver = Receiver()
                var (sizes, seen): ([UInt64: Int], Int) = ([:], 0)
                receiver.demand = {
                    sizes[fixture.loop.turnNumber, default: 0] += receiver.body.count - seen
                    seen = receiver.body.count
                    return .more
                }
                let (_, transfer) = fixture.start(server.origin, isCold: true, receiver: receiver, maximumBodyBytes: 1_000_000)
                await receiver.finish()
                #expect(receiver.failure?.detail.contains(detail) == true && receiver.lateCalls == 0, "\(receiver.failure?.detail ?? "none")")
                #expect(sizes.values.allSatisfy { $0 <= 300_000 } && fixture.loop.held.used == 0)
                _ = transfer
                server.stop()
            }
        }
    }

    @Test func `a cold call is not redirected`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer.answering { _, _, _ in "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" }
            let answer = await fixture.fetch(server.origin, isCold: true)
            #expect(answer.isComplete && answer.status == 302)
            server.stop()
        }
    }

    @Test func `an answer larger than 64 MiB is given up`() async throws {
        try await withTransport { fixture in
            let server = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\n\r\n")
                let part = [UInt8](repeating: 0x20, count: 1_000_000)
                while true { try peer.send(part) }
            }
            let answer = await fixture.fetch(server.origin, isCold: true)
            #expect(answer.failure?.kind == .malformed && answer.failure?.detail.contains("larger") == true)
            #expect(answer.body.isEmpty)
            server.stop()
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]) func `a cold call can be cancelled at any point`(
        answered: String
    ) async throws {
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
            let (receiver, transfer) = fixture.start(server.origin, isCold: true)
            try await eventually(on: fixture.loop, "the request") { received.value }
            try await pause(.milliseconds(5), on: fixture.loop)
            transfer.cancel()
            transfer.cancel()
            try await eventually(on: fixture.loop, "the end at the server") { ended.value }
            #expect(receiver.isSilent)
            let early = fixture.start(server.origin, isCold: true)
            early.transfer.cancel()
            try await pause(.milliseconds(5), on: fixture.loop)
            #expect(early.receiver.isSilent && server.accepted == 1)
            server.stop()
        }
    }

    @Test func `a cold call that takes too long or is cut fails with that reason`() async throws {
        try await withTransport { fixture in
            fixture.timeouts.total = .milliseconds(300)
            let silent = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                _ = try? peer.receive()
            }
            let late = await fixture.fetch(silent.origin, isCold: true)
            #expect(late.failure?.kind == .totalTimeout)
            let cutting = try PeerServer { peer, _ in
                _ = try peer.receiveMessage()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            }
            let cut = await fixture.fetch(cutting.origin, isCold: true)
            #expect(cut.failure?.kind == .truncated)
            let closing = try PeerServer { peer, _ in _ = try peer.receiveMessage() }
            let closed = await fixture.fetch(closing.origin, isCold: true)
            #expect(closed.failure?.kind == .closedBeforeAnswer)
            for server in [silent, cutting, closing] { server.stop() }
        }
    }
}
