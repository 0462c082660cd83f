import Foundation
import Testing

/// What real servers send and a well-behaved one does not; the answers are given byte by byte.
@Suite struct UpstreamQuirkTests {
    private static let json =
        "{\"id\":\"1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"packed\"},\"finish_reason\":\"stop\"}]}"
    private static let events = """
        data: {"id":"1","choices":[{"index":0,"delta":{"content":"pack"},"finish_reason":null}]}\n
        data: {"id":"1","choices":[{"index":0,"delta":{"content":"ed"},"finish_reason":"stop"}]}\n
        data: [DONE]\n\n
        """
    /// Of an answer that says `packed`, in gzip and Base64.
    private static let packedJSON =
        "H4sIAAAAAAACAxWMQQ7CMAwE/7LnCME1X0EIGcc0hjaOah+Qov6d9DRajXYGtCDjhgR7fYRjDq4UF7atrxJqbSqupiyOfB/QVuSHfE3YxJ0WQR7YbZ0EuasHtTg/1kLa2evEXyk4Et7a1OtzF/LZzfCwjuNx/AFfnLPmhgAAAA=="
    /// Of a stream that says `packed`.
    private static let packedEvents =
        "H4sIAAAAAAACA53MsQrCMBCH8T1PIf85g64366oPUIocuSsNhksxJwgl796ODk5dPz5+ws50WpEFhAsi0lxz0gYa9miiX9A5QrQ4g1akaq7m+7xweqFHTNlym59v5VYNZJ9S+thDkMOyyh8XzeuCH3m4Pu63MYQNHVLIhsIAAAA="

    private static func head(_ fields: String, _ status: String = "200 OK", type: String = "application/json") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\n\(fields)\r\n"
    }

    /// A chat request to a provider that answers with these bytes; behind it stands the mock as `b`.
    private func answer(_ upstream: [[UInt8]], stream: Bool = false, _ check: (Answer, Gateway) throws -> Void) throws {
        let raw = try RawUpstream(answering: upstream)
        defer { raw.stop() }
        try withGateway([Provider("a", url: raw.url), Provider("b")]) { gateway throws in
            try check(try gateway.chat(stream: stream), gateway)
            #expect(try gateway.chat("b").status == 200)
            #expect(raw.received.count == 1, "asked once")
        }
    }

    private func answer(_ upstream: String, stream: Bool = false, _ check: (Answer, Gateway) throws -> Void) throws {
        try answer([Array(upstream.utf8)], stream: stream, check)
    }

    @Test func `packed answers are unpacked, and no coding is claimed that is not there`() throws {
        let json = Array(try #require(Data(base64Encoded: Self.packedJSON)))
        try answer([Array(Self.head("Content-Encoding: gzip\r\nContent-Length: \(json.count)\r\n").utf8) + json]) { answer, _ throws in
            #expect(answer["x-best-provider"] == "a" && answer.content == "packed" && answer["content-encoding"] == nil)
        }
        let events = Array(try #require(Data(base64Encoded: Self.packedEvents)))
        let head = Self.head("Content-Encoding: gzip\r\nConnection: close\r\n", type: "text/event-stream")
        // In pieces of ten bytes, which have nothing to do with the events.
        let pieces = stride(from: 0, to: events.count, by: 10).map { Array(events[$0..<min($0 + 10, events.count)]) }
        try answer([Array(head.utf8)] + pieces, stream: true) { answer, _ throws in
            #expect(answer["x-best-provider"] == "a" && answer.events.content == "packed" && answer.events.dones == 1)
            #expect(answer["content-encoding"] == nil && answer.end == .whole)
        }
    }

    @Test func `an answer that ends with its connection is whole for a stream that says so, and a body that parses`() throws {
        try answer(Self.head("") + Self.json) { answer, _ throws in
            #expect(answer["x-best-provider"] == "a" && answer.text == Self.json && answer["content-length"] == "\(Self.json.utf8.count)")
        }
        try answer(Self.head("Connection: close\r\n", type: "text/event-stream") + Self.events, stream: true) { answer, _ throws in
            #expect(answer.text == Self.events && answer.end == .whole && answer["connection"] == nil)
        }
    }

    @Test func `a field of one hop, a cookie or an account's figure is not passed on`() throws {
        let fields =
            "Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nSet-Cookie: a=b\r\nServer: x\r\nX-RateLimit-Remaining-Requests: 7\r\n"
            + "X-Request-ID: theirs\r\nAccess-Control-Allow-Origin: https://x\r\nContent-Length: \(Self.json.utf8.count)\r\n"
        try answer(Self.head(fields) + Self.json) { answer, _ throws in
            #expect(answer.content == "packed" && answer["x-request-id"]?.hasPrefix("req_") == true)
            for name in [
                "keep-alive", "x-hop", "set-cookie", "x-ratelimit-remaining-requests", "access-control-allow-origin", "server", "connection",
            ] {
                #expect(answer[name] == nil, "\(name)")
            }
        }
    }

    @Test func `an interim answer before the answer is passed over`() throws {
        try answer("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + Self.head("Content-Length: \(Self.json.utf8.count)\r\n") + Self.json) {
            answer, _ throws in
            #expect(answer["x-best-provider"] == "a" && answer.content == "packed")
        }
    }

    @Test(arguments: [
        "HTTP/1.1 529 \r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 529\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnull",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "HTTP/2 200\r\n\r\n", "hello\r\n\r\n", "",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    ])
    func `an answer that is none is passed over`(bytes: String) throws {
        for stream in [false, true] {
            try answer(bytes, stream: stream) { answer, _ throws in
                #expect(answer.status == 200 && answer["x-best-provider"] == "b" && answer["x-best-attempts"] == "2", "\(answer.text)")
            }
        }
    }

    @Test func `an empty reason phrase and a strange status become a 503 with a reason`() throws {
        let raw = try RawUpstream(answering: "HTTP/1.1 529 \r\nContent-Length: 0\r\n\r\n")
        defer { raw.stop() }
        try withGateway([Provider("a", url: raw.url)]) { gateway throws in
            let answer = try gateway.chat()
            #expect(answer.statusLine == "HTTP/1.1 503 Service Unavailable" && answer.error?.code == "overloaded")
        }
    }

    @Test func `bytes behind an answer are never taken for the next one`() throws {
        let second = Self.head("Content-Length: \(Self.json.utf8.count)\r\n") + Self.json.replacing("packed", with: "poison")
        let raw = try RawUpstream(answering: Self.head("Content-Length: \(Self.json.utf8.count)\r\n") + Self.json + second, closes: false)
        defer { raw.stop() }
        try withGateway([Provider("a", url: raw.url)]) { gateway throws in
            for _ in 0..<3 { #expect(try gateway.chat().content == "packed") }
        }
    }

    @Test func `events without a space, with names and with more than one line are understood`() throws {
        let events =
            "event: message\r\nid: 7\r\nretry: 10\r\ndata:{\"id\":\"1\",\"choices\":[{\"index\":0,\r\ndata: \"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\r\n\r\n"
            + ": comment\n\ndata:[DONE]\n\n"
        try answer(Self.head("Connection: close\r\n", type: "text/event-stream; charset=utf-8") + events, stream: true) { answer, _ throws in
            #expect(answer.text == events && answer.end == .whole)
        }
    }

    @Test func `a letter cut in two by the packets comes through whole`() throws {
        let events = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"é漢\u{1F600}\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
        let pieces = Array(events.utf8).map { [$0] }
        try answer([Array(Self.head("Connection: close\r\n", type: "text/event-stream").utf8)] + pieces, stream: true) { answer, _ throws in
            #expect(answer.body == Array(events.utf8))
        }
    }

    @Test func `an event that is cut after a part of it has been passed on breaks the coding, so that no client takes it for whole`() throws {
        let start = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\""
        let events = start + String(repeating: "x", count: 200_000)
        try answer(Self.head("Connection: close\r\n", type: "text/event-stream") + events, stream: true) { answer, _ throws in
            #expect(answer.status == 200 && answer.end == .cut && answer.events.dones == 0)
            #expect(events.hasPrefix(answer.text) && answer.body.count > 64_000)
        }
    }

    @Test func `an event that was cut before any of it was passed on is left out, and the error told`() throws {
        let start = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}\n\n"
        try answer(Self.head("Connection: close\r\n", type: "text/event-stream") + start + "data: {\"choi", stream: true) { answer, _ throws in
            #expect(answer.end == .whole && answer.text.hasPrefix(start + "data: {\"id\":") && answer.events.last?.error?.code == "upstream_error")
        }
    }

    @Test(arguments: ["", "data: [DONE]", "data: [DONE]\n"])
    func `an answer with its finish_reason is whole, also when the provider saves the last line end`(tail: String) throws {
        let events = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n"
        try answer(Self.head("Connection: close\r\n", type: "text/event-stream") + events + tail, stream: true) { answer, _ throws in
            #expect(answer.end == .whole && answer.events.content == "x" && answer.events.error == nil)
        }
    }

    @Test func `the request a provider sees is plain and complete`() throws {
        let raw = try RawUpstream(answering: Self.head("Content-Length: \(Self.json.utf8.count)\r\n") + Self.json)
        defer { raw.stop() }
        try withGateway([Provider("a", url: raw.url, lines: ["headers: {X-Title: best}"])]) { gateway throws in
            let fields = [
                "Cookie: c=d", "X-Stainless-Lang: python", "Connection: X-Secret", "X-Secret: 1", "Via: 1.1 x", "X-Forwarded-For: 10.0.0.1",
            ]
            _ = try gateway.chat("m", stream: false, "", fields)
            let head = try #require(raw.received.first).components(separatedBy: "\r\n\r\n")[0].lowercased().components(separatedBy: "\r\n")
            #expect(head[0] == "post /v1/chat/completions http/1.1")
            #expect(head.contains("host: 127.0.0.1:\(raw.port)") && head.contains("content-type: application/json") && head.contains("x-title: best"))
            #expect(
                head.contains("content-length: \(Chat.body("a").utf8.count)")
                    && !head.contains { $0.hasPrefix("expect") || $0.hasPrefix("transfer-encoding") })
            for name in ["cookie", "x-stainless", "x-secret", "via", "x-forwarded", "authorization", "connection"] {
                #expect(!head.contains { $0.hasPrefix(name) }, "\(name)")
            }
        }
    }
}
