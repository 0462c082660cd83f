import Foundation
import Testing

/// What providers do with their connections and secrets.
@Suite struct UpstreamConnectionTests {
    private static let json = "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
    private static let whole = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)"

    @Test(arguments: [true, false])
    func `a provider that drops kept connections without a word is never blamed for it`(closesAtOnce: Bool) throws {
        let raw = try RawUpstream(answering: Self.whole, closes: closesAtOnce)
        defer { raw.stop() }
        try withGateway([Provider("a", url: raw.url), Provider("b")]) { gateway throws in
            for number in 1...5 {
                let client = try gateway.connect()
                if number > 1, !closesAtOnce {
                    // The end of the kept connection comes while the gateway stands still, behind the request that will be sent on it.
                    gateway.program.send(SIGSTOP)
                    try #require(Deadline.usual.until { gateway.program.isStopped })
                    try client.send("POST", "/v1/chat/completions", body: Array(Chat.body().utf8))
                    raw.drop()
                    gateway.program.send(SIGCONT)
                } else {
                    try client.send("POST", "/v1/chat/completions", body: Array(Chat.body().utf8))
                }
                let answer = try client.answer()
                #expect(answer.status == 200 && answer["x-best-provider"] == "a" && answer["x-best-attempts"] == "1")
            }
            #expect(raw.received.count == 5, "each request once")
        }
    }

    @Test(arguments: [("image", "/v1/images/generations"), ("speech", "/v1/audio/speech"), ("chat", "/v1/responses")])
    func `what may have been made and paid for is not sent twice, though a kept connection ends before the answer`(kind: String, path: String) throws
    {
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"output\":[{\"a\":1}]}"
        let raw = try RawUpstream(answering: answer, closes: false, once: true)
        defer { raw.stop() }
        try withGateway([Provider("a", models: [.init(id: "m", lines: ["kind: \(kind)"])], url: raw.url)]) { gateway throws in
            let body = "{\"model\":\"m\",\"input\":\"x\"}"
            #expect(try gateway.post(path, body).status == 200)
            #expect(try gateway.post(path, body).status == 502)
            #expect(raw.received.count == 2, "each request once")
        }
    }

    @Test func `connections to a provider are kept, and made when many are needed`() throws {
        try withGateway([Provider("a", "delay=100")]) { gateway throws in
            for _ in 0..<3 {
                let clients = try (0..<20).map { _ in try gateway.connect() }
                for client in clients { try client.send("POST", "/v1/chat/completions", body: Array(Chat.body().utf8)) }
                for client in clients { #expect(try client.answer().content == Chat.words(20)) }
            }
            #expect(try gateway.mock.counter("chat") == 60)
            #expect(try gateway.mock.counter("accepted") < 60, "some of these are the test's own")
        }
    }

    @Test func `a key that a provider quotes does not reach a client or the log`() throws {
        let message = "message=Incorrect%20API%20key%20provided%3A%20sk-very-secret-key"
        for status in [400, 401, 422, 500] {
            try withGateway(
                [Provider("a", lines: ["api_key_env_var: A_KEY"])], behaviour: "status=\(status),\(message)",
                environment: ["A_KEY": "sk-very-secret-key"]
            ) { gateway throws in
                let answer = try gateway.chat()
                #expect(answer.error != nil && !answer.text.contains("sk-very"), "\(answer.text)")
                #expect(!answer.fields.contains { $0.value.contains("sk-very") })
                #expect(!gateway.program.text.contains("sk-very"))
            }
        }
    }

    @Test func `a response stream is passed on whole, and a half one ends with an error event`() throws {
        let events = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n"
        let last =
            "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n"
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        let body = "{\"model\":\"m\",\"input\":\"Hi\",\"stream\":true}"
        let good = try RawUpstream(answering: head + events + last)
        defer { good.stop() }
        try withGateway([Provider("a", url: good.url)]) { gateway throws in
            let answer = try gateway.post("/v1/responses", body)
            #expect(answer.text == events + last && answer.end == .whole)
            #expect(
                good.received[0].hasPrefix("POST /v1/responses ") && good.received[0].hasSuffix("\r\n\r\n" + body.replacing("\"m\"", with: "\"a\"")))
        }
        let half = try RawUpstream(answering: head + events)
        defer { half.stop() }
        try withGateway([Provider("a", url: half.url)]) { gateway throws in
            let answer = try gateway.post("/v1/responses", body)
            #expect(answer.text.hasPrefix(events) && answer.text.contains("event: error\n") && answer.events.error?.code == "upstream_error")
        }
    }

    @Test func `sound is passed on as it is, and a half one is seen to be half`() throws {
        let sound = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let head = Array("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: \(sound.count)\r\n\r\n".utf8)
        let provider = { (url: String) in Provider("a", models: [.init(id: "voice", lines: ["kind: speech"])], url: url) }
        let good = try RawUpstream(answering: [head, sound])
        defer { good.stop() }
        try withGateway([provider(good.url)]) { gateway throws in
            let answer = try gateway.post("/v1/audio/speech", "{\"model\":\"voice\",\"input\":\"Hi\"}")
            #expect(answer.body == sound && answer.end == .whole && answer["content-type"] == "audio/mpeg")
        }
        let half = try RawUpstream(answering: [head, Array(sound[..<50_000])])
        defer { half.stop() }
        try withGateway([provider(half.url)]) { gateway throws in
            let answer = try gateway.post("/v1/audio/speech", "{\"model\":\"voice\",\"input\":\"Hi\"}")
            #expect(answer.end == .cut && answer.body == Array(sound[..<50_000]))
        }
    }

    @Test(arguments: [("image", "/v1/images/generations"), ("speech", "/v1/audio/speech"), ("chat", "/v1/responses")])
    func `what may have been made and paid for is asked of another provider only after an explicit refusal`(kind: String, path: String) throws {
        let model = { (name: String, url: String) in Provider(name, models: [.init(id: "m", lines: ["kind: \(kind)"])], url: url) }
        let other = try RawUpstream(
            answering: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"output\":[{\"a\":1}]}")
        defer { other.stop() }
        let silent = try RawUpstream(answering: "")
        defer { silent.stop() }
        try withGateway([model("a", silent.url), model("b", other.url)]) { gateway throws in
            let answer = try gateway.post(path, "{\"model\":\"m\",\"input\":\"x\"}")
            #expect(answer.status == 502)
            #expect(other.received.isEmpty)
        }
        let refusing = try RawUpstream(answering: "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        defer { refusing.stop() }
        try withGateway([model("a", refusing.url), model("b", other.url)]) { gateway throws in
            #expect(try gateway.post(path, "{\"model\":\"m\",\"input\":\"x\"}").status == 200)
        }
    }
}
