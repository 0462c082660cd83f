import Gateway
import GatewayTesting
import Testing

/// The phases of a request, in the order in which they can refuse it.
@Suite struct PhaseTests {
    @Test func `a request that several phases would refuse is refused by the first of them`() throws {
        try withGateway(.script("a", .status(403))) {
            $0.failure.wait = .zero
        } _: { simulation in
            let small = simulation.addKey("small") { $0.tokensPerMinute = 1 }
            let large = simulation.addKey("large")
            // Each line passes one phase more than the one before it, and would be refused by all that follow.
            let lines: [(phase: String, key: String, body: String, status: Int, code: String?)] = [
                ("authenticate", "sk-nobody", "{", 401, "invalid_api_key"),
                ("parse", small, "{", 400, nil),
                ("route", small, SimulatedClient.chatBody(model: "none-such"), 404, "model_not_found"),
                ("admit", small, SimulatedClient.chatBody(), 429, "rate_limit_exceeded"),
                ("attempt", large, SimulatedClient.chatBody(), 502, "upstream_credentials_exhausted"),
            ]
            for line in lines {
                let client = simulation.client(line.key)
                client.request("POST", "/v1/chat/completions", fields: [], body: line.body)
                let answer = try #require(client.answer, "\(line.phase)")
                #expect(answer.status == line.status && answer.errorCode == line.code, "\(line.phase): \(answer)")
                #expect(simulation.calls.isEmpty == (line.phase != "attempt"), "only the last one reaches a provider")
            }
            #expect(simulation.observer.count == lines.count, "every request reaches the last phase")
        }
    }
}
