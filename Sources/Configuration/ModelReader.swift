internal import Gateway
internal import Wire

/// Reads the `models` of a provider.
struct ModelReader {
    /// Gets what is odd but not wrong.
    var warnings: ProblemReporter?

    /// The models in the order of the file; those with a problem are left out.
    func read(_ value: ConfigurationValue) -> [ModelConfiguration]? {
        guard let elements = value.elements(atMost: ConfigurationLimits.maximumModels) else { return nil }
        var lines: [String: Int] = [:]
        return elements.compactMap { element in
            guard let model = readModel(element) else { return nil }
            for name in [model.id] + model.aliases where ScoringProfiles.reserved.contains(name) {
                warnings?.report(
                    at: element.node.mark, element.path, found: "`\(name)` is a name of the gateway's own, by which nobody reaches this model",
                    expected: "clients reach it as `provider/id`; another alias would be shorter")
            }
            for name in [model.id] + model.aliases {
                if let line = lines[name] {
                    element.report(
                        "this model has an id or alias that the one on line \(line) has too", expected: "give different models different names")
                    return nil
                }
                lines[name] = element.node.mark.line
            }
            return model
        }
    }

    private func readModel(_ value: ConfigurationValue) -> ModelConfiguration? {
        if case .scalar = value.node.content { return value.text("the id of a model").map(ModelConfiguration.init) }
        guard let reader = ConfigurationReader<ModelKey>(value) else { return nil }
        let id = reader.required(.id)?.text("the id of a model")
        var model = ModelConfiguration(id: id ?? "")
        model.priority = reader[.priority]?.number(in: -1000...1000)
        model.weight = reader[.weight]?.integer(in: ConfigurationLimits.weights)
        model.kind = reader[.kind]?.choice(ModelKind.self)
        model.contextLength = reader[.contextLength]?.integer(in: 1...1_000_000_000)
        model.maximumOutputTokens = reader[.maximumOutputTokens]?.integer(in: 1...1_000_000_000)
        model.inputModalities = readModalities(reader[.inputModalities])
        model.outputModalities = readModalities(reader[.outputModalities])
        model.supportsTools = reader[.supportsTools]?.boolean()
        model.supportsJSON = reader[.supportsJSON]?.boolean()
        model.supportsSchemas = reader[.supportsSchemas]?.boolean()
        model.prices = readPrices(reader)
        model.aliases = reader[.aliases]?.elements(orSingle: true)?.compactMap { readAlias($0) } ?? []
        return id == nil ? nil : model
    }

    private func readPrices(_ reader: ConfigurationReader<ModelKey>) -> TokenPrices {
        let range = 0...ForeignNumber.price
        var prices = TokenPrices(prompt: reader[.promptPrice]?.number(in: range), completion: reader[.completionPrice]?.number(in: range))
        prices.cacheRead = reader[.cacheReadPrice]?.number(in: range)
        prices.cacheWrite = reader[.cacheWritePrice]?.number(in: range)
        prices.reasoning = reader[.reasoningPrice]?.number(in: range)
        prices.request = reader[.requestPrice]?.number(in: range)
        prices.image = reader[.imagePrice]?.number(in: range)
        prices.madeImage = reader[.madeImagePrice]?.number(in: range)
        prices.tiers = reader[.priceTiers]?.elements(atMost: TokenPrices.mostTiers)?.compactMap(readTier) ?? []
        return prices.tidy
    }

    private func readTier(_ value: ConfigurationValue) -> TokenPrices.Tier? {
        guard let reader = ConfigurationReader<PriceTierKey>(value), let above = reader.required(.above)?.integer(in: 1...ForeignNumber.contextLength)
        else { return nil }
        let range = 0...ForeignNumber.price
        var tier = TokenPrices.Tier(above: above)
        tier.prompt = reader[.promptPrice]?.number(in: range)
        tier.completion = reader[.completionPrice]?.number(in: range)
        tier.cacheRead = reader[.cacheReadPrice]?.number(in: range)
        tier.cacheWrite = reader[.cacheWritePrice]?.number(in: range)
        tier.reasoning = reader[.reasoningPrice]?.number(in: range)
        return tier
    }

    private func readModalities(_ value: ConfigurationValue?) -> Set<Modality>? {
        value?.elements(orSingle: true).map { Set($0.compactMap { $0.choice(Modality.self) }) }
    }

    /// A client may give a list of models with commas between them, so no name may hold one.
    private func readAlias(_ value: ConfigurationValue) -> String? {
        guard let alias = value.text("another name of the model") else { return nil }
        guard !alias.contains(","), !alias.contains(" ") else {
            value.report("a name with a comma or a space", expected: "leave them out; clients separate names with commas")
            return nil
        }
        return alias
    }
}
