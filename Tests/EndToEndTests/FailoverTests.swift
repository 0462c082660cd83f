import Foundation
import Testing

@Suite struct FailoverTests {
    /// Waiting times short enough for a test.
    private static let hasty = ["timeouts: {connect: 1s, first_byte: 300ms, idle: 300ms, total: 5s}"]

    @Test(arguments: [
        // what `a` does, as the trail calls it
        ("status=500", "unavailable"), ("status=503", "overloaded"), ("status=529", "overloaded"), ("status=408", "unavailable"),
        ("status=409", "unavailable"), ("status=429", "rate_limited"), ("status=429;retry-after=3600", "rate_limited_hour"),
        ("status=404", "model_gone"),
        ("status=401", "credential"), ("status=402", "quota"), ("status=403", "denied"), ("malformed=json", "malformed"),
        ("malformed=truncated", "malformed"), ("malformed=headers", "malformed"), ("empty", "empty"), ("empty=body", "malformed"),
        ("error-event=0", "error_in_answer"), ("status=500;body=in-200", "error_in_answer"), ("reset=head", "no_answer"),
        ("stall=head", "first_byte_timeout"),
        ("status=500;body=html", "unavailable"), ("status=502;body=empty", "unavailable"),
    ])
    func `a provider that fails is passed over, whole answers and streams alike`(script: String, name: String) throws {
        try withGateway([Provider("a", script, lines: Self.hasty), Provider("b")]) { gateway throws in
            let whole = try gateway.chat()
            #expect(whole.status == 200 && whole.content == Chat.words(20), "\(whole.text)")
            #expect(whole["x-best-provider"] == "b" && whole["x-best-attempts"] == "2")
            let trail = whole["x-best-trail"] ?? ""
            #expect(trail.hasPrefix("a/") && trail.contains("=\(name); b/b=ok"), "\(trail)")
        }
        try withGateway([Provider("a", script, lines: Self.hasty), Provider("b")]) { gateway throws in
            let stream = try gateway.chat(stream: true)
            #expect(stream.status == 200 && stream.events.content == Chat.words(20) && stream.events.dones == 1 && stream.events.error == nil)
            #expect(stream["x-best-provider"] == "b" && stream["x-best-attempts"] == "2")
        }
    }

    @Test(arguments: [
        "reset=0", "cut=0", "stall=0", "early-head;ttft=2000", "nostream", "role-first;cut=0", "role-first;error-event=0", "tokens=0;nofinish;nodone",
    ])
    func `a stream that fails before its first content is begun anew elsewhere, unseen`(script: String) throws {
        try withGateway([Provider("a", script, lines: Self.hasty), Provider("b")]) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.status == 200 && answer["x-best-provider"] == "b" && answer["x-best-attempts"] == "2", "\(answer.text)")
            #expect(answer.events.content == Chat.words(20) && answer.events.dones == 1 && answer.events.error == nil)
        }
    }

    @Test func `a provider that is down is passed over, and left alone for a while`() throws {
        let closed = try RawUpstream.closedPort()
        defer { close(closed.descriptor) }
        let providers = [Provider("a", url: "http://127.0.0.1:\(closed.port)/v1"), Provider("b")]
        // Behind its rest, too, what has failed comes last.
        try withGateway(providers, best: Gateway.byDefault) { gateway throws in
            let first = try gateway.chat()
            #expect(first.status == 200 && first["x-best-attempts"] == "2" && first["x-best-trail"] == "a/a=unreachable; b/b=ok")
            let second = try gateway.chat()
            #expect(second["x-best-attempts"] == "1" && second["x-best-provider"] == "b")
        }
    }

    @Test(arguments: ["reset=2", "cut=2", "stall=2", "malformed=json;at=2", "malformed=truncated;at=2", "error-event=2"])
    func `a stream that breaks after its first content ends with a visible error, and nothing is spliced`(script: String) throws {
        try withGateway([Provider("a", script, lines: Self.hasty), Provider("b")]) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            let answer = try client.answer()
            #expect(answer.status == 200 && answer["x-best-provider"] == "a")
            #expect(answer.events.compactMap(\.content).filter { !$0.isEmpty } == ["w0 ", "w1 "])
            let error = answer.events.last?.error
            #expect(
                error?.type == "server_error" && error?.code == (script.hasPrefix("stall") ? "upstream_timeout" : "upstream_error"), "\(answer.text)")
            #expect(answer.events.last?.finishReason == "error" && answer.events.dones == 0)
            #expect(try gateway.mock.requests(for: "b") == 0)
            // The frame's end is clean, so the connection goes on.
            if answer.end == .whole {
                try client.send("GET", "/ok")
                #expect(try client.answer().status == 200)
            }
            #expect(try gateway.program.line(with: "broken").contains("a/"), "the log says so")
        }
    }

    @Test(arguments: ["nofinish;nodone", "tokens=3;cut=3"])
    func `a stream that ends cleanly without a finish_reason is not taken for whole`(script: String) throws {
        try withGateway([Provider("a", script)]) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.status == 200 && answer.events.dones == 0 && answer.events.last?.error?.code == "upstream_error")
        }
    }

    @Test(arguments: ["nodone", "nofinish"])
    func `a finish_reason or a DONE is enough for a whole stream`(script: String) throws {
        try withGateway([Provider("a", script)]) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.status == 200 && answer.end == .whole && answer.events.error == nil && answer.events.content == Chat.words(20))
        }
    }

    @Test func `a whole answer that stops in the middle is never passed on`() throws {
        for script in ["reset=half", "cut=half", "stall=half"] {
            try withGateway([Provider("a", script, lines: Self.hasty)]) { gateway throws in
                let answer = try gateway.chat()
                #expect(answer.status == (script == "stall=half" ? 504 : 502) && answer.error?.type == "server_error", "\(script): \(answer.text)")
            }
        }
    }

    @Test func `an account without money is the gateway's own, and told so`() throws {
        try withGateway(behaviour: "status=402,message=sk-secret%20is%20empty") { gateway throws in
            for stream in [false, true] {
                let answer = try gateway.chat(stream: stream)
                #expect(answer.status == 429 && answer.error?.code == "insufficient_quota" && answer.error?.type == "insufficient_quota")
                #expect(answer["x-should-retry"] == "false" && answer.error?.message.contains("gateway's own account") == true)
                #expect(!answer.text.contains("sk-secret"))
            }
        }
    }

    @Test(arguments: [401, 403])
    func `a provider that rejects our key is our fault and not the client's`(status: Int) throws {
        try withGateway(behaviour: "status=\(status),message=sk-secret%20is%20wrong") { gateway throws in
            for stream in [false, true] {
                let answer = try gateway.chat(stream: stream)
                #expect(answer.status == 502 && answer.error?.code == "upstream_credentials_exhausted" && answer.error?.type == "server_error")
                #expect(answer["x-should-retry"] == "false" && answer["content-type"] == "application/json")
                #expect(!answer.text.contains("sk-secret"))
            }
        }
    }

    @Test(arguments: [400, 422])
    func `the client's own mistake comes back with the provider's words and is tried nowhere else`(status: Int) throws {
        let script = "status=\(status);code=invalid_value;message=Invalid%20value%20of%20seed"
        try withGateway([Provider("a", script), Provider("b")]) { gateway throws in
            for stream in [false, true] {
                let answer = try gateway.chat(stream: stream)
                #expect(answer.status == status && answer.error?.code == "invalid_value" && answer.error?.type == "invalid_request_error")
                #expect(answer.error?.message.contains("value of seed") == true && answer["x-should-retry"] == "false")
            }
            #expect(try gateway.mock.requests(for: "b") == 0)
            #expect(try gateway.mock.requests(for: "a") == 2, "nor does it count against the provider")
        }
    }

    @Test(arguments: [
        "status=400;code=context_length_exceeded;message=This%20model%27s%20maximum%20context%20length%20is%208", "status=413;message=too%20large",
        "status=400;code=unsupported_parameter;message=Unsupported%20parameter%20seed", "status=422;message=seed%20is%20not%20supported",
    ]) func `what one model is too small or too old for goes to the next, and says nothing against the first`(script: String) throws {
        try withGateway([Provider("a", script), Provider("b")], best: Gateway.inOrder) { gateway throws in
            for stream in [false, true, false] {
                let answer = try gateway.chat(stream: stream)
                #expect(answer.status == 200 && answer["x-best-provider"] == "b" && answer["x-best-attempts"] == "2", "\(answer.text)")
            }
            #expect(try gateway.mock.requests(for: "a") == 3, "it is asked each time, without a rest")
        }
    }

    @Test func `a prompt that is too long for every model is told so in the provider's words`() throws {
        let script = "status=400;code=context_length_exceeded;message=This%20model%27s%20maximum%20context%20length%20is%208"
        try withGateway([Provider("a", script), Provider("b", script)]) { gateway throws in
            let answer = try gateway.chat()
            #expect(answer.status == 400 && answer.error?.code == "context_length_exceeded" && answer["x-best-attempts"] == "2")
            #expect(answer.error?.message.contains("maximum context length") == true && answer["x-should-retry"] == "false")
        }
    }

    @Test func `a provider that refuses the content speaks for the client`() throws {
        try withGateway([Provider("a", "status=403;message=Your%20input%20was%20flagged"), Provider("b")]) { gateway throws in
            let answer = try gateway.chat()
            #expect(answer.status == 400 && answer.error?.message == "Your input was flagged" && answer["x-should-retry"] == "false")
            #expect(try gateway.mock.requests(for: "b") == 0)
        }
    }

    @Test(arguments: ["openai", "google", "openrouter", "vllm", "fastapi", "html", "text", "empty"])
    func `every shape of an upstream's error becomes one of ours`(shape: String) throws {
        try withGateway([Provider("a", "status=400;body=\(shape);message=too%20long")]) { gateway throws in
            let answer = try gateway.chat()
            let error = try #require(answer.error, "\(answer.text)")
            #expect(answer.status == 400 && error.type == "invalid_request_error" && answer["content-type"] == "application/json")
            if !["html", "empty"].contains(shape) { #expect(error.message.contains("too long"), "\(error.message)") }
            #expect(!error.message.contains("<"))
        }
    }

    @Test func `when every provider asks for a pause the client is told the soonest end of it`() throws {
        try withGateway([Provider("a", "status=429;retry-after=40"), Provider("b", "status=429;retry-after=7")]) { gateway throws in
            for attempts in ["2", nil] {
                let answer = try gateway.chat()
                #expect(answer.status == 429 && answer.error?.code == "pool_exhausted" && answer.error?.type == "requests")
                #expect(answer["retry-after"] == "7" && (6_000...7_000).contains(Int(answer["retry-after-ms"] ?? "") ?? 0))
                #expect(answer["x-should-retry"] == nil && answer["x-best-attempts"] == attempts)
            }
            #expect(try gateway.mock.counter("requests") == 2, "nobody is asked before the time")
        }
    }

    @Test func `a pause of more than a minute tells clients not to try again`() throws {
        try withGateway([Provider("a", "status=429;retry-after=3600")]) { gateway throws in
            let answer = try gateway.chat(stream: true)
            #expect(answer.status == 429 && answer["retry-after"] == "3600" && answer["x-should-retry"] == "false")
        }
    }

    @Test func `failures of different kinds are a 502 that tells the attempts, and silence alone is a 504`() throws {
        try withGateway([Provider("a"), Provider("b", "status=429")], behaviour: "status=500,message=secret%20path") { gateway throws in
            let answer = try gateway.chat()
            #expect(answer.status == 502 && answer.error?.code == "upstream_error" && answer["x-best-attempts"] == "4")
            #expect(!answer.text.contains("secret path"), "a provider's 5xx text stays here")
            let best = (answer.object["error"] as? [String: Any])?["best"] as? [String: Any]
            #expect(
                (best?["attempts"] as? [[String: Any]])?.compactMap { $0["failure"] as? String } == [
                    "unavailable", "rate_limited", "unavailable", "unavailable",
                ])
        }
        try withGateway([Provider("a", "stall=head", lines: Self.hasty)]) { gateway throws in
            let start = ContinuousClock.now
            let answer = try gateway.chat()
            #expect(answer.status == 504 && answer.error?.code == "upstream_timeout")
            #expect(ContinuousClock.now - start < .seconds(2))
        }
    }

    @Test func `the last provider is asked again when its failure may have passed`() throws {
        try withGateway([Provider("a", "status=500;times=1")]) { gateway throws in
            let answer = try gateway.chat()
            #expect(answer.status == 200 && answer["x-best-attempts"] == "2" && answer["x-best-trail"]?.contains("=unavailable; a/") == true)
        }
        for script in ["status=400;times=1", "status=500;times=3"] {
            try withGateway([Provider("a", script)]) { gateway throws in
                #expect(try [400, 502].contains(gateway.chat("m", stream: false, "", ["x-best-wait: 0"]).status))
                #expect(try gateway.chat().status == 200)
            }
        }
    }
}
