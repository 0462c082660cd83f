import EventLoop
import Gateway
import GatewayTesting
import Testing

/// Attempts one after the other: what moves a request on, what ends it, and what the client is told.
@Suite struct AttemptLoopTests {
    /// A failure, and its name in `x-best-trail`.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let script: UpstreamScript
        var testDescription: String { name }

        init(_ name: String, _ script: UpstreamScript) { (self.name, self.script) = (name, script) }

        init(_ name: String, _ status: Int, _ body: String = "", type: String = "application/json", retryAfter: String? = nil) {
            self.init(name, .status(status, body, type: type, fields: retryAfter.map { [("retry-after", $0)] } ?? []))
        }
    }

    private static func error(_ code: String, _ message: String = "no") -> String {
        "{\"error\":{\"message\":\"\(message)\",\"type\":\"error\",\"code\":\"\(code)\"}}"
    }

    /// A stream's head without an event.
    private static let head = UpstreamScript([.head(status: 200, fields: [("content-type", "text/event-stream")])])

    /// Failures of the wire, and every status.
    private static let failures: [Case] = [
        Case("unreachable", .failure(.connect)), Case("unreachable", .failure(.resolve)), Case("unreachable", .failure(.tls)),
        Case("unreachable", .failure(.proxy)), Case("connect_timeout", .failure(.connectTimeout)), Case("local", .failure(.local)),
        Case("no_answer", .failure(.closedBeforeAnswer)), Case("first_byte_timeout", .failure(.firstByteTimeout)),
        Case("idle_timeout", .failure(.idleTimeout)), Case("total_timeout", .failure(.totalTimeout)), Case("malformed", .failure(.malformed)),
        Case("malformed", .failure(.truncated)), Case("unavailable", 500), Case("unavailable", 502), Case("unavailable", 504),
        Case("unavailable", 408),
        Case("unavailable", 409), Case("unavailable", 425), Case("unavailable", 599), Case("overloaded", 503), Case("overloaded", 529),
        Case("rate_limited", 429), Case("rate_limited_minute", 429, retryAfter: "30"), Case("rate_limited_day", 429, retryAfter: "86000"),
        Case("quota", 402), Case("quota", 429, error("insufficient_quota")), Case("credential", 401),
        Case("credential", 400, error("invalid_api_key")),
        Case("denied", 403, "<html>no</html>", type: "text/html"), Case("model_gone", 404, error("model_not_found")), Case("model_gone", 410),
        Case("unknown_route", 405), Case("unknown_route", 404, "404 page not found"),
        Case("request", 404, error("no", "Conversation 'x' not found.")),
        Case("context_length", 413), Case("context_length", 400, error("context_length_exceeded")),
        Case("unsupported_parameter", 400, error("unsupported_parameter")),
    ]

    /// What comes whole and is no answer.
    private static let wholes: [Case] = [
        Case("empty", 200, "{\"choices\":[]}"), Case("malformed", 200, "{\"choices\":[{"), Case("malformed", 200, ""),
        Case("error_in_answer", 200, error("no")), Case("error_in_answer", 200, "{\"object\":\"error\",\"message\":\"no\"}"),
        Case("rate_limited", 200, "[{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}]"),
        Case("overloaded", 200, error("overloaded_error")), Case("malformed", UpstreamScript.completion("cut off").breaking(after: 40)),
        Case("first_byte_timeout", UpstreamScript.completion("late").after(.seconds(7))),
    ]

    /// What comes as a stream and has no content.
    private static let streams: [Case] = [
        Case("empty", .events([ChatText.done])), Case("empty", .events([])), Case("malformed", .events(["data: {\"choices\":[\n\n"])),
        Case("error_in_answer", .events(["data: \(error("no"))\n\n"])), Case("overloaded", .events(["data: \(error("overloaded_error"))\n\n"])),
        Case("rate_limited", .events(["data: {\"error\":{\"code\":429,\"message\":\"no\"}}\n\n"])),
        Case("error_in_answer", .events([ChatText.finish("error"), ChatText.done])), Case("malformed", .completion("no stream")),
        Case("malformed", .status(200, "<html></html>", type: "text/html")), Case("error_in_answer", .status(200, error("no"))),
        Case("empty", .events([": wait\n\n", ": wait\n\n"])), Case("malformed", UpstreamScript.chunks("x").breaking(after: 30)),
        Case("first_byte_timeout", head), Case("first_byte_timeout", .events([ChatText.chunk("")]).after(.seconds(7))),
        Case("empty", .events(["data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"])),
    ]

    private func movesOn(_ failure: Case, stream: Bool) throws {
        let second = ScriptedProvider("b", answer: { .reply(to: $0, "from b") })
        try withGateway(.script("a", failure.script), second) {
            $0.timeouts.firstByte = .seconds(5)
        } _: { simulation in
            let client = simulation.client()
            client.chat(stream: stream)
            simulation.advance(by: .seconds(6))
            let answer = try #require(client.answer)
            #expect(answer.status == 200 && answer.content == "from b" && answer.isWhole && simulation.asked == ["a", "b"])
            #expect(answer["x-best-attempts"] == "2" && answer["x-best-trail"] == "a/m=\(failure.name); b/m=ok", "\(answer)")
        }
    }

    @Test(arguments: failures + wholes)
    func `a failure moves a request on to the next provider, and is named`(failure: Case) throws { try movesOn(failure, stream: false) }

    @Test(arguments: failures + streams)
    func `a failure before the first content moves a stream on to the next provider, unseen`(failure: Case) throws {
        try movesOn(failure, stream: true)
    }

    @Test(arguments: [
        (400, 400, "invalid_value"), (422, 422, "invalid_value"), (400, 400, "content_filter"), (403, 400, "content_filter"), (418, 400, "teapot"),
    ])
    func `a client's own mistake is told in the provider's words, and no other is asked`(status: Int, told: Int, code: String) throws {
        try withGateway(.script("a", .status(status, AttemptLoopTests.error(code, "what is wrong"))), .script("b", .completion("x"))) { simulation in
            let client = simulation.client()
            client.chat()
            let answer = try #require(client.answer)
            #expect(answer.status == told && answer.errorCode == code && answer.errorMessage == "what is wrong" && simulation.asked == ["a"])
            #expect(answer["x-should-retry"] == "false" && answer["x-best-trail"] != nil)
        }
    }

    @Test(arguments: [
        (Case("credential", 401), 502, "upstream_credentials_exhausted"), (Case("quota", 402), 429, "insufficient_quota"),
        (Case("context_length", 413), 400, "context_length_exceeded"), (Case("model_gone", 404, error("model_not_found")), 404, "model_not_found"),
        (Case("rate_limited_minute", 429, retryAfter: "30"), 429, "pool_exhausted"), (Case("local", .failure(.local)), 503, "overloaded"),
        (Case("no_answer", .failure(.closedBeforeAnswer)), 502, "upstream_error"), (Case("timeout", .silence), 504, "upstream_timeout"),
    ])
    func `where all fail alike, the client is told of what they have in common`(failure: Case, status: Int, code: String) throws {
        try withGateway(.script("a", failure.script), .script("b", failure.script)) {
            $0.failure.wait = .zero
            $0.timeouts.firstByte = .seconds(5)
        } _: { simulation in
            let client = simulation.client()
            client.chat()
            simulation.advance(by: .seconds(11))
            #expect(client.answer?.status == status && client.answer?.errorCode == code, "\(client.received)")
            if code == "pool_exhausted" { #expect(client.answer?["retry-after"] == "30" && client.answer?["retry-after-ms"] == "30000") }
        }
    }

    @Test(arguments: FailureFixture.all, [false, true])
    func `every error that providers are known to give comes through as what it means`(fixture: FailureFixture, stream: Bool) throws {
        var script = UpstreamScript([
            .head(status: fixture.status, fields: [("content-type", "application/json")] + fixture.fields), .read([fixture.body]), .end(.complete),
        ])
        if fixture.isInAnswer {
            let body = String(decoding: fixture.body, as: UTF8.self)
            let error = body.contains("\"error\":") ? body : "{\"error\":\(body)}"
            script = stream ? .events(["data: \(error)\n\n"]) : .status(200, error)
        }
        let first = ScriptedProvider("a", keys: fixture.isLocal ? [] : ["sk-provider"], answer: { _ in script })
        try withGateway(first, ScriptedProvider("b", answer: { .reply(to: $0, "from b") })) { simulation in
            simulation.moveWallClock(by: .milliseconds(FailureFixture.now - GatewaySimulation.epoch))
            let client = simulation.client()
            client.chat(stream: stream)
            let answer = try #require(client.answer)
            let isClients = ["request", "content_refused"].contains(fixture.kind)
            #expect(answer.status == (isClients ? (fixture.status == 422 ? 422 : 400) : 200) && client.problem == nil)
            #expect(answer["x-best-trail"] == "a/m=\(fixture.kind)" + (isClients ? "" : "; b/m=ok"))
        }
    }

    @Test func `what may be made and paid for is asked for again only where nothing was done`() throws {
        for (path, stream) in [("/v1/images/generations", false), ("/v1/audio/speech", false)] {
            for (failure, attempts) in [
                (UpstreamScript.failure(.closedBeforeAnswer), 1), (.failure(.truncated), 1), (.status(500), 1), (.status(502), 1), (.status(504), 1),
                (.status(408), 1), (.status(524), 1), (.status(503), 2), (.status(425), 2), (.status(429), 2), (.failure(.connect), 2),
            ] {
                try withGateway(.script("a", failure), .script("b", .status(200, "sound", type: "audio/mpeg"))) { simulation in
                    let client = simulation.client()
                    client.request("POST", path, body: SimulatedClient.chatBody(stream: stream))
                    #expect(simulation.calls.count == attempts && (client.answer?.status == 200) == (attempts == 2), "\(path) \(failure)")
                }
            }
        }
    }

    @Test func `no more providers are asked than attempts are allowed`() throws {
        let providers = ["a", "b", "c", "d"].map { ScriptedProvider.script($0, .failure(.closedBeforeAnswer)) }
        try withGateway(providers) {
            $0.failure.attempts = 3
        } _: { simulation in
            let client = simulation.client()
            client.chat()
            #expect(simulation.asked.count == 3 && client.answer?.status == 502 && client.answer?["x-best-attempts"] == "3")
        }
    }

    @Test func `the time of a request is shared out, and it ends by its deadline`() throws {
        try withGateway(.script("a", .silence), .script("b", .silence), .script("c", .silence)) {
            $0.failure.deadline = .seconds(30)
        } _: { simulation in
            let client = simulation.client()
            client.chat()
            simulation.advance(by: .seconds(29))
            #expect(client.answers.isEmpty && simulation.calls.count == 3)
            simulation.advance(by: .seconds(1))
            #expect(client.answer?.status == 504 && client.answer?.errorCode == "upstream_timeout")
        }
    }

    @Test func `who wants to wait for a moment only hears of it in time, and nobody else is worse off`() throws {
        var isSlow = true
        let slow = ScriptedProvider("a", answer: { isSlow ? .silence : .reply(to: $0, "quick") })
        try withGateway(slow) { simulation in
            let client = simulation.client(simulation.addKey("hasty"))
            for _ in 0..<5 {
                client.chat(fields: [("x-stainless-read-timeout", "0.2")])
                simulation.advance(by: .milliseconds(1199))
                #expect(client.answers.count < 5, "not before its own clock")
                simulation.advance(by: .milliseconds(2))
            }
            #expect(client.answers.map(\.status) == [504, 504, 504, 504, 504])
            isSlow = false
            let other = simulation.client(simulation.addKey("patient"))
            other.chat()
            #expect(other.answer?.content == "quick")
        }
    }

    @Test func `a share of the time that a client has for all says nothing of the provider that did not answer in it`() throws {
        func told(_ isHasty: Bool) throws -> [String?] {
            var told: [String?] = []
            let providers = ["a", "b"].map { name in
                ScriptedProvider(name, answer: { $0.text.contains("slow") ? .silence : .reply(to: $0, "from \(name)") })
            }
            try withGateway(providers) { simulation in
                let (hasty, patient) = (simulation.client(simulation.addKey("hasty")), simulation.client(simulation.addKey("patient")))
                for _ in 0..<10 { patient.chat(stream: true) }
                for _ in 0..<20 {
                    if isHasty { hasty.chat("slow", stream: true, fields: [("x-stainless-read-timeout", "4")]) }
                    simulation.advance(by: .seconds(6))
                    if isHasty { #expect(hasty.answer?.status == 504) }
                }
                #expect(simulation.calls.count == (isHasty ? 50 : 10))
                patient.chat(stream: true)
                told = [patient.answer?.content, patient.answer?["x-best-score"]]
            }
            return told
        }
        #expect(try told(true) == told(false))
    }

    @Test func `a request that fails everywhere changes nobody's order`() throws {
        /// What one client is told, and by whom, after another one has done its worst or nothing.
        func story(_ isPoisoned: Bool) throws -> Double {
            var score = 0.0
            let providers = ["a", "b", "c"].map { name in
                ScriptedProvider(name, answer: { $0.text.contains("poison") ? .status(500) : .reply(to: $0, "from \(name)") })
            }
            try withGateway(providers) {
                $0.failure.wait = .zero
                $0.scoring.exploration.enabled = false
            } _: { simulation in
                let (other, client) = (simulation.client(simulation.addKey("other")), simulation.client(simulation.addKey("client")))
                for name in ["a", "b", "c"] { for _ in 0..<5 { client.chat(model: "\(name)/m") } }
                for number in 0..<20 {
                    if isPoisoned { other.chat("poison \(number)") }
                    simulation.advance(by: .seconds(1))
                }
                #expect(simulation.calls.count >= (isPoisoned ? 15 + 20 * 3 : 15))
                client.chat("harmless")
                score = try #require(client.answer?["x-best-score"].flatMap { Double($0) })
            }
            return score
        }
        let (poisoned, quiet) = (try story(true), try story(false))
        #expect(abs(poisoned - quiet) < 0.05, "\(poisoned) and \(quiet)")
    }

    @Test func `an answer that takes too long after it has begun is no failure of its provider`() throws {
        let words = UpstreamScript.events(Array(repeating: ChatText.chunk("x"), count: 30)).pausing(for: .seconds(1))
        try withGateway(.script("a", words)) {
            $0.timeouts.total = .seconds(5)
            $0.failure.wait = .zero
        } _: { simulation in
            let client = simulation.client(simulation.addKey("slow"))
            for count in 1...8 {
                let other = simulation.client(client.token)
                other.chat(stream: true)
                #expect(simulation.calls.count == count)
                simulation.advance(by: .seconds(5))
                #expect(other.answer?.isWhole == true && simulation.gateway.restReports().isEmpty)
            }
        }
    }

    @Test func `a stream whose key is revoked before its first word is asked of nobody else`() throws {
        let comments = UpstreamScript.events(Array(repeating: ": wait\n\n", count: 60)).pausing(for: .seconds(1))
        try withGateway(.script("a", comments), .script("b", .chunks("from b"))) {
            $0.streaming.keepAliveAfter = .seconds(2)
        } _: { simulation in
            let client = simulation.client(simulation.addKey("key"))
            client.chat(stream: true)
            simulation.advance(by: .seconds(5))
            simulation.revokeKey("key")
            simulation.advance(by: .seconds(20))
            #expect(simulation.asked == ["a"] && client.answer?.isWhole == true && client.received.contains("revoked"))
        }
    }

    @Test func `where there is no other provider, one that stumbled is asked again in a moment`() throws {
        for failure in [UpstreamScript.status(500), .status(503), .failure(.connect)] {
            try withGateway(.script("a", failure, .completion("the second time"))) { simulation in
                let client = simulation.client()
                client.chat()
                #expect(client.answers.isEmpty)
                simulation.advance(by: .milliseconds(200))
                #expect(client.answer?.content == "the second time" && client.answer?["x-best-attempts"] == "2")
            }
        }
    }

    @Test func `a limit that is over within the client's patience is waited for`() throws {
        let limit = UpstreamScript.status(429, fields: [("retry-after", "1")])
        try withGateway(.script("a", limit, .completion("after a second"))) { simulation in
            let client = simulation.client()
            client.chat()
            simulation.advance(by: .milliseconds(990))
            #expect(client.answers.isEmpty && simulation.calls.count == 1)
            simulation.advance(by: .milliseconds(20))
            #expect(client.answer?.content == "after a second")
        }
    }

    @Test func `an error whose body trickles keeps nobody waiting for more than a second`() throws {
        for status in [429, 500, 400] {
            let trickle = UpstreamScript.status(status, String(repeating: " ", count: 100)).cut(every: 1).pausing(for: .milliseconds(300))
            try withGateway(.script("a", trickle), .script("b", .completion("from b"))) { simulation in
                let client = simulation.client()
                client.chat()
                simulation.advance(by: .milliseconds(1000))
                #expect(simulation.calls[0].isCancelled)
                // Of a 400 without a word nobody knows whose mistake it is.
                #expect(client.answer?.status == 200, "\(status)")
            }
        }
    }

    @Test func `an error without an end is judged by its beginning`() throws {
        let piece = Array(repeating: UInt8(ascii: " "), count: 16 * 1024)
        let long = UpstreamScript([.head(status: 500, fields: [])] + Array(repeating: .read([piece]), count: 100))
        try withGateway(.script("a", long), .script("b", .completion("from b"))) { simulation in
            let client = simulation.client()
            client.chat()
            #expect(client.answer?.content == "from b" && simulation.calls[0].isCancelled && simulation.calls[0].takenBytes <= 80 * 1024)
        }
    }

    @Test func `the body goes on as it is, with each provider's own name of the model`() throws {
        let first = ScriptedProvider("a", models: ["x/one"], answer: { _ in .status(500) })
        let second = ScriptedProvider("b", models: ["two"], answer: { _ in .completion("x") })
        try withGateway(first, second) { simulation in
            let client = simulation.client()
            client.chat("a \\u00e9 \\\\ b", model: "x/one,two", members: "\"unknown\": [ 1 , 2.50 ]")
            #expect(
                simulation.calls.map(\.text)
                    == ["x/one", "two"].map { name in
                        SimulatedClient.chatBody("a \\u00e9 \\\\ b", model: name, members: "\"unknown\": [ 1 , 2.50 ]")
                    })
        }
    }

    @Test func `each key of a provider is tried`() throws {
        let provider = ScriptedProvider(
            "a", keys: ["sk-one", "sk-two", "sk-three"],
            answer: { $0.field("authorization") == "Bearer sk-three" ? .completion("third") : .status(401) })
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.chat()
            #expect(client.answer?.content == "third" && simulation.calls.count == 3)
        }
    }
}
