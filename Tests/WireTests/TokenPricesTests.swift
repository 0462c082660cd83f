import Testing
import Wire

/// The cost of an answer, by the prices that files, lists and catalogues give.
@Suite struct TokenPricesTests {
    private func usage(_ input: Int, _ output: Int, cached: Int = 0, written: Int = 0, reasoning: Int = 0, total: Int? = nil) -> Usage {
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens, usage.cachedTokens, usage.cacheWriteTokens) = (input, output, cached, written)
        (usage.reasoningTokens, usage.totalTokens) = (reasoning, total ?? input + output)
        return usage
    }

    private func prices(_ edit: (inout TokenPrices) -> Void = { _ in }) -> TokenPrices {
        var prices = TokenPrices(prompt: 2, completion: 10)
        edit(&prices)
        return prices
    }

    private func expect(
        _ dollars: Double, _ prices: TokenPrices, _ usage: Usage, images: Int = 0, made: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let found = prices.dollars(for: usage, images: images, madeImages: made)
        #expect(abs(found - dollars) < 1e-12, "\(found) for \(dollars)", sourceLocation: sourceLocation)
    }

    @Test func `each token costs its own price`() {
        expect(0.012, prices(), usage(1000, 1000))
        expect(0, TokenPrices(), usage(1000, 1000))
        expect(0.01, TokenPrices(prompt: nil, completion: 10), usage(1000, 1000))
        expect(0.0004, prices { $0.cacheRead = 0.2 }, usage(1000, 20, cached: 1000))
        expect(0.002 * 0.5 + 0.0002 * 0.5, prices { $0.cacheRead = 0.2 }, usage(1000, 0, cached: 500))
        expect(0.002 * 0.5 + 0.0025 * 0.5, prices { $0.cacheWrite = 2.5 }, usage(1000, 0, written: 500))
        expect(0.0025 * 0.4 + 0.0002 * 0.6, prices { ($0.cacheRead, $0.cacheWrite) = (0.2, 2.5) }, usage(1000, 0, cached: 600, written: 400))
        expect(0.01 * 0.25 + 0.04 * 0.75, prices { $0.reasoning = 40 }, usage(0, 1000, reasoning: 750))
    }

    @Test func `tokens without a price of their own cost what their side does`() {
        expect(0.002, prices(), usage(1000, 0, cached: 700))
        expect(0.002, prices(), usage(1000, 0, written: 700))
        expect(0.01, prices(), usage(0, 1000, reasoning: 900))
    }

    @Test func `cached and reasoning tokens count at most as many as there are`() {
        expect(0.0002, prices { $0.cacheRead = 0.2 }, usage(1000, 0, cached: 5000))
        expect(0.0002, prices { ($0.cacheRead, $0.cacheWrite) = (0.2, 9) }, usage(1000, 0, cached: 1000, written: 1000))
        expect(0.04, prices { $0.reasoning = 40 }, usage(0, 1000, reasoning: 9000))
    }

    @Test func `reasoning that is counted beside the answer is charged as well`() {
        expect(0.002 + 0.01 + 0.005, prices(), usage(1000, 1000, reasoning: 500, total: 2500))
        expect(0.002 + 0.01 + 0.02, prices { $0.reasoning = 40 }, usage(1000, 1000, reasoning: 500, total: 2500))
        expect(0.002 + 0.01, prices(), usage(1000, 1000, reasoning: 500, total: 2000))
    }

    @Test func `the most an answer may cost assumes the dearest kind of token on each side`() {
        func most(_ prices: TokenPrices, _ usage: Usage, _ images: Int = 0) -> Double {
            (prices.mostDollars(for: usage, images: images) * 1e9).rounded() / 1e9
        }
        #expect(most(prices(), usage(1000, 100)) == 0.003)
        #expect(most(prices { $0.reasoning = 40 }, usage(1000, 100)) == 0.006)
        #expect(most(prices { ($0.cacheWrite, $0.cacheRead, $0.reasoning) = (12, 0.2, 1) }, usage(1000, 100)) == 0.013)
        #expect(most(prices { ($0.request, $0.image) = (0.01, 0.001) }, usage(1000, 100), 2) == 0.015)
        #expect(most(TokenPrices(), usage(1000, 100)) == 0)
        // Whatever an answer turns out to be, it costs no more.
        let dear = prices {
            ($0.cacheWrite, $0.cacheRead, $0.reasoning) = (2.5, 0.2, 40)
            var tier = TokenPrices.Tier(above: 900)
            (tier.prompt, tier.completion) = (4, 12)
            $0.tiers = [tier]
        }
        for input in [500, 900, 1000, 5000] {
            for (cached, written, reasoning) in [(0, 0, 0), (input, 0, 0), (0, input, 100), (input / 2, input / 2, 50)] {
                let usage = usage(input, 100, cached: cached, written: written, reasoning: reasoning)
                #expect(dear.dollars(for: usage) <= most(dear, usage) + 1e-12)
            }
        }
    }

    @Test func `a prompt that may reach a tier is reserved at its price`() {
        var tier = TokenPrices.Tier(above: 1000)
        (tier.prompt, tier.completion) = (10, 20)
        let prices = prices { $0.tiers = [tier] }
        #expect(prices.mostDollars(for: usage(600, 0)) == 0.0012 && prices.mostDollars(for: usage(700, 0)) == 0.007)
    }

    @Test func `a request, a picture in it and a generated picture cost their price`() {
        let prices = prices { ($0.request, $0.image, $0.madeImage) = (0.005, 0.001, 0.04) }
        expect(0.005, prices, usage(0, 0))
        expect(0.005 + 0.003 + 0.08, prices, usage(0, 0), images: 3, made: 2)
        expect(0, self.prices(), usage(0, 0), images: 3, made: 2)
    }

    @Test func `a long prompt has the prices of the last tier it is beyond, for the whole request`() {
        var (first, second) = (TokenPrices.Tier(above: 1000), TokenPrices.Tier(above: 5000))
        (first.prompt, first.completion) = (4, 15)
        second.prompt = 8
        let tiered = prices { $0.tiers = [first, second] }
        for (input, dollars) in [(1000, 0.002), (1001, 1001 * 4e-6), (5000, 0.02), (5001, 5001 * 8e-6)] { expect(dollars, tiered, usage(input, 0)) }
        for (input, price) in [(1000, 10.0), (1001, 15), (5001, 10)] {
            expect(Double(input) * (tiered.at(promptTokens: input).prompt ?? 0) * 1e-6 + price * 1e-3, tiered, usage(input, 1000))
        }
    }

    @Test func `where a tier has no cache price, it rises in proportion to the prompt's`() {
        var tier = TokenPrices.Tier(above: 100)
        (tier.prompt, tier.completion) = (4, 30)
        let tiered = prices { ($0.cacheRead, $0.cacheWrite, $0.reasoning, $0.tiers) = (0.2, 2.5, 20, [tier]) }.at(promptTokens: 101)
        #expect(tiered.cacheRead == 0.4 && tiered.cacheWrite == 5 && tiered.reasoning == 60)
        tier.cacheRead = 0.3
        #expect(prices { ($0.cacheRead, $0.tiers) = (0.2, [tier]) }.at(promptTokens: 101).cacheRead == 0.3)
    }

    @Test func `one source completes another one whole side at a time`() {
        let catalogue = prices { ($0.cacheRead, $0.reasoning, $0.request) = (0.2, 40, 0.5) }
        #expect(TokenPrices().completed(by: catalogue) == catalogue)
        let own = TokenPrices(prompt: 5, completion: nil).completed(by: catalogue)
        #expect(own.prompt == 5 && own.cacheRead == nil && own.completion == 10 && own.reasoning == 40 && own.request == nil)
        let other = TokenPrices(prompt: nil, completion: 7).completed(by: catalogue)
        #expect(other.prompt == 2 && other.cacheRead == 0.2 && other.completion == 7 && other.reasoning == nil)
        let both = TokenPrices(prompt: 5, completion: 6)
        #expect(both.completed(by: catalogue) == both)
    }

    @Test func `a zero in a list means not charged separately, unless everything is free`() {
        let listed = prices { ($0.cacheRead, $0.cacheWrite, $0.reasoning, $0.request, $0.image) = (0, 0, 0, 0, 0) }
        #expect(listed.withoutEmptyExtras == prices())
        let free = { () -> TokenPrices in
            var free = TokenPrices(prompt: 0, completion: 0)
            (free.cacheRead, free.reasoning) = (0, 0)
            return free
        }()
        #expect(free.withoutEmptyExtras == free)
    }

    @Test(arguments: [-1e308, -1, 1e308, .infinity, -.infinity, .nan] as [Double]) func `no price makes a bill that can't be`(price: Double) {
        var wild = TokenPrices()
        for path in TokenPrices.all { wild[keyPath: path] = price }
        var tier = TokenPrices.Tier(above: .max)
        (tier.prompt, tier.cacheRead) = (price, price)
        wild.tiers = Array(repeating: tier, count: 100)
        let tidy = wild.tidy
        #expect(tidy.tiers.count <= TokenPrices.mostTiers)
        for usage in [usage(0, 0), usage(1_000_000_000_000, 1_000_000_000_000, cached: 3, written: 4, reasoning: 5)] {
            let dollars = tidy.dollars(for: usage, images: 1000, madeImages: 1_000_000)
            #expect(dollars.isFinite && dollars >= 0)
        }
    }

    @Test func `cached parts of a usage are read under any name`() throws {
        let reports: [(String, Int, Int)] = [
            (#"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3}}"#, 4, 3),
            (#"{"prompt_tokens":9,"cache_read_input_tokens":5,"cache_creation_input_tokens":2}"#, 5, 2),
            (#"{"prompt_tokens":9,"prompt_cache_hit_tokens":6}"#, 6, 0), (#"{"prompt_tokens":9}"#, 0, 0),
        ]
        for (text, cached, written) in reports {
            let body = Array("{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":\(text)}".utf8)
            let found = AnswerInspection(inspecting: body.span.bytes, kind: .chat).usage
            #expect(found?.cachedTokens == cached && found?.cacheWriteTokens == written, "\(text)")
        }
    }
}
