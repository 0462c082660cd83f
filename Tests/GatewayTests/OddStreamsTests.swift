import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// Streams that are good, though not as the API's documentation has them.
@Suite struct OddStreamsTests {
    private static let role =
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
    private static let answer = [role, ChatText.chunk("a "), ChatText.chunk("b"), ChatText.finish(), ChatText.done]

    // MARK: Keep-alives

    static let keepAlives = [
        "data: \n\n", "data:\n\n", "data\n\n", "data:   \n\n", "data:\ndata:\n\n", "event: ping\ndata:\n\n", "data: \r\n\r\n", "id: 7\ndata:\n\n",
        "event: ping\n\n", "id: 1\n\n", "retry: 3000\n\n", "data: null\n\n", "data: ping\n\n", "data: [PING]\n\n", "data: keep-alive\n\n",
        "data: : OPENROUTER PROCESSING\n\n",
    ]

    @Test(arguments: keepAlives) func `an event without data keeps alive and reaches nobody`(event: String) throws {
        for place in 0..<5 {
            var events = OddStreamsTests.answer
            events.insert(event, at: place)
            try withGateway(.script("a", .events(events)), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.text == OddStreamsTests.answer.joined(), "at \(place)")
                #expect(client.answer?.isWhole == true && simulation.asked == ["a"])
            }
        }
    }

    @Test func `keep-alives are passed over wherever the stream is cut`() throws {
        let events =
            [OddStreamsTests.keepAlives[0], OddStreamsTests.role, "data:\n\n", ChatText.chunk("a "), "data: \r\n\r\n", "event: ping\n\n"]
            + OddStreamsTests.answer.dropFirst(2)
        let script = UpstreamScript.events(Array(events))
        for place in 0...script.body.count {
            try withGateway(.script(script.cut(at: place))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.text == OddStreamsTests.answer.joined(), "cut at \(place)")
            }
        }
    }

    @Test func `keep-alives alone are no answer, however many`() throws {
        let script = UpstreamScript.events(Array(repeating: "data: \n\n", count: 200))
        try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"])
        }
    }

    // MARK: Labels

    @Test(arguments: [
        "text/plain; charset=utf-8", "application/json", "application/octet-stream", "text/html", "application/x-ndjson",
        "text/event-stream;charset=UTF-8",
        "", "application/stream+json", "TEXT/EVENT-STREAM",
    ]) func `a stream is one whatever it is labelled`(type: String) throws {
        let starts = ["", "\n", "\r\n\r\n", "\u{FEFF}", ": comment\n\n", "event: message\n", "id: 1\n", "retry: 10\n", " \n\n"]
        for start in starts {
            let body = start + OddStreamsTests.answer.joined()
            let fields = type.isEmpty ? [] : [("content-type", type)]
            let script = UpstreamScript([.head(status: 200, fields: fields), .read([Array(body.utf8)]), .end(.complete)])
            for script in [script, script.cut(at: 1), script.cut(at: 3), script.cut(at: start.utf8.count + 2), script.cut(every: 7)] {
                try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in
                    let client = simulation.client()
                    client.chat(stream: true)
                    #expect(client.answer?.content == "a b" && client.answer?.events.last == "[DONE]", "\(type), \(start.debugDescription)")
                    #expect(client.answer?["content-type"] == "text/event-stream; charset=utf-8" && simulation.asked == ["a"])
                }
            }
        }
    }

    @Test func `a stream under another label is passed on as it comes`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            let call = try #require(simulation.call)
            call.play(UpstreamScript([.head(status: 200, fields: [("content-type", "text/plain")])]))
            call.send("da")
            #expect(client.received.isEmpty)
            call.send(String(ChatText.chunk("Hel").dropFirst(2)))
            #expect(client.answer?.content == "Hel")
            call.send(ChatText.finish() + ChatText.done)
            #expect(client.answer?.isWhole == true)
        }
    }

    @Test func `a page is no stream, whatever it is labelled`() throws {
        for type in ["text/html", "text/event-stream", "text/plain"] {
            let script = UpstreamScript.status(200, "<html>data: {}</html>", type: type)
            try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"], "\(type)")
            }
        }
    }

    // MARK: Content

    @Test(arguments: [
        #""images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"},"index":0}]"#, #""audio":{"id":"a","data":"AAAA"}"#,
        #""audio":{"transcript":"hi"}"#, #""annotations":[{"type":"url_citation","url_citation":{"url":"https://x"}}]"#, #""reasoning":"hm""#,
        #""reasoning_content":"hm""#, #""reasoning_details":[{"type":"reasoning.text","text":"hm"}]"#, #""reasoning_text":"hm""#, #""thinking":"hm""#,
        #""thinking_blocks":[{"type":"thinking","thinking":"hm"}]"#, #""tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":""}}]"#,
        #""function_call":{"name":"f"}"#, #""refusal":"no""#, #""citations":["https://x"]"#, #""video":{"url":"https://x"}"#,
        #""content":[{"type":"image_url","image_url":{"url":"x"}}]"#, #""executed_tools":[{"index":0,"type":"search"}]"#,
    ]) func `whatever there is for the user reaches the user when it comes`(members: String) throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.call?.beginStream()
            simulation.call?.send(OddStreamsTests.role)
            #expect(client.received.isEmpty)
            let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\(members)},\"finish_reason\":null}]}\n\n"
            simulation.call?.send(event)
            #expect(client.answer?.text == OddStreamsTests.role + event)
        }
    }

    @Test(arguments: [
        #""role":"assistant""#, #""content":"""#, #""images":[]"#, #""audio":null"#, #""provider_specific_fields":{"refusal":null}"#, #""name":"x""#,
        #""tool_calls":[],"reasoning":null"#, #""type":"message","status":"in_progress""#, #""token_ids":[1,2]"#, #""sender_type":"BOT""#,
    ]) func `what only says who speaks does not commit the answer`(members: String) throws {
        let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\(members)},\"finish_reason\":null}]}\n\n"
        try withGateway(.script("a", .events([event]).then(UpstreamScript([])))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            #expect(client.answer?.status != 200)
        }
    }

    // MARK: The counts that the gateway asked for

    static let usageEvents = [
        #"{"id":"c","object":"chat.completion.chunk","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#,
        #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#, #"{"choices":null,"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        #"{"choices":[],"usage":{"input_tokens":1,"output_tokens":2}}"#,
        #"{"choices":[],"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}"#,
        #"{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        #"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        #"{"choices":{},"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        #"{"usage":{"total_tokens":3,"prompt_tokens":1},"timings":{"prompt_n":1}}"#,
        #"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#,
    ]

    @Test(arguments: usageEvents) func `the counts that the gateway asked for are not the client's, those it asked for are`(data: String) throws {
        let answer = OddStreamsTests.answer
        let events = answer.dropLast() + ["data: \(data)\n\n", ChatText.done]
        for asks in [false, true] {
            try withGateway(.script(.events(Array(events)))) { simulation in
                let client = simulation.client()
                client.chat(stream: true, members: asks ? "\"stream_options\":{\"include_usage\":true}" : "")
                #expect(client.answer?.text == (asks ? events.joined() : answer.joined()) && client.answer?.isWhole == true)
                #expect(simulation.observer.completed.first?.usage?.totalTokens ?? 0 > 0)
            }
        }
    }

    @Test func `counts beside an answer stay where they are`() throws {
        for asks in [false, true] {
            let first =
                #"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":{"prompt_tokens":9,"completion_tokens":0}}"#
                + "\n\n"
            let word = #"data: {"choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"# + "\n\n"
            let last =
                #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"# + "\n\n"
            try withGateway(.script(.events([first, word, last, ChatText.done]))) { simulation in
                let client = simulation.client()
                client.chat(stream: true, members: asks ? "\"stream_options\":{\"include_usage\":true}" : "")
                #expect(client.answer?.text == first + word + last + ChatText.done)
            }
        }
    }

    @Test func `the end of a second choice is no count, though it has them`() throws {
        func choice(_ index: Int, _ members: String, _ more: String = "") -> String {
            "data: {\"choices\":[{\"index\":\(index),\(members)}]\(more)}\n\n"
        }
        let usage = ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}"
        let events = [
            choice(0, #""delta":{"content":"x"}"#), choice(1, #""delta":{"content":"y"}"#), choice(0, #""delta":{},"finish_reason":"stop""#, usage),
            choice(1, #""delta":{},"finish_reason":"stop""#, usage), ChatText.done,
        ]
        try withGateway(.script(.events(events))) { simulation in
            let client = simulation.client()
            client.chat(stream: true, members: "\"n\":2")
            #expect(client.answer?.text == events.joined())
        }
    }

    // MARK: Large events

    private static func large(_ count: Int, finish: String = "\"stop\"", usage: Bool = true) -> String {
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(String(repeating: "x", count: count))\"},\"finish_reason\":\(finish)}]"
            + (usage ? ",\"usage\":{\"prompt_tokens\":110,\"completion_tokens\":9000,\"total_tokens\":9110}" : "") + "}\n\n"
    }

    @Test(arguments: [100, 60_000, 65_400, 65_536, 70_000, 200_000, 1_000_000])
    func `a very large last event is whole, with its end and its counts`(size: Int) throws {
        let large = OddStreamsTests.large(size)
        for events in [[large], [ChatText.chunk("y"), large], [ChatText.chunk("y"), large, ChatText.done], [String(large.dropLast(2))]] {
            for pieces in [4096, 65_536, 1 << 20] {
                try withGateway(.script("a", UpstreamScript.events(events).cut(every: pieces)), .script("b", .chunks("from b"))) { simulation in
                    let client = simulation.client()
                    client.chat(stream: true)
                    #expect(client.answer?.isWhole == true && simulation.asked == ["a"] && !client.received.contains("upstream_error"))
                    #expect(client.answer?.content.utf8.filter { $0 == UInt8(ascii: "x") }.count == size)
                    let context = try #require(simulation.observer.completed.first)
                    #expect(context.outcome == .answered && context.usage?.totalTokens == 9110 && context.usageSource == .upstream)
                }
            }
        }
    }

    @Test func `a very large last event that is cut is visibly broken, also behind the end of the answer`() throws {
        let large = OddStreamsTests.large(150_000)
        let head = [ChatText.chunk("y"), ChatText.finish()].joined().utf8.count
        for events in [[ChatText.chunk("y"), large], [ChatText.chunk("y"), ChatText.finish(), large]] {
            let script = UpstreamScript.events(events).cut(every: 10_000)
            for place in [head + 70_000, head + 100_000, script.body.count - 300, script.body.count - 60] {
                for end in [UpstreamEnd.complete, .closed, .failed(UpstreamFailure(.truncated, "cut"))] {
                    try withGateway(.script(script.breaking(after: place, with: end))) { simulation in
                        let client = simulation.client()
                        client.chat(stream: true)
                        #expect(client.answer?.isWhole == false && simulation.observer.completed.map(\.outcome) == [.broken], "\(place) \(end)")
                    }
                }
            }
        }
    }

    @Test func `a very large error is one`() throws {
        let event = "data: {\"error\":{\"message\":\"slot unavailable \(String(repeating: "x", count: 100_000))\"}}\n\n"
        for (events, isBroken) in [([event], false), ([ChatText.chunk("y"), event], true)] {
            let script = UpstreamScript.events(events + [ChatText.done]).cut(every: 5000)
            try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.content == (isBroken ? "y" : "from b") && client.answer?.isWhole == true)
                #expect(client.answer?.text.contains("slot unavailable") == isBroken)
            }
        }
    }

    @Test func `the last event needs no empty line behind it`() throws {
        let finish = String(ChatText.finish().dropLast(2))
        for last in [finish, finish + "\n", finish + "\r\n"] {
            try withGateway(.script(.events([ChatText.chunk("x"), last]))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.isWhole == true && client.answer?.events.count == 2)
                #expect(simulation.observer.completed.map(\.outcome) == [.answered])
            }
        }
    }
}
