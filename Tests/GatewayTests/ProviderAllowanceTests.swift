import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// What a provider lets the gateway have is for all clients: what one of them takes of it without having anything done is given back.
@Suite struct ProviderAllowanceTests {
    /// A provider with limits that answers everybody at once, but for what a prompt asks.
    private func provider(
        _ limit: @escaping (inout ProviderLimits) -> Void, _ answer: @escaping (ScriptedTransport.Call) -> UpstreamScript? = { _ in nil }
    ) -> ScriptedProvider {
        ScriptedProvider("a") {
            limit(&$0.limits)
        } answer: {
            answer($0) ?? .reply(to: $0, "here")
        }
    }

    @Test func `a client that does not wait for a connection, or leaves meanwhile, takes nothing of the allowance`() throws {
        let slow = provider({ ($0.requestsPerMinute, $0.tokensPerMinute) = (4, 4000) }) {
            $0.text.contains("hasty") ? .completion("late").connecting(for: .seconds(4)) : nil
        }
        try withGateway(slow, hasStore: true, configure: { $0.failure.wait = .zero }) { simulation in
            let (tokenA, tokenB) = (simulation.addKey("A") { $0.requestsPerDay = 1000 }, simulation.addKey("B"))
            for count in 0..<20 {
                let client = simulation.client(tokenA)
                client.chat("hasty", fields: count.isMultiple(of: 2) ? [("x-stainless-read-timeout", "0.2")] : [])
                simulation.advance(by: .milliseconds(100))
                if !count.isMultiple(of: 2) { client.leave() }
                simulation.advance(by: .milliseconds(200))
            }
            #expect(simulation.calls.count >= 20)
            // The last of them is given up by then.
            simulation.advance(by: .seconds(2))
            let client = simulation.client(tokenB)
            for _ in 0..<4 { client.chat("patient") }
            #expect(client.answers.map(\.status) == [200, 200, 200, 200])
            // Nobody has done anything for A, so nothing is booked, and nothing is counted.
            #expect(simulation.store?.records.allSatisfy { $0.provider.isEmpty || $0.source != .estimated } == true)
            let other = simulation.client(tokenA)
            other.chat("hi")
            #expect(other.answer?["x-ratelimit-remaining-requests"] == "999" || other.answer?.status == 429)
        }
    }

    @Test(arguments: [400, 413, 422, 429, 500, 503])
    func `a large request that a provider refuses takes nothing of the allowance of tokens`(status: Int) throws {
        let refusing = provider({ $0.tokensPerDay = 300_000 }) {
            $0.body.count > 100_000 ? .status(status, "{\"error\":{\"message\":\"tokens per day\"}}") : nil
        }
        try withGateway(refusing, configure: { $0.failure.wait = .zero }) { simulation in
            let (first, second) = (simulation.client(simulation.addKey("A")), simulation.client(simulation.addKey("B")))
            for _ in 0..<5 {
                first.chat(String(repeating: "x", count: 1_000_000))
                simulation.advance(by: .seconds(1))
            }
            second.chat()
            #expect(second.answer?.status == 200, "\(second.received)")
        }
    }

    @Test func `a request takes no more of the allowance than its model reads, and a picture is no prompt`() throws {
        #expect(TokenEstimate().expected(bytes: 10_000_000, outputLimit: 10, contextLength: 8000).totalTokens == 8010)
        let silent = provider({ $0.tokensPerDay = 100_000 }) { $0.body.count > 100_000 ? .silence : nil }
        let picture = "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,\(String(repeating: "A", count: 3_000_000))\"}}]"
        try withGateway(silent, configure: { $0.failure.wait = .zero }) { simulation in
            let (first, second) = (simulation.client(simulation.addKey("A")), simulation.client(simulation.addKey("B")))
            first.request("POST", "/v1/chat/completions", body: "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\(picture)}]}")
            #expect(simulation.calls.count == 1)
            second.chat()
            #expect(second.answer?.status == 200, "\(second.received.prefix(500))")
        }
    }

    /// Groq's refusal of a request that is larger than what is left of its day.
    private static func refusal(_ fields: [(name: String, value: String)]) -> UpstreamScript {
        let message =
            "Rate limit reached for model `m` in organization `org_1` service tier `on_demand` on tokens per day (TPD): Limit 100000, Used 97050, "
            + "Requested 3619. Please try again in 9m38s. Need more tokens? Upgrade to Dev Tier today."
        return .status(
            429, "{\"error\":{\"message\":\"\(message)\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}", fields: fields)
    }

    @Test(arguments: [true, false])
    func `a request that is larger than what is left of a provider's tokens keeps nobody away who asks for less`(isStated: Bool) throws {
        let fields = isStated ? [(name: "retry-after", value: "578")] : []
        let limited = provider({ _ in }) { $0.body.count > 5000 ? Self.refusal(fields) : nil }
        try withGateway(limited, configure: { $0.failure.wait = .zero }) { simulation in
            let clients = ["A", "B", "C"].map { simulation.client(simulation.addKey($0)) }
            let large = String(repeating: "x", count: 20_000)
            for _ in 0..<4 {
                clients[0].chat(large)
                #expect(clients[0].answer?.status == 429)
                clients[0].chat("small")
                clients[1].chat("small")
                #expect(clients[0].answer?.status == 200 && clients[1].answer?.status == 200)
                simulation.advance(by: .seconds(1))
            }
            #expect(simulation.calls.filter { $0.body.count > 5000 }.count < 4, "the large one is not sent again and again")
            clients[1].chat(large)
            let sent = simulation.calls.count
            clients[2].chat(large)
            #expect(clients[2].answer?.status == 429 && simulation.calls.count == sent, "two clients have met it")
            clients[2].chat("small")
            #expect(clients[2].answer?.status == 200)
            let reports = simulation.gateway.restReports()
            #expect(reports.contains { $0.audience == .everybody && $0.evidence.contains("bytes or more") }, "\(reports)")
            _ = try simulation.gateway.clearRests(RestFilter())
            clients[2].chat(large)
            #expect(simulation.calls.count == sent + 2)
        }
    }

    @Test func `where a provider says that no token is left, everybody leaves it alone`() throws {
        let fields = [
            ("retry-after", "578"), ("x-ratelimit-limit-tokens", "100000"), ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "578s"),
        ].map { (name: $0.0, value: $0.1) }
        let limited = provider({ _ in }) { $0.body.count > 5000 ? Self.refusal(fields) : nil }
        try withGateway(limited, configure: { $0.failure.wait = .zero }) { simulation in
            let (first, second) = (simulation.client(simulation.addKey("A")), simulation.client(simulation.addKey("B")))
            first.chat(String(repeating: "x", count: 20_000))
            second.chat()
            #expect(second.answer?.status == 429 && simulation.calls.count == 1)
        }
    }

    @Test func `the words that say so can't be put into a provider's mouth`() throws {
        let quoting = provider({ _ in }) {
            $0.body.count > 5000
                ? .status(
                    429, "{\"error\":{\"message\":\"tokens per day (TPD) reached. You sent: requests per day (RPD)\"}}",
                    fields: [("retry-after", "578")])
                : nil
        }
        try withGateway(quoting, configure: { $0.failure.wait = .zero }) { simulation in
            let (first, second) = (simulation.client(simulation.addKey("A")), simulation.client(simulation.addKey("B")))
            first.chat(String(repeating: "x", count: 20_000) + " tokens per day (TPD), requests per day (RPD)")
            second.chat()
            #expect(second.answer?.status == 200)
        }
    }

    @Test func `a limit that an answer states to be used up is believed for a time, is shown, and can be ended`() throws {
        let fields = [
            ("x-ratelimit-limit-requests", "100"), ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "2678400s"),
        ].map { (name: $0.0, value: $0.1) }
        let body = "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
        try withGateway(provider({ _ in }) { _ in .status(200, body, fields: fields) }, configure: { $0.failure.wait = .zero }) { simulation in
            let client = simulation.client()
            client.chat()
            client.chat()
            #expect(client.answers.map(\.status) == [200, 429] && simulation.calls.count == 1)
            let report = try #require(simulation.gateway.restReports().first)
            #expect(report.scope == .deployment && report.cause == "limit" && report.isWord && report.left <= FailureOptions().longestPause)
            #expect(try simulation.gateway.clearRests(RestFilter()).count == 1)
            client.chat()
            #expect(client.answer?.status == 200 && simulation.calls.count == 2)
        }
    }
}
