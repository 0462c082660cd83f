import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// What the gateway says itself: header fields and errors.
@Suite struct AnswerWriterTests {
    private func isJSON(_ answer: ReceivedAnswer) -> Bool {
        let body = answer.body
        return (try? JSONScanner.validate(body.span.bytes)) != nil
    }

    @Test func `an answer says who gave it, after how many attempts and how long`() throws {
        try withGateway(.script("a", UpstreamScript.completion("x").after(.milliseconds(250)))) { simulation in
            let client = simulation.client()
            client.chat(fields: [("x-request-id", "mine-1.2_3")])
            simulation.advance(by: .seconds(1))
            let answer = try #require(client.answer)
            #expect(answer["x-best-provider"] == "a" && answer["x-best-model"] == "m" && answer["x-best-attempts"] == "1")
            #expect(answer["x-request-id"] == "mine-1.2_3" && answer["x-best-upstream-ms"] == "250.000" && answer["x-best-overhead-ms"] == "0.000")
            #expect(answer["x-best-trail"] == nil && answer["content-type"] == "application/json")
        }
    }

    @Test(arguments: ["", " ", "a b", "é", "x\u{7F}", String(repeating: "x", count: 65), "a;b", "<x>"])
    func `an identity of a client's that may do harm is not taken`(id: String) throws {
        try withGateway(.script(.completion("x"))) { simulation in
            let client = simulation.client()
            client.chat(fields: [("x-request-id", id)])
            if client.answer?.status == 200 { #expect(client.answer?["x-request-id"]?.hasPrefix("req_") == true) }
        }
    }

    @Test func `the trail of many long names is cut, and the answer stays one`() throws {
        let name = String(repeating: "long-name-", count: 20)
        let providers = (0..<30).map { place in
            ScriptedProvider("p\(place)", models: ["\(name)\(place)"], answer: { _ in place == 29 ? .completion("x") : .status(500) })
        }
        try withGateway(providers) {
            $0.failure.attempts = 64
            $0.scoring.exploration.enabled = false
        } _: { simulation in
            let client = simulation.client()
            client.chat(model: "long-name")
            let trail = try #require(client.answer?["x-best-trail"])
            #expect(trail.utf8.count <= 1024 && trail.hasSuffix("...") && client.problem == nil)
        }
    }

    @Test func `names that a provider lists can't break a head or an error`() throws {
        let listed = #"{"data":[{"id":"m\r\nx-evil: 1"},{"id":"n\u0000\u001b"},{"id":"o\"}],\"x\":[{\""},{"id":"\u202ep"}]}"#
        let provider = ScriptedProvider(
            "a", models: nil, answer: { $0.target.hasSuffix("/models") ? .status(200, listed) : .status(500) })
        try withGateway(provider) {
            $0.failure.attempts = 2
            $0.failure.wait = .zero
        } _: { simulation in
            for stream in [false, true] {
                for model in [#"m\r\nx-evil: 1"#, #"n\u0000\u001b"#, #"o\"}],\"x\":[{\""#, #"\u202ep"#, "priority-auto", "m,n,o,p"] {
                    let client = simulation.client()
                    client.chat(model: model, stream: stream)
                    simulation.advance(by: .seconds(1))
                    let answer = try #require(client.answer)
                    #expect(client.problem == nil && answer["x-evil"] == nil && isJSON(answer))
                    let hasControls = answer.fields.contains { $0.value.utf8.contains { $0 < 0x20 || $0 == 0x7F } }
                    #expect(!hasControls, "\(answer.fields)")
                }
            }
            let client = simulation.client()
            client.request("GET", "/v1/models")
            let list = try #require(client.answer)
            #expect(isJSON(list))
        }
    }

    @Test func `an error is in OpenAI's shape, and says when to come back`() throws {
        try withGateway(.script("a", .status(429, fields: [("retry-after", "90")]))) { simulation in
            let client = simulation.client()
            client.chat()
            let answer = try #require(client.answer)
            #expect(answer.status == 429 && isJSON(answer) && answer.text.hasPrefix(#"{"error":{"message":"#))
            #expect(answer["retry-after"] == "90" && answer["retry-after-ms"] == "90000" && answer["x-should-retry"] == "false")
            #expect(answer.values(of: "retry_at") == ["2027-01-15T12:01:30Z"] && answer.values(of: "failure") == ["rate_limited_minute"])
        }
    }

    @Test func `wrong methods, paths and codings are told apart`() throws {
        try withGateway(.script(.completion("x"))) { simulation in
            let client = simulation.client()
            client.request("GET", "/v1/chat/completions")
            #expect(client.answer?.status == 405 && client.answer?["allow"] == "POST, OPTIONS" && client.answer?.errorCode == "unknown_url")
            client.request("POST", "/v1/nothing", body: "{}")
            #expect(client.answer?.status == 404 && client.answer?.errorCode == "unknown_url")
            client.request("POST", "/v1/chat/completions", fields: [("content-encoding", "gzip")], body: "{}")
            #expect(client.answer?.status == 415)
            client.request("POST", "/v1/chat/completions", body: "{\"model\":\"m\"}")
            #expect(client.answer?.status == 400 && client.answer?.values(of: "param") == ["messages"])
            client.request("HEAD", "/v1/models")
            #expect(client.answer?.status == 200 && client.answer?.body.isEmpty == true)
            client.request("OPTIONS", "/v1/chat/completions")
            #expect(client.answer?.status == 204 && client.answers.count == 6 && client.problem == nil)
        }
    }

    @Test func `pages of other origins may call only where a key is needed`() throws {
        try withGateway(.script(.completion("x"))) { simulation in
            let client = simulation.client()
            client.chat()
            #expect(client.answer?.status == 200 && client.answer?["access-control-allow-origin"] == nil)
            client.token = simulation.addKey("key")
            client.chat(fields: [("origin", "https://page.test")])
            #expect(client.answer?.status == 200 && client.answer?["access-control-allow-origin"] == "*")
        }
    }
}
