import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// Errors inside an answer that began as a success, in the shapes in which providers, servers and routers send them.
@Suite struct ErrorsInStreamsTests {
    private static let role =
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"

    /// An event that tells of a failure in the words «slot unavailable».
    static let events = [
        #"data: {"error":{"code":500,"message":"slot unavailable","type":"server_error"}}"#,
        #"data: {"error":"slot unavailable"}"#,
        #"data: {"id":"c","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"slot unavailable"}}"#,
        #"data: {"choices":[{"index":0,"delta":{},"error":{"code":502,"message":"slot unavailable"}}]}"#,
        #"error: {"code":500,"message":"slot unavailable","type":"server_error"}"#,
        #"error:slot unavailable"#,
        #"Error: {"message":"slot unavailable"}"#,
        "event: error\ndata: {\"message\":\"slot unavailable\"}",
        "event:error\ndata:{\"error\":{\"message\":\"slot unavailable\"}}",
        "data: slot unavailable\nevent: error",
        "event: internalServerException\ndata: {\"message\":\"slot unavailable\"}",
        "error: {\"message\":\"slot unavailable\"}\ndata: [DONE]",
        #"data: {"detail":"slot unavailable"}"#,
        #"data: {"detail":[{"type":"value_error","loc":["body"],"msg":"slot unavailable"}]}"#,
        #"data: {"type":"about:blank","title":"Bad","status":503,"detail":"slot unavailable"}"#,
        #"data: {"errors":[{"code":7003,"message":"slot unavailable"}],"success":false,"result":{},"messages":[]}"#,
        #"data: {"success":false,"message":"slot unavailable"}"#,
        #"data: {"success":false,"error":{"message":"slot unavailable"}}"#,
        #"data: {"code":"InternalError.Algo","message":"slot unavailable","request_id":"r"}"#,
        #"data: {"code":20012,"message":"slot unavailable","data":null}"#,
        #"data: {"code":500,"msg":"slot unavailable","choices":[]}"#,
        #"data: {"choices":null,"base_resp":{"status_code":1000,"status_msg":"slot unavailable"}}"#,
        #"data: {"error_code":336100,"error_msg":"slot unavailable"}"#,
        #"data: {"type":"error","message":"slot unavailable"}"#,
        #"data: {"status":"error","message":"slot unavailable"}"#,
        #"data: {"object":"error","message":"slot unavailable","code":400}"#,
        #"data: {"message":"slot unavailable"}"#,
        #"data: [{"error":{"code":503,"message":"slot unavailable","status":"UNAVAILABLE"}}]"#,
        "data: slot unavailable", "data: Error: slot unavailable", "data: [ERROR] slot unavailable", #"data: "slot unavailable""#,
        #"{"error":{"message":"slot unavailable"}}"#, "{\n  \"error\": {\n    \"message\": \"slot unavailable\"\n  }\n}",
        #"{"code":500,"message":"slot unavailable"}"#,
        // Words that stand bare, alone or glued to what follows.
        "Internal Server Error: slot unavailable", "upstream connect error or disconnect/reset before headers. reset reason: slot unavailable",
        "HTTP/1.1 502 Bad Gateway\nslot unavailable", "TypeError: slot unavailable", "Traceback (most recent call last):\n  slot unavailable",
        "Internal Server Error: slot unavailable\ndata: [DONE]", "{\"error\":{\"message\":\"slot unavailable\"}}\ndata: [DONE]",
        "{\n  \"error\": {\n    \"message\": \"slot unavailable\"\n  }\n}\ndata: [DONE]",
        "{\"error\":{\"message\":\"slot unavailable\"}}data: [DONE]",
        "id: 5\n[{\"error\":{\"code\":503,\"message\":\"slot unavailable\"}}]\nevent: x",
    ]

    private func withTwo(_ script: UpstreamScript, _ body: (GatewaySimulation, SimulatedClient) throws -> Void) throws {
        try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in try body(simulation, simulation.client()) }
    }

    @Test(arguments: events) func `an error before the first word moves on to the next provider`(event: String) throws {
        let script = UpstreamScript.events([ErrorsInStreamsTests.role, event + "\n\n", ChatText.done])
        for script in [script, UpstreamScript.events([event + "\n\n", ChatText.done]), UpstreamScript.events([event]), script.inOneRead] {
            try withTwo(script) { simulation, client in
                client.chat(stream: true)
                #expect(client.answer?.content == "from b" && client.answer?.isWhole == true && simulation.asked == ["a", "b"])
                #expect(!client.received.contains("slot"))
            }
        }
    }

    @Test(arguments: events) func `an error behind the first word is told in the provider's words, and is the end`(event: String) throws {
        let script = UpstreamScript.events([ErrorsInStreamsTests.role, ChatText.chunk("Hel"), event + "\n\n", ChatText.done])
        let unended = UpstreamScript.events([ErrorsInStreamsTests.role, ChatText.chunk("Hel"), event])
        // How the network cuts a stream into pieces decides nothing: an error in one read with the first word is behind it, too.
        for script in [script, unended, script.inOneRead] {
            try withTwo(script) { simulation, client in
                client.chat(stream: true)
                let answer = try #require(client.answer)
                #expect(answer.isWhole && answer.content == "Hel" && simulation.asked == ["a"])
                #expect(answer.errorCode == "upstream_error" && answer.events.last?.contains("slot unavailable") == true, "\(answer.text)")
                #expect(answer.events.count == 3 && !answer.text.contains("[DONE]") && !answer.text.contains("error:"))
                #expect(simulation.observer.completed.map(\.outcome) == [.broken])
            }
        }
    }

    @Test func `an error is seen wherever the stream is cut`() throws {
        for event in ErrorsInStreamsTests.events {
            let script = UpstreamScript.events([ChatText.chunk("Hel"), event + "\n\n", ChatText.done])
            for place in ChatText.chunk("Hel").utf8.count..<script.body.count - ChatText.done.utf8.count {
                try withGateway(.script(script.cut(at: place))) { simulation in
                    let client = simulation.client()
                    client.chat(stream: true)
                    #expect(client.answer?.content == "Hel" && client.answer?.errorCode == "upstream_error", "\(event) cut at \(place)")
                    #expect(client.answer?.text.contains("[DONE]") == false && client.answer?.isWhole == true)
                }
            }
        }
    }

    @Test(arguments: events.filter { $0.contains("{") && !$0.contains("event") && !$0.contains("rror: ") && !$0.contains("[DONE]") })
    func `a whole answer that is an error moves on, stream or not`(event: String) throws {
        let body = event.hasPrefix("data: ") ? String(event.dropFirst(6)) : event
        for (stream, type) in [(false, "application/json"), (true, "application/json"), (true, "text/event-stream"), (true, "text/plain")] {
            let second = ScriptedProvider("b", answer: { .reply(to: $0, "from b") })
            try withGateway(.script("a", .status(200, body, type: type)), second) { simulation in
                let client = simulation.client()
                client.chat(stream: stream)
                #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"], "\(body) as \(type)")
                #expect(!client.received.contains("slot"))
            }
        }
    }

    @Test(arguments: [
        #"{"success":true,"errors":[],"code":0,"message":""}"#, #"{"code":0,"message":"Success"}"#, #"{"code":200,"msg":"ok"}"#,
        #"{"base_resp":{"status_code":0,"status_msg":""}}"#, #"{"error":null}"#, #"{"detail":null}"#, #"{"status":"completed"}"#,
    ]) func `what says that all is well is no error`(members: String) throws {
        let inner = members.dropFirst().dropLast()
        let event = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}],\(inner)}\n\n"
        try withTwo(.events([event, ChatText.finish(), ChatText.done])) { simulation, client in
            client.chat(stream: true)
            #expect(client.answer?.content == "x" && client.answer?.events.last == "[DONE]" && simulation.asked == ["a"])
        }
        let body = "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\(inner)}"
        try withTwo(.status(200, body)) { simulation, client in
            client.chat()
            #expect(client.answer?.content == "x" && simulation.asked == ["a"])
        }
    }

    @Test(arguments: [
        "7b\n", "ping\n\n", "trace-id: a b\n", "keep-alive\n\n", "x: y z\n\n", "Note: all is well\n",
    ]) func `lines that only look odd break nothing`(line: String) throws {
        let events = ErrorsInStreamsTests.role + line + ChatText.chunk("Hel") + line + ChatText.chunk("lo") + ChatText.finish() + line + ChatText.done
        for script in [
            UpstreamScript.events([events]),
            .events([ErrorsInStreamsTests.role, ChatText.chunk("Hello"), line + ChatText.finish(), line + ChatText.done]),
        ] {
            try withTwo(script) { simulation, client in
                client.chat(stream: true)
                #expect(
                    client.answer?.content == "Hello" && client.answer?.events.last == "[DONE]" && simulation.asked == ["a"], "\(client.received)")
            }
        }
    }

    @Test func `words before the first event, and behind a whole answer, are of no matter`() throws {
        let events = [
            "Welcome to this server\n\n", ErrorsInStreamsTests.role, ChatText.chunk("Hello"), ChatText.finish(), "Good bye\n\n", ChatText.done,
        ]
        try withTwo(.events(events)) { simulation, client in
            client.chat(stream: true)
            #expect(client.answer?.content == "Hello" && client.answer?.events.last == "[DONE]" && simulation.asked == ["a"], "\(client.received)")
        }
    }

    @Test func `a provider's key in its error is not told`() throws {
        let event = "error: {\"message\":\"key sk-provider is tired\"}\n\n"
        try withGateway(.script(.events([ChatText.chunk("Hel"), event, ChatText.done]))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            #expect(client.answer?.text.contains("is tired") == true && !client.received.contains("sk-provider"))
        }
    }

    /// An error, and the status it would have had.
    private static let known = [
        (
            429,
            #"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#
        ),
        (429, #"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error","param":null}}"#),
        (429, #"{"error":{"message":"no","type":"requests","code":"rate_limit_exceeded"}}"#),
        (429, #"{"error":{"code":429,"message":"no","metadata":{"headers":{"X-RateLimit-Reset":"1800014460000"}}}}"#),
        (401, #"{"error":{"message":"no","code":"invalid_api_key"}}"#), (503, #"{"error":{"message":"no","code":"overloaded_error"}}"#),
        (404, #"{"error":{"message":"no","code":"model_not_found"}}"#),
        (400, #"{"error":{"message":"no","code":"context_length_exceeded"}}"#),
    ]

    @Test(arguments: known) func `an error inside a success rests who sent it as the same error with its status does`(status: Int, body: String)
        throws
    {
        /// Which providers six requests in twenty minutes ask, each of another client.
        func asked(_ script: UpstreamScript, stream: Bool) throws -> [String] {
            var asked: [String] = []
            let second = ScriptedProvider("b", answer: { .reply(to: $0, "from b") })
            try withGateway(.script("a", script), second) { simulation in
                for round in 0..<6 {
                    let client = simulation.client(simulation.addKey("key \(round)"))
                    client.chat("hello \(round)", stream: stream)
                    simulation.advance(by: .seconds(round < 3 ? 1 : 400))
                }
                asked = simulation.asked
            }
            return asked
        }
        let refused = try asked(.status(status, body), stream: false)
        #expect(try asked(.status(200, body), stream: false) == refused)
        #expect(try asked(.status(200, body), stream: true) == refused)
        #expect(try asked(.events(["data: \(body)\n\n", ChatText.done]), stream: true) == refused)
        #expect(try asked(.events([ErrorsInStreamsTests.role, "event: error\ndata: \(body)\n\n"]), stream: true) == refused)
    }
}
