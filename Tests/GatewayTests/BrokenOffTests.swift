import EventLoop
import Gateway
import GatewayTesting
import Testing

/// Answers that a provider broke off and that say so in their `finish_reason` alone.
@Suite struct BrokenOffTests {
    /// The value of `finish_reason` as it stands in JSON.
    private static let reasons = [
        #""error""#, #""insufficient_system_resource""#, #""network_error""#, #""abort""#, #""aborted""#, #""ERROR""#, #""cancelled""#,
        #"{"type":"abort","message":"Aborted","status_code":500,"err_type":null}"#,
        #"{"type":"abort","message":"Out of memory","status_code":503}"#, #"{"type":"abort"}"#,
    ]

    private static func end(_ reason: String, delta: String = "{}") -> String {
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":\(delta),\"finish_reason\":\(reason)}]}\n\n"
    }

    private static func answer(_ reason: String) -> String {
        "{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"half of it\"},"
            + "\"finish_reason\":\(reason)}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}"
    }

    @Test(arguments: reasons) func `a stream that was broken off before its first word is asked of the next`(reason: String) throws {
        for script in [UpstreamScript.events([Self.end(reason), ChatText.done]), .events([Self.end(reason, delta: #"{"content":""}"#)])] {
            try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(model: "a/m,b/m", stream: true)
                #expect(client.answer?.content == "from b" && client.answer?.isWhole == true && simulation.asked == ["a", "b"])
            }
        }
    }

    @Test(arguments: reasons) func `a stream that was broken off behind its first word ends in an error that is seen`(reason: String) throws {
        for last in ["{}", #"{"content":"lo"}"#] {
            let script = UpstreamScript.events([ChatText.chunk("Hel"), Self.end(reason, delta: last), ChatText.done])
            for script in [script, script.inOneRead] {
                try withGateway(.script("a", script), .script("b", .chunks("from b"))) { simulation in
                    let client = simulation.client()
                    client.chat(model: "a/m,b/m", stream: true)
                    let answer = try #require(client.answer)
                    #expect(answer.isWhole && answer.content == "Hel" && simulation.asked == ["a"])
                    #expect(answer.errorCode == "upstream_error" && !answer.text.contains("[DONE]"))
                    #expect(simulation.observer.completed.map(\.outcome) == [.broken])
                }
            }
        }
    }

    @Test(arguments: reasons) func `half an answer that came as a whole one is asked of the next, or is an error`(reason: String) throws {
        for stream in [false, true] {
            let second = ScriptedProvider("b", answer: { .reply(to: $0, "from b") })
            try withGateway(.script("a", .status(200, Self.answer(reason))), second) { simulation in
                let client = simulation.client()
                client.chat(model: "a/m,b/m", stream: stream)
                #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"] && !client.received.contains("half"))
            }
            try withGateway(.script("a", .status(200, Self.answer(reason)))) {
                $0.failure.wait = .zero
            } _: { simulation in
                let client = simulation.client()
                client.chat(stream: stream)
                #expect((client.answer?.status ?? 0) >= 500 && !client.received.contains("half of it"), "\(client.received)")
            }
        }
    }

    @Test(arguments: ["stop", "length", "content_filter", "tool_calls", "sensitive", "model_length", "eos", "STOP"])
    func `an answer that the model, a limit or a filter has ended is one`(reason: String) throws {
        let object = "{\"type\":\"\(reason)\",\"matched\":2}"
        for reason in ["\"\(reason)\"", object] {
            try withGateway(.script("a", .status(200, Self.answer(reason)), .events([ChatText.chunk("Hel"), Self.end(reason), ChatText.done]))) {
                simulation in
                let (whole, streamed) = (simulation.client(), simulation.client())
                whole.chat()
                #expect(whole.answer?.status == 200 && whole.answer?.content == "half of it")
                streamed.chat(stream: true)
                #expect(streamed.answer?.content == "Hel" && streamed.answer?.events.last == "[DONE]")
            }
        }
    }

    @Test func `a provider that gave the request up by itself is asked of the next, and alone it is no mistake of the client's`() throws {
        let cancelled = [
            #"{"error":{"code":499,"message":"The operation was cancelled.","status":"CANCELLED"}}"#,
            #"[{"error":{"code":499,"message":"The operation was cancelled.","status":"CANCELLED"}}]"#, "",
        ]
        for body in cancelled {
            try withGateway(.script("a", .status(499, body)), .script("b", .completion("from b"))) { simulation in
                let client = simulation.client()
                client.chat(model: "a/m,b/m")
                #expect(client.answer?.content == "from b")
            }
            try withGateway(.script("a", .status(499, body))) {
                $0.failure.wait = .zero
            } _: { simulation in
                let client = simulation.client()
                client.chat()
                simulation.advance(by: .seconds(1))
                #expect(client.answer?.status == 502 && client.answer?.errorCode == "upstream_error", "\(client.received)")
            }
        }
    }
}
