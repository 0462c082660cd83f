import Foundation
import Testing
import Wire

@testable import Scoring

/// What models cost according to catalogues, besides the two main prices.
@Suite struct PriceTests {
    private func liteLLM(_ members: String) throws -> TokenPrices {
        let text = "{\"gpt-4o\":{\"mode\":\"chat\",\"input_cost_per_token\":2.5e-06,\"output_cost_per_token\":1e-05\(members)}}"
        return try #require(try ModelFact.liteLLM(Array(text.utf8)).first?.price).whole
    }

    private func modelsDev(_ members: String) throws -> TokenPrices {
        let text = "{\"openai\":{\"models\":{\"gpt-4o\":{\"limit\":{\"context\":1},\"cost\":{\"input\":2.5,\"output\":10\(members)}}}}}"
        return try #require(try ModelFact.modelsDevProviders(Array(text.utf8)).first?.price).whole
    }

    private func near(_ value: Double?, _ wanted: Double) -> Bool { value.map { abs($0 - wanted) < 1e-9 } ?? false }

    @Test func `LiteLLM's table has prices of caches, reasoning, pictures, requests and long prompts`() throws {
        let prices = try liteLLM(
            ",\"cache_read_input_token_cost\":1.25e-06,\"cache_creation_input_token_cost\":3e-06,\"output_cost_per_reasoning_token\":2e-05,"
                + "\"input_cost_per_image\":0.001,\"output_cost_per_image\":0.04,\"input_cost_per_request\":0.005,"
                + "\"input_cost_per_token_above_200k_tokens\":5e-06,\"output_cost_per_token_above_200k_tokens\":1.5e-05,"
                + "\"cache_read_input_token_cost_above_200k_tokens\":2e-06")
        #expect(near(prices.prompt, 2.5) && near(prices.completion, 10) && near(prices.cacheRead, 1.25) && near(prices.cacheWrite, 3))
        #expect(near(prices.reasoning, 20) && prices.image == 0.001 && prices.madeImage == 0.04 && prices.request == 0.005)
        #expect(prices.tiers.map(\.above) == [200_000] && near(prices.tiers[0].prompt, 5) && near(prices.tiers[0].completion, 15))
        #expect(near(prices.tiers[0].cacheRead, 2))
        let ranges = try liteLLM(
            ",\"tiered_pricing\":[{\"range\":[0,32000],\"input_cost_per_token\":1e-06},{\"range\":[32000,128000],\"input_cost_per_token\":4e-06}]")
        #expect(ranges.tiers.map(\.above) == [32_000] && near(ranges.tiers[0].prompt, 4))
    }

    @Test func `models dev's catalogue has prices of caches, reasoning and long prompts, in both forms`() throws {
        for tiers in ["\"context_over_200k\":{\"input\":5,\"output\":15}", "\"tiers\":[{\"input\":5,\"output\":15,\"tier\":{\"size\":200000}}]"] {
            let prices = try modelsDev(",\"cache_read\":0.25,\"cache_write\":3.125,\"reasoning\":12,\(tiers)")
            #expect(prices.cacheRead == 0.25 && prices.cacheWrite == 3.125 && prices.reasoning == 12)
            #expect(prices.tiers.map(\.above) == [200_000] && prices.tiers[0].prompt == 5 && prices.tiers[0].completion == 15)
        }
        #expect(try modelsDev(",\"cache_read\":0,\"cache_write\":0") == TokenPrices(prompt: 2.5, completion: 10))
    }

    @Test func `of several catalogues, the median of each price counts`() throws {
        let facts = try [0.5, 1, 3].flatMap { price in
            try ModelFact.modelsDevProviders(
                Array(
                    "{\"p\":{\"models\":{\"gpt-4o\":{\"limit\":{\"context\":1},\"cost\":{\"input\":\(price),\"output\":10,\"cache_read\":\(price / 10)}}}}}"
                        .utf8))
        }
        let price = try #require(QualityTable(fitting: [], facts: facts).quality(ofID: "gpt-4o").price)
        #expect(price.whole.prompt == 1 && near(price.whole.cacheRead, 0.1) && price.whole.tiers.isEmpty)
    }

    @Test func `a snapshot preserves every price to a millionth of a dollar`() throws {
        let text =
            "{\"p\":{\"models\":{\"gpt-4o\":{\"limit\":{\"context\":1},\"cost\":{\"input\":0.037525,\"output\":0.000125,\"cache_read\":0.003751,"
            + "\"cache_write\":0.046875,\"reasoning\":0.0002,\"context_over_200k\":{\"input\":0.07505,\"cache_read\":0.0075}}}}}}"
        let table = QualityTable(fitting: [], facts: try ModelFact.modelsDevProviders(Array(text.utf8)))
        let (before, after) = (
            table.quality(ofID: "gpt-4o").price, try QualitySnapshot.read(QualitySnapshot.write(table)).quality(ofID: "gpt-4o").price
        )
        #expect(before == after && before?.whole.tiers.count == 1)
    }

    @Test(arguments: ["-1", "1e308", "\"x\"", "null", "[]", "{}", "1e99"]) func `impossible prices are ignored or clamped`(value: String) throws {
        for prices in [
            try liteLLM(",\"cache_read_input_token_cost\":\(value),\"input_cost_per_token_above_128k_tokens\":\(value),\"tiered_pricing\":\(value)"),
            try modelsDev(",\"cache_read\":\(value),\"context_over_200k\":{\"input\":\(value)},\"tiers\":\(value)"),
        ] {
            for path in TokenPrices.all { if let price = prices[keyPath: path] { #expect((0...ForeignNumber.price).contains(price)) } }
            for tier in prices.tiers { #expect((0...ForeignNumber.price).contains(tier.prompt ?? 0)) }
        }
    }
}
