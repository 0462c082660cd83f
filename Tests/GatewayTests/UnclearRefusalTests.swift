import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// Refusals as the client's mistake that do not say which: another provider is asked before the client is told.
@Suite struct UnclearRefusalTests {
    @Test(
        arguments: [
            ("", false), ("Bad Request", false), ("<html><h1>400 Bad Request</h1></html>", false), ("{\"error\":{\"message\":\"bad\"}}", false),
            ("{\"error\":{\"message\":\"x\",\"type\":\"invalid_request_error\"}}", false),
            ("{\"detail\":\"There was an error parsing the body\"}", false),
            ("{\"error\":{\"message\":\"Provider returned error\",\"code\":400}}", false),
            ("{\"error\":{\"message\":\"Unprocessable Entity\",\"code\":\"invalid_request_error\"}}", false),
            ("{\"error\":{\"message\":\"The request could not be processed. Please contact support.\"}}", false),
            ("{\"error\":{\"message\":\"x\",\"param\":\"temperature\"}}", true), ("{\"error\":{\"message\":\"x\",\"code\":\"unknown_voice\"}}", true),
            ("{\"error\":{\"message\":\"temperature must be at most 2\"}}", true),
            ("{\"error\":{\"message\":\"Invalid value: 'high'.\"}}", true), ("{\"error\":{\"message\":\"invalid top_p\"}}", true),
            ("{\"detail\":[{\"loc\":[\"body\",\"messages\"],\"msg\":\"Field required\"}]}", true),
        ])
    func `a refusal says what is wrong when it names it`(body: String, says: Bool) {
        #expect(withBytes(body) { RefusalWords.sayWhat(UpstreamErrorBody(parsing: $0)) } == says)
    }

    private func verdict(_ status: Int, _ body: String) -> FailureVerdict {
        withBytes(body) {
            FailureClassifier.classify(
                status: status, limits: LimitFields(), body: $0, request: RawSpan(), FailureClassifier.Circumstances(), now: FailureFixture.now)
        }
    }

    @Test(arguments: [406, 411, 415, 428, 431]) func `what the gateway frames is no mistake of the client's`(status: Int) {
        let verdict = self.verdict(status, "{\"error\":{\"message\":\"x\",\"type\":\"invalid_request_error\"}}")
        #expect(verdict.kind == .unavailable(status: status) && verdict.cause == .either && verdict.nothingWasDone)
        #expect(self.verdict(415, "{\"error\":{\"message\":\"images of the type `image/tiff` are not taken\"}}").kind == .request(status: 415))
    }

    /// A provider that refuses everything, or what asks for it, and one that is well.
    private func fleet(_ status: Int, _ body: String, all: Bool = true) -> [ScriptedProvider] {
        [
            ScriptedProvider.answering("a") { all || $0.text.contains("odd") ? .status(status, body) : .reply(to: $0, "a") },
            ScriptedProvider.answering("b") { $0.text.contains("bad") ? .status(status, body) : .reply(to: $0, "b") },
        ]
    }

    @Test(arguments: [
        (400, ""), (400, "Bad Request"), (422, "{\"error\":{\"message\":\"x\",\"type\":\"invalid_request_error\"}}"), (499, ""), (431, ""),
    ])
    func `a provider that refuses everything and never says why is left for the next, and after some of two clients left alone`(
        status: Int, body: String
    ) throws {
        try withGateway(fleet(status, body)) { simulation in
            let tokens = [simulation.addKey("A"), simulation.addKey("B")]
            // Who says in an error object that it is the client's mistake is believed five times by each client.
            let believed = body.contains("{") ? 2 * UnclearRefusals.most : 0
            for count in 0..<40 {
                let client = simulation.client(tokens[count % 2])
                client.chat("question \(count)", model: "a/m,b/m", stream: count % 4 < 2)
                if count < believed {
                    #expect(client.answer?.status == status, "\(count): \(client.answer?.text ?? "")")
                } else {
                    #expect(client.answer?.content == "b", "\(count): \(client.answer?.text ?? "")")
                }
            }
            #expect(simulation.calls.count { $0.host == "a.test" } <= 10 + believed)
        }
    }

    @Test func `what every provider refuses is told after two, and keeps nobody away`() throws {
        try withGateway(fleet(400, "bad", all: false) + [.script("c", .completion("c"))]) { simulation in
            let (tokenA, tokenB) = (simulation.addKey("A"), simulation.addKey("B"))
            for count in 0..<30 {
                let client = simulation.client(tokenA)
                client.chat("odd and bad \(count)", model: "a/m,b/m,c/m")
                #expect(client.answer?.status == 400 && client.answer?.errorMessage == "bad")
                simulation.advance(by: .milliseconds(10))
            }
            #expect(simulation.calls.count == 60)
            let other = simulation.client(tokenB)
            other.chat("hi", model: "a/m")
            #expect(other.answer?.content == "a")
        }
    }

    @Test func `no client takes a provider away by what it refuses of him alone`() throws {
        try withGateway(fleet(400, "", all: false)) { simulation in
            let (tokenA, tokenB) = (simulation.addKey("A"), simulation.addKey("B"))
            for count in 0..<50 {
                let client = simulation.client(tokenA)
                client.chat("odd \(count)", model: "a/m,b/m")
                #expect(client.answer?.content == "b")
                let other = simulation.client(tokenB)
                other.chat("hi \(count)", model: "a/m")
                #expect(other.answer?.content == "a")
                simulation.advance(by: .milliseconds(100))
            }
        }
    }

    @Test func `a refusal that says what is wrong is told at once`() throws {
        try withGateway(fleet(400, "{\"error\":{\"message\":\"temperature must be at most 2\",\"param\":\"temperature\"}}")) { simulation in
            let client = simulation.client()
            client.chat("hi", model: "a/m,b/m")
            #expect(client.answer?.status == 400 && simulation.calls.count == 1)
        }
    }

    @Test func `a provider that is believed is doubted at the sixth different request in a row, by that client alone`() throws {
        try withGateway(fleet(400, "{\"error\":{\"message\":\"Bad request\",\"type\":\"invalid_request_error\"}}", all: false)) { simulation in
            let (clientA, clientB) = (simulation.client(simulation.addKey("A")), simulation.client(simulation.addKey("B")))
            for round in 0..<4 {
                for count in 0..<UnclearRefusals.most {
                    clientA.chat("odd \(round) \(count)", model: "a/m,b/m")
                    #expect(clientA.answer?.status == 400, "\(round) \(count)")
                }
                if round < 3 {
                    clientA.chat("hi \(round)", model: "a/m,b/m")
                    #expect(clientA.answer?.content == "a")
                }
            }
            for _ in 0..<20 { clientB.chat("odd", model: "a/m,b/m") }
            #expect(clientB.answers.count == 20 && clientB.answers.allSatisfy { $0.status == 400 }, "the same mistake again")
            clientA.chat("odd", model: "a/m,b/m")
            #expect(clientA.answer?.content == "b")
        }
    }

    @Test func `nothing is waited for to ask another`() throws {
        let rests = ScriptedProvider.answering("b") { _ in .status(429, "{}", fields: [("retry-after", "5")]) }
        try withGateway(ScriptedProvider.answering("a") { _ in .status(400, "") }, rests) { simulation in
            let client = simulation.client()
            client.chat("hi", model: "b/m", fields: [("x-best-wait", "0")])
            client.chat("hi", model: "a/m,b/m")
            #expect(client.answers.last?.status == 400)
        }
    }
}
