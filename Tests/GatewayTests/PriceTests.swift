import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// Says what models cost, as a catalogue does.
private final class PricedQuality: QualitySource {
    let snapshot = "priced"
    private let prices: [String: TokenPrices]

    init(_ prices: [String: TokenPrices]) { self.prices = prices }

    var rater: @Sendable (ModelConfiguration, String) -> QualityRating {
        { [prices] model, _ in
            var rating = QualityRating()
            rating.prices = prices[model.id] ?? TokenPrices()
            return rating
        }
    }

    func canonicalName(of text: String) -> String? { nil }
    let evidence: @Sendable (String) -> [QualityEvidence] = { _ in [] }
}

/// Money in the books and budgets, by whoever says what it costs.
@Suite struct PriceTests {
    private static var catalogue: PricedQuality { PricedQuality(["m": TokenPrices(prompt: 10, completion: 40)]) }

    /// Runs one request, and returns what was written down of it.
    private func record(_ edit: (inout ProviderConfiguration) -> Void = { _ in }, quality: (any QualitySource)? = PriceTests.catalogue) throws
        -> UsageRecord
    {
        var records: [UsageRecord] = []
        let provider = ScriptedProvider("a", edit) { _ in .completion("x", tokens: (1000, 100)) }
        try withGateway([provider], hasStore: true, quality: quality) { simulation in
            simulation.client(simulation.addKey("key")).chat()
            records = simulation.store?.records ?? []
        }
        return try #require(records.first)
    }

    @Test func `what only a catalogue prices is booked at that, and it is told by whose price`() throws {
        let booked = try record()
        #expect(booked.cost == Money(dollars: 0.014) && booked.priceSource == .catalogue)
    }

    @Test func `configured prices win`() throws {
        let booked = try record {
            $0.models?[0].promptPrice = 1
            $0.models?[0].completionPrice = 2
        }
        #expect(booked.cost == Money(dollars: 0.0012) && booked.priceSource == .configured)
    }

    @Test func `a free provider costs nothing, whatever a catalogue or its models' prices say`() throws {
        let free = try record { $0.tier = .free }
        #expect(free.cost == .zero && free.priceSource == .configured)
        let priced = try record {
            $0.tier = .free
            $0.models?[0].prices = TokenPrices(prompt: 10, completion: 20)
        }
        #expect(priced.cost == .zero && priced.priceSource == .configured)
    }

    @Test func `what costs nothing uses no budget, and is told as that`() throws {
        let provider = ScriptedProvider("a") {
            $0.tier = .free
            $0.models?[0].prices = TokenPrices(prompt: 10, completion: 20)
            $0.models?[0].prices.request = 1
        } answer: { _ in
            .completion("x", tokens: (1_000_000, 1_000_000))
        }
        try withGateway([provider], quality: PriceTests.catalogue) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.budget = Money(nanodollars: 1000) })
            for _ in 0..<5 { client.chat("hi", members: "\"max_tokens\":1000000") }
            #expect(client.answers.map(\.status) == [200, 200, 200, 200, 200])
            client.request("GET", "/v1/models/m")
            #expect(client.answer?.text.contains(#""pricing":{"prompt":"0","completion":"0"}"#) == true, "\(client.answer?.text ?? "")")
        }
    }

    @Test func `what nobody prices costs nothing, and that is told`() throws {
        let booked = try record(quality: nil)
        #expect(booked.cost == .zero && booked.priceSource == .unknown)
        var row = UsageRow()
        row.add(booked)
        #expect(row.unpricedRequests == 1 && row.requests == 1)
    }

    @Test func `the score and the books take the same price`() throws {
        let (own, catalogue) = (TokenPrices(prompt: 3, completion: nil), TokenPrices(prompt: 10, completion: 40))
        let deployment = try deployment("a.test", "m") { $0.prices = own }
        deployment.standing.quality.prices = catalogue
        let router = makeRouter(of: [deployment])
        let scored = try #require(router.ranking.prices(of: deployment))
        #expect(scored.prompt == 3 && scored.completion == 40)
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens) = (1_000_000, 1_000_000)
        #expect(deployment.charge(for: usage).amount == Money(dollars: 43))
    }

    @Test func `sums tell how much of the cost is by which source`() {
        var row = UsageRow()
        for (dollars, source) in [(1.0, PriceSource.configured), (2, .provider), (4, .catalogue), (0, .unknown), (8, .catalogue)] {
            var usage = Usage()
            usage.totalTokens = 1
            row.add(
                UsageRecord(
                    key: VirtualKey.ID("k"), provider: "p", model: "m", startedAt: UnixTime(seconds: 1), status: 200, hasFailed: false, usage: usage,
                    source: .upstream, cost: Money(dollars: dollars)!, priceSource: source))
        }
        #expect(row.cost == Money(dollars: 15) && row.costConfigured == Money(dollars: 1) && row.costByProvider == Money(dollars: 2))
        #expect(row.costByCatalogue == Money(dollars: 12) && row.unpricedRequests == 1)
        var sum = UsageRow()
        sum.add(row)
        sum.add(row)
        #expect(sum.costByCatalogue == Money(dollars: 24) && sum.costConfigured == Money(dollars: 2) && sum.unpricedRequests == 2)
    }

    /// The share of a budget that a thousand requests at once use, answers being as long as `tokens`.
    private func spent(_ budget: Double, maxTokens: Int?, tokens: Int) throws -> (spent: Double, answered: Int, refused: Int) {
        let provider = ScriptedProvider("a")
        var result = (0.0, 0, 0)
        try withGateway([provider], hasStore: true, quality: PriceTests.catalogue) {
            $0.failure.wait = .zero
        } _: { simulation in
            let key = simulation.addKey("key") { $0.budget = Money(dollars: budget) }
            let clients = (0..<1000).map { _ in simulation.client(key) }
            for client in clients { client.chat("hi", members: maxTokens.map { "\"max_tokens\":\($0)" } ?? "") }
            for call in simulation.calls where !call.isCancelled { call.play(.completion("x", tokens: (5, tokens))) }
            let cost = (simulation.store?.records ?? []).reduce(Money.zero) { $0 + $1.cost }
            result = (cost.dollars, clients.count { $0.answer?.status == 200 }, clients.count { $0.answer?.status == 429 })
        }
        return result
    }

    @Test(
        arguments: [
            (0.05, 100, 100), (0.05, 1, 1), (1, 4000, 4000), (0.5, 4000, 3999), (0.02, 250, 250), (5, 2000, 2000), (0.1, 100, 3),
        ] as [(Double, Int, Int)])
    func `a thousand requests at once stop within a cent of a budget that only a catalogue prices`(budget: Double, most: Int, tokens: Int) throws {
        let (spent, answered, refused) = try spent(budget, maxTokens: most, tokens: tokens)
        #expect(spent <= budget + 0.01, "\(spent) of \(budget)")
        #expect(answered + refused == 1000 && answered > 0)
    }

    @Test func `answers of the usual length stop at the budget, too, where nobody says how long they may be`() throws {
        let (spent, answered, _) = try spent(0.5, maxTokens: nil, tokens: 400)
        #expect(spent <= 0.51 && answered > 0, "\(spent)")
    }

    /// A kind of token that costs more than others of its side, and a use of it, as large as a request allows.
    static let dear: [(name: String, prices: TokenPrices, usage: String)] = {
        func prices(_ edit: (inout TokenPrices) -> Void) -> TokenPrices {
            var prices = TokenPrices(prompt: 3, completion: 2)
            edit(&prices)
            return prices
        }
        var tier = TokenPrices.Tier(above: 80)
        (tier.prompt, tier.completion) = (30, 20)
        return [
            (
                "reasoning", prices { $0.reasoning = 20 },
                #"{"prompt_tokens":100,"completion_tokens":100,"total_tokens":200,"completion_tokens_details":{"reasoning_tokens":100}}"#
            ),
            (
                "cache write", prices { ($0.cacheRead, $0.cacheWrite) = (0.3, 12) },
                #"{"prompt_tokens":100,"completion_tokens":100,"total_tokens":200,"prompt_tokens_details":{"cache_write_tokens":100}}"#
            ),
            ("tier", prices { $0.tiers = [tier] }, #"{"prompt_tokens":100,"completion_tokens":100,"total_tokens":200}"#),
            (
                "all of them",
                prices { ($0.cacheWrite, $0.reasoning, $0.request, $0.tiers) = (12, 30, 0.001, [tier]) },
                #"{"prompt_tokens":100,"completion_tokens":100,"prompt_tokens_details":{"cache_write_tokens":100},"completion_tokens_details":{"reasoning_tokens":90}}"#
            ),
        ]
    }()

    /// What a thousand requests at once cost, and how many were answered.
    private func burst(
        _ budget: Double, _ prices: TokenPrices, outputLimit: Int? = nil, members: String, stream: Bool = false, usage: String
    ) throws -> (spent: Double, answered: Int) {
        let provider = ScriptedProvider("a") { $0.models?[0].maximumOutputTokens = outputLimit }
        var result = (0.0, 0)
        try withGateway([provider], hasStore: true, quality: PricedQuality(["m": prices])) {
            $0.failure.wait = .zero
        } _: { simulation in
            let key = simulation.addKey("key") { $0.budget = Money(dollars: budget) }
            let clients = (0..<1000).map { _ in simulation.client(key) }
            // A hundred tokens of prompt, and a little more by its bytes.
            for client in clients { client.chat(String(repeating: "word", count: 88), stream: stream, members: members) }
            let answer = "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":\(usage)}"
            let events = [ChatText.chunk("x"), ChatText.finish(), "data: {\"choices\":[],\"usage\":\(usage)}\n\n", ChatText.done]
            for call in simulation.calls where !call.isCancelled { call.play(stream ? .events(events).inOneRead : .status(200, answer)) }
            let cost = (simulation.store?.records ?? []).reduce(Money.zero) { $0 + $1.cost }
            result = (cost.dollars, clients.count { $0.answer?.status == 200 })
            #expect(clients.allSatisfy { [200, 429].contains($0.answer?.status ?? 0) })
        }
        return result
    }

    @Test(arguments: dear.indices, [false, true]) func `a thousand requests at once stop at a budget whatever kind of token they turn out to use`(
        index: Int, stream: Bool
    ) throws {
        let (name, prices, usage) = PriceTests.dear[index]
        let (spent, answered) = try burst(0.1, prices, members: "\"max_tokens\":100", stream: stream, usage: usage)
        #expect(spent <= 0.1 && spent >= 0.07, "\(name): \(spent) by \(answered)")
    }

    @Test(arguments: [(64_000, 2000), (64_000, 60_000), (nil, 2000), (nil, 16_000), (8192, 8000)] as [(Int?, Int)], [false, true])
    func `answers that nothing bounds stop within one of them of the budget, whatever comes at once`(answer: (Int?, Int), stream: Bool) throws {
        let (limit, tokens) = answer
        let usage = ChatText.usage((100, tokens))
        let (spent, answered) = try burst(1, TokenPrices(prompt: 3, completion: 15), outputLimit: limit, members: "", stream: stream, usage: usage)
        #expect(spent <= 1 + Double(tokens) * 15e-6 && answered > 0, "\(spent) by \(answered)")
    }

    @Test func `a prompt of characters that are a token each is held as that`() throws {
        let provider = ScriptedProvider("a")
        try withGateway([provider], hasStore: true, quality: PricedQuality(["m": TokenPrices(prompt: 10, completion: 0)])) { simulation in
            let key = simulation.addKey("key") { $0.budget = Money(dollars: 0.1) }
            let clients = (0..<200).map { _ in simulation.client(key) }
            for client in clients { client.chat(String(repeating: "天", count: 1000), members: "\"max_tokens\":1") }
            for call in simulation.calls where !call.isCancelled { call.play(.completion("x", tokens: (1100, 1))) }
            let cost = (simulation.store?.records ?? []).reduce(Money.zero) { $0 + $1.cost }
            #expect(cost.dollars <= 0.111 && cost.dollars > 0.05, "\(cost)")
        }
    }

    @Test func `who names no bound beside other requests is told what would help`() throws {
        try withGateway([ScriptedProvider("a")], quality: PriceTests.catalogue) { simulation in
            let key = simulation.addKey("key") { $0.budget = Money(dollars: 0.1) }
            let (first, second) = (simulation.client(key), simulation.client(key))
            first.chat()
            second.chat()
            let refused = try #require(second.answer)
            #expect(refused.status == 429 && refused.errorCode == "rate_limit_exceeded" && refused["retry-after"] == "1")
            #expect(refused.errorMessage?.contains("max_tokens") == true)
            second.chat("hi", members: "\"max_tokens\":100")
            #expect(simulation.calls.count == 2)
        }
    }

    @Test func `a budget that is too small for the request alone is told as that, and not to wait`() throws {
        try withGateway([.script(.completion("x"))], quality: PriceTests.catalogue) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.budget = Money(dollars: 0.01) })
            client.chat("hi", members: "\"max_tokens\":5000")
            let answer = try #require(client.answer)
            #expect(
                answer.status == 429 && answer.errorCode == "insufficient_quota" && answer["retry-after"] == nil
                    && answer["x-should-retry"] == "false")
            #expect(answer.errorMessage?.contains("the request alone may cost") == true, "\(answer.errorMessage ?? "")")
            client.chat("hi", members: "\"max_tokens\":50")
            #expect(client.answer?.status == 200)
        }
    }

    @Test func `what is held for requests in work is told as that, and is free again when they end`() throws {
        try withGateway([ScriptedProvider("a")], quality: PriceTests.catalogue) { simulation in
            let key = simulation.addKey("key") { $0.budget = Money(dollars: 0.1) }
            let (first, second) = (simulation.client(key), simulation.client(key))
            first.chat("hi", members: "\"max_tokens\":2000")
            second.chat("hi", members: "\"max_tokens\":2000")
            #expect(second.answer?.status == 429 && second.answer?.errorCode == "rate_limit_exceeded" && second.answer?["retry-after"] == "1")
            simulation.call?.play(.completion("x", tokens: (5, 7)))
            second.chat("hi", members: "\"max_tokens\":2000")
            simulation.call?.play(.completion("x", tokens: (5, 7)))
            #expect(second.answer?.status == 200)
        }
    }

    @Test func `cached tokens cost their price`() throws {
        var prices = TokenPrices(prompt: 10, completion: 40)
        prices.cacheRead = 1
        let usage = "{\"prompt_tokens\":1000,\"completion_tokens\":100,\"total_tokens\":1100,\"prompt_tokens_details\":{\"cached_tokens\":900}}"
        let answer = "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":\(usage)}"
        var records: [UsageRecord] = []
        try withGateway([.script(.status(200, answer))], hasStore: true, quality: PricedQuality(["m": prices])) { simulation in
            simulation.client(simulation.addKey("key")).chat()
            records = simulation.store?.records ?? []
        }
        #expect(records.map(\.cost) == [Money(dollars: 0.0059)!])
    }

    @Test func `every key in use has a row, also one that was never used`() {
        var generator = SystemRandomNumberGenerator()
        func key(_ name: String) -> StoredKey { StoredKey(ClientKey(using: &generator), name: name, createdAt: UnixTime(seconds: 1)) }
        var (used, unused, revoked, expired) = (key("used"), key("unused"), key("revoked"), key("expired"))
        revoked.revokedAt = UnixTime(seconds: 5)
        expired.expiresAt = UnixTime(seconds: 5)
        used.lastUsed = UnixTime(seconds: 4)
        var row = UsageRow()
        (row.key, row.name, row.requests, row.lastUsed) = (used.id, "used", 3, UnixTime(seconds: 4))
        let all = [used, unused, revoked, expired]
        var query = UsageQuery()
        let listed = UsageReport([row], to: query).naming(all, at: UnixTime(seconds: 10)).content
        #expect(Set(listed.map(\.name)) == ["used", "unused"] && listed.first { $0.name == "unused" }?.lastUsed == nil)
        #expect(listed.map { $0.key?.value ?? "" } == listed.map { $0.key?.value ?? "" }.sorted())
        query.key = used.id
        #expect(UsageReport([row], to: query).naming(all, at: UnixTime(seconds: 10)).content.count == 1)
        query = UsageQuery()
        let tokens = ["token-1", "token-2"].map { VirtualKey(id: VirtualKey.ID($0), name: $0) }
        var byToken = UsageRow()
        (byToken.key, byToken.name, byToken.requests) = (tokens[0].id, "token-1", 2)
        let withTokens = UsageReport([row, byToken], to: query).naming(all, tokens: tokens, at: UnixTime(seconds: 10)).content
        #expect(withTokens.map(\.name).sorted { $0 ?? "" < $1 ?? "" } == ["token-1", "token-2", "unused", "used"])
        #expect(withTokens.first { $0.name == "token-2" }.map { $0.requests == 0 && $0.lastUsed == nil } == true)
        query.groups = [.model]
        #expect(UsageReport([], to: query).naming(all, at: UnixTime(seconds: 10)).content.isEmpty)
    }
}

/// What every answer to a key with limits says of them.
@Suite struct LimitFieldTests {
    @Test func `every answer to a key that has limits tells how far they are used`() throws {
        try withGateway(.script(.completion("x"), .status(500), .chunks("a", "b"))) {
            $0.failure.attempts = 1
        } _: { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.requestsPerMinute = 50 })
            client.chat()
            client.chat()
            client.chat(stream: true)
            client.chat(model: "nothing-of-the-kind")
            client.request("GET", "/v1/models")
            client.request("GET", "/v1/no-such-route")
            client.request("GET", "/v1/chat/completions")
            #expect(client.answers.count == 7)
            for answer in client.answers {
                #expect(answer["x-ratelimit-limit-requests"] == "50" && answer["x-ratelimit-remaining-requests"] != nil, "\(answer.status)")
                #expect(answer["x-ratelimit-reset-requests"] != nil)
            }
        }
    }

    @Test func `an answer tells how long it took, an error and a stream too`() throws {
        try withGateway(.script(.completion("x").after(.milliseconds(250)), .status(400), .chunks("a"))) { simulation in
            let client = simulation.client()
            client.chat()
            simulation.advance(by: .milliseconds(250))
            #expect(client.answer?["openai-processing-ms"] == "250")
            client.chat()
            client.chat(stream: true)
            client.request("GET", "/v1/models")
            client.request("GET", "/v1/models/m")
            client.request("GET", "/v1/models/nonesuch")
            client.request("GET", "/v1/nowhere")
            client.request("POST", "/v1/route/explain", body: SimulatedClient.chatBody())
            #expect(client.answers.count == 8 && client.answers.allSatisfy { Int($0["openai-processing-ms"] ?? "") != nil })
            client.request("GET", "/livez")
            #expect(client.answer?.status == 200 && client.answer?["openai-processing-ms"] == nil)
        }
    }

    @Test func `no wait for a window is longer than the window`() {
        for (window, most) in [(SlidingWindow.minute, 60), (.day, 86_400)] {
            for offset in stride(from: 0, to: 700_000, by: 7919) {
                var window = window
                let now = LoopInstant(nanoseconds: UInt64(offset + 90_000_000) * 1_000_000)
                window.add(1, at: now)
                #expect(window.wait(for: 1, under: 1, at: now) == .seconds(most) && window.reset(at: now) == .seconds(most))
            }
        }
    }
}

/// What providers' lists say of prices.
@Suite struct ListedPriceTests {
    private func prices(_ pricing: String) -> TokenPrices? {
        withBytes("{\"data\":[{\"id\":\"m\",\(pricing)}]}") { ModelListReader.read($0) }?.models.first?.prices
    }

    @Test func `OpenRouter's prices are read, also of caches, reasoning, pictures and requests`() throws {
        let text =
            #""pricing":{"prompt":"0.000003","completion":"0.000015","request":"0.01","image":"0.0048","internal_reasoning":"0.00002","input_cache_read":"0.0000003","input_cache_write":"0.00000375","web_search":"0.01"}"#
        let found = try #require(prices(text))
        func near(_ value: Double?, _ wanted: Double) -> Bool { value.map { abs($0 - wanted) < 1e-9 } ?? false }
        #expect(near(found.prompt, 3) && near(found.completion, 15) && near(found.request, 0.01) && near(found.image, 0.0048))
        #expect(near(found.reasoning, 20) && near(found.cacheRead, 0.3) && near(found.cacheWrite, 3.75) && found.tiers.isEmpty)
    }

    @Test func `noughts in a list are no prices of their own`() throws {
        let text =
            #""pricing":{"prompt":"0.000003","completion":"0.000015","request":"0","image":"0","internal_reasoning":"0","input_cache_read":"0"}"#
        #expect(try #require(prices(text)).withoutTiersAndSides == TokenPrices())
    }

    @Test(arguments: [
        #""pricing":{"input":2,"output":8,"input_tiers":[{"cost":2,"min":0,"max":200001},{"cost":4,"min":200001}],"output_tiers":[{"cost":8,"min":0},{"cost":12,"min":200001}]}"#,
        #""pricing":{"input":2,"output":8,"context_over_200k":{"input":4,"output":12}}"#,
        #""pricing":{"input":2,"output":8,"tiers":[{"input":4,"output":12,"tier":{"type":"context","size":200000}}]}"#,
        #""pricing":{"prompt":"0.000002","completion":"0.000008","overrides":[{"min_prompt_tokens":200000,"prompt":"0.000004","completion":"0.000012"}]}"#,
    ]) func `prices for long prompts are read in every form`(text: String) throws {
        let found = try #require(prices(text))
        #expect(found.tiers.count == 1 && found.tiers[0].above == 200_000)
        let long = found.at(promptTokens: 300_000)
        #expect(abs((long.prompt ?? 0) - 4) < 1e-9 && abs((long.completion ?? 0) - 12) < 1e-9)
    }

    /// What lists write for 0.2 and 0.6 US dollars for a million tokens, beside the id.
    static let spellings = [
        #""pricing":{"prompt":"0.0000002","completion":"0.0000006"}"#, #""pricing":{"input":0.2,"output":0.6}"#,
        #""pricing":{"input":"0.0000002","output":"0.0000006"}"#, #""pricing":{"input_tokens":0.2,"output_tokens":0.6}"#,
        #""metadata":{"pricing":{"input_tokens":0.2,"output_tokens":0.6}}"#, #""input_token_price_per_m":2000,"output_token_price_per_m":6000"#,
        #""pricing":{"prompt":{"price_per_m":2000},"completion":{"price_per_m":6000}}"#,
        #""input_token_price_per_m":0.2,"output_token_price_per_m":0.6"#,
        #""input_cost_per_token":2e-7,"output_cost_per_token":6e-7"#, #""model_info":{"input_cost_per_token":2e-7,"output_cost_per_token":6e-7}"#,
        #""input_price":2e-7,"output_price":6e-7"#, #""input_price":0.2,"output_price":0.6"#, #""input_price":"0.2","output_price":"0.6""#,
        #""price":{"input":{"usd":0.2,"tao":0.001},"output":{"usd":0.6}}"#, #""cost":{"input":0.2,"output":0.6}"#,
        #""pricePerToken":{"input":"0.0000002","output":"0.0000006"}"#, #""pricing":{"inputPricePerMillion":0.2,"outputPricePerMillion":0.6}"#,
        #""input_cost_per_1k":0.0002,"output_cost_per_1k":0.0006"#,
        #""pricing":{"input_cost_per_1k_tokens":0.0002,"output_cost_per_1k_tokens":0.0006}"#,
        #""inputCostPer1kTokens":0.0002,"outputCostPer1kTokens":0.0006"#, #""input_cost_per_million":0.2,"output_cost_per_million":0.6"#,
        #""cost_per_1m_in":0.2,"cost_per_1m_out":0.6"#, #""usdPer1mInputTokens":0.2,"usdPer1mOutputTokens":0.6,"pricing":null"#,
        #""price_per_million_input_tokens":0.2,"price_per_million_output_tokens":0.6"#,
        #""pricing":{"cents_per_input_token":0.00002,"cents_per_output_token":0.00006}"#,
        #""pricing":{"prompt":0.2,"completion":0.6,"currency":"USD","unit":"per_million_tokens"}"#,
        #""pricing":{"prompt":0.0002,"completion":0.0006,"unit":"per 1k tokens"}"#,
        #""prompt_token_price":"0.0000002","completion_token_price":"0.0000006""#,
        #""pricing":{"prompt_price":0.2,"completion_price":0.6}"#, #""providers":[{"provider":"x","pricing":{"input":0.2,"output":0.6}}]"#,
        #""properties":[{"property_id":"context_window","value":"8000"},{"property_id":"price","value":[{"unit":"per M input tokens","price":0.2,"currency":"USD"},{"unit":"per M output tokens","price":0.6,"currency":"USD"}]}]"#,
        #""pricing":[{"prompt":"0.0000002","completion":"0.0000006"}]"#,
    ]

    @Test(arguments: spellings) func `prices are read under whatever name and for whatever number of tokens a list gives them`(text: String) throws {
        // Under an ordinary member of another kind it is the same.
        for text in [text, "\(text),\"owned_by\":\"x\",\"created\":1700000000"] {
            let found = try #require(prices(text))
            #expect(abs((found.prompt ?? 0) - 0.2) < 1e-9 && abs((found.completion ?? 0) - 0.6) < 1e-9, "\(found)")
        }
    }

    @Test func `other kinds of token are read in every spelling, too`() throws {
        for text in [
            #""pricing":{"prompt":3,"completion":15,"input_cache_read":0.3,"input_cache_write":3.75,"internal_reasoning":20}"#,
            #""input_price":3e-6,"output_price":15e-6,"cached_price":3e-7,"caching_price":3.75e-6,"reasoning_price":20e-6"#,
            #""input_cost_per_token":3e-6,"output_cost_per_token":15e-6,"cache_read_input_token_cost":3e-7,"cache_creation_input_token_cost":3.75e-6,"output_cost_per_reasoning_token":20e-6"#,
            #""input_token_price_per_m":30000,"output_token_price_per_m":150000,"cache_read_input_token_price_per_m":3000,"cache_creation_input_token_price_per_m":37500,"reasoning_token_price_per_m":200000"#,
            #""cost":{"input":3,"output":15,"cache_read":0.3,"cache_write":3.75,"reasoning":20}"#,
            #""pricePerToken":{"input":"0.000003","output":"0.000015","cacheRead":"0.0000003","cacheWrite":"0.00000375","reasoning":"0.00002"}"#,
        ] {
            let found = try #require(prices(text))
            func near(_ value: Double?, _ wanted: Double) -> Bool { value.map { abs($0 - wanted) < 1e-9 } ?? false }
            #expect(near(found.prompt, 3) && near(found.completion, 15) && near(found.cacheRead, 0.3), "\(text): \(found)")
            #expect(near(found.cacheWrite, 3.75) && near(found.reasoning, 20), "\(text): \(found)")
        }
    }

    @Test(arguments: [
        #""pricing":{"audio":0.00001,"image_output":0.00003,"web_search":0.01,"hourly":2,"base":1,"finetune":3,"input_audio_cache":1}"#,
        #""input_cost_per_token_batches":1e-7,"output_cost_per_audio_token":1e-5,"input_cost_per_token_priority":1e-6,"cost_details":{"x":1}"#,
        #""pricing":{"prompt":2,"completion":6,"currency":"CNY"}"#, #""price":5,"cost":"low","host":"x","metrics":{"input":3}"#,
        #""cache_price":1,"input_output_price":2,"price_per_hour":3"#,
        #""properties":[{"property_id":"price","value":[{"unit":"per audio minute","price":1}]}]"#,
        #""pricing":[],"tiered_pricing":[{"input_cost_per_token":1}],"tiered_billing_configs":{}"#, #""input_price":-1,"output_price":"varies""#,
        #""input_price":{"usd":"x"},"output_price":[0.5]"#, #""input_cost_per_token_above_200k_tokens_batches":1"#,
    ]) func `what means something else is no price of tokens`(text: String) {
        #expect(prices(text)?.isKnown == false && prices(text)?.isEmpty == true, "\(text): \(String(describing: prices(text)))")
    }

    @Test(arguments: [
        #""pricing":[{"prompt":"0.000002","completion":"0.000008"},{"prompt":"0.000004","completion":"0.000012","min_context":200000}]"#,
        #""pricing":[{"min_context":0,"prompt":"0.000002","completion":"0.000008"},{"min_context":200000,"prompt":"0.000004","completion":"0.000012"}]"#,
        #""pricing":[{"min_context":200000,"prompt":"0.000004","completion":"0.000012"},{"prompt":"0.000002","completion":"0.000008"}]"#,
        #""pricing":[{"max_context":1000000,"input":4,"output":12},{"max_context":200000,"input":2,"output":8}]"#,
        #""pricing":[{"up_to":200000,"input":2,"output":8},{"input":4,"output":12}]"#,
        #""pricing":{"prompt":{"price_per_m":20000},"completion":{"price_per_m":80000}},"tiered_billing_configs":[{"min_tokens":1,"max_tokens":200000,"pricing":{"prompt":{"price_per_m":20000},"completion":{"price_per_m":80000}}},{"min_tokens":200000,"max_tokens":1000000,"pricing":{"prompt":{"price_per_m":40000},"completion":{"price_per_m":120000}}}]"#,
        #""input_cost_per_token":2e-6,"output_cost_per_token":8e-6,"input_cost_per_token_above_200k_tokens":4e-6,"output_cost_per_token_above_200k_tokens":12e-6"#,
        #""tiered_pricing":[{"range":[0,200000],"input_cost_per_token":2e-6,"output_cost_per_token":8e-6},{"range":[200000,1000000],"input_cost_per_token":4e-6,"output_cost_per_token":12e-6}]"#,
    ]) func `prices for ranges of the prompt are read where they are all there are`(text: String) throws {
        let found = try #require(prices(text))
        #expect(abs((found.prompt ?? 0) - 2) < 1e-9 && abs((found.completion ?? 0) - 8) < 1e-9, "\(found)")
        #expect(found.tiers.map(\.above) == [200_000])
        let long = found.at(promptTokens: 300_000)
        #expect(abs((long.prompt ?? 0) - 4) < 1e-9 && abs((long.completion ?? 0) - 12) < 1e-9)
    }

    @Test func `what is no list of prices is none`() {
        for text in [
            #""pricing":null"#, #""pricing":[]"#, #""pricing":{"prompt":"-1","completion":"-1"}"#, #""pricing":{"tiers":5,"input_tiers":{"a":1}}"#,
            #""pricing":{"tiers":[1,null,{"input":3}],"input_tiers":[{"cost":"x","min":5},7]}"#, #""pricing":{"context_over_200k":[]}"#,
        ] {
            #expect(prices(text)?.isKnown == false && prices(text)?.tiers.isEmpty == true, "\(text)")
        }
    }

    @Test func `a kept list gives back every price`() throws {
        var model = ModelConfiguration(id: "m")
        for (place, path) in TokenPrices.all.enumerated() { model.prices[keyPath: path] = Double(place) + 0.125 }
        var tier = TokenPrices.Tier(above: 128_000)
        (tier.prompt, tier.cacheWrite) = (9, 0.5)
        model.prices.tiers = [tier]
        var archive = ModelListArchive()
        archive.lists = [ModelListArchive.List(provider: "p", url: "https://p.test", fetchedAt: 5, models: [model])]
        let read = try #require(ModelListArchive(reading: archive.bytes))
        #expect(read.lists.first?.models.first?.prices == model.prices)
    }
}

extension TokenPrices {
    fileprivate var withoutTiersAndSides: TokenPrices {
        var prices = self
        (prices.prompt, prices.completion, prices.tiers) = (nil, nil, [])
        return prices
    }
}
