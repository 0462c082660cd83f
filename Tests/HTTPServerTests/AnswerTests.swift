import EventLoop
import HTTPServer
import LoopTesting
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct AnswerTests {
    @Test func `a connection carries one request after the other`() async throws {
        try await withServer { served in
            let texts = try await served.client { peer in
                try (0..<50).map { number in
                    try peer.send(number % 2 == 0 ? get("/\(number)") : post("/\(number)", "body \(number)"))
                    let answer = try peer.receiveMessage()
                    #expect(answer.startLine == "HTTP/1.1 200 OK" && answer["connection"] == nil)
                    #expect(answer["content-type"] == "text/plain" && answer["date"]?.hasSuffix(" GMT") == true)
                    return answer.text
                }
            }
            #expect(texts == (0..<50).map { $0 % 2 == 0 ? "/\($0) " : "/\($0) body \($0)" })
        }
    }

    @Test func `requests sent at once are answered in their order`() async throws {
        try await withServer { served in
            // The earlier a request, the longer its answer takes.
            served.script.onRespond = { exchange in
                let number = Int(exchange.path.text.dropFirst()) ?? 0
                try? await pause(.milliseconds(max(0, 8 - number)), on: exchange.loop)
                exchange.answer("\(number) \(exchange.body.text)")
            }
            let texts = try await served.client { peer in
                var requests = ""
                for number in 0..<20 { requests += number % 2 == 0 ? get("/\(number)") : post("/\(number)", "b\(number)") }
                try peer.send(requests)
                return try (0..<20).map { _ in try peer.receiveMessage().text }
            }
            #expect(texts == (0..<20).map { $0 % 2 == 0 ? "\($0) " : "\($0) b\($0)" })
        }
    }

    @Test func `a request is understood wherever it is cut`() async throws {
        try await withServer { served in
            let request = post("/p", "hello") + get("/q")
            try await served.client { peer in
                for cut in 1..<request.utf8.count {
                    let bytes = Array(request.utf8)
                    try peer.send(Array(bytes[..<cut]))
                    try peer.send(Array(bytes[cut...]))
                    #expect(try peer.receiveMessage().text == "/p hello")
                    #expect(try peer.receiveMessage().text == "/q ")
                }
            }
        }
    }

    @Test func `requests read ahead are bounded and none is lost`() async throws {
        try await withServer { limits in
            limits.maximumPipelinedBytes = 4096
        } _: { served in
            let gate = Gate()
            served.script.onRespond = { exchange in
                await gate.wait()
                exchange.answer(exchange.path.text)
            }
            let sent = Shared(0)
            let peer = try await served.connect()
            let sending = inBackground {
                for number in 0..<2000 {
                    try peer.send(get("/\(number)", "x: \(String(repeating: "x", count: 8000))\r\n"))
                    sent.update { $0 += 1 }
                }
            }
            var last = -1
            while last != sent.value {
                last = sent.value
                try await pause(.milliseconds(30), on: served.loop)
            }
            // What the kernel holds for both ends, but no more.
            #expect(last < 2000)
            gate.open()
            let paths = try await offLoop { try (0..<2000).map { _ in try peer.receiveMessage().text } }
            try await sending.value
            #expect(paths == (0..<2000).map { "/\($0)" })
        }
    }

    // MARK: Framing

    @Test func `a streamed answer is chunked, with one chunk for each piece`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                exchange.begin("data: 1\n\n")
                #expect(exchange.hasBegun && !exchange.hasFinished)
                await Task.yield()
                exchange.send("")
                exchange.send("data: 22\n\n")
                exchange.send(String(repeating: "x", count: 300))
                let last = Array("data: [DONE]\n\n".utf8)
                exchange.finish(with: last.span.bytes)
                #expect(exchange.hasFinished && exchange.bytesWritten == 9 + 10 + 300 + 14)
            }
            try await served.client { peer in
                for _ in 0..<2 {
                    try peer.send(get("/"))
                    let answer = try peer.receiveMessage()
                    #expect(answer["transfer-encoding"] == "chunked" && answer["content-length"] == nil)
                    #expect(answer.chunks == [9, 10, 300, 14])
                    #expect(answer.text == "data: 1\n\ndata: 22\n\n" + String(repeating: "x", count: 300) + "data: [DONE]\n\n")
                }
            }
        }
    }

    @Test func `a streamed answer without a piece is an empty body`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                exchange.begin()
                exchange.finish()
            }
            try await served.client { peer in
                for _ in 0..<2 {
                    try peer.send(get("/"))
                    let answer = try peer.receiveMessage()
                    #expect(answer.status == 200 && answer.chunks.isEmpty && answer.body.isEmpty)
                }
            }
        }
    }

    @Test func `a streamed answer to HTTP 1.0 ends with the connection`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                exchange.begin("one ")
                exchange.send("two ")
                let last = Array("three".utf8)
                exchange.finish(with: last.span.bytes)
            }
            let answer = try await served.client { peer in
                try peer.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                return try peer.receiveMessage()
            }
            #expect(answer["transfer-encoding"] == nil && answer["connection"] == "close")
            #expect(answer.text == "one two three")
        }
    }

    @Test func `HTTP 1.0 keeps the connection only when it asks to`() async throws {
        try await withServer { served in
            try await served.client { peer in
                try peer.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let first = try peer.receiveMessage()
                #expect(first["connection"] == "keep-alive" && first.text == "/a ")
                try peer.send("GET /b HTTP/1.0\r\n\r\n")
                let second = try peer.receiveMessage()
                #expect(second["connection"] == "close" && second.text == "/b ")
                #expect(peer.seesEnd())
            }
        }
    }

    @Test func `HEAD gets the head of GET without a body, also for a stream`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                guard exchange.path.equals("/stream") else { return exchange.answer("twelve bytes") }
                exchange.begin("one")
                exchange.send("two")
                exchange.finish()
            }
            try await served.client { peer in
                try peer.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                let plain = try peer.receiveMessage(hasBody: false)
                #expect(plain.status == 200 && plain["content-length"] == "12")
                try peer.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n")
                let streamed = try peer.receiveMessage(hasBody: false)
                #expect(streamed["transfer-encoding"] == "chunked")
                try peer.send(get("/next"))
                #expect(try peer.receiveMessage().text == "twelve bytes")
            }
        }
    }

    @Test func `an answer without content has no length`() async throws {
        try await withServer { served in
            served.script.onRespond = { $0.respond(status: 204, contentType: nil, body: RawSpan()) }
            try await served.client { peer in
                for _ in 0..<2 {
                    try peer.send(get("/"))
                    let answer = try peer.receiveMessage()
                    #expect(answer.status == 204 && answer["content-length"] == nil && answer["transfer-encoding"] == nil)
                }
            }
        }
    }

    @Test func `header fields of every kind are written`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                exchange.respond(status: 299, body: StaticString("{}").span) { fields in
                    fields.add("a", "literal")
                    fields.add("b", StaticString("span").span)
                    fields.add("c", -12)
                    fields.add("d", text: "line\r\nbreak: é\u{7F}")
                    fields.add("e", thousandths: 1002)
                    fields.add("f", thousandths: 45)
                    fields.add(lines: StaticString("g: 1\r\nh: 2\r\n").span)
                }
            }
            let answer = try await served.client { peer in
                try peer.send(get("/"))
                return try peer.receiveMessage()
            }
            #expect(answer.startLine == "HTTP/1.1 299 Unknown")
            #expect(answer["content-type"] == "application/json")
            #expect(answer["a"] == "literal" && answer["b"] == "span" && answer["c"] == "-12")
            #expect(answer["d"] == "line??break: ??")
            #expect(answer["e"] == "1.002" && answer["f"] == "0.045" && answer["g"] == "1" && answer["h"] == "2")
        }
    }

    @Test func `the parts of a request are as they were sent`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                #expect(exchange.method == .post && exchange.path.equals("/a%20b") && exchange.query.equals("c=d?e"))
                #expect(exchange.value(of: "x-two")?.equals("2") == true && exchange.value(of: "x-none") == nil)
                #expect(exchange.count(of: "x-two") == 2 && exchange.contentLength == 3 && exchange.hasBody)
                #expect(exchange.body.equals("abc") && exchange.number == 1)
                exchange.releaseBody()
                #expect(exchange.body.byteCount == 0)
                exchange.answer("ok")
                #expect(exchange.status == 200 && exchange.hasFinished && exchange.bytesWritten == 2)
            }
            try await served.client { peer in
                try peer.send(post("/a%20b?c=d?e", "abc", "X-Two: 2\r\nx-two: 3\r\n"))
                #expect(try peer.receiveMessage().text == "ok")
            }
        }
    }

    @Test func `a body in chunks is joined`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                #expect(exchange.contentLength == nil && exchange.hasBody == (exchange.method == .post))
                exchange.answer(exchange.body.text)
            }
            try await served.client { peer in
                try peer.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nt: r\r\n\r\n")
                #expect(try peer.receiveMessage().text == "abcdefg")
                try peer.send(get("/"))
                #expect(try peer.receiveMessage().status == 200)
            }
        }
    }

    @Test func `a client that sends Expect gets an interim 100 answer`() async throws {
        try await withServer { served in
            try await served.client { peer in
                try peer.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                #expect(try peer.receiveHead().startLine == "HTTP/1.1 100 Continue")
                try peer.send("abc")
                #expect(try peer.receiveMessage().text == "/p abc")
                // Not if the body is already there.
                try peer.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
                #expect(try peer.receiveMessage().text == "/p abc")
            }
        }
    }

    // MARK: Ends

    @Test func `an aborted stream has no last chunk`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                exchange.begin("data: 1\n\n")
                exchange.abort()
                #expect(exchange.hasFinished)
                exchange.abort()
                exchange.send("late")
                exchange.finish()
            }
            let text = try await served.client { peer in
                try peer.send(get("/"))
                _ = try peer.receiveHead()
                var bytes: [UInt8] = []
                while let more = try? peer.receive(), !more.isEmpty { bytes += more }
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(text == "9\r\ndata: 1\n\n\r\n")
        }
    }

    @Test(arguments: [false, true]) func `a responder that returns without a complete answer ends the connection, with a 500 where possible`(
        hasBegun: Bool
    )
        async throws
    {
        try await withServer { served in
            served.script.onRespond = { exchange in if hasBegun { exchange.begin("half") } }
            let text = try await served.client { peer in
                try peer.send(get("/"))
                var bytes: [UInt8] = []
                while let more = try? peer.receive(), !more.isEmpty { bytes += more }
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(hasBegun ? text.hasSuffix("4\r\nhalf\r\n") : text.hasPrefix("HTTP/1.1 500 ") && text.contains("connection: close\r\n"))
            #expect(served.script.refusals.map(\.status) == (hasBegun ? [] : [500]))
        }
    }

    @Test func `a client that asks to close gets the close after its answer`() async throws {
        try await withServer { served in
            try await served.client { peer in
                try peer.send(get("/", "Connection: close\r\n"))
                let answer = try peer.receiveMessage()
                #expect(answer["connection"] == "close" && answer.text == "/ ")
                #expect(peer.seesEnd())
            }
        }
    }

    @Test(arguments: [false, true]) func `a client that leaves while it is answered is noticed`(resets: Bool) async throws {
        try await withServer { served in
            let watcher = Watcher()
            let gate = Gate()
            let done = Shared(false)
            watcher.onLoss = { gate.open() }
            served.script.onRespond = { exchange in
                exchange.observer = watcher
                exchange.begin("data: 1\n\n")
                await gate.wait()
                #expect(exchange.hasLostClient)
                #expect(exchange.send("data: 2\n\n") == .saturated)
                exchange.finish()
                done.update { $0 = true }
            }
            try await served.client { peer in
                try peer.send(get("/"))
                _ = try peer.receiveHead()
                #expect(try peer.receiveLine() == "9")
                if resets { peer.reset() } else { peer.finishWriting() }
            }
            try await eventually(on: served.loop, "the responder's end") { done.value }
            #expect(watcher.losses == 1)
            try await eventually(on: served.loop, "no connection") { served.server.openConnections == 0 }
        }
    }

    @Test func `a client that leaves in the middle of its request leaves nothing behind`() async throws {
        try await withServer { served in
            for part in ["", "GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc"] {
                try await served.client { peer in try peer.send(part) }
            }
            try await eventually(on: served.loop, "no connection") { served.server.openConnections == 0 }
            #expect(served.script.requests.isEmpty)
        }
    }
}
