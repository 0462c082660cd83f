import Foundation
import Testing

@Suite struct StreamingTests {
    private static let hasty = ["timeouts: {connect: 1s, first_byte: 400ms, idle: 400ms, total: 5s}"]
    /// Comments soon enough for a test.
    private static let chatty = "streaming: {keep_alive_after: 60ms, keep_alive_interval: 30ms}\n"

    private func comments(_ answer: Answer) -> [String] {
        answer.text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(":") }
    }

    @Test func `a slow start is covered by comments, and what was not known then comes in the last one`() throws {
        try withGateway([Provider("a", "ttft=700")], best: Self.chatty) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.status == 200 && answer["content-type"] == "text/event-stream; charset=utf-8" && answer.end == .whole)
            #expect(answer["x-request-id"] != nil && answer["x-best-provider"] == nil && answer["x-best-attempts"] == nil)
            #expect(answer.text.hasPrefix(": keep-alive\n\n: keep-alive\n\n"))
            #expect(answer.events.content == Chat.words(20) && answer.events.dones == 1 && answer.events.error == nil)
            let last = try #require(answer.text.range(of: ": x-best-provider: a\n"))
            let content = try #require(answer.text.range(of: "w19 "))
            #expect(content.upperBound < last.lowerBound && answer.text.hasSuffix("\n\ndata: [DONE]\n\n"))
            #expect(comments(answer).contains(": x-best-attempts: 1"))
        }
    }

    @Test(arguments: ["tokens=4;gap=300", "tokens=4;gap=300;split;crlf"]) func `a provider that falls silent in the middle is covered by comments`(
        script: String
    ) throws {
        try withGateway([Provider("a", script)], best: "streaming: {keep_alive_after: 5s, keep_alive_interval: 50ms}\n") { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer["x-best-provider"] == "a" && !answer.text.hasPrefix(":"), "the head left with the first content")
            #expect(answer.events.content == Chat.words(4) && answer.events.dones == 1 && answer.events.error == nil)
            // Between each two of the four words there is time for five of them.
            let pieces = answer.text.components(separatedBy: ": keep-alive\n\n")
            #expect(pieces.count > 4 && pieces.allSatisfy { $0.isEmpty || $0.hasPrefix("data: ") || $0.hasPrefix("\n") }, "\(answer.text)")
            #expect(comments(answer).allSatisfy { $0 == ": keep-alive" })
        }
    }

    @Test func `no comment stands in the middle of an event, however long its second half is awaited`() throws {
        // An event of more than 64 KiB is passed on in pieces; the provider stops in the middle of it until it is told to go on.
        let content = String(repeating: "x", count: 200_000)
        let event = "data: " + choice(0, #""delta":{"content":"\#(content)"}"#) + "\n\n"
        let last = "data: " + choice(0, #""delta":{},"finish_reason":"stop""#) + "\n\ndata: [DONE]\n\n"
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: \(event.utf8.count + last.utf8.count)\r\n\r\n"
        let pieces = [Array(head.utf8) + Array(event.utf8.prefix(150_000)), Array(event.utf8.dropFirst(150_000)) + Array(last.utf8)]
        let upstream = try RawUpstream(answering: pieces, pausing: true)
        defer { upstream.stop() }
        try withGateway([Provider("a", url: upstream.url)], best: Self.chatty) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            var answer = try client.head()
            while answer.body.count < 150_000, let chunk = try client.chunk() { answer.take(chunk) }
            // Ten intervals without a byte.
            #expect(!client.receives(before: Deadline(.milliseconds(300))), "something came inside the event")
            upstream.resume()
            while let chunk = try client.chunk() { answer.take(chunk) }
            #expect(client.chunkedBodyIsWhole && answer.events.dones == 1 && answer.events.content == content)
        }
    }

    @Test func `a stream that begins in time has no comment of ours`() throws {
        try withGateway([Provider("a", "ttft=50")]) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(comments(answer).isEmpty && answer["x-best-provider"] == "a")
        }
    }

    @Test(arguments: ["stall=head", "early-head;ttft=100000", "delay=150;status=500", "ttft=150;reset=0", "ttft=150;role-first;error-event=0"])
    func `behind comments a provider that fails is still passed over unseen`(script: String) throws {
        try withGateway([Provider("a", script, lines: Self.hasty), Provider("b", "ttft=150")], best: Self.chatty) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.status == 200 && answer.text.hasPrefix(": keep-alive\n\n") && answer.end == .whole)
            #expect(answer.events.content == Chat.words(20) && answer.events.dones == 1 && answer.events.error == nil, "\(answer.text)")
            #expect(comments(answer).contains { $0.hasPrefix(": x-best-trail: a/") && $0.hasSuffix("; b/b:ttft=150=ok") }, "\(comments(answer))")
        }
    }

    @Test func `behind comments an error comes inside the stream, which then has no DONE`() throws {
        try withGateway([Provider("a", "delay=200;status=500")], best: Self.chatty) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.status == 200 && answer.end == .whole && answer.events.dones == 0)
            let error = try #require(answer.events.last)
            #expect(error.error?.code == "upstream_error" && error.error?.type == "server_error" && error.finishReason == "error")
            #expect(error.object["created"] is Int && error.object["object"] as? String == "chat.completion.chunk")
            #expect(try gateway.program.line(with: "broken").contains("a/"), "the log says so")
        }
    }

    @Test func `comments can be turned off`() throws {
        try withGateway([Provider("a", "delay=200;status=500")], best: "streaming: {keep_alive_after: null}\n") { gateway throws in
            #expect(try gateway.chat(stream: true).status == 502)
        }
    }

    @Test func `a client that leaves behind comments takes its upstream call with it`() throws {
        try withGateway([Provider("a", "ttft=100000")], best: Self.chatty) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            _ = try client.head()
            _ = try client.chunk()
            client.close()
            #expect(try Deadline.usual.until { try gateway.mock.counter("cancelled") == 1 })
        }
    }

    @Test func `a provider that sends comments without end does not commit the stream`() throws {
        let lines = ["timeouts: {first_byte: 400ms, idle: 400ms, total: 900ms}"]
        try withGateway([Provider("a", "mutter=2;ttft=100000", lines: lines), Provider("b")]) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.status == 200 && answer["x-best-provider"] == "b" && answer.events.content == Chat.words(20))
            #expect(answer["x-best-trail"]?.contains("_timeout; b/b=ok") == true, "\(answer["x-best-trail"] ?? "")")
        }
    }

    @Test func `a finish_reason of error is no end but a failure`() throws {
        try withGateway([Provider("a", "finish=error")]) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.events.dones == 0 && answer.events.last?.error?.code == "upstream_error")
        }
    }

    private func events(_ data: [String]) -> String {
        let body = data.map { "data: \($0)\n\n" }.joined()
        return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func choice(_ index: Int, _ rest: String) -> String { #"{"choices":[{"index":\#(index),\#(rest)}]}"# }

    @Test(arguments: [false, true]) func `each of several choices needs its end`(isWhole: Bool) throws {
        var data = [choice(0, #""delta":{"content":"x"}"#), choice(1, #""delta":{"content":"y"}"#), choice(0, #""finish_reason":"stop""#)]
        if isWhole { data.append(choice(1, #""finish_reason":"length""#)) }
        let upstream = try RawUpstream(answering: events(data))
        defer { upstream.stop() }
        try withGateway([Provider("a", url: upstream.url)]) { gateway throws in
            let answer = try gateway.chat(stream: true, #""n":2,"#)
            #expect(answer.status == 200 && (answer.events.error == nil) == isWhole, "\(answer.text)")
        }
    }

    @Test(arguments: ["completed", "incomplete", "none", "DONE"]) func `a stream of responses ends well with its last event alone`(end: String) throws
    {
        var data = [#"{"type":"response.created","response":{"id":"resp_1"}}"#, #"{"type":"response.output_text.delta","delta":"x"}"#]
        if end == "DONE" { data.append("[DONE]") } else if end != "none" { data.append(#"{"type":"response.\#(end)","response":{"id":"resp_1"}}"#) }
        let upstream = try RawUpstream(answering: events(data))
        defer { upstream.stop() }
        try withGateway([Provider("a", url: upstream.url)]) { gateway throws in
            let answer = try gateway.post("/v1/responses", #"{"model":"m","stream":true,"input":"Hi"}"#)
            let isWhole = end == "completed" || end == "incomplete"
            #expect(answer.status == 200 && answer.text.contains("event: error\ndata: ") == !isWhole, "\(answer.text)")
        }
    }

    @Test(arguments: [false, true]) func `a request that goes on from an answer goes to the provider that made it, or fails`(isStream: Bool) throws {
        let whole = #"{"id":"resp_b","object":"response","status":"completed","output":[{"type":"message"}]}"#
        let made =
            isStream
            ? events([#"{"type":"response.created","response":{"id":"resp_b"}}"#, #"{"type":"response.completed","response":{"id":"resp_b"}}"#])
            : "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: \(whole.utf8.count)\r\n\r\n\(whole)"
        let (a, b) = (try RawUpstream(answering: made), try RawUpstream(answering: made))
        defer { [a, b].forEach { $0.stop() } }
        let stream = isStream ? #""stream":true,"# : ""
        try withGateway([Provider("a", url: a.url), Provider("b", url: b.url)]) { gateway throws in
            let first = try gateway.post("/v1/responses", #"{"model":"m",\#(stream)"input":"Hi","provider":{"only":["b"]}}"#)
            #expect(first["x-best-provider"] == "b")
            let second = try gateway.post("/v1/responses", #"{"model":"m",\#(stream)"input":"Go on","previous_response_id":"resp_b"}"#)
            #expect(second.status == 200 && second["x-best-provider"] == "b", "\(second.text)")
            let unknown = try gateway.post("/v1/responses", #"{"model":"m",\#(stream)"input":"Go on","previous_response_id":"resp_x"}"#)
            #expect(unknown.status == 404 && unknown.error?.code == "previous_response_not_found" && unknown.error?.param == "previous_response_id")
            #expect(a.received.isEmpty && b.received.count == 2)
        }
    }

    @Test func `a page in place of sound is no answer`() throws {
        let page = "<html><body>blocked</body></html>"
        let upstream = try RawUpstream(
            answering: "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: \(page.utf8.count)\r\n\r\n\(page)")
        defer { upstream.stop() }
        try withGateway([Provider("a", url: upstream.url)]) { gateway throws in
            let answer = try gateway.post("/v1/audio/speech", #"{"model":"m","input":"Hi","voice":"x"}"#)
            #expect(answer.status == 502 && !answer.text.contains("blocked"))
        }
    }
}
