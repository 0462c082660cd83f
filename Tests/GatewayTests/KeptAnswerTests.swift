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

    @Test func `an answer that becomes far longer as a stream is none`() throws {
        let choices = Array(repeating: "{\"finish_reason\":\"stop\"}", count: 8000).joined(separator: ",")
        let id = String(repeating: "x", count: 5000)
        let body = "{\"id\":\"\(id)\",\"choices\":[\(choices)]}"
        for size in [body.utf8.count, 400_000] {
            let padded = body + String(repeating: " ", count: size - body.utf8.count)
            try withGateway(.script("a", .status(200, padded)), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"])
                #expect(simulation.loop.held.used == 0)
            }
        }
    }

    @Test func `what a long answer needs to become a stream is counted before it is made`() throws {
        let long = String(repeating: "x", count: 1_000_000)
        let body = KeptAnswerTests.body("{\"role\":\"assistant\",\"content\":\"\(long)\"}")
        for (most, hasRoom) in [(2_000_000, false), (6_000_000, true)] {
            try withGateway(.script(.status(200, body))) { simulation in
                let client = simulation.client()
                simulation.loop.held.most = most
                client.chat(stream: true)
                #expect((client.answer?.status == 200) == hasRoom && (client.answer?.content == long) == hasRoom)
                #expect(simulation.loop.held.used == 0)
            }
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

    @Test func `an empty answer that came whole is sent as a stream, and that is told`() throws {
        for script in [UpstreamScript.status(200, KeptAnswerTests.blank), .status(200, KeptAnswerTests.blank).cut(every: 9)] {
            try withGateway(.script(script)) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                let answer = try #require(client.answer)
                #expect(
                    answer.status == 200 && answer.events.last == "[DONE]" && (answer["x-best-trail"] ?? "").contains("sent as a stream"),
                    "\(answer.text)")
            }
        }
        try withGateway(.script(KeptAnswerTests.blankStream)) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            #expect(client.answer?["x-best-trail"]?.contains("sent as a stream") != true)
        }
    }

    private static let response = #"""
        {"id":"resp_1","object":"response","created_at":7,"status":"completed","model":"m","output":[
          {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}]},
          {"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[
            {"type":"output_text","text":"hel\nlo","annotations":[]},{"type":"refusal","refusal":"no"}]},
          {"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{\"a\":1}","status":"completed"},
          {"type":"custom_tool_call","id":"ctc_1","call_id":"call_2","name":"g","input":"x"}],
         "usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":1},"output_tokens":2,"total_tokens":5},"metadata":{}}
        """#

    @Test(arguments: ["application/json", "text/event-stream"]) func `a whole response to a request for a stream comes as its events`(
        type: String
    ) throws {
        for cut in [1_000_000, 11] {
            try withGateway([.script(.status(200, KeptAnswerTests.response, type: type).cut(every: cut))], hasStore: true) { simulation in
                let client = simulation.client(simulation.addKey("key"))
                client.request("POST", "/v1/responses", body: #"{"model":"m","input":"hi","stream":true}"#)
                let answer = try #require(client.answer)
                #expect(answer.status == 200 && answer.isWhole && answer["content-type"] == "text/event-stream; charset=utf-8")
                #expect((answer["x-best-trail"] ?? "").contains("sent as a stream") && simulation.asked == ["a"])
                let types = answer.text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
                #expect(
                    types == [
                        "response.created", "response.in_progress", "response.output_item.added", "response.output_item.done",
                        "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.done",
                        "response.content_part.done", "response.content_part.added", "response.refusal.delta", "response.refusal.done",
                        "response.content_part.done", "response.output_item.done", "response.output_item.added",
                        "response.function_call_arguments.delta", "response.function_call_arguments.done", "response.output_item.done",
                        "response.output_item.added", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done",
                        "response.output_item.done", "response.completed",
                    ])
                for (place, event) in answer.events.enumerated() {
                    #expect(event.hasPrefix("{\"type\":\"\(types[place])\",\"sequence_number\":\(place),"))
                    let read = withBytes(event) { StreamEvent(inspecting: $0, dialect: .responses) }
                    #expect(read.isValid && !read.hasError && read.isTerminal == (place == types.count - 1))
                    #expect(read.carriesContent == (types[place].hasSuffix(".delta") || types[place] == "response.output_item.done"))
                }
                #expect(
                    answer.events[6]
                        == #"{"type":"response.output_text.delta","sequence_number":6,"output_index":1,"item_id":"msg_1","content_index":0,"delta":"hel\nlo"}"#
                )
                #expect(answer.events[5].hasSuffix(#""part":{"type":"output_text","annotations":[],"text":""}}"#))
                #expect(
                    answer.events[14].contains(
                        #""item":{"status":"in_progress","type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":""}"#))
                #expect(answer.events[16].hasSuffix(#""output_index":2,"item_id":"fc_1","arguments":"{\"a\":1}"}"#))
                #expect(
                    answer.events[0].contains(#""response":{"status":"in_progress","output":[],"id":"resp_1""#) && !answer.events[0].contains("usage")
                )
                #expect(
                    answer.events.last?.contains(#""total_tokens":5"#) == true && answer.events.last?.contains(#""arguments":"{\"a\":1}""#) == true)
                #expect(simulation.store?.records.map(\.usage.totalTokens) == [5] && simulation.observer.completed.map(\.outcome) == [.answered])
            }
        }
    }

    @Test func `a response that is kept is not made a second time, and a later request goes on from it`() throws {
        try withGateway(.script("a", .status(200, KeptAnswerTests.response)), .script("b", .status(500))) { simulation in
            let client = simulation.client()
            client.request("POST", "/v1/responses", body: #"{"model":"m","input":"hi","stream":true}"#)
            #expect(client.answer?.status == 200 && simulation.asked == ["a"])
            for _ in 0..<3 {
                client.request("POST", "/v1/responses", body: #"{"model":"m","input":"hi","previous_response_id":"resp_1"}"#)
                #expect(client.answer?.status == 200 && simulation.asked.last == "a")
            }
        }
    }

    @Test func `an incomplete response ends as that, and one that has failed is none`() throws {
        for (status, isAnswer) in [("incomplete", true), ("completed", true), ("in_progress", true), ("failed", false), ("cancelled", false)] {
            let body =
                "{\"id\":\"resp_1\",\"status\":\"\(status)\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\"}]}]}"
            try withGateway(.script(.status(200, body))) { simulation in
                let client = simulation.client()
                client.request("POST", "/v1/responses", body: #"{"model":"m","input":"hi","stream":true}"#)
                #expect((client.answer?.status == 200) == isAnswer, "\(status)")
                guard isAnswer else { return }
                #expect(client.answer?.events.last?.contains(status == "incomplete" ? "response.incomplete" : "response.completed") == true)
            }
        }
    }

    @Test func `whatever an odd response holds its events are events`() throws {
        for output in [
            "[]", "[1,null,\"x\",[]]", #"[{"type":"message"}]"#, #"[{"type":"message","content":null}]"#,
            #"[{"type":"message","content":[1,{},{"type":"text"}]}]"#,
            #"[{"type":"function_call"}]"#, #"[{"type":5,"id":null},{}]"#, #"[{"type":"message","id":"a","content":[{"type":"output_text"}]}]"#,
        ] {
            let body = "{\"id\":\"r\",\"status\":\"completed\",\"output\":\(output)}"
            try withGateway(.script(.status(200, body))) { simulation in
                let client = simulation.client()
                client.request("POST", "/v1/responses", body: #"{"model":"m","input":"hi","stream":true}"#)
                let answer = try #require(client.answer)
                #expect(answer.status == 200 && answer.events.last?.contains("response.completed") == true, "\(output)")
                for event in answer.events { #expect(withBytes(event) { StreamEvent(inspecting: $0, dialect: .responses) }.isValid, "\(event)") }
            }
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

    @Test(arguments: ["length", "content_filter", "tool_calls", "function_call"])
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
