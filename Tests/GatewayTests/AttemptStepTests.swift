import EventLoop
import Gateway
import GatewayTesting
import Testing

/// Each step of the plan as a client sees it: whom it is asked, what is waited for, what is tried early, and with what it ends.
@Suite struct AttemptStepTests {
    private static func limit(_ seconds: Int) -> UpstreamScript { .status(429, fields: [("retry-after", "\(seconds)")]) }

    @Test func `candidates are asked in their order, each once, until one answers`() throws {
        let failing = ["a", "b", "c"].map { ScriptedProvider.script($0, .failure(.closedBeforeAnswer)) }
        let answering = ["d", "e"].map { ScriptedProvider.script($0, .completion("from \($0)")) }
        try withGateway(failing + answering) { simulation in
            let client = simulation.client()
            client.chat(model: "a/m,c/m,b/m,d/m,e/m")
            #expect(simulation.asked == ["a", "c", "b", "d"] && client.answer?.content == "from d" && client.answer?["x-best-attempts"] == "4")
        }
    }

    @Test func `one that is at its limit is passed over, and asked again when that is over`() throws {
        try withGateway(.script("a", Self.limit(30), .completion("from a")), .script("b", .completion("from b"))) { simulation in
            let client = simulation.client()
            for _ in 0..<3 { client.chat(model: "a/m,b/m") }
            #expect(simulation.asked == ["a", "b", "b", "b"] && client.answers.allSatisfy { $0.content == "from b" })
            simulation.advance(by: .seconds(31))
            client.chat(model: "a/m,b/m")
            #expect(simulation.asked.last == "a" && client.answer?.content == "from a")
        }
    }

    @Test func `one that is busy is passed over while another is not`() throws {
        let one = ScriptedProvider("a", keys: [], { $0.limits.concurrency = 1 }, answer: { _ in .silence })
        try withGateway(one, .script("b", .completion("from b"))) { simulation in
            let (first, second) = (simulation.client(), simulation.client())
            for client in [first, second] { client.chat(model: "a/m,b/m") }
            #expect(simulation.asked == ["a", "b"] && second.answer?.content == "from b" && first.answers.isEmpty)
        }
    }

    @Test(arguments: [("5", true), ("1", false)])
    func `a limit is waited for as long as the client's patience allows, and no longer in vain`(patience: String, isServed: Bool) throws {
        try withGateway(.script("a", Self.limit(3), .completion("after it"))) { simulation in
            let client = simulation.client()
            client.chat(fields: [("x-best-wait", patience)])
            if isServed {
                #expect(client.answers.isEmpty && simulation.gateway.waitingRequests == 1)
                simulation.advance(by: .milliseconds(3100))
                #expect(client.answer?.content == "after it" && simulation.calls.count == 2)
            } else {
                #expect(client.answer?.status == 429 && client.answer?["retry-after"] == "3", "who will be refused is refused at once")
            }
        }
    }

    @Test func `of those who wait for one that rests by guess one tries it early`() throws {
        var isWell = false
        let provider = ScriptedProvider("a", answer: { isWell ? .reply(to: $0, "well") : .status(500) })
        try withGateway(provider) { simulation in
            let client = simulation.client()
            // Failures in a row show that it is down.
            for place in 0..<6 {
                client.chat("hi \(place)", fields: [("x-best-wait", "0")])
                simulation.advance(by: .seconds(1))
            }
            #expect(client.answers.allSatisfy { $0.status >= 500 } && !simulation.gateway.restReports().isEmpty)
            isWell = true
            let calls = simulation.calls.count
            let waiting = (0..<3).map { _ in simulation.client() }
            for client in waiting { client.chat(fields: [("x-best-wait", "120")]) }
            #expect(simulation.calls.count <= calls + 1)
            simulation.advance(by: .seconds(120))
            #expect(waiting.allSatisfy { $0.answer?.content == "well" } && simulation.calls.count == calls + 3)
        }
    }

    @Test func `an own limit of the configuration is told as one of the gateway's`() throws {
        let provider = ScriptedProvider("a") {
            $0.limits.requestsPerMinute = 1
        } answer: {
            .reply(to: $0, "x")
        }
        try withGateway(provider) {
            $0.failure.wait = .zero
        } _: { simulation in
            let client = simulation.client()
            client.chat()
            client.chat("again")
            #expect(client.answers.map(\.status) == [200, 429] && client.answer?.errorCode == "pool_exhausted" && simulation.calls.count == 1)
            #expect((Int(client.answer?["retry-after"] ?? "") ?? 0) > 50)
        }
    }

    @Test(
        arguments: [
            (limit(30), 429, "pool_exhausted", "30"), (.status(503, fields: [("retry-after", "30")]), 503, "overloaded", "30"),
        ] as [(UpstreamScript, Int, String, String)])
    func `what rests by its provider's word is not asked, and told as when it was`(script: UpstreamScript, status: Int, code: String, wait: String)
        throws
    {
        try withGateway(.script("a", script), .script("b", script)) {
            $0.failure.wait = .zero
        } _: { simulation in
            let client = simulation.client()
            client.chat()
            #expect(simulation.calls.count == 2)
            client.chat("again")
            #expect(simulation.calls.count == 2 && client.answers.count == 2)
            for answer in client.answers {
                #expect(answer.status == status && answer.errorCode == code && answer["retry-after"] == wait, "\(answer.text)")
            }
        }
    }

    @Test func `a prompt that is too long for one goes to a larger one only`() throws {
        func provider(_ name: String, _ context: Int, _ script: UpstreamScript) -> ScriptedProvider {
            ScriptedProvider(name) {
                $0.models?[0].contextLength = context
            } answer: { _ in
                script
            }
        }
        let tooLong = UpstreamScript.status(400, #"{"error":{"message":"too long","code":"context_length_exceeded"}}"#)
        let providers = [
            provider("a", 8000, tooLong), provider("b", 4000, .completion("from b")), provider("c", 8000, .completion("from c")),
            provider("d", 16_000, .completion("from d")),
        ]
        try withGateway(providers) { simulation in
            let client = simulation.client()
            client.chat(model: "a/m,b/m,c/m,d/m")
            #expect(simulation.asked == ["a", "d"] && client.answer?.content == "from d")
        }
    }

    @Test func `a request whose time is up is told so, whoever is left`() throws {
        let providers = ["a", "b", "c", "d"].map { ScriptedProvider.script($0, UpstreamScript.status(500).after(.seconds(4))) }
        try withGateway(providers) {
            $0.failure.deadline = .seconds(10)
        } _: { simulation in
            let client = simulation.client()
            client.chat()
            simulation.advance(by: .seconds(11))
            #expect(client.answer.map { [502, 504].contains($0.status) } == true && simulation.calls.count <= 4)
            #expect(simulation.observer.completed.first.map { $0.endedAt.elapsed(since: GatewaySimulation.start) <= .seconds(10) } == true)
        }
    }
}
