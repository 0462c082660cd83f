import EventLoop
import GatewayTesting
import Testing

@testable import Gateway

/// The keys of a pool may belong to accounts of their own: what one of them hears is no word about the others.
@Suite struct KeyPoolTests {
    /// What a key hears of its account, or of what that may not have.
    struct Refusal: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let script: UpstreamScript
        /// What a client is told where every key hears it.
        let status: Int
        let code: String

        init(_ name: String, _ status: Int, _ body: String, told: (Int, String), fields: [(name: String, value: String)] = []) {
            testDescription = name
            script = .status(status, body, fields: fields)
            (self.status, code) = told
        }
    }

    private static let refusals = [
        Refusal("no balance", 402, #"{"error":{"message":"Insufficient Balance"}}"#, told: (429, "insufficient_quota")),
        Refusal(
            "no quota", 429, #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            told: (429, "insufficient_quota")),
        Refusal(
            "no quota of a relay's", 403, #"{"error":{"message":"用户额度不足","code":"insufficient_user_quota"}}"#, told: (429, "insufficient_quota")),
        Refusal(
            "a limit of the account's", 429,
            #"{"error":{"message":"Rate limit exceeded: free-models-per-day","code":429}}"#,
            told: (429, "pool_exhausted"), fields: [("retry-after", "3000")]),
        Refusal(
            "a model that it may not have", 404,
            #"{"error":{"message":"The model `m` does not exist or you do not have access to it.","code":"model_not_found"}}"#,
            told: (404, "model_not_found")),
        Refusal(
            "a model in words", 403, #"{"error":{"message":"This project does not have access to model m","type":"forbidden"}}"#,
            told: (404, "model_not_found")),
    ]

    /// A provider whose keys hear something, but for those that are well.
    private func pool(_ refusal: Refusal, well: Set<Int>, keys: Int = 3, scope: ProviderLimits.Scope = .key) -> ScriptedProvider {
        let names = (1...keys).map { "sk-\($0)" }
        return ScriptedProvider("a", keys: names) {
            $0.limits.scope = scope
        } answer: { call in
            let place = names.firstIndex { call.field("authorization") == "Bearer \($0)" }.map { $0 + 1 } ?? 0
            return well.contains(place) ? .reply(to: call, "from \(place)") : refusal.script
        }
    }

    private func count(_ simulation: GatewaySimulation, _ key: Int) -> Int {
        simulation.calls.count { $0.field("authorization") == "Bearer sk-\(key)" }
    }

    @Test(arguments: refusals) func `a key that has nothing left closes no other key of its provider`(refusal: Refusal) throws {
        for well in 1...3 {
            try withGateway(pool(refusal, well: [well])) { simulation in
                for number in 0..<12 {
                    let client = simulation.client()
                    client.chat("question \(number)", stream: number % 2 == 0)
                    #expect(client.answer?.status == 200 && client.answer?.content == "from \(well)", "\(client.received)")
                    simulation.advance(by: .seconds(2))
                }
                for key in 1...3 where key != well { #expect(count(simulation, key) <= 2, "key \(key)") }
                for report in simulation.gateway.restReports() {
                    #expect((report.scope == .key || report.scope == .deployment) && report.key != "A_KEY_\(well)", "\(report)")
                }
            }
        }
    }

    @Test(arguments: refusals) func `it closes none to any client either, whoever has met it`(refusal: Refusal) throws {
        try withGateway(pool(refusal, well: [2], keys: 2)) { simulation in
            let tokens = ["ann", "bob", "cyd"].map { simulation.addKey($0) }
            for number in 0..<18 {
                let client = simulation.client(tokens[number % 3])
                client.chat("question \(number)")
                #expect(client.answer?.content == "from 2", "\(client.received)")
                simulation.advance(by: .seconds(2))
            }
            #expect(count(simulation, 1) <= 6)
        }
    }

    @Test(arguments: refusals) func `where every key hears the same each is asked once and believed`(refusal: Refusal) throws {
        try withGateway(pool(refusal, well: [])) {
            $0.failure.wait = .zero
        } _: { simulation in
            for number in 0..<4 {
                let client = simulation.client()
                client.chat("question \(number)")
                #expect(client.answer?.status == refusal.status && client.answer?.errorCode == refusal.code, "\(client.received)")
                #expect(simulation.calls.count == 3)
            }
        }
    }

    @Test(arguments: refusals.prefix(4)) func `the keys of one account, as the operator has it, are not asked one after the other`(refusal: Refusal)
        throws
    {
        try withGateway(pool(refusal, well: [], scope: .account)) {
            $0.failure.wait = .zero
        } _: { simulation in
            let client = simulation.client()
            client.chat()
            #expect(client.answer?.status == refusal.status && client.answer?.errorCode == refusal.code && simulation.calls.count == 1)
            #expect(simulation.gateway.restReports().map(\.scope) == [.account])
        }
    }

    @Test func `a single key's account rests as one`() throws {
        try withGateway(pool(Self.refusals[0], well: [], keys: 1)) { simulation in
            simulation.client().chat()
            #expect(simulation.gateway.restReports().map(\.scope) == [.account])
        }
    }
}
