internal import Wire

/// What a catalogue says of one model under one name; what it does not say is missing.
public struct ModelFact: Sendable, Equatable {
    /// The catalogue's name for it.
    public var name: String
    /// When it came out, in days since 2020-01-01.
    public var releasedDay: Int?
    /// How far the day is to be trusted, 0 the most.
    public var dayRank = 1
    /// Price of a million tokens, in USD.
    public var price: ModelPrice?
    /// Tokens it takes in.
    public var contextLength: Int?
    /// Whether it can think before it answers.
    public var reasons: Bool?
    /// What it takes in.
    public var inputModalities: [String] = []
    /// What it gives out.
    public var outputModalities: [String] = []

    init(_ name: String) { self.name = name }

    /// Most models read from one catalogue.
    static let maximumModels = 50_000

    /// What a provider's list says.
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
        fact.reasons = record["reasoning"]?.bool
        fact.inputModalities = record["modalities"]?["input"]?.texts ?? []
        fact.outputModalities = record["modalities"]?["output"]?.texts ?? []
        if let input = record["cost"]?["input"]?.number, let output = record["cost"]?["output"]?.number, input >= 0, output >= 0 {
            fact.price = ModelPrice(input: input, output: output)
        }
        return fact
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
            }
            fact.contextLength = contextLength(entry["max_input_tokens"])
            fact.reasons = entry["supports_reasoning"]?.bool
            facts.append(fact)
        }
        guard !facts.isEmpty else { throw BoardError("no model with a mode") }
        return facts
    }
}
