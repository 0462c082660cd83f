import EventLoop
import Gateway
import GatewayTesting
import Testing

/// Requests that wait for capacity.
@Suite struct WaitingRoomTests {
    /// A local provider that takes one request at a time, answered by hand.
    private func one(_ name: String = "a", _ answer: ((ScriptedTransport.Call) -> UpstreamScript)? = nil) -> ScriptedProvider {
        ScriptedProvider(name, keys: []) {
            $0.limits.concurrency = 1
        } answer: {
            answer?($0) ?? .silence
        }
    }

    @Test func `what comes free is given to who waits, in the order of coming`() throws {
        try withGateway(one()) { simulation in
            let clients = (0..<4).map { _ in simulation.client() }
            for (place, client) in clients.enumerated() { client.chat("\(place)", fields: [("x-best-wait", "60")]) }
            #expect(simulation.calls.count == 1 && simulation.gateway.waitingRequests == 3)
            for place in 0..<4 {
                simulation.advance(by: .seconds(1))
                #expect(simulation.call?.text.contains("\"content\":\"\(place)\"") == true)
                simulation.call?.play(.completion("answer \(place)"))
            }
            #expect(clients.map { $0.answer?.content } == (0..<4).map { "answer \($0)" } && simulation.gateway.waitingRequests == 0)
        }
    }

    @Test(arguments: [(nil, 2000), ("0", 0), ("0.5", 500), ("5", 5000), ("1m30s", 90_000), ("9999h", 120_000)])
    func `the client says how long it waits, within the operator's bound`(wait: String?, milliseconds: Int) throws {
        try withGateway(one()) { simulation in
            let (first, second) = (simulation.client(), simulation.client())
            first.chat(stream: true)
            simulation.call?.beginStream()
            simulation.call?.send(ChatText.chunk("x"))
            second.chat(fields: wait.map { [("x-best-wait", $0)] } ?? [])
            for _ in 0..<milliseconds / 500 {
                #expect(second.answers.isEmpty)
                simulation.advance(by: .milliseconds(499))
                simulation.call?.send(ChatText.chunk("x"))
                simulation.advance(by: .milliseconds(1))
            }
            #expect(second.answer?.status == 503 && second.answer?.errorCode == "overloaded" && second.answer?["retry-after"] == "1")
        }
    }

    @Test func `when the one leaves who would be told next, the others are told in their time`() throws {
        try withGateway(one()) { simulation in
            let clients = (0..<3).map { _ in simulation.client() }
            clients[0].chat()
            clients[1].chat(fields: [("x-best-wait", "1")])
            clients[2].chat(fields: [("x-best-wait", "3")])
            #expect(simulation.gateway.waitingRequests == 2)
            simulation.advance(by: .milliseconds(500))
            clients[1].leave()
            simulation.advance(by: .milliseconds(2400))
            #expect(clients[2].answers.isEmpty)
            simulation.advance(by: .milliseconds(101))
            #expect(clients[2].answer?.status == 503)
        }
    }

    @Test(arguments: [(1, 1), (1, 3)]) func `keys share what one provider has by their weights while the provider before it is busy`(
        weights: (Int, Int)
    ) throws {
        try withGateway([one("first"), one("second")]) { simulation in
            let keys = ["a": simulation.addKey("a", weight: weights.0), "b": simulation.addKey("b", weight: weights.1)]
            // Both providers are busy, the first one for good.
            for _ in 0..<2 { simulation.client(keys["a"]).chat("busy") }
            #expect(simulation.calls.map(\.host) == ["first.test", "second.test"])
            for name in ["a", "b"] {
                for _ in 0..<8 { simulation.client(keys[name]).chat("from \(name)", fields: [("x-best-wait", "60")]) }
            }
            var served = ["a": 0, "b": 0]
            for _ in 0..<8 {
                simulation.call?.play(.completion("x"))
                let call = try #require(simulation.call)
                #expect(call.host == "second.test")
                for name in ["a", "b"] where call.text.contains("from \(name)") { served[name, default: 0] += 1 }
            }
            let share = 8 * weights.0 / (weights.0 + weights.1)
            #expect(abs((served["a"] ?? 0) - share) <= 1 && served["a"]! + served["b"]! == 8, "\(served)")
        }
    }

    @Test func `of all who wait one tries early what rests after failures, and the others wait for what comes of it`() throws {
        var isDown = true
        let provider = ScriptedProvider.answering { _ in isDown ? .status(500, "{\"error\":{\"message\":\"down\"}}") : .silence }
        try withGateway(provider) { simulation in
            for _ in 0..<12 {
                simulation.advance(by: .seconds(1))
                simulation.client().chat("hi", fields: [("x-best-wait", "0")])
            }
            isDown = false
            let before = simulation.calls.count
            let clients = (0..<10).map { _ in simulation.client() }
            for (number, client) in clients.enumerated() { client.chat("\(number)", fields: [("x-best-wait", "3")]) }
            #expect(simulation.calls.count == before && simulation.gateway.waitingRequests == 10)
            simulation.advance(by: .milliseconds(2900))
            #expect(simulation.calls.count - before == 1)
            simulation.call?.play(.completion("well"))
            #expect(clients.contains { $0.answer?.content == "well" })
            simulation.advance(by: .seconds(60))
        }
    }

    @Test func `who leaves the room makes place, and one too many is sent away`() throws {
        try withGateway(one()) {
            $0.failure.waitingRequests = 2
        } _: { simulation in
            let clients = (0..<4).map { _ in simulation.client() }
            for client in clients { client.chat(fields: [("x-best-wait", "60")]) }
            #expect(clients.map { $0.answer?.status } == [nil, nil, nil, 503])
            clients[1].leave()
            let last = simulation.client()
            last.chat(fields: [("x-best-wait", "60")])
            #expect(last.answers.isEmpty && simulation.gateway.waitingRequests == 2)
            simulation.call?.play(.completion("x"))
            simulation.advance(by: .seconds(1))
            simulation.call?.play(.completion("y"))
            #expect(clients[2].answer?.content == "y")
            simulation.call?.play(.completion("z"))
            #expect(last.answer?.content == "z")
        }
    }

    @Test func `a reload that takes away what a waiting request has asked for harms nobody`() throws {
        try withGateway(one("a"), one("b")) {
            $0.scoring.profiles.own["mine"] = ScoringProfile()
        } _: { simulation in
            let clients = (0..<4).map { _ in simulation.client() }
            for client in clients { client.chat(model: "mine", fields: [("x-best-wait", "60")]) }
            #expect(simulation.calls.count == 2 && simulation.gateway.waitingRequests == 2)
            simulation.reload { $0.scoring.profiles.own = [:] }
            for call in simulation.calls { call.play(.completion("before")) }
            // One moves on after the reload, and the other's provider is gone meanwhile.
            #expect(simulation.calls.count == 4)
            simulation.reload { $0.providers.removeLast() }
            simulation.calls[2].play(.status(500))
            simulation.calls[3].play(.completion("after"))
            simulation.advance(by: .seconds(1))
            simulation.calls.last?.play(.completion("after"))
            #expect(clients.map { $0.answer?.status } == [200, 200, 200, 200])
            let late = simulation.client()
            late.chat(model: "mine")
            #expect(late.answer?.status == 404)
        }
    }

    @Test func `a provider that is gone after a reload is not asked by who waits for it`() throws {
        try withGateway(one("a"), one("b")) { simulation in
            let clients = (0..<3).map { _ in simulation.client() }
            for client in clients { client.chat(fields: [("x-best-wait", "60")]) }
            simulation.reload { $0.providers = [] }
            for call in simulation.calls { call.play(.completion("x")) }
            simulation.advance(by: .seconds(61))
            simulation.calls.last?.play(.completion("x"))
            #expect(clients.allSatisfy { $0.answer != nil } && simulation.gateway.waitingRequests == 0)
        }
    }

    @Test func `a key of three times the weight gets three times as much of what is scarce`() throws {
        try withGateway(one()) { simulation in
            let (light, heavy) = (simulation.addKey("light"), simulation.addKey("heavy", weight: 3))
            simulation.client(light).chat()
            for _ in 0..<12 {
                simulation.client(light).chat(fields: [("x-best-wait", "100")])
                simulation.client(heavy).chat(fields: [("x-best-wait", "100")])
            }
            for _ in 0..<9 { simulation.call?.play(.completion("x")) }
            let names = simulation.calls.dropFirst().prefix(8).compactMap { $0.context?.key.name }
            #expect(names.count { $0 == "heavy" } == 6 && names.count { $0 == "light" } == 2)
            while simulation.gateway.statistics.inFlight > 0 { simulation.call?.play(.completion("x")) }
        }
    }

    @Test func `each who waits is given what its own list has`() throws {
        try withGateway(one("a"), one("b"), one("c")) { simulation in
            simulation.client().chat(model: "a/m")
            simulation.client().chat(model: "b/m")
            let (first, second) = (simulation.client(), simulation.client())
            let call = try {
                simulation.client().chat(model: "c/m"); return try #require(simulation.call)
            }()
            first.chat("first", model: "a/m,b/m", fields: [("x-best-wait", "60")])
            second.chat("second", model: "a/m,c/m", fields: [("x-best-wait", "60")])
            call.play(.completion("x"))
            #expect(simulation.call?.host == "c.test" && simulation.call?.text.contains("second") == true)
            for call in simulation.calls { call.play(.completion("done")) }
            for call in simulation.calls { call.play(.completion("done")) }
            #expect(first.answer?.content == "done" && second.answer?.content == "done")
        }
    }

    @Test func `who waits is told when the gateway ends`() throws {
        try withGateway(one()) { simulation in
            let clients = (0..<2).map { _ in simulation.client() }
            for client in clients { client.chat(fields: [("x-best-wait", "60")]) }
            simulation.drain(within: .seconds(3))
            simulation.advance(by: .seconds(4))
            #expect(clients.map { $0.answer?.status } == [503, 503] && clients[1].answer?.errorCode == "overloaded")
        }
    }
}
