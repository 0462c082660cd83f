import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

@Suite struct SpreadTests {
    private func pool(_ weights: [Int?]) -> ScriptedProvider {
        ScriptedProvider(
            "a", keys: [],
            { configuration in
                configuration.keys = weights.enumerated().map { APIKeyReference(variable: "K\($0)", value: Secret("key-\($0)"), weight: $1) }
            }, answer: { .reply(to: $0, "hi") })
    }

    /// How many calls were made with each key, or to each model.
    private func counts(_ simulation: GatewaySimulation, _ name: (ScriptedTransport.Call) -> String) -> [String: Int] {
        Dictionary(simulation.calls.map { (name($0), 1) }, uniquingKeysWith: +)
    }

    @Test(
        arguments: [
            ([3, 1], [30, 10]), ([1, 1], [20, 20]), ([2, 1, 1], [20, 10, 10]), ([nil, 3], [10, 30]), ([1, 0], [40, 0]), ([5, 3, 2], [20, 12, 8]),
        ] as [([Int?], [Int])])
    func `the keys of a pool share requests by their weights`(weights: [Int?], shares: [Int]) throws {
        try withGateway(pool(weights)) { simulation in
            let client = simulation.client()
            for _ in 0..<40 { client.chat() }
            #expect(client.answers.allSatisfy { $0.status == 200 })
            let found = counts(simulation) { $0.field("authorization") ?? "" }
            #expect(shares.indices.map { found["Bearer key-\($0)"] ?? 0 } == shares)
        }
    }

    @Test func `no many in a row go to one of two that share`() throws {
        try withGateway(pool([3, 1])) { simulation in
            let client = simulation.client()
            for number in 0..<8 { client.chat("prompt \(number)") }
            let keys = simulation.calls.map { $0.field("authorization")?.last ?? " " }
            #expect(keys.map(String.init).joined() == "00100010")
        }
    }

    @Test func `a key that rests leaves its share to the others, and one of weight 0 steps in last`() throws {
        var provider = pool([1, 1, 0])
        provider.answer = { call in
            call.field("authorization") == "Bearer key-0" ? .status(429, "", fields: [("retry-after", "600")]) : .reply(to: call, "hi")
        }
        try withGateway(provider) { simulation in
            let client = simulation.client()
            for _ in 0..<10 { client.chat() }
            #expect(client.answers.allSatisfy { $0.status == 200 })
            let found = counts(simulation) { $0.field("authorization") ?? "" }
            #expect(found["Bearer key-0"] == 1 && found["Bearer key-1"] == 10 && found["Bearer key-2"] == nil)
        }
    }

    private func models(_ weights: [(id: String, weight: Int?)], _ name: String = "a") -> ScriptedProvider {
        ScriptedProvider(
            name,
            { configuration in
                configuration.models = weights.map { entry in
                    var model = ModelConfiguration(id: entry.id)
                    model.weight = entry.weight
                    return model
                }
            }, answer: { .reply(to: $0, "hi") })
    }

    @Test func `models of a provider share what may go to any of them`() throws {
        try withGateway(models([("x", 3), ("y", 1), ("z", nil)])) { simulation in
            let client = simulation.client()
            for _ in 0..<40 { client.chat(model: "priority-auto") }
            #expect(counts(simulation, \.model) == ["x": 30, "y": 10])
            // By its name a model is asked for itself.
            client.chat(model: "z")
            #expect(simulation.call?.model == "z")
        }
    }

    @Test func `a model with several keys takes part once, and its keys share what it gets`() throws {
        var provider = models([("x", 3), ("y", 1)])
        provider.configuration.keys = [3, 1].enumerated().map { APIKeyReference(variable: "K\($0)", value: Secret("key-\($0)"), weight: $1) }
        try withGateway(provider) { simulation in
            let client = simulation.client()
            for _ in 0..<64 { client.chat(model: "priority-auto") }
            #expect(counts(simulation, \.model) == ["x": 48, "y": 16])
            let found = counts(simulation) { "\($0.model) \($0.field("authorization")?.last ?? " ")" }
            #expect(found == ["x 0": 36, "x 1": 12, "y 0": 12, "y 1": 4])
        }
    }

    @Test func `the same model at several providers is shared, and its keys within each`() throws {
        try withGateway(models([("m", 1)], "a"), models([("m", 3)], "b"), models([("m", 0)], "c")) { simulation in
            let client = simulation.client()
            for _ in 0..<40 { client.chat() }
            #expect(counts(simulation, \.host) == ["a.test": 10, "b.test": 30])
        }
    }

    @Test func `a conversation that names itself stays where it is`() throws {
        try withGateway(pool([1, 1])) { simulation in
            let client = simulation.client()
            for _ in 0..<10 { client.chat(fields: [("x-session-id", "s1")]) }
            #expect(Set(simulation.calls.map { $0.field("authorization") }).count == 1)
        }
    }

    @Test func `a conversation that goes on stays where its first answer came from, and new ones are shared out`() throws {
        func ask(_ client: SimulatedClient, _ first: String, turns: Int, model: String = "m") {
            let more = (0..<turns).map { #",{"role":"assistant","content":"a\#($0)"},{"role":"user","content":"u\#($0)"}"# }.joined()
            client.request(
                "POST", "/v1/chat/completions", body: #"{"model":"\#(model)","messages":[{"role":"user","content":"\#(first)"}\#(more)]}"#)
        }
        try withGateway(pool([1, 1])) { simulation in
            let client = simulation.client()
            for turn in 0..<6 {
                // A reload makes other objects of the same keys.
                if turn == 3 { simulation.reload { $0.failure.waitingRequests += 1 } }
                for first in ["one", "two", "three", "four"] { ask(client, first, turns: turn) }
            }
            let keys = simulation.calls.map { $0.field("authorization") ?? "" }
            for place in 0..<4 { #expect(Set(stride(from: place, to: 24, by: 4).map { keys[$0] }).count == 1) }
            #expect(Set(keys.prefix(2)).count == 2 && counts(simulation) { $0.field("authorization") ?? "" }.values.allSatisfy { $0 == 12 })
        }
        // Models and providers that share, too, whatever their scores.
        try withGateway(models([("m", 1)], "a"), models([("m", 1)], "b")) { simulation in
            let client = simulation.client()
            for turn in 0..<5 { for first in ["one", "two"] { ask(client, first, turns: turn) } }
            let hosts = simulation.calls.map(\.host)
            for place in 0..<2 { #expect(Set(stride(from: place, to: 10, by: 2).map { hosts[$0] }).count == 1) }
            #expect(Set(hosts.prefix(2)) == ["a.test", "b.test"])
        }
    }

    @Test func `tasks that share a template are shared out, and each of them stays where it began`() throws {
        let template = #"{"role":"system","content":"s"},{"role":"user","content":"1+1"},{"role":"assistant","content":"2"}"#
        func ask(_ client: SimulatedClient, _ task: Int, isSecond: Bool = false) {
            let more = isSecond ? #",{"role":"assistant","content":"a"},{"role":"user","content":"why?"}"# : ""
            client.request(
                "POST", "/v1/chat/completions",
                body: #"{"model":"m","messages":[\#(template),{"role":"user","content":"task \#(task)"}\#(more)]}"#)
        }
        try withGateway(pool([1, 1])) { simulation in
            let client = simulation.client()
            for task in 0..<10 { ask(client, task) }
            for task in 0..<10 { ask(client, task, isSecond: true) }
            let keys = simulation.calls.map { $0.field("authorization") ?? "" }
            #expect(Set(keys).count == 2 && counts(simulation) { $0.field("authorization") ?? "" }.values.allSatisfy { $0 == 10 })
            #expect((0..<10).allSatisfy { keys[$0] == keys[$0 + 10] })
        }
    }

    @Test func `what a request asks for in person goes first, and looking at a decision takes no turn`() throws {
        try withGateway(models([("m", 1)], "a"), models([("m", 99)], "b")) { simulation in
            let client = simulation.client()
            for _ in 0..<5 {
                client.chat(members: #""provider":{"order":["a"]}"#)
                client.request("POST", "/v1/route/explain", body: SimulatedClient.chatBody())
            }
            #expect(counts(simulation, \.host) == ["a.test": 5])
        }
    }

    @Test func `without weights nothing is shared out`() throws {
        try withGateway(pool([nil, nil])) { simulation in
            let client = simulation.client()
            for _ in 0..<5 { client.chat() }
            #expect(Set(simulation.calls.map { $0.field("authorization") }) == ["Bearer key-0"])
        }
    }
}
