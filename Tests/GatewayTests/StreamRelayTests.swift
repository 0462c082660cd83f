import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// A stream on its way: the commit point, what is held before it, and how it ends behind it.
@Suite struct StreamRelayTests {
    private static let role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
    private static let error = "data: {\"error\":{\"message\":\"no\",\"code\":\"server_error\"}}\n\n"

    /// Two providers, the second of which always answers.
    private func withTwo(_ script: UpstreamScript, _ body: (GatewaySimulation, SimulatedClient) throws -> Void) throws {
        try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in try body(simulation, simulation.client()) }
    }

    @Test func `the head leaves with the first content, and not before`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            let call = try #require(simulation.call)
            call.beginStream()
            call.send(StreamRelayTests.role)
            call.send(": comment\n\n")
            #expect(client.received.isEmpty)
            call.send(ChatText.chunk("Hel"))
            #expect(client.answer?.content == "Hel" && client.answer?.events.count == 2 && client.answer?["x-best-provider"] == "a")
            #expect(client.answer?["content-type"] == "text/event-stream; charset=utf-8" && client.answer?["x-accel-buffering"] == "no")
        }
    }

    @Test func `reasoning, a call of a tool and a refusal are content`() throws {
        let deltas = [
            #"{"reasoning_content":"hm"}"#, #"{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}"#, #"{"refusal":"no"}"#,
            #"{"reasoning":"hm"}"#,
        ]
        for delta in deltas {
            try withGateway(ScriptedProvider("a")) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                simulation.call?.beginStream()
                simulation.call?.send("data: {\"choices\":[{\"index\":0,\"delta\":\(delta)}]}\n\n")
                #expect(client.answer?.status == 200, "\(delta)")
            }
        }
    }

    @Test func `what was held is forgotten when another provider takes over`() throws {
        try withTwo(.events([": x\n\n", StreamRelayTests.role, StreamRelayTests.error])) { simulation, client in
            client.chat(stream: true)
            #expect(client.answer?.content == "from b" && client.answer?.comments.isEmpty == true && !client.received.contains("assistant"))
        }
    }

    @Test func `a stream that is cut at any byte is whole, another's, or visibly broken`() throws {
        let whole = UpstreamScript.events([StreamRelayTests.role, ChatText.chunk("He"), ChatText.finish(), ChatText.done])
        let finish = StreamRelayTests.role.utf8.count + ChatText.chunk("He").utf8.count + ChatText.finish().utf8.count
        for place in 0...whole.body.count {
            try withTwo(whole.breaking(after: place)) { simulation, client in
                client.chat(stream: true)
                let answer = try #require(client.answer)
                let isCommitted = place >= StreamRelayTests.role.utf8.count + ChatText.chunk("He").utf8.count
                #expect(answer.isWhole && answer.status == 200)
                #expect(answer.content.hasPrefix(isCommitted ? "He" : "from b"), "cut at \(place)")
                // A connection that breaks behind `[DONE]` breaks nothing, one that breaks before it does.
                let isGood = !isCommitted || place >= whole.body.count
                #expect(answer.events.last?.contains("[DONE]") == isGood && answer.text.contains("upstream_error") != isGood, "cut at \(place)")
                #expect(simulation.observer.completed.last?.outcome == (isGood ? .answered : .broken) && finish < whole.body.count)
            }
        }
    }

    @Test(arguments: [": \n\n", "data: {}\n\n", "data: {\"choices\":[]}\n\n", "\n", "event: ping\n\n"])
    func `after many events in one turn the others come first`(event: String) throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            let call = try #require(simulation.call)
            call.beginStream()
            call.send(ChatText.chunk("Hel"))
            call.send(String(repeating: event, count: 100))
            #expect(call.rests == 0)
            call.send(String(repeating: event, count: 2000))
            #expect(call.rests == 1)
            // Many small pieces of one turn are as much work.
            call.play(UpstreamScript([.read(Array(repeating: Array(String(repeating: event, count: 100).utf8), count: 10))]))
            #expect(call.rests > 1)
            let rests = call.rests
            call.send(ChatText.chunk("lo"))
            #expect(call.rests == rests && client.answer?.content == "Hello")
        }
    }

    @Test func `events are passed on byte for byte, however they come`() throws {
        let events = [
            StreamRelayTests.role, ": c\r\n\r\n", "data: {\"a\":1,\r\ndata: \"choices\":[]}\r\n\r\n", ChatText.chunk("x\\ny"), ChatText.done,
        ]
        let script = UpstreamScript.events(events + ["data: never\n\n"])
        for place in 0...script.body.count {
            try withGateway(.script(script.cut(at: place))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.text == events.joined() && client.answer?.isWhole == true, "cut at \(place)")
            }
        }
    }

    @Test func `an error behind content is one visible event, and the end`() throws {
        let broken = ChatText.chunk("Hel")
        let errors = [
            StreamRelayTests.error, "data: {\"object\":\"error\",\"message\":\"no\"}\n\n", ChatText.finish("error"), "data: {\"choices\":\n\n",
            "data: x\n\n",
        ]
        for error in errors {
            try withTwo(.events([broken, error, ChatText.chunk("more"), ChatText.done])) { simulation, client in
                client.chat(stream: true)
                let answer = try #require(client.answer)
                #expect(answer.isWhole && answer.content == "Hel" && answer.events.count == 2 && simulation.asked == ["a"], "\(error)")
                #expect(answer.events.last?.contains("\"code\":\"upstream_error\"") == true)
                #expect(answer.events.last?.contains("\"finish_reason\":\"error\"") == true && !answer.text.contains("[DONE]"))
            }
        }
    }

    @Test func `silence, an early end and a broken wire behind content are visible`() throws {
        let first = UpstreamScript([.head(status: 200, fields: [("content-type", "text/event-stream")]), .read([Array(ChatText.chunk("Hel").utf8)])])
        for (script, code) in [
            (first, "upstream_timeout"), (first.then(UpstreamScript([.end(.complete)])), "upstream_error"),
            (first.then(UpstreamScript([.end(.closed)])), "upstream_error"), (first.then(.failure(.malformed)), "upstream_error"),
        ] {
            try withTwo(script) { simulation, client in
                client.chat(stream: true)
                simulation.advance(by: .seconds(61))
                #expect(client.answer?.isWhole == true && client.answer?.errorCode == code && simulation.asked == ["a"])
            }
        }
    }

    @Test func `a finished stream without [DONE] is whole, one without either is not`() throws {
        try withTwo(.events([ChatText.chunk("x"), ChatText.finish()])) { simulation, client in
            client.chat(stream: true)
            #expect(client.answer?.isWhole == true && simulation.observer.completed.map(\.outcome) == [.answered])
        }
        try withTwo(.events([ChatText.chunk("x")])) { simulation, client in
            client.chat(stream: true)
            #expect(simulation.observer.completed.map(\.outcome) == [.broken])
        }
    }

    @Test func `of several choices each must be finished`() throws {
        func choice(_ index: Int, _ member: String) -> String { "data: {\"choices\":[{\"index\":\(index),\(member)}]}\n\n" }
        let begun = [choice(0, #""delta":{"content":"x"}"#), choice(1, #""delta":{"content":"y"}"#), choice(0, #""finish_reason":"stop""#)]
        for (events, outcome) in [(begun, RequestContext.Outcome.broken), (begun + [choice(1, #""finish_reason":"stop""#)], .answered)] {
            try withTwo(.events(events)) { simulation, client in
                client.chat(stream: true, members: "\"n\":2")
                #expect(simulation.observer.completed.map(\.outcome) == [outcome])
            }
        }
    }

    @Test func `usage is asked for, and kept from who did not ask`() throws {
        for asks in [false, true] {
            try withGateway(.script(.chunks("x"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true, members: asks ? "\"stream_options\":{\"include_usage\":true}" : "")
                #expect(simulation.call?.text.contains("\"include_usage\":true") == true)
                #expect(client.answer?.text.contains("prompt_tokens") == asks)
                #expect(simulation.observer.completed.first?.usage?.totalTokens == 12)
            }
        }
    }

    @Test func `an event that is too long to be held is passed on in pieces, and a break inside of it is a broken answer`() throws {
        let long = ChatText.chunk(String(repeating: "x", count: 100_000))
        let script = UpstreamScript.events([ChatText.chunk("y"), long, ChatText.finish(), ChatText.done]).cut(every: 30_000)
        try withTwo(script) { simulation, client in
            client.chat(stream: true)
            #expect(client.answer?.isWhole == true && client.answer?.text.utf8.count == script.body.count)
        }
        try withTwo(script.breaking(after: 80_000)) { simulation, client in
            client.chat(stream: true)
            #expect(client.answer?.isWhole == false && client.end != nil && simulation.observer.completed.map(\.outcome) == [.broken])
            #expect(client.problem == nil && !client.received.contains("upstream_error"))
        }
    }

    @Test func `no more than some events are held without content`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.call?.beginStream()
            for _ in 0..<63 { simulation.call?.send(StreamRelayTests.role) }
            #expect(client.received.isEmpty)
            simulation.call?.send(StreamRelayTests.role)
            #expect(client.answer?.events.count == 64)
        }
    }

    @Test func `comments alone are no answer, however many`() throws {
        let comments = UpstreamScript.events(Array(repeating: ": wait\n\n", count: 400)).pausing(for: .milliseconds(100))
        try withTwo(comments) { simulation, client in
            client.chat(stream: true)
            // Before the first comment of ours everything is unseen.
            simulation.advance(by: .seconds(14))
            #expect(client.received.isEmpty && simulation.asked == ["a"])
            simulation.advance(by: .seconds(30))
            #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"])
        }
    }

    @Test func `a stream of /v1/responses ends with its own last event`() throws {
        let delta = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n"
        let last = "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}}\n\n"
        for (events, outcome) in [([delta, last], RequestContext.Outcome.answered), ([delta], .broken), ([delta, ChatText.done], .broken)] {
            try withGateway(.script(.events(events))) { simulation in
                let client = simulation.client()
                client.request("POST", "/v1/responses", body: #"{"model":"m","input":"hi","stream":true}"#)
                #expect(simulation.observer.completed.map(\.outcome) == [outcome] && client.answer?.isWhole == true)
                if outcome == .broken { #expect(client.answer?.text.contains("event: error\n") == true) }
                if outcome == .answered { #expect(simulation.observer.completed.first?.usage?.totalTokens == 7) }
            }
        }
    }

    @Test func `what comes behind [DONE] is not the client's`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.call?.beginStream()
            simulation.call?.send(ChatText.chunk("x") + ChatText.finish() + ChatText.done + ChatText.chunk("y"))
            #expect(client.answer?.isWhole == true && client.answer?.content == "x" && simulation.call?.isDetached == true)
        }
    }

    @Test func `a stream whose key is revoked ends with an error at the next event`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client(simulation.addKey("key"))
            client.chat(stream: true)
            simulation.call?.beginStream()
            simulation.call?.send(ChatText.chunk("x"))
            simulation.revokeKey("key")
            #expect(client.answer?.isWhole == false)
            simulation.call?.send(ChatText.chunk("y"))
            #expect(client.answer?.isWhole == true && client.answer?.content == "x" && client.answer?.errorCode == "invalid_api_key")
            #expect(simulation.call?.isCancelled == true)
        }
    }

    @Test func `a whole answer that is not asked for as a stream is passed on as it is`() throws {
        let body = "{ \"choices\" : [ {\"message\":{\"content\":\"\\u00e9\"},\"finish_reason\":\"stop\"} ], \"odd\" : 1.50 }\n"
        let script = UpstreamScript.status(200, body, type: "application/json; odd=\"1\"")
        for place in 0...body.utf8.count {
            try withGateway(.script(script.cut(at: place))) { simulation in
                let client = simulation.client()
                client.chat()
                #expect(client.answer?.text == body && client.answer?["content-type"] == "application/json; odd=\"1\"")
            }
        }
    }
}
