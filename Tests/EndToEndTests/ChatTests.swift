import Foundation
import Testing

@Suite struct ChatTests {
    @Test func `a whole answer comes through byte for byte, with the gateway's own fields beside it`() throws {
        try withGateway { gateway throws in
            let answer = try gateway.chat()
            #expect(answer.statusLine == "HTTP/1.1 200 OK")
            #expect(answer.content == Chat.words(20))
            #expect(answer["content-type"] == "application/json" && answer["x-best-provider"] == "a" && answer["x-best-model"] == "a")
            #expect(answer["x-best-attempts"] == "1" && answer["x-best-trail"] == nil)
            for name in ["x-best-overhead-ms", "x-best-upstream-ms"] { #expect(Double(answer[name] ?? "") != nil, "\(name)") }
            // The same request at the provider itself, whose answers differ in their number only.
            let direct = try WireClient(port: gateway.mock.port)
            try direct.send("POST", "/v1/chat/completions", body: Array(Chat.body("a").utf8))
            let own = try direct.answer().text.replacing("mock00000002", with: "mock00000001")
            // The prompt's tokens go by the length of the body, and the two models' names have the same length.
            #expect(answer.text == own)
        }
    }

    @Test func `a stream's chunks come once, in order and unchanged, and the connection survives it`() throws {
        try withGateway([Provider("a", "tokens=100;usage=asked")]) { gateway throws in
            let client = try gateway.connect()
            for _ in 0..<3 {
                try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
                let answer = try client.answer()
                let events = answer.events
                #expect(answer.status == 200 && answer.end == .whole)
                #expect(answer["content-type"] == "text/event-stream; charset=utf-8")
                #expect(answer["cache-control"] == "no-cache" && answer["x-accel-buffering"] == "no")
                #expect(events.compactMap(\.content) == (0..<100).map { "w\($0) " })
                #expect(events.count == 102 && events[100].finishReason == "stop" && events[101].data == "[DONE]")
                #expect(answer.body == events.flatMap(\.raw), "nothing between the events")
            }
            #expect(try gateway.mock.counter("streams_done") == 3)
            #expect(try gateway.mock.counter("accepted") <= 3, "the provider's connections are kept too")
        }
    }

    @Test func `the last chunk follows the end of the stream at once, whatever the provider does then`() throws {
        // The provider keeps its connection open behind `[DONE]` and says nothing more.
        let events = "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
        let upstream = try RawUpstream(
            answering: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(events.utf8.count, radix: 16) + "\r\n\(events)\r\n", closes: false)
        defer { upstream.stop() }
        try withGateway([Provider("a", url: upstream.url)]) { gateway throws in
            let start = ContinuousClock.now
            let answer = try gateway.chat(stream: true)
            #expect(answer.end == .whole && answer.events.dones == 1 && answer.events.content == "x")
            #expect(ContinuousClock.now - start < .seconds(2))
        }
    }

    @Test func `events leave as they come and are not gathered`() throws {
        try withGateway([Provider("a", "tokens=4;gap=150")]) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            _ = try client.head()
            let start = ContinuousClock.now
            let first = try #require(try client.chunk())
            #expect(Event.parse(first).content == "w0 ")
            #expect(ContinuousClock.now - start < .milliseconds(140), "the first event must not wait for the second")
            var pieces = 1
            while try client.chunk() != nil { pieces += 1 }
            #expect(pieces >= 4)
        }
    }

    @Test func `usage is asked of the provider and kept from a client that did not ask`() throws {
        try withGateway { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.events.allSatisfy { !$0.choices.isEmpty || $0.data == "[DONE]" })
            #expect(try gateway.mock.lastRequest().text.contains("\"stream_options\":{\"include_usage\":true}"))
            let told = try gateway.chat(stream: true, "\"stream_options\":{\"include_usage\":false},")
            #expect(told.events.allSatisfy { !$0.choices.isEmpty || $0.data == "[DONE]" })
            #expect(try gateway.mock.lastRequest().text.contains("\"stream_options\":{\"include_usage\":true}"))
            #expect(try gateway.program.line(with: "tokens=").contains("+20"), "the log has it")
        }
    }

    @Test func `a client that asks for usage gets it, in one last event without choices`() throws {
        try withGateway { gateway throws in
            let answer = try gateway.chat(stream: true, "\"stream_options\": {\"include_usage\": true},")
            #expect(try gateway.mock.lastRequest().text.contains("\"stream_options\": {\"include_usage\": true}"), "unchanged")
            let usages = answer.events.filter { $0.object["usage"] is [String: Any] }
            #expect(usages.count == 1 && usages[0].choices.isEmpty)
            #expect((usages[0].object["usage"] as? [String: Any])?["completion_tokens"] as? Int == 20)
            #expect(answer.events.last?.data == "[DONE]")
        }
    }

    @Test func `a provider that takes no stream_options is not sent any`() throws {
        try withGateway([Provider("a", lines: ["quirks: [no_stream_options]"])]) { gateway throws in
            #expect(try gateway.chat(stream: true).events.dones == 1)
            #expect(try !gateway.mock.lastRequest().text.contains("stream_options"))
        }
    }

    @Test(arguments: ["crlf", "comments=2", "split", "role-first", "tool", "reasoning=3", "usage=on-choice", "batch=7", "close"])
    func `every dialect of a healthy stream comes through whole`(script: String) throws {
        try withGateway([Provider("a", script)]) { gateway throws in
            let client = try gateway.connect()
            for _ in 0..<2 {
                try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
                let answer = try client.answer()
                #expect(answer.status == 200 && answer.end == .whole && answer.events.dones == 1 && answer.events.error == nil)
                #expect(answer["connection"] == nil, "what the provider says of its connection is not passed on")
                if script != "tool", script != "reasoning=3" { #expect(answer.events.content == Chat.words(20)) }
                #expect(answer.body.contains(13) == (script == "crlf"))
                if script == "comments=2" { #expect(answer.text.components(separatedBy: ": ping\n\n").count == 11) }
            }
            #expect(try gateway.chat().status == 200)
        }
    }

    @Test func `an event of 300 kB comes through`() throws {
        try withGateway([Provider("a", "tokens=5;big=300000;at=2")]) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.end == .whole && answer.events.dones == 1)
            let texts = answer.events.compactMap(\.content)
            #expect(texts.count == 5 && texts[2].utf8.count == 300_000 && texts[4] == "w4 ")
        }
    }

    @Test func `completions and embeddings go the same way, the latter unparsed`() throws {
        try withGateway([Provider("a"), Provider("e", models: [.init(id: "vectors", lines: ["kind: embedding"])])]) { gateway throws in
            let text = try gateway.post("/v1/completions", "{\"model\":\"m\",\"prompt\":\"Hi\",\"stream\":true}")
            #expect(text.events.dones == 1 && text.events.first?.object["object"] as? String == "text_completion")
            let body = "{\"input\":[\"a\",\"b\"],\"model\":\"vectors\",\"encoding_format\":\"base64\"}"
            let vectors = try gateway.post("/embeddings", body)
            #expect(vectors.status == 200 && (vectors.object["data"] as? [[String: Any]])?.count == 2)
            #expect((vectors.object["data"] as? [[String: Any]])?.first?["embedding"] is String)
            #expect(try gateway.mock.lastRequest().text == body)
            #expect(try gateway.mock.lastRequest()["x-mock-path"] == "/v1/embeddings")
        }
    }
}
