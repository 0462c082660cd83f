import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// Answers that are passed on only when nobody has a better one: whole ones where a stream was asked for, and those without a word.
@Suite struct KeptAnswerTests {
    // MARK: Whole answers to requests for a stream

    private static func body(_ message: String, finish: String = "stop", more: String = "") -> String {
        "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":\(message),\"finish_reason\":\"\(finish)\"}]\(more)}"
    }

    private static let usage = ",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_tokens\":12}"
    private static let hello = body(#"{"role":"assistant","content":"hello"}"#, more: usage)

    @Test(arguments: ["application/json", "text/event-stream", "text/plain", "application/json; charset=utf-8"])
    func `a whole answer to a request for a stream comes as a stream when nobody else streams`(type: String) throws {
        try withGateway(.script(.status(200, KeptAnswerTests.hello, type: type))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            let answer = try #require(client.answer)
            #expect(answer.status == 200 && answer.isWhole && answer["content-type"] == "text/event-stream; charset=utf-8")
            #expect(answer["x-best-trail"]?.contains("sent as a stream") == true && answer["x-best-provider"] == "a")
            #expect(
                answer.events == [
                    #"{"object":"chat.completion.chunk","id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"hello"},"finish_reason":null}]}"#,
                    #"{"object":"chat.completion.chunk","id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                    "[DONE]",
                ])
            let context = try #require(simulation.observer.completed.last)
            #expect(context.outcome == .answered && context.usage?.totalTokens == 12 && context.usageSource == .upstream)
            // It is no failure: the next request goes there, too.
            for _ in 0..<5 { client.chat(stream: true) }
            #expect(simulation.asked == Array(repeating: "a", count: 6) && client.answer?.content == "hello")
        }
    }

    @Test func `a provider's key in an answer that is kept reaches nobody, whatever is sent in its place`() throws {
        let secret = "sk-provider-of-a"
        let long = String(repeating: "x", count: 400_000)
        func provider(_ script: UpstreamScript) -> ScriptedProvider {
            var provider = ScriptedProvider.script("a", script)
            provider.configuration.keys = [APIKeyReference(variable: "A_KEY", value: Secret(secret))]
            return provider
        }
        for text in ["your key is \(secret)", "\(long) \(secret)"] {
            let said = KeptAnswerTests.body("{\"role\":\"assistant\",\"content\":\"\(text)\"}")
            try withGateway([provider(.status(200, said))]) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                let content = try #require(client.answer?.content)
                #expect(!content.contains(secret) && content.hasSuffix("[redacted]") && client.answer?.isWhole == true)
            }
        }
        let blank = KeptAnswerTests.body(#"{"role":"assistant","content":""}"#, more: ",\"note\":\"\(secret)\"")
        try withGateway([provider(.status(200, blank))]) { simulation in
            let client = simulation.client()
            client.chat()
            let answer = try #require(client.answer)
            #expect(answer.status == 200 && !answer.text.contains(secret) && answer.text.contains("[redacted]"))
        }
    }

    @Test func `a provider that streams is asked first`() throws {
        try withGateway(.script("a", .status(200, KeptAnswerTests.hello)), .script("b", .chunks("from b")), hasStore: true) { simulation in
            let client = simulation.client(simulation.addKey("key"))
            client.chat(stream: true)
            #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"])
            #expect(client.answer?["x-best-trail"] == "a/m=malformed; b/m=ok")
            // What the first one used was paid for.
            #expect(simulation.store?.records.map(\.provider) == ["b", "a"])
            #expect(simulation.store?.records.map(\.isRequest) == [true, false])
        }
    }

    @Test func `when all others fail the whole answer comes as a stream`() throws {
        let others: [UpstreamScript] = [.status(503), .status(429), .failure(.connect), .status(200, KeptAnswerTests.hello), .status(401)]
        for other in others {
            try withGateway(.script("a", .status(200, KeptAnswerTests.hello)), .script("b", other), hasStore: true) { simulation in
                let client = simulation.client(simulation.addKey("key"))
                client.chat(stream: true)
                simulation.advance(by: .seconds(1))
                #expect(client.answer?.content == "hello" && client.answer?.events.last == "[DONE]")
                #expect(client.answer?["x-best-provider"] == "a" && client.answer?["x-best-trail"]?.contains("sent as a stream") == true)
                #expect(simulation.store?.records.first?.provider == "a")
            }
        }
    }

    @Test func `calls of tools have their index, and come whole`() throws {
        let message =
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"index":4,"id":"y","type":"function","function":{"name":"g","arguments":""}}]}"#
        try withGateway(.script(.status(200, KeptAnswerTests.body(message, finish: "tool_calls")))) { simulation in
            let client = simulation.client()
            client.chat(stream: true, members: #""tools":[{"type":"function","function":{"name":"f"}}]"#)
            let events = try #require(client.answer).events
            #expect(events.count == 3)
            #expect(
                events[0].contains(
                    #""tool_calls":[{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"index":4,"id":"y","#))
            #expect(!events[0].contains("null,\"tool") && events[1].contains(#""finish_reason":"tool_calls""#))
        }
    }

    @Test func `reasoning, pictures, refusals and log probabilities are kept`() throws {
        let message = #"{"role":"assistant","content":"x","reasoning":"hm","reasoning_content":"hm","images":[{"type":"image_url"}],"refusal":null}"#
        let body =
            "{\"choices\":[{\"message\":\(message),\"logprobs\":{\"content\":[]},\"finish_reason\":\"length\"}],\"system_fingerprint\":\"fp\"}"
        try withGateway(.script(.status(200, body))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            let events = try #require(client.answer).events
            #expect(events[0].contains(#""reasoning":"hm","reasoning_content":"hm","images":[{"type":"image_url"}]}"#))
            #expect(events[0].contains(#""logprobs":{"content":[]}"#) && events[0].contains(#""system_fingerprint":"fp""#))
            #expect(events[1].contains(#""finish_reason":"length""#))
        }
    }

    @Test func `the counts come when they were asked for, wherever they stood`() throws {
        let groq = ",\"x_groq\":{\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}"
        for more in [KeptAnswerTests.usage, groq] {
            let body = KeptAnswerTests.body(#"{"role":"assistant","content":"x"}"#, more: more)
            try withGateway(.script(.status(200, body))) { simulation in
                let client = simulation.client()
                client.chat(stream: true, members: "\"stream_options\":{\"include_usage\":true}")
                let events = try #require(client.answer).events
                #expect(events.count == 4 && events[2].hasSuffix(",\"choices\":[]\(KeptAnswerTests.usage)}"), "\(events)")
            }
        }
    }

    @Test func `an indented answer of several choices becomes events of one line each`() throws {
        let body =
            "{\n  \"id\": \"c\",\n  \"choices\": [\n    {\"index\": 1, \"message\": {\r\n \"role\": \"assistant\",\n\t\"content\": \"a\\nb\"\n}, \"finish_reason\": \"stop\"},\n"
            + " {\"index\": 0, \"message\": {\"content\": \"c\"}, \"finish_reason\": \"stop\"}\n]\n}\n"
        try withGateway(.script(.status(200, body).cut(every: 5))) { simulation in
            let client = simulation.client()
            client.chat(stream: true, members: "\"n\":2")
            let answer = try #require(client.answer)
            #expect(answer.events.count == 5 && answer.text.split(separator: "\n").count == 5 && answer.events.last == "[DONE]")
            #expect(answer.content == "a\nbc" && answer.events[0].contains("\"index\":1") && answer.events[2].contains("\"role\":\"assistant\""))
        }
    }

    @Test func `a whole answer of the completions endpoint becomes its stream`() throws {
        let body = "{\"id\":\"c\",\"object\":\"text_completion\",\"choices\":[{\"index\":0,\"text\":\"hello\",\"finish_reason\":\"stop\"}]}"
        try withGateway(.script(.status(200, body))) { simulation in
            let client = simulation.client()
            client.request("POST", "/v1/completions", body: #"{"model":"m","prompt":"hi","stream":true}"#)
            #expect(
                client.answer?.events == [
                    #"{"object":"text_completion","id":"c","choices":[{"index":0,"text":"hello","finish_reason":null}]}"#,
                    #"{"object":"text_completion","id":"c","choices":[{"index":0,"text":"","finish_reason":"stop"}]}"#, "[DONE]",
                ])
        }
    }

    @Test func `an answer that comes late goes behind the comments`() throws {
        let script = UpstreamScript.status(200, KeptAnswerTests.hello).after(.seconds(20))
        try withGateway(.script(script)) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.advance(by: .seconds(21))
            #expect(client.answer?.content == "hello" && client.answer?.events.last == "[DONE]" && client.answer?.isWhole == true)
            #expect(client.answer?.text.contains(": x-best-trail: ") == true)
        }
    }

    @Test func `what is no answer does not become a stream`() throws {
        for body in ["{\"choices\":[]}", "{\"choices\":[{\"message\":{\"content\":\"x\"}", "{\"id\":\"x\"}", "[1]", ""] {
            try withGateway(.script(.status(200, body))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.status == 502, "\(body)")
            }
        }
    }

    // MARK: Answers without a word

    private static let blank = body(#"{"role":"assistant","content":""}"#, more: usage)
    private static let blankStream = UpstreamScript.events([
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n", ChatText.finish(),
        "data: {\"choices\":[]\(usage)}\n\n", ChatText.done,
    ])

    @Test(arguments: [
        (blank, false), (body("{\"role\":\"assistant\",\"content\":null}"), false), (body("{\"content\":\"\",\"tool_calls\":[]}"), false),
        (body("{\"role\":\"assistant\",\"content\":\"\",\"reasoning_content\":\"\"}", finish: "STOP"), false),
        (body("{\"role\":\"assistant\"}"), false),
    ]) func `an answer without a word tries the next provider once, and is the answer when that has none either`(body: String, _: Bool) throws {
        try withGateway(.script("a", .status(200, body)), .script("b", .completion("from b")), .script("c", .completion("from c"))) { simulation in
            let client = simulation.client()
            client.chat()
            #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"])
            #expect(client.answer?["x-best-trail"] == "a/m=empty; b/m=ok")
        }
        try withGateway(.script("a", .status(200, body)), .script("b", .status(200, body)), .script("c", .completion("from c"))) { simulation in
            let client = simulation.client()
            client.chat()
            #expect(client.answer?.status == 200 && client.answer?.text == body && simulation.asked == ["a", "b"])
            #expect(client.answer?["x-best-provider"] == "b" && simulation.observer.completed.map(\.outcome) == [.answered])
        }
    }

    @Test func `a stream without a word does the same`() throws {
        let blank = KeptAnswerTests.blankStream
        let finishOnly = UpstreamScript.events([ChatText.finish()])
        for script in [blank, finishOnly, blank.inOneRead, blank.cut(every: 10)] {
            try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"])
            }
            for second in [script, .status(503), .failure(.connect), .status(400), .events([ChatText.done])] {
                try withGateway(.script("a", script), .script("b", second)) {
                    $0.failure.wait = .zero
                } _: { simulation in
                    let client = simulation.client()
                    client.chat(stream: true)
                    simulation.advance(by: .seconds(1))
                    #expect(client.answer?.status == 200 && client.answer?.isWhole == true && client.answer?.content == "")
                    #expect(client.answer?.text.contains("\"finish_reason\":\"stop\"") == true && client.answer?.text.contains("usage") == false)
                    #expect(simulation.observer.completed.map(\.outcome) == [.answered])
                }
            }
        }
    }

    @Test func `alone an answer without a word is the answer, and no failure`() throws {
        for stream in [false, true] {
            let script = stream ? KeptAnswerTests.blankStream : .status(200, KeptAnswerTests.blank)
            try withGateway(.script(script), hasStore: true) { simulation in
                let client = simulation.client(simulation.addKey("key"))
                for _ in 0..<8 { client.chat(stream: stream) }
                #expect(simulation.asked.count == 8 && client.answers.allSatisfy { $0.status == 200 && $0.isWhole })
                #expect(simulation.store?.records.map(\.usage.totalTokens) == Array(repeating: 12, count: 8))
                #expect(simulation.store?.records.map(\.source) == Array(repeating: .upstream, count: 8))
            }
        }
    }

    @Test(arguments: ["length", "content_filter", "tool_calls", "function_call", "insufficient_system_resource"])
    func `an empty answer that ended for another reason is passed on`(reason: String) throws {
        let body = KeptAnswerTests.body(#"{"role":"assistant","content":""}"#, finish: reason)
        try withGateway(.script("a", .status(200, body)), .script("b", .completion("from b"))) { simulation in
            let client = simulation.client()
            client.chat()
            #expect(client.answer?.text == body && simulation.asked == ["a"])
        }
        try withGateway(.script("a", .events([ChatText.finish(reason), ChatText.done])), .script("b", .chunks("from b"))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            #expect(client.answer?.content == "" && client.answer?.events.last == "[DONE]" && simulation.asked == ["a"])
        }
    }

    @Test func `an answer with a call, a picture or a thought has a word`() throws {
        for message in [
            #"{"content":"","tool_calls":[{"id":"x"}]}"#, #"{"content":"","images":[{"type":"image_url"}]}"#, #"{"content":"","reasoning":"hm"}"#,
            #"{"content":"","refusal":"no"}"#, #"{"content":"","audio":{"id":"a"}}"#,
        ] {
            try withGateway(.script("a", .status(200, KeptAnswerTests.body(message))), .script("b", .completion("from b"))) { simulation in
                simulation.client().chat()
                #expect(simulation.asked == ["a"], "\(message)")
            }
        }
    }

    @Test func `who leaves while the next provider is asked is owed nothing`() throws {
        for script in [UpstreamScript.status(200, KeptAnswerTests.hello), KeptAnswerTests.blankStream] {
            try withGateway(.script("a", script), .script("b", .silence)) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(simulation.asked == ["a", "b"])
                client.leave()
            }
        }
    }
}
