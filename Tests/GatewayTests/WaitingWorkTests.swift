import EventLoop
import GatewayTesting
import Testing

@testable import Gateway

/// How much work it is to keep requests waiting: bounded, whatever they wait for.
@Suite struct WaitingWorkTests {
    private static let names = (0..<40).map { "a\($0)" }

    /// Requests of one client that wait, each for another part of the models.
    private func crowd(_ count: Int, in simulation: GatewaySimulation) -> [SimulatedClient] {
        var random = SplitMix(seed: 7)
        return (0..<count).map { _ in
            let list = WaitingWorkTests.names.shuffled(using: &random).prefix(31).joined(separator: ",")
            let client = simulation.client()
            client.chat(model: list, fields: [("x-best-wait", "100")])
            return client
        }
    }

    @Test func `what comes free costs the same however many wait, each for a list of its own`() throws {
        let provider = ScriptedProvider("a", models: ["m"] + WaitingWorkTests.names, keys: []) { $0.limits.concurrency = 1 }
        try withGateway(provider) {
            $0.failure.waitingRequests = 1000
        } _: { simulation in
            simulation.client().chat()
            let clients = crowd(600, in: simulation)
            #expect(simulation.gateway.waitingRequests == 600 && simulation.calls.count == 1)
            for served in 1...20 {
                let before = simulation.gateway.attempts.waitingLooks
                simulation.call?.play(.completion("x"))
                #expect(simulation.calls.count == served + 1, "the next one is asked for")
                #expect(simulation.gateway.attempts.waitingLooks - before <= 64, "one request's candidates, twice")
            }
            #expect(clients.count { $0.answer?.status == 200 } == 19)
            // The others are served or told when their time is up, nobody is forgotten.
            simulation.advance(by: .seconds(101))
            simulation.call?.play(.completion("x"))
            #expect(clients.allSatisfy { $0.answer != nil } && simulation.gateway.waitingRequests == 0)
        }
    }

    @Test func `it is the same where each key has room of its own`() throws {
        let provider = ScriptedProvider("a", models: ["m"] + WaitingWorkTests.names, keys: ["k1", "k2"]) {
            $0.limits.concurrency = 1
            $0.limits.scope = .key
        }
        try withGateway(provider) {
            $0.failure.waitingRequests = 1000
        } _: { simulation in
            for _ in 0..<2 { simulation.client().chat() }
            #expect(simulation.calls.count == 2)
            let clients = crowd(600, in: simulation)
            #expect(simulation.gateway.waitingRequests == 600 && simulation.calls.count == 2)
            for served in 1...6 {
                let before = simulation.gateway.attempts.waitingLooks
                simulation.call?.play(.completion("x"))
                #expect(simulation.calls.count == served + 2)
                #expect(simulation.gateway.attempts.waitingLooks - before <= 128)
            }
            #expect(clients.count { $0.answer?.status == 200 } == 5 && simulation.gateway.waitingRequests == 594)
        }
    }

    @Test func `what comes free at one provider is offered to nobody who does not wait for it`() throws {
        let providers = ["a", "b"].map { ScriptedProvider($0, models: WaitingWorkTests.names, keys: []) { $0.limits.concurrency = 1 } }
        try withGateway(providers[0], providers[1]) {
            $0.failure.waitingRequests = 1000
        } _: { simulation in
            for name in ["a", "b"] { simulation.client().chat(model: "\(name)/a0") }
            let many = (0..<200).map { number in
                let client = simulation.client()
                client.chat(model: "a/a\(number % 40)", fields: [("x-best-wait", "60")])
                return client
            }
            let other = simulation.client()
            other.chat("mine", model: "b/a1", fields: [("x-best-wait", "60")])
            let before = simulation.gateway.attempts.waitingLooks
            simulation.calls[1].play(.completion("x"))
            #expect(simulation.call?.host == "b.test" && simulation.call?.text.contains("mine") == true)
            #expect(simulation.gateway.attempts.waitingLooks - before <= 4 && many.allSatisfy { $0.answers.isEmpty })
        }
    }
}
