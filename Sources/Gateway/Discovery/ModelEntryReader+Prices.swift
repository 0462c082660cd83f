internal import Wire

/// Reads what a list says of prices.
///
/// | name in the list | whose | price |
/// | --- | --- | --- |
/// | `prompt`, `input`, `input_tokens` | OpenRouter; Together, Vercel; DeepInfra | prompt |
/// | `completion`, `output`, `output_tokens` | the same | answer |
/// | `input_cache_read`, `cache_read`, `cache_read_tokens`, `cached_input` | OpenRouter, Vercel; models.dev; DeepInfra; Together | from the cache |
/// | `input_cache_write`, `cache_write`, `cache_write_tokens` | the same | into the cache |
/// | `internal_reasoning`, `reasoning` | OpenRouter; models.dev | reasoning |
/// | `request`, `image` | OpenRouter, dollars each | a request, a picture in it |
/// | `input_tiers`, `output_tiers`, `input_cache_read_tiers`, `input_cache_write_tiers` | Vercel: `{"cost", "min", "max"}` | for long prompts |
/// | `context_over_200k`, `tiers`, `overrides` | models.dev; OpenRouter | for long prompts |
extension ModelEntryReader {
    /// Reads an object of prices.
    static func readPrices(_ scanner: inout JSONScanner, _ body: RawSpan, into prices: inout TokenPrices) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let member = try scanner.nextMember() {
            if let price = tokenPrice(member, body) {
                if let value = try perMillion(&scanner, body) { prices[keyPath: price.whole] = value }
            } else if member.equals("request", in: body) {
                prices.request = try each(&scanner, body) ?? prices.request
            } else if member.equals("image", in: body) {
                prices.image = try each(&scanner, body) ?? prices.image
            } else if member.equals("context_over_200k", in: body) {
                var tier = TokenPrices.Tier(above: 200_000)
                try readTier(&scanner, body, into: &tier)
                merge(tier, into: &prices.tiers)
            } else if member.equals("tiers", in: body) || member.equals("overrides", in: body) {
                guard try scanner.enterArrayOrSkip() else { continue }
                while try scanner.nextElement() {
                    var tier = TokenPrices.Tier(above: 0)
                    try readTier(&scanner, body, into: &tier)
                    merge(tier, into: &prices.tiers)
                }
            } else if let price = listedTier(member, body) {
                try readCosts(&scanner, body, of: price, into: &prices.tiers)
            } else {
                try scanner.skipValue()
            }
        }
    }

    /// A price for a million tokens, in prices and in a tier.
    private typealias TokenPrice = (whole: WritableKeyPath<TokenPrices, Double?>, tier: WritableKeyPath<TokenPrices.Tier, Double?>)

    private static func tokenPrice(_ member: JSONText, _ body: RawSpan) -> TokenPrice? {
        func isOne(_ names: StaticString...) -> Bool { names.contains { member.equals($0, in: body) } }
        if isOne("prompt", "input", "input_tokens") { return (\.prompt, \.prompt) }
        if isOne("completion", "output", "output_tokens") { return (\.completion, \.completion) }
        if isOne("input_cache_read", "cache_read", "cache_read_tokens", "cached_input") { return (\.cacheRead, \.cacheRead) }
        if isOne("input_cache_write", "cache_write", "cache_write_tokens") { return (\.cacheWrite, \.cacheWrite) }
        if isOne("internal_reasoning", "reasoning") { return (\.reasoning, \.reasoning) }
        return nil
    }

    private static func listedTier(_ member: JSONText, _ body: RawSpan) -> WritableKeyPath<TokenPrices.Tier, Double?>? {
        if member.equals("input_tiers", in: body) { return \.prompt }
        if member.equals("output_tiers", in: body) { return \.completion }
        if member.equals("input_cache_read_tiers", in: body) { return \.cacheRead }
        if member.equals("input_cache_write_tiers", in: body) { return \.cacheWrite }
        return nil
    }

    /// Reads `{"input": …, "output": …, "tier": {"size": 200000}}`, or with the bound beside the prices.
    private static func readTier(_ scanner: inout JSONScanner, _ body: RawSpan, into tier: inout TokenPrices.Tier) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let member = try scanner.nextMember() {
            if let price = tokenPrice(member, body) {
                if let value = try perMillion(&scanner, body) { tier[keyPath: price.tier] = value }
            } else if member.equals("tier", in: body) {
                guard try scanner.enterObjectOrSkip() else { continue }
                while let inner = try scanner.nextMember() {
                    if inner.equals("size", in: body) { try readBound(&scanner, into: &tier) } else { try scanner.skipValue() }
                }
            } else if member.equals("min_prompt_tokens", in: body) || member.equals("min_context", in: body) || member.equals("above", in: body) {
                try readBound(&scanner, into: &tier)
            } else {
                try scanner.skipValue()
            }
        }
    }

    private static func readBound(_ scanner: inout JSONScanner, into tier: inout TokenPrices.Tier) throws(JSONError) {
        if let bound = try scanner.readIntegerOrSkip(atMost: ForeignNumber.contextLength), bound > 0 { tier.above = bound }
    }

    /// Reads `[{"cost": …, "min": …, "max": …}]`, the tiers of one price.
    private static func readCosts(
        _ scanner: inout JSONScanner, _ body: RawSpan, of price: WritableKeyPath<TokenPrices.Tier, Double?>, into tiers: inout [TokenPrices.Tier]
    ) throws(JSONError) {
        guard try scanner.enterArrayOrSkip() else { return }
        while try scanner.nextElement() {
            var (least, cost): (Int, Double?) = (0, nil)
            guard try scanner.enterObjectOrSkip() else { continue }
            while let member = try scanner.nextMember() {
                if member.equals("min", in: body) {
                    least = try scanner.readIntegerOrSkip(atMost: ForeignNumber.contextLength) ?? 0
                } else if member.equals("cost", in: body) {
                    cost = try perMillion(&scanner, body)
                } else {
                    try scanner.skipValue()
                }
            }
            // The tier that begins at nothing is the price itself.
            guard least > 0 else { continue }
            var tier = TokenPrices.Tier(above: least - 1)
            tier[keyPath: price] = cost
            merge(tier, into: &tiers)
        }
    }

    /// Adds a tier, to the one of the same bound where there is one.
    private static func merge(_ tier: TokenPrices.Tier, into tiers: inout [TokenPrices.Tier]) {
        guard tier.above > 0, !tier.isEmpty else { return }
        guard let place = tiers.firstIndex(where: { $0.above == tier.above }) else {
            if tiers.count < TokenPrices.mostTiers { tiers.append(tier) }
            return
        }
        tiers[place].prompt = tier.prompt ?? tiers[place].prompt
        tiers[place].completion = tier.completion ?? tiers[place].completion
        tiers[place].cacheRead = tier.cacheRead ?? tiers[place].cacheRead
        tiers[place].cacheWrite = tier.cacheWrite ?? tiers[place].cacheWrite
        tiers[place].reasoning = tier.reasoning ?? tiers[place].reasoning
    }

    private static func perMillion(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Double? {
        try number(&scanner, body).flatMap(ModelEntry.pricePerMillion)
    }

    /// A price in dollars for one of something.
    private static func each(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Double? {
        try number(&scanner, body).flatMap { $0.isFinite && $0 >= 0 ? min($0, ForeignNumber.price) : nil }
    }
}
