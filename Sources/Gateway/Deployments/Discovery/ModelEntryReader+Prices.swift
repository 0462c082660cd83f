internal import Wire

/// Reads what a list says of prices. Names are told by `PriceName`.
///
/// | form | whose |
/// | --- | --- |
/// | `pricing` (`price`, `cost`, `pricePerToken` …): an object of prices | most |
/// | the prices beside the id: `input_price`, `input_cost_per_token` … | Requesty, LiteLLM, Novita |
/// | a price that is an object itself: `{"usd": …}`, `{"price_per_m": …}` | Chutes; Novita |
/// | `properties` with `"property_id": "price"` | Cloudflare |
///
/// Prices for long prompts:
///
/// | form | whose |
/// | --- | --- |
/// | `pricing` that is an array: an object for each range of the prompt | routers |
/// | `tiers`, `overrides`, `tiered_pricing`, `tiered_billing_configs` | models.dev; OpenRouter; LiteLLM; Novita |
/// | `input_tiers`, `output_tiers`, `input_cache_read_tiers`, `input_cache_write_tiers`: `{"cost", "min", "max"}` | Vercel |
/// | `context_over_200k` | models.dev |
/// | `input_cost_per_token_above_200k_tokens` | LiteLLM |
extension ModelEntryReader {
    /// Reads a member of an entry when its name says that it is a price, or prices; whether it was.
    static func readPriced(
        _ member: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan, into prices: inout TokenPrices
    ) throws(JSONError) -> Bool {
        let text = body.extracting(member.range)
        if member.equals("tiered_billing_configs", in: body) || member.equals("tiered_pricing", in: body) {
            try readRanges(&scanner, body, nil, areWhole: false, into: &prices)
            return true
        }
        if member.equals("properties", in: body) {
            try readProperties(&scanner, body, into: &prices)
            return true
        }
        guard mayBePriced(text), let name = PriceName(text), name.isPrice else { return false }
        try read(name, &scanner, body, nil, into: &prices)
        return true
    }

    /// Whether it is worth while to take a name apart.
    private static func mayBePriced(_ name: RawSpan) -> Bool {
        name.firstRange(of: "ric") != nil || name.firstRange(of: "ost") != nil || name.firstRange(of: "cents") != nil
            || name.firstRange(of: "usd") != nil
    }

    /// Reads what stands under a name: a price, or prices.
    private static func read(
        _ name: PriceName, _ scanner: inout JSONScanner, _ body: RawSpan, _ unit: PriceName.Unit?, into prices: inout TokenPrices
    ) throws(JSONError) {
        guard let kind = name.kind else {
            if name.above == nil { try readPrices(&scanner, body, name.unit ?? unit, into: &prices) } else { try scanner.skipValue() }
            return
        }
        guard let amount = try price(name, &scanner, body, unit) else { return }
        guard let above = name.above else { return prices[keyPath: kind.whole] = amount }
        guard let path = kind.tier else { return }
        var tier = TokenPrices.Tier(above: above)
        tier[keyPath: path] = amount
        merge(tier, into: &prices.tiers)
    }

    /// Reads an object of prices, or an array of such for ranges of the prompt.
    ///
    /// - Parameter unit: For how many tokens they are where their own names do not say.
    private static func readPrices(
        _ scanner: inout JSONScanner, _ body: RawSpan, _ unit: PriceName.Unit?, into prices: inout TokenPrices
    ) throws(JSONError) {
        let kind = try scanner.nextKind()
        if kind == .array { return try readRanges(&scanner, body, unit, areWhole: true, into: &prices) }
        var said: (unit: PriceName.Unit?, isInDollars: Bool) = (nil, false)
        if kind == .object { said = try unitSaid(scanner, body) }
        // Nobody knows here what another currency is worth.
        guard said.isInDollars else {
            try scanner.skipValue()
            return
        }
        let unit = said.unit ?? unit
        try scanner.enterObject()
        while let member = try scanner.nextMember() {
            if try !readTiers(member, &scanner, body, unit, into: &prices) {
                if let name = PriceName(body.extracting(member.range)), name.kind != nil || name.isPrice {
                    try read(name, &scanner, body, unit, into: &prices)
                } else {
                    try scanner.skipValue()
                }
            }
        }
    }

    /// What an object of prices says of all of them: `"unit": "per_million_tokens"`, `"currency": "USD"`. The scanner is a copy.
    private static func unitSaid(_ scanner: JSONScanner, _ body: RawSpan) throws(JSONError) -> (unit: PriceName.Unit?, isInDollars: Bool) {
        var ahead = scanner
        var said: (unit: PriceName.Unit?, isInDollars: Bool) = (nil, true)
        try ahead.enterObject()
        while let member = try ahead.nextMember() {
            if member.equals("unit", in: body) {
                if let text = try ahead.readTextOrSkip() { said.unit = PriceName(body.extracting(text.range))?.unit }
            } else if member.equals("currency", in: body) {
                guard let text = try ahead.readTextOrSkip(), !text.isEmpty else { continue }
                let name = body.extracting(text.range)
                said.isInDollars = name.equalsIgnoringCase("usd") || name.equals("$")
            } else {
                try ahead.skipValue()
            }
        }
        return said
    }

    /// An amount as dollars: a number, a string that holds one, or an object in which it stands.
    private static func price(
        _ name: PriceName, _ scanner: inout JSONScanner, _ body: RawSpan, _ unit: PriceName.Unit?
    ) throws(JSONError) -> Double? {
        guard try scanner.nextKind() == .object else { return try number(&scanner, body).flatMap { name.dollars($0, unit: unit) } }
        var found: Double?
        try scanner.enterObject()
        while let member = try scanner.nextMember() {
            let inner = PriceName(body.extracting(member.range))
            guard let inner, inner.isPrice, inner.kind == nil, found == nil else {
                try scanner.skipValue()
                continue
            }
            found = try number(&scanner, body).flatMap { name.dollars($0, unit: inner.unit ?? unit) }
        }
        return found
    }

    // MARK: Long prompts

    /// Reads a member that holds prices for long prompts, beside the others; whether it was one.
    private static func readTiers(
        _ member: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan, _ unit: PriceName.Unit?, into prices: inout TokenPrices
    ) throws(JSONError) -> Bool {
        if member.equals("context_over_200k", in: body) {
            var long = TokenPrices()
            try readPrices(&scanner, body, unit, into: &long)
            merge(tier(of: long, above: 200_000), into: &prices.tiers)
        } else if member.equals("tiers", in: body) || member.equals("overrides", in: body) || member.equals("tiered_pricing", in: body) {
            try readRanges(&scanner, body, unit, areWhole: false, into: &prices)
        } else if let path = listedTier(member, body) {
            try readCosts(&scanner, body, of: path, into: &prices.tiers)
        } else {
            return false
        }
        return true
    }

    private static func listedTier(_ member: JSONText, _ body: RawSpan) -> WritableKeyPath<TokenPrices.Tier, Double?>? {
        if member.equals("input_tiers", in: body) { return \.prompt }
        if member.equals("output_tiers", in: body) { return \.completion }
        if member.equals("input_cache_read_tiers", in: body) { return \.cacheRead }
        if member.equals("input_cache_write_tiers", in: body) { return \.cacheWrite }
        return nil
    }

    /// The prices of one range of the prompt.
    private struct PriceRange {
        var least: Int?
        var most: Int?
        var prices = TokenPrices()
    }

    /// Reads an array of prices, each for a range of the prompt.
    ///
    /// - Parameter areWhole: Whether they are all the prices there are, so that those without a bound are the usual ones; beside others they mean nothing.
    private static func readRanges(
        _ scanner: inout JSONScanner, _ body: RawSpan, _ unit: PriceName.Unit?, areWhole: Bool, into prices: inout TokenPrices
    ) throws(JSONError) {
        guard try scanner.enterArrayOrSkip() else { return }
        var ranges: [PriceRange] = []
        while try scanner.nextElement() {
            var range = PriceRange()
            try readRange(&scanner, body, unit, into: &range)
            if ranges.count <= TokenPrices.mostTiers, !range.prices.isEmpty { ranges.append(range) }
        }
        // Where only their ends are told, each begins where the one before it ends.
        if ranges.allSatisfy({ $0.least == nil }), ranges.contains(where: { $0.most != nil }) {
            ranges.sort { ($0.most ?? .max) < ($1.most ?? .max) }
            for index in ranges.indices { ranges[index].least = index == 0 ? 0 : ranges[index - 1].most }
        }
        for range in ranges {
            if let least = range.least, least > 1 {
                merge(tier(of: range.prices, above: least), into: &prices.tiers)
            } else if areWhole || range.least != nil {
                for path in TokenPrices.all { prices[keyPath: path] = prices[keyPath: path] ?? range.prices[keyPath: path] }
            }
        }
    }

    /// Reads `{"input": …, "output": …, "tier": {"size": 200000}}`, or with the bound beside the prices, or with the prices in an object of their own.
    private static func readRange(
        _ scanner: inout JSONScanner, _ body: RawSpan, _ unit: PriceName.Unit?, into range: inout PriceRange
    ) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let member = try scanner.nextMember() {
            if member.equals("tier", in: body) {
                guard try scanner.enterObjectOrSkip() else { continue }
                while let inner = try scanner.nextMember() {
                    if inner.equals("size", in: body) { try readBound(&scanner, into: &range.least) } else { try scanner.skipValue() }
                }
            } else if member.equals("range", in: body) {
                guard try scanner.enterArrayOrSkip() else { continue }
                if try scanner.nextElement() {
                    try readBound(&scanner, into: &range.least)
                    while try scanner.nextElement() { try readBound(&scanner, into: &range.most) }
                }
            } else if isOne(of: least, member, body) {
                try readBound(&scanner, into: &range.least)
            } else if isOne(of: most, member, body) {
                try readBound(&scanner, into: &range.most)
            } else if let name = PriceName(body.extracting(member.range)), name.kind != nil || name.isPrice {
                try read(name, &scanner, body, unit, into: &range.prices)
            } else {
                try scanner.skipValue()
            }
        }
    }

    /// Where a range begins, and where it ends.
    private static let least: [StaticString] = [
        "min_prompt_tokens", "min_context", "min_tokens", "min_input_tokens", "min", "above", "threshold", "from",
    ]
    private static let most: [StaticString] = ["max_prompt_tokens", "max_context", "max_tokens", "max_input_tokens", "max", "up_to", "to"]

    private static func isOne(of names: [StaticString], _ member: JSONText, _ body: RawSpan) -> Bool {
        for name in names where member.equals(name, in: body) { return true }
        return false
    }

    private static func readBound(_ scanner: inout JSONScanner, into bound: inout Int?) throws(JSONError) {
        if let read = try scanner.readIntegerOrSkip(atMost: ForeignNumber.contextLength), read >= 0 { bound = read }
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
                    cost = try number(&scanner, body).flatMap(ModelEntry.pricePerMillion)
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

    private static func tier(of prices: TokenPrices, above: Int) -> TokenPrices.Tier {
        var tier = TokenPrices.Tier(above: above)
        (tier.prompt, tier.completion, tier.reasoning) = (prices.prompt, prices.completion, prices.reasoning)
        (tier.cacheRead, tier.cacheWrite) = (prices.cacheRead, prices.cacheWrite)
        return tier
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

    // MARK: Cloudflare

    /// Reads `[{"property_id": "price", "value": [{"unit": "per M input tokens", "price": 0.29, "currency": "USD"}]}]`.
    private static func readProperties(_ scanner: inout JSONScanner, _ body: RawSpan, into prices: inout TokenPrices) throws(JSONError) {
        guard try scanner.enterArrayOrSkip() else { return }
        while try scanner.nextElement() {
            guard try scanner.enterObjectOrSkip() else { continue }
            var isPrice = false
            while let member = try scanner.nextMember() {
                if member.equals("property_id", in: body) {
                    isPrice = try scanner.readTextOrSkip()?.equals("price", in: body) ?? false
                } else if member.equals("value", in: body), isPrice, try scanner.nextKind() == .array {
                    try scanner.enterArray()
                    while try scanner.nextElement() { try readProperty(&scanner, body, into: &prices) }
                } else {
                    try scanner.skipValue()
                }
            }
        }
    }

    private static func readProperty(_ scanner: inout JSONScanner, _ body: RawSpan, into prices: inout TokenPrices) throws(JSONError) {
        guard try scanner.nextKind() == .object else {
            try scanner.skipValue()
            return
        }
        let isInDollars = try unitSaid(scanner, body).isInDollars
        var name: PriceName?
        var amount: Double?
        try scanner.enterObject()
        while let member = try scanner.nextMember() {
            if member.equals("unit", in: body) {
                if let text = try scanner.readTextOrSkip() { name = PriceName(body.extracting(text.range)) }
            } else if member.equals("price", in: body) {
                amount = try number(&scanner, body)
            } else {
                try scanner.skipValue()
            }
        }
        guard isInDollars, let name, let kind = name.kind, name.above == nil, let amount else { return }
        prices[keyPath: kind.whole] = name.dollars(amount) ?? prices[keyPath: kind.whole]
    }
}
