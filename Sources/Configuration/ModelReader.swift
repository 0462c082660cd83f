internal import Gateway

/// Reads the `models` of a provider.
struct ModelReader {
    /// The models in the order of the file; those with a problem are left out.
    func read(_ value: ConfigurationValue) -> [ModelConfiguration]? {
        guard let elements = value.elements(atMost: ConfigurationLimits.maximumModels) else { return nil }
        var lines: [String: Int] = [:]
        return elements.compactMap { element in
            guard let model = readModel(element) else { return nil }
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
        model.kind = reader[.kind]?.choice(ModelKind.self)
        model.contextLength = reader[.contextLength]?.integer(in: 1...1_000_000_000)
        model.maximumOutputTokens = reader[.maximumOutputTokens]?.integer(in: 1...1_000_000_000)
        model.inputModalities = readModalities(reader[.inputModalities])
        model.outputModalities = readModalities(reader[.outputModalities])
        model.supportsTools = reader[.supportsTools]?.boolean()
        model.supportsJSON = reader[.supportsJSON]?.boolean()
        model.supportsSchemas = reader[.supportsSchemas]?.boolean()
        model.promptPrice = reader[.promptPrice]?.number(in: 0...1_000_000)
        model.completionPrice = reader[.completionPrice]?.number(in: 0...1_000_000)
        model.aliases = reader[.aliases]?.elements(orSingle: true)?.compactMap { readAlias($0) } ?? []
        return id == nil ? nil : model
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
