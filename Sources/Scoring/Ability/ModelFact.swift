internal import Wire

/// What a catalogue says about one model under one name; what it does not say is missing.
public struct ModelFact: Sendable, Equatable {
    /// The catalogue's name for it.
    public var name: String
    /// When it was released, in days since 2020-01-01.
    public var releasedDay: Int?
    /// How far the day can be trusted, 0 the most.
    public var dayRank = 1
    /// The price of a million tokens, in USD.
    public var price: ModelPrice?
    /// The tokens it accepts.
    public var contextLength: Int?
    /// The most tokens of one answer.
    public var outputLimit: Int?
    /// Whether it can think before it answers.
    public var reasons: Bool?
    /// The kinds of input it accepts.
    public var inputModalities: [String] = []
    /// The kinds of output it produces.
    public var outputModalities: [String] = []

    init(_ name: String) { self.name = name }

    /// The most models read from one catalogue.
    static let maximumModels = 50_000

    /// The facts in a provider's list.
    public init(_ model: ListedModel) {
        name = model.id
        releasedDay = model.createdDay
        price = model.price
        contextLength = model.contextLength
        inputModalities = model.inputModalities
        outputModalities = model.outputModalities
        if !model.supportedParameters.isEmpty { reasons = model.supportedParameters.contains("reasoning") }
    }

    /// The model records of models.dev: an object of models.
    static func modelsDev(_ bytes: [UInt8]) throws(BoardError) -> [ModelFact] {
        let facts = try JSONTree(parsing: bytes).members.prefix(maximumModels).compactMap { modelsDevRecord($0.name, $0.value, dayRank: 0) }
        guard !facts.isEmpty else { throw BoardError("no model record") }
        return facts
    }

    /// The catalogue that models.dev serves: an object of providers, each with its models.
    static func modelsDevProviders(_ bytes: [UInt8]) throws(BoardError) -> [ModelFact] {
        var facts: [ModelFact] = []
        for provider in try JSONTree(parsing: bytes).members {
            facts += (provider.value["models"]?.members ?? []).compactMap { modelsDevRecord($0.name, $0.value, dayRank: 1) }
        }
        guard !facts.isEmpty else { throw BoardError("no provider with models") }
        return Array(facts.prefix(maximumModels))
    }

    private static func modelsDevRecord(_ name: String, _ record: JSONTree, dayRank: Int) -> ModelFact? {
        guard record["limit"] != nil || record["release_date"] != nil else { return nil }
        var fact = ModelFact(name)
        fact.releasedDay = record["release_date"]?.text.flatMap { BoardParsers.day($0) ?? BoardParsers.day($0 + "-15") }
        fact.dayRank = dayRank
        fact.contextLength = contextLength(record["limit"]?["context"])
        fact.outputLimit = contextLength(record["limit"]?["output"])
        fact.reasons = record["reasoning"]?.bool
        fact.inputModalities = record["modalities"]?["input"]?.texts ?? []
        fact.outputModalities = record["modalities"]?["output"]?.texts ?? []
        if let input = record["cost"]?["input"]?.number, let output = record["cost"]?["output"]?.number, input >= 0, output >= 0 {
            fact.price = ModelPrice(input: input, output: output)
            if let cost = record["cost"] { fact.price?.extras = modelsDevExtras(cost) }
        }
        return fact
    }

    /// models.dev's other prices: caches, reasoning, and tiers as `context_over_200k` or a list with `{"tier":
    /// {"size": …}}`.
    private static func modelsDevExtras(_ cost: JSONTree) -> TokenPrices {
        func tier(_ record: JSONTree, above: Int) -> TokenPrices.Tier {
            var tier = TokenPrices.Tier(above: above)
            (tier.prompt, tier.completion) = (record["input"]?.number, record["output"]?.number)
            (tier.cacheRead, tier.cacheWrite, tier.reasoning) = (
                record["cache_read"]?.number, record["cache_write"]?.number, record["reasoning"]?.number
            )
            return tier
        }
        var extras = TokenPrices()
        (extras.cacheRead, extras.cacheWrite, extras.reasoning) = (cost["cache_read"]?.number, cost["cache_write"]?.number, cost["reasoning"]?.number)
        extras.tiers = (cost["tiers"]?.elements ?? []).prefix(TokenPrices.mostTiers).compactMap { record in
            record["tier"]?["size"]?.integer.map { tier(record, above: $0) }
        }
        if extras.tiers.isEmpty, let long = cost["context_over_200k"] { extras.tiers = [tier(long, above: 200_000)] }
        return extras.tidy
    }

    private static func contextLength(_ value: JSONTree?) -> Int? {
        value?.integer.flatMap { $0 > 0 ? min($0, ForeignNumber.contextLength) : nil }
    }

    /// LiteLLM's price table: USD for a token, in and out.
    static func liteLLM(_ bytes: [UInt8]) throws(BoardError) -> [ModelFact] {
        var facts: [ModelFact] = []
        for (name, entry) in try JSONTree(parsing: bytes).members.prefix(maximumModels) {
            guard ["chat", "completion", "responses"].contains(entry["mode"]?.text ?? "") else { continue }
            var fact = ModelFact(name)
            if let input = entry["input_cost_per_token"]?.number, let output = entry["output_cost_per_token"]?.number, input >= 0, output >= 0 {
                fact.price = ModelPrice(input: input * 1e6, output: output * 1e6)
                fact.price?.extras = liteLLMExtras(entry)
            }
            fact.contextLength = contextLength(entry["max_input_tokens"])
            fact.outputLimit = contextLength(entry["max_output_tokens"])
            fact.reasons = entry["supports_reasoning"]?.bool
            facts.append(fact)
        }
        guard !facts.isEmpty else { throw BoardError("no model with a mode") }
        return facts
    }

    /// LiteLLM's other prices: `cache_read_input_token_cost`, `…_above_200k_tokens` and the like, and
    /// `tiered_pricing` by ranges of the prompt.
    private static func liteLLMExtras(_ entry: JSONTree) -> TokenPrices {
        func perMillion(_ record: JSONTree, _ name: String) -> Double? { record[name]?.number.map { $0 * 1e6 } }
        func tier(_ record: JSONTree, above: Int, _ suffix: String) -> TokenPrices.Tier {
            var tier = TokenPrices.Tier(above: above)
            tier.prompt = perMillion(record, "input_cost_per_token" + suffix)
            tier.completion = perMillion(record, "output_cost_per_token" + suffix)
            tier.cacheRead = perMillion(record, "cache_read_input_token_cost" + suffix)
            tier.cacheWrite = perMillion(record, "cache_creation_input_token_cost" + suffix)
            tier.reasoning = perMillion(record, "output_cost_per_reasoning_token" + suffix)
            return tier
        }
        var extras = TokenPrices()
        extras.cacheRead = perMillion(entry, "cache_read_input_token_cost")
        extras.cacheWrite = perMillion(entry, "cache_creation_input_token_cost")
        extras.reasoning = perMillion(entry, "output_cost_per_reasoning_token")
        extras.request = entry["input_cost_per_request"]?.number
        extras.image = entry["input_cost_per_image"]?.number
        extras.madeImage = entry["output_cost_per_image"]?.number
        for (name, _) in entry.members {
            // input_cost_per_token_above_200k_tokens
            guard name.hasPrefix("input_cost_per_token_above_"), name.hasSuffix("k_tokens"),
                let thousands = Int(name.dropFirst("input_cost_per_token_above_".count).dropLast("k_tokens".count)), (1...100_000).contains(thousands)
            else { continue }
            extras.tiers.append(tier(entry, above: thousands * 1000, "_above_\(thousands)k_tokens"))
        }
        for record in (entry["tiered_pricing"]?.elements ?? []).prefix(TokenPrices.mostTiers) {
            guard let least = record["range"]?.elements.first?.integer, least > 0 else { continue }
            extras.tiers.append(tier(record, above: least, ""))
        }
        return extras.tidy
    }
}
