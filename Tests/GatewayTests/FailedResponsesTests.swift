import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// Errors inside a success of endpoints beside chat: as much the next candidate's turn as an error with a status.
@Suite struct FailedResponsesTests {
    private static let error = #""error":{"code":"server_error","message":"slot unavailable"}"#
    private static let limit = #""error":{"code":"rate_limit_exceeded","message":"Rate limit reached for m. Please try again in 20s."}"#

    /// The answer of the second provider on each endpoint.
    private static func good(_ call: ScriptedTransport.Call) -> UpstreamScript {
        let response =
            #"{"id":"resp_2","object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"from b"}]}]}"#
        if call.target.hasSuffix("/responses"), call.asksForStream {
            return .events([
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"from b\"}\n\n",
                "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":\(response)}\n\n",
            ])
        }
        switch call.target {
        case "/v1/responses": return .status(200, response)
        case "/v1/completions": return .status(200, #"{"choices":[{"index":0,"text":"from b","finish_reason":"stop"}]}"#)
        case "/v1/embeddings": return .status(200, #"{"object":"list","data":[{"index":0,"embedding":[0.5]}],"note":"from b"}"#)
        case "/v1/images/generations": return .status(200, #"{"created":1,"data":[{"url":"from b"}]}"#)
        case "/v1/audio/speech": return .status(200, "from b", type: "audio/mpeg")
        default: return .status(200, #"{"results":[{"index":0}],"note":"from b"}"#)
        }
    }

    private func ask(
        _ path: String, _ script: UpstreamScript, stream: Bool = false, alone: Bool = false,
        _ body: (GatewaySimulation, ReceivedAnswer) throws -> Void
    ) throws {
        let providers = [ScriptedProvider.script("a", script)] + (alone ? [] : [ScriptedProvider("b", answer: Self.good)])
        try withGateway(providers) { simulation in
            let client = simulation.client()
            let members = #""model":"m","input":"hi","prompt":"hi","query":"q","documents":["d"],"voice":"v""#
            client.request("POST", path, body: "{\(members)\(stream ? ",\"stream\":true" : "")}")
            simulation.advance(by: .seconds(1))
            try body(simulation, try #require(client.answer))
        }
    }

    @Test(arguments: [
        #"{"id":"resp_1","object":"response","status":"failed","output":[],\#(error)}"#,
        #"{"id":"resp_1","object":"response","status":"failed","output":[],"error":null}"#,
        #"{"id":"resp_1","object":"response","status":"cancelled","output":[]}"#,
        #"{"id":"resp_1","object":"response","status":"failed","output":[{"type":"message","content":[]}],\#(error)}"#,
        #"{\#(error)}"#, #"{\#(limit)}"#, #"{"detail":"slot unavailable"}"#, #"{"data":{\#(error)}}"#, "Internal Server Error",
        #"{"object":"error","message":"slot unavailable","type":"server_error"}"#,
    ]) func `a response that has failed is the next candidate's turn`(body: String) throws {
        for stream in [false, true] {
            try ask("/v1/responses", .status(200, body), stream: stream) { simulation, answer in
                #expect(answer.status == 200 && answer.text.contains("from b") && simulation.asked == ["a", "b"], "\(stream) \(answer.text)")
                #expect(answer.isWhole && !answer.text.contains("slot"))
            }
        }
    }

    private static let created =
        "event: response.created\n" + #"data: {"type":"response.created","response":{"id":"resp_1","status":"in_progress","error":null}}"#
        + "\n\nevent: response.in_progress\n" + #"data: {"type":"response.in_progress","response":{"id":"resp_1","status":"in_progress"}}"# + "\n\n"
    private static let delta = #"data: {"type":"response.output_text.delta","delta":"Hel"}"# + "\n\n"

    /// Events that end a response badly, in the words «slot unavailable» but for the last.
    private static let ends = [
        #"data: {"type":"response.failed","response":{"id":"resp_1","status":"failed",\#(error)}}"#,
        #"data: {"type":"error","code":"server_error","message":"slot unavailable","param":null,"sequence_number":3}"#,
        #"data: {"type":"error",\#(error)}"#, "event: error\ndata: {\"code\":500,\"message\":\"slot unavailable\"}", "data: {\(error)}",
        #"data: {"type":"response.completed","response":{"id":"resp_1","status":"failed",\#(error)}}"#,
        #"data: {"data":{\#(error)}}"#, #"data: {"type":"response.failed","response":{"id":"resp_1","status":"failed","error":null}}"#,
    ]

    @Test(arguments: ends) func `a stream of a response that fails before its first word is the next candidate's turn`(end: String) throws {
        for events in [[Self.created, end + "\n\n"], [end + "\n\n"]] {
            try ask("/v1/responses", .events(events), stream: true) { simulation, answer in
                #expect(answer.text.contains("from b") && simulation.asked == ["a", "b"], "\(answer.text)")
                #expect(!answer.text.contains("resp_1") && !answer.text.contains("slot"))
            }
        }
    }

    @Test(arguments: ends) func `behind the first word it is an error event as the API has it`(end: String) throws {
        try ask("/v1/responses", .events([Self.created, Self.delta, end + "\n\n"]), stream: true) { simulation, answer in
            let last = try #require(answer.events.last)
            #expect(simulation.asked == ["a"] && answer.isWhole && answer.text.contains("event: error\n"))
            #expect(last.contains(#""type":"error","code":"upstream_error","message":"#) && last.contains(#""error":{"message":"#), "\(last)")
            #expect(end.contains(#""error":null"#) || last.contains("slot unavailable"))
            #expect(simulation.observer.completed.map(\.outcome) == [.broken])
        }
    }

    @Test func `what the client sent with its request decides nothing in a response that has failed`() throws {
        let response = #"{"id":"resp_1","object":"response","status":"failed","error":null,"metadata":{"code":"invalid_api_key","error":"no money"}}"#
        for (script, stream) in [
            (UpstreamScript.status(200, response), false),
            (.events(["data: {\"type\":\"response.failed\",\"error\":{\"message\":\"x\"},\"response\":\(response)}\n\n"]), true),
        ] {
            try ask("/v1/responses", script, stream: stream, alone: true) { simulation, answer in
                #expect(answer.status == 502 && answer.errorCode == "upstream_error" && answer["x-best-trail"] == "a/m=error_in_answer")
            }
        }
    }

    @Test func `a response that failed with a limit alone is told as one`() throws {
        try ask("/v1/responses", .events([Self.created, "data: {\"type\":\"error\",\(Self.limit)}\n\n"]), stream: true, alone: true) { _, answer in
            #expect(answer.status == 429 && answer.errorCode == "pool_exhausted" && answer["retry-after"] == "20")
        }
        try ask("/v1/responses", .events([Self.created, Self.delta, "data: {\"type\":\"error\",\(Self.limit)}\n\n"]), stream: true, alone: true) {
            _, answer in
            let last = try #require(answer.events.last)
            #expect(last.contains(#""code":"rate_limit_exceeded""#) && last.contains(#""type":"requests""#))
        }
    }

    @Test(arguments: ["/v1/completions", "/v1/embeddings", "/v1/images/generations", "/v1/audio/speech", "/v1/rerank", "/v1/moderations"])
    func `an error in place of another endpoint's answer is the next candidate's turn`(path: String) throws {
        for body in [
            "{\(Self.error)}", "{\(Self.limit)}", #"{"detail":"slot unavailable"}"#, #"{"data":{\#(Self.error)}}"#,
            #"{"success":false,"errors":["slot"]}"#,
            #"{"data":[{"error":{"message":"slot unavailable"}}]}"#, #"{"result":{\#(Self.error)}}"#, #"{"data":[],\#(Self.error)}"#,
        ] {
            try ask(path, .status(200, body)) { simulation, answer in
                #expect(answer.status == 200 && answer.text.contains("from b") && simulation.asked == ["a", "b"], "\(body): \(answer.text)")
            }
        }
    }

    @Test(arguments: ["audio/mpeg", "application/octet-stream", "text/plain", "application/problem+json", "text/event-stream"])
    func `an error under the name of sound is no sound`(type: String) throws {
        let bodies =
            switch type {
            case "text/event-stream": ["data: {\(Self.error)}\n\n", "event: error\ndata: {\"message\":\"slot unavailable\"}\n\n"]
            case "text/plain": ["{\(Self.error)}", "Internal Server Error"]
            default: ["{\(Self.error)}"]
            }
        for body in bodies {
            try ask("/v1/audio/speech", .status(200, body, type: type)) { simulation, answer in
                #expect(answer.text == "from b" && simulation.asked == ["a", "b"], "\(body): \(answer.text)")
            }
        }
    }

    @Test func `sound that only begins like JSON is passed on as it is`() throws {
        let event = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AA\"}\n\n"
        for (body, type) in [("{\"\u{1}\u{2}sound", "audio/pcm"), ("ID3\u{1}\u{2}", "text/plain"), (event, "text/event-stream")] {
            try ask("/v1/audio/speech", .status(200, body, type: type)) { simulation, answer in
                #expect(answer.text == body && simulation.asked == ["a"] && answer.isWhole)
            }
        }
    }

    @Test func `what a server behind the one that answers has failed at may have been made and is not asked for twice`() throws {
        for path in ["/v1/images/generations", "/v1/audio/speech"] {
            try ask(path, .status(200, #"{"error":{"code":504,"message":"upstream timed out"}}"#)) { simulation, answer in
                #expect(answer.status == 502 && simulation.asked == ["a"])
            }
        }
        try ask("/v1/responses", .status(200, #"{"error":{"code":504,"message":"upstream timed out"}}"#)) { simulation, answer in
            #expect(answer.status == 200 && simulation.asked == ["a", "b"])
        }
    }
}
