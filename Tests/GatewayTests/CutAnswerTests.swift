import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// Answers that come in pieces or break off, at every byte: whole for the client, another provider's, or visibly broken, and never anything else.
@Suite struct CutAnswerTests {
    private static let answer = UpstreamScript.completion("Hello", tokens: (3, 4))
    private static let error = UpstreamScript.status(
        400, #"{"error":{"message":"what is wrong","type":"invalid_request_error","param":"top_p","code":"odd"}}"#)

    /// A stream of each API: its path, what is asked for, its events, and how many of them come before the first word.
    struct Stream: CustomTestStringConvertible, Sendable {
        let path: String
        let body: String
        let events: [String]
        let before: Int
        var testDescription: String { path }
        var script: UpstreamScript { .events(events) }
        /// Bytes up to the end of the first word.
        var firstWord: Int { events.prefix(before + 1).joined().utf8.count }
    }

    private static func response(_ type: String, _ members: String) -> String { "event: \(type)\ndata: {\"type\":\"\(type)\",\(members)}\n\n" }

    static let streams: [Stream] = [
        Stream(
            path: "/v1/completions", body: #"{"model":"m","prompt":"hi","stream":true}"#,
            events: [
                "data: {\"choices\":[{\"index\":0,\"text\":\"\"}]}\n\n", "data: {\"choices\":[{\"index\":0,\"text\":\"Hel\"}]}\n\n",
                "data: {\"choices\":[{\"index\":0,\"text\":\"lo\",\"finish_reason\":\"stop\"}]}\n\n", ChatText.done,
            ], before: 1),
        Stream(
            path: "/v1/responses", body: #"{"model":"m","input":"hi","stream":true}"#,
            events: [
                response("response.created", "\"response\":{\"id\":\"r\",\"status\":\"in_progress\"}"),
                response("response.output_text.delta", "\"delta\":\"Hel\""), response("response.output_text.delta", "\"delta\":\"lo\""),
                response(
                    "response.completed", "\"response\":{\"id\":\"r\",\"status\":\"completed\",\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}"),
            ], before: 1),
    ]

    private func withTwo(_ script: UpstreamScript, _ body: (GatewaySimulation, SimulatedClient) throws -> Void) throws {
        let second = ScriptedProvider(
            "b",
            answer: { call in
                call.target.hasSuffix("/chat/completions") ? .reply(to: call, "from b") : .events(["data: never\n\n"])
            })
        try withGateway(.script("a", script), second) { simulation in try body(simulation, simulation.client()) }
    }

    @Test func `a whole answer is the same for the client, however it comes`() throws {
        for place in 0...Self.answer.body.count {
            try withTwo(Self.answer.cut(at: place)) { simulation, client in
                client.chat()
                #expect(client.answer?.body == Self.answer.body && client.answer?.isWhole == true && simulation.asked == ["a"], "cut at \(place)")
                #expect(simulation.observer.completed.first?.usage?.totalTokens == 7)
            }
        }
    }

    @Test(arguments: [UpstreamFailure.Kind.truncated, .idleTimeout, .malformed])
    func `a whole answer that breaks off is another's, at whatever byte`(kind: UpstreamFailure.Kind) throws {
        let end = UpstreamEnd.failed(UpstreamFailure(kind, "as the script says"))
        for place in 0...Self.answer.body.count {
            try withTwo(Self.answer.breaking(after: place, with: end)) { simulation, client in
                client.chat()
                #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"] && client.answer?.isWhole == true, "cut at \(place)")
                #expect(simulation.observer.completed.map(\.outcome) == [.answered])
            }
        }
    }

    @Test func `half of an answer that ends as if it were whole is another's`() throws {
        for place in 0..<Self.answer.body.count {
            try withTwo(Self.answer.breaking(after: place, with: .complete)) { simulation, client in
                client.chat()
                #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"], "cut at \(place)")
            }
        }
    }

    @Test(arguments: [false, true]) func `an error's words and code are the same, however its body comes`(stream: Bool) throws {
        for place in 0...Self.error.body.count {
            try withTwo(Self.error.cut(at: place)) { simulation, client in
                client.chat(stream: stream)
                let answer = try #require(client.answer)
                #expect(answer.status == 400 && answer.errorCode == "odd" && answer.errorMessage == "what is wrong" && simulation.asked == ["a"])
                #expect(answer.values(of: "param") == ["top_p"], "cut at \(place)")
            }
        }
    }

    @Test(arguments: [429, 500]) func `an error whose body breaks off is judged by its status`(status: Int) throws {
        let error = UpstreamScript.status(status, #"{"error":{"message":"no"}}"#)
        for place in 0...error.body.count {
            try withTwo(error.breaking(after: place)) { simulation, client in
                client.chat()
                let name = status == 429 ? "rate_limited" : "unavailable"
                #expect(client.answer?.content == "from b" && client.answer?["x-best-trail"] == "a/m=\(name); b/m=ok", "cut at \(place)")
            }
        }
    }

    @Test(arguments: streams) func `events of any API are passed on byte for byte, however they come`(stream: Stream) throws {
        for place in 0...stream.script.body.count {
            try withTwo(stream.script.cut(at: place)) { simulation, client in
                client.request("POST", stream.path, body: stream.body)
                #expect(client.answer?.text == stream.events.joined() && client.answer?.isWhole == true, "cut at \(place)")
                #expect(simulation.observer.completed.map(\.outcome) == [.answered])
            }
        }
    }

    @Test(arguments: streams) func `a stream of any API that breaks behind its first word is visibly broken`(stream: Stream) throws {
        // A last event that lacks its empty line alone is whole.
        for place in stream.firstWord..<stream.script.body.count - 2 {
            try withTwo(stream.script.breaking(after: place)) { simulation, client in
                client.request("POST", stream.path, body: stream.body)
                let answer = try #require(client.answer)
                #expect(
                    answer.status == 200 && answer.isWhole && answer.errorCode == "upstream_error" && simulation.asked == ["a"], "cut at \(place)")
                #expect(!answer.text.contains("[DONE]") && !answer.text.contains("response.completed"), "cut at \(place)")
                #expect(simulation.observer.completed.map(\.outcome) == [.broken])
            }
        }
    }

    @Test(arguments: streams) func `before its first word a stream that breaks shows nothing of itself`(stream: Stream) throws {
        for place in 0..<stream.firstWord {
            try withTwo(stream.script.breaking(after: place)) { simulation, client in
                client.request("POST", stream.path, body: stream.body)
                let answer = try #require(client.answer)
                #expect(simulation.asked == ["a", "b"] || stream.path == "/v1/responses", "cut at \(place)")
                #expect(!answer.text.contains("Hel") && answer.status == 502 && answer.errorCode == "upstream_error", "cut at \(place)")
            }
        }
    }
}
