import EventLoop
import Gateway
import GatewayTesting
import Testing

/// Limits of keys, held by requests from their admission to their end.
@Suite struct AdmissionTests {
    @Test func `of simultaneous requests exactly as many pass as the limit allows`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let key = simulation.addKey("key") { $0.requestsPerMinute = 7 }
            let clients = (0..<40).map { _ in simulation.client(key) }
            for client in clients { client.chat(stream: true) }
            #expect(simulation.calls.count == 7 && clients.count { $0.answer?.status == 429 } == 33)
            let refused = try #require(clients.last?.answer)
            #expect(refused.errorCode == "rate_limit_exceeded" && refused["x-ratelimit-limit-requests"] == "7")
            #expect(refused["x-ratelimit-remaining-requests"] == "0" && Int(refused["retry-after"] ?? "").map { (1...61).contains($0) } == true)
        }
    }

    @Test(arguments: [
        UpstreamScript.completion("x"), .status(400), .status(500), .failure(.closedBeforeAnswer), .failure(.truncated), .silence,
        .status(200, "{\"choices\":[]}"),
    ])
    func `a request counts from the moment its provider was asked, whatever became of it`(script: UpstreamScript) throws {
        try withGateway(.script(script)) {
            $0.failure.attempts = 1
        } _: { simulation in
            let key = simulation.addKey("key") { $0.requestsPerDay = 2 }
            for _ in 0..<4 {
                let client = simulation.client(key)
                client.chat()
                client.leave()
            }
            #expect(simulation.calls.count == 2 && simulation.limits.released == 0)
        }
    }

    @Test func `what was never sent is given back`() throws {
        for kind in [UpstreamFailure.Kind.connect, .resolve, .tls, .proxy, .connectTimeout, .local] {
            try withGateway(.script(.failure(kind))) {
                $0.failure.attempts = 1
                $0.failure.wait = .zero
            } _: { simulation in
                let client = simulation.client(simulation.addKey("key") { $0.requestsPerDay = 1 })
                for _ in 0..<3 { client.chat() }
                #expect(client.answers.count == 3 && !client.answers.contains { $0.status == 429 && $0.errorCode == "insufficient_quota" }, "\(kind)")
                #expect(simulation.limits.settled.isEmpty && simulation.limits.released == 3)
            }
        }
    }

    @Test func `a request's place is free again when it has ended, however`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let key = simulation.addKey("key") { $0.concurrency = 1 }
            let ends: [(SimulatedClient, ScriptedTransport.Call) -> Void] = [
                { client, _ in client.leave() }, { client, _ in client.reset() }, { _, call in call.play(.chunks("x")) },
                { _, call in call.play(.status(400)) }, { _, call in call.fail(.malformed) },
            ]
            for end in ends {
                let (client, second) = (simulation.client(key), simulation.client(key))
                client.chat(stream: true)
                let call = try #require(simulation.call)
                second.chat()
                #expect(second.answer?.status == 429 && second.answer?.errorCode == "rate_limit_exceeded")
                end(client, call)
                #expect(simulation.limits.open.isEmpty)
            }
        }
    }

    /// A request with a picture of which only the address is there.
    private static let picture =
        #"{"model":"m","max_tokens":50,"messages":[{"role":"user","content":[{"type":"text","text":"what?"},"#
        + #"{"type":"image_url","image_url":{"url":"https://example.com/cat.png"}}]}]}"#

    @Test func `a picture is held before it is known what it has cost, though only its address is there`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let tokens = simulation.addKey("tokens") { $0.tokensPerMinute = 10_000 }
            let clients = (0..<100).map { _ in simulation.client(tokens) }
            for client in clients { client.request("POST", "/v1/chat/completions", body: AdmissionTests.picture) }
            #expect(simulation.calls.count == 5 && clients.count { $0.answer?.status == 429 } == 95)
        }
    }

    @Test func `a text beside a picture counts in full`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let key = simulation.addKey("key") { $0.tokensPerMinute = 10_000 }
            let long = AdmissionTests.picture.replacing("what?", with: String(repeating: "what is this? ", count: 4000))
            let client = simulation.client(key)
            client.request("POST", "/v1/chat/completions", body: long)
            #expect(client.answer?.status == 429 && simulation.calls.isEmpty)
        }
    }

    @Test func `a limit of tokens is settled by what the provider says`() throws {
        try withGateway(.script(.completion("x", tokens: (600, 300)))) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.tokensPerDay = 2000 })
            client.chat()
            #expect(client.answer?["x-ratelimit-limit-tokens"] == "2000" && simulation.limits.settled.map(\.used) == [900])
            client.chat()
            client.chat()
            #expect(client.answers.map(\.status) == [200, 200, 429] && client.answer?.errorCode == "insufficient_quota")
            #expect(client.answer?["x-should-retry"] == "false")
        }
    }

    @Test func `a request that alone is larger than the limit is told so, and not to wait`() throws {
        try withGateway(.script(.completion("x"))) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.tokensPerMinute = 10 })
            client.chat(String(repeating: "word ", count: 100))
            #expect(client.answer?.status == 429 && client.answer?["retry-after"] == nil && client.answer?["x-should-retry"] == "false")
            #expect(simulation.calls.isEmpty)
        }
    }

    @Test func `who leaves before the end pays for what was sent`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let key = simulation.addKey("key") { $0.tokensPerDay = 100_000 }
            let client = simulation.client(key)
            client.chat(stream: true)
            simulation.call?.beginStream()
            for _ in 0..<1000 { simulation.call?.send(ChatText.chunk("word")) }
            client.leave()
            let used = try #require(simulation.limits.settled.first?.used)
            #expect((900...1200).contains(used), "\(used)")
        }
    }

    @Test(arguments: [KeyLimitName.tokensPerDay, .tokensPerMinute, .budget])
    func `a key reads at most one answer over its limit, however many streams it begins at once`(limit: KeyLimitName) throws {
        let provider = ScriptedProvider("a") {
            $0.models?[0].promptPrice = 0
            $0.models?[0].completionPrice = 1
            $0.models?[0].maximumOutputTokens = 2000
        }
        try withGateway(provider) { simulation in
            let key = simulation.addKey("key") {
                switch limit {
                case .tokensPerMinute: $0.tokensPerMinute = 12_000
                case .budget: $0.budget = Money(nanodollars: 12_000_000)
                default: $0.tokensPerDay = 12_000
                }
            }
            let clients = (0..<30).map { _ in simulation.client(key) }
            for client in clients { client.chat(stream: true) }
            let calls = simulation.calls
            // Of money as much is held for each as its model's longest answer costs.
            #expect(limit == .budget ? (5...8).contains(calls.count) : calls.count > 15)
            for call in calls { call.beginStream() }
            for _ in 0..<4000 { for call in calls where !call.isCancelled && !call.hasEnded { call.send(ChatText.chunk("word")) } }
            for call in calls where !call.isCancelled && !call.hasEnded { call.play(UpstreamScript([.end(.complete)])) }
            let read = clients.reduce(0) { $0 + ($1.answer?.content.count ?? 0) / 4 }
            #expect((12_000...16_500).contains(read), "\(read)")
            let ended = clients.filter { $0.answer?.status == 200 && $0.answer?.errorCode != nil }
            let code = limit == .tokensPerMinute ? "rate_limit_exceeded" : "insufficient_quota"
            #expect(!ended.isEmpty && ended.contains { $0.answer?.errorCode == code && !($0.answer?.text.contains("[DONE]") ?? true) })
            #expect(simulation.limits.open.isEmpty)
            // Nothing of it is the provider's fault.
            let other = simulation.client(simulation.addKey("other"))
            other.chat(stream: true)
            #expect(simulation.calls.count == calls.count + 1)
        }
    }

    @Test func `whole answers that nothing bounds do not use up a key's tokens many times over`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let key = simulation.addKey("key") { $0.tokensPerDay = 12_000 }
            let clients = (0..<30).map { _ in simulation.client(key) }
            for client in clients { client.chat() }
            let crowded = try #require(clients.last?.answer)
            #expect(crowded.status == 429 && crowded["retry-after"] == "1" && crowded.errorMessage?.contains("max_tokens") == true)
            #expect((2...8).contains(simulation.calls.count))
            let bounded = simulation.client(simulation.addKey("bounded") { $0.tokensPerDay = 12_000 })
            for _ in 0..<30 { bounded.chat(members: "\"max_tokens\":100") }
            #expect(bounded.answers.isEmpty)
        }
    }

    @Test func `a budget is used by what answers cost, and begins again with its period`() throws {
        let provider = ScriptedProvider("a") {
            $0.models?[0].promptPrice = 1_000_000
            $0.models?[0].completionPrice = 0
        } answer: { _ in
            .completion("x", tokens: (3, 4))
        }
        try withGateway(provider) { simulation in
            let key = simulation.addKey("key") {
                $0.budget = Money(nanodollars: 30_000_000_000)
                $0.budgetPeriod = .day
            }
            let statuses = (0..<12).map { _ in
                let client = simulation.client(key)
                client.chat("h")
                return client.answer?.status ?? 0
            }
            #expect(statuses.first == 200 && statuses.last == 429)
            simulation.advance(by: .seconds(12 * 3600 + 60))
            let client = simulation.client(key)
            client.chat("h")
            #expect(client.answer?.status == 200)
        }
    }

    @Test func `a key that expires, is revoked or changed counts as it is from the next request on`() throws {
        try withGateway(.script(.completion("x"))) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.requestsPerDay = 1 })
            client.chat()
            simulation.changeKey("key") { $0.limits.requestsPerDay = 2 }
            client.chat()
            client.chat()
            #expect(client.answers.map(\.status) == [200, 200, 429])
            simulation.changeKey("key") { $0.limits = KeyLimits() }
            client.chat()
            #expect(client.answer?.status == 200)
            simulation.changeKey("key") { $0.models = ["other"] }
            client.chat()
            #expect(client.answer?.status == 403 && client.answer?.errorCode == "model_not_allowed")
            simulation.revokeKey("key")
            client.chat()
            #expect(client.answer?.status == 401 && client.answer?["www-authenticate"] == "Bearer")
        }
    }
}
