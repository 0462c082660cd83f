import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// Providers that refuse `stream_options`, which the gateway adds to know what a stream used.
@Suite struct StreamOptionsTests {
    /// What refuses, and its status.
    static let refusals = [
        (400, #"{"error":{"message":"Extra inputs are not permitted, field: 'stream_options'","type":"invalid_request_error"}}"#),
        (
            422,
            #"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]}"#
        ),
        (
            400,
            #"{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}"#
        ),
        (
            400,
            #"{"error":{"message":"Validation error at #/stream_options: Extra inputs are not permitted","type":"invalid_request_error","code":"invalid_request"}}"#
        ),
        (400, #"{"message":"extraneous key [include_usage] is not permitted"}"#),
        (500, #"{"error":"extraneous key [include_usage] is not permitted, please reformat your input and try again."}"#),
        (
            422,
            #"{"object":"error","message":"[{'loc': ('body', 'stream_options'), 'msg': 'extra fields not permitted'}]","type":"BadRequestError","code":422}"#
        ),
        (
            400,
            #"{"error":{"message":"Invalid JSON payload received. Unknown name \"stream_options\": Cannot find field.","code":400,"status":"INVALID_ARGUMENT"}}"#
        ),
        (422, #"{"message":"Unknown field: Stream_Options"}"#), (400, "stream_options is not supported"),
        (400, #"{"code":"unsupported_parameter","param":"stream_options.include_usage"}"#),
    ]

    /// A provider that streams to who does not ask for usage.
    private static func provider(_ name: String = "a", status: Int, _ body: String) -> ScriptedProvider {
        ScriptedProvider(
            name, answer: { $0.text.contains("stream_options") ? .status(status, body) : .chunks("from \(name)", tokens: nil) })
    }

    @Test(arguments: refusals) func `a client that did not send stream_options gets its stream, and the refusal is remembered`(
        status: Int, body: String
    ) throws {
        try withGateway(StreamOptionsTests.provider(status: status, body)) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            #expect(client.answer?.status == 200 && client.answer?.content == "from a" && client.answer?.events.last == "[DONE]")
            #expect(simulation.calls.map { $0.text.contains("stream_options") } == [true, false])
            let context = try #require(simulation.observer.completed.last)
            #expect(context.outcome == .answered && context.usageSource == .estimated && client.answer?["x-best-attempts"] == "1")
            client.chat("again", stream: true)
            #expect(client.answer?.content == "from a" && simulation.calls.count == 3 && simulation.call?.text.contains("stream_options") == false)
            // It is asked again when a day has passed.
            simulation.advance(by: .seconds(25 * 3600))
            simulation.client().chat("again", stream: true)
            #expect(simulation.calls.dropFirst(3).map { $0.text.contains("stream_options") } == [true, false])
        }
    }

    @Test func `the same provider is asked again, and not the next`() throws {
        let (status, body) = StreamOptionsTests.refusals[0]
        try withGateway(StreamOptionsTests.provider(status: status, body), .script("b", .chunks("from b"))) { simulation in
            simulation.client().chat(stream: true)
            #expect(simulation.asked == ["a", "a"])
        }
    }

    @Test func `what is refused is remembered of a model, and kept over a reload`() throws {
        let (status, body) = StreamOptionsTests.refusals[1]
        let provider = ScriptedProvider(
            "a", models: ["m", "n"],
            answer: { $0.model == "m" && $0.text.contains("stream_options") ? .status(status, body) : .chunks("x") })
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.chat(model: "m", stream: true)
            simulation.reload { $0.failure.wait = .zero }
            client.chat(model: "m", stream: true)
            client.chat(model: "n", stream: true)
            #expect(simulation.calls.map { $0.text.contains("stream_options") } == [true, false, false, true])
        }
    }

    @Test(arguments: refusals.filter { $0.0 != 500 }) func `a client that sent stream_options itself is told what is wrong with them`(
        status: Int, body: String
    ) throws {
        try withGateway(StreamOptionsTests.provider(status: status, body)) { simulation in
            let client = simulation.client()
            client.chat(stream: true, members: "\"stream_options\":{\"include_usage\":true}")
            #expect(client.answer?.status ?? 0 >= 400 && simulation.asked == ["a"])
        }
    }

    @Test func `stream_options that ask for something else stay as the client sent them`() throws {
        let provider = ScriptedProvider(
            "a", answer: { $0.text.contains("include_usage\":true") ? .status(400, "{\"error\":\"include_usage\"}") : .chunks("x") })
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.chat(stream: true, members: "\"stream_options\":{\"include_obfuscation\":false}")
            #expect(client.answer?.content == "x" && simulation.call?.text.contains("\"stream_options\":{\"include_obfuscation\":false}") == true)
        }
    }

    @Test(arguments: [
        #""choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}"#, #""choices":[],"usage":null"#, #""choices":[],"usage":{}"#,
        #""choices":null,"usage":null"#, #""usage":{"prompt_tokens":null,"completion_tokens":null}"#, #""choices":[],"usage":"none""#,
        #""choices":[],"usage":{"prompt_tokens":"5","completion_tokens":"7"}"#, #""choices":[],"usage":[]"#,
        #""choices":[],"x_groq":{"usage":{"prompt_tokens":5,"completion_tokens":7}}"#,
    ]) func `a client that did not ask for usage gets no event of it, in whatever form it comes`(members: String) throws {
        let event = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\(members)}\n\n"
        let script = UpstreamScript.events([ChatText.chunk("a"), ChatText.finish(), event, ChatText.done])
        for script in [script, script.inOneRead, script.cut(every: 7)] {
            try withGateway(.script(script)) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                let answer = try #require(client.answer)
                #expect(answer.content == "a" && answer.events.count == 3 && answer.events.last == "[DONE]" && answer.isWhole, "\(answer.events)")
                client.chat(stream: true, members: "\"stream_options\":{\"include_usage\":true}")
                #expect(client.answer?.events.count == 4)
            }
        }
    }

    @Test func `an event without a choice that says something else reaches the client`() throws {
        let filters = "data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}],\"usage\":null}\n\n"
        try withGateway(.script(.events([filters, ChatText.chunk("a"), ChatText.finish(), ChatText.done]))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            #expect(client.answer?.events.count == 4 && client.answer?.text.contains("prompt_filter_results") == true)
        }
    }

    @Test func `a refusal of something else is not repeated, and one that repeats itself is told`() throws {
        try withGateway(.script(.status(400, #"{"error":{"message":"Extra inputs are not permitted, field: 'foo'"}}"#))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            #expect(client.answer?.status == 400 && simulation.asked == ["a"])
        }
        // Quoted by the provider, it is asked again once, and nothing is remembered.
        try withGateway(.script(.status(400, #"{"error":{"message":"bad prompt: stream_options"}}"#))) { simulation in
            let client = simulation.client()
            client.chat("stream_options", stream: true)
            #expect(client.answer?.status == 400 && simulation.asked == ["a", "a"])
            client.chat("another", stream: true)
            #expect(simulation.calls[2].text.contains("include_usage"))
        }
    }

    @Test func `who leaves while the provider is asked again ends the second call`() throws {
        var calls = 0
        let provider = ScriptedProvider(
            "a",
            answer: { _ in
                calls += 1
                return calls == 1 ? .status(400, "stream_options") : .silence
            })
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            client.leave()
            #expect(calls == 2 && simulation.call?.isCancelled == true)
        }
    }

    @Test func `a refusal inside a success counts, too`() throws {
        let body = #"{"error":{"message":"unknown field stream_options","code":400}}"#
        for script in [UpstreamScript.status(200, body), .events(["data: \(body)\n\n", ChatText.done])] {
            let provider = ScriptedProvider("a", answer: { $0.text.contains("stream_options") ? script : .chunks("x") })
            try withGateway(provider) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.content == "x" && simulation.calls.count == 2)
            }
        }
    }
}
