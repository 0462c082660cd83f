internal import Wire

/// What one entry of a provider's list of models says, as it says it, and the model that makes of it.
struct ModelEntry {
    var id: String?
    var name: String?
    var aliases: [String] = []
    var hints: [String] = []
    var created: Int?
    var isRetired = false
    var contextLength: Int?
    var maximumOutputTokens: Int?
    var inputs: [String]?
    var outputs: [String]?
    var endpoints: [String] = []
    var type: String?
    var isChat: Bool?
    var completes = false
    var seesImages: Bool?
    var supportsTools: Bool?
    var supportsJSON: Bool?
    var supportsSchemas: Bool?
    var prices = TokenPrices()

    /// The model; `nil` when the entry has no usable id or says that the model is out of service.
    var model: ModelConfiguration? {
        guard let id = id ?? name, ModelEntry.isName(id), !isRetired else { return nil }
        var model = ModelConfiguration(id: id)
        model.contextLength = contextLength
        model.maximumOutputTokens = maximumOutputTokens
        model.inputModalities = modalities(inputs) ?? seesImages.map { $0 ? [.text, .image] : [.text] }
        model.outputModalities = modalities(outputs)
        model.supportsTools = supportsTools
        model.supportsJSON = supportsJSON
        model.supportsSchemas = supportsSchemas
        model.prices = prices.tidy.withoutEmptyExtras
        // A client may give a list of models with commas between them, so no further name may hold one.
        model.aliases = aliases.filter { $0 != id && ModelEntry.isName($0) && !$0.contains(",") }
        model.otherNames = hints.filter { $0 != id && ModelEntry.isName($0) }
        // From 2020 to 2100; many lists have 0 here, or the time of the call.
        model.created = created.flatMap { (1_577_836_800..<4_102_444_800).contains($0) ? $0 : nil }
        model.kind = kind(of: id)
        return model
    }

    mutating func noteContext(_ value: Int?) {
        guard let value, value > 0 else { return }
        contextLength = max(contextLength ?? 0, value)
    }

    mutating func noteOutput(_ value: Int?) {
        guard let value, value > 0 else { return }
        maximumOutputTokens = max(maximumOutputTokens ?? 0, value)
    }

    mutating func noteTools(_ value: Bool) {
        supportsTools = (supportsTools ?? false) || value
    }

    /// OpenRouter's `supported_parameters` is the whole list, so what is not in it is not supported.
    mutating func noteParameters(_ names: [String]) {
        guard !names.isEmpty else { return }
        noteTools(names.contains("tools"))
        supportsSchemas = names.contains("structured_outputs") || names.contains("json_schema")
        supportsJSON = names.contains("response_format") || names.contains("json_mode") || supportsSchemas == true
    }

    /// A list of abilities may be incomplete, so only what is in it counts.
    mutating func noteFeatures(_ names: [String]) {
        for name in names {
            switch name {
            case "tools", "tool-calling", "function-calling", "strict_tools": noteTools(true)
            case "vision": seesImages = true
            case "json_mode", "json-mode": supportsJSON = true
            case "json_schema", "structured-outputs", "structured_outputs":
                supportsJSON = true
                supportsSchemas = true
            default: break
            }
        }
    }

    /// A price as a list gives it, as US dollars for a million tokens; `nil` for what is no price, such as OpenRouter's -1 for "varies".
    ///
    /// OpenRouter and SambaNova give dollars for one token, Together, Chutes and DeepInfra for a million. No model costs 1,000 dollars for a
    /// million, and none that costs anything less than a tenth of a cent, so the size tells which it is.
    static func pricePerMillion(_ value: Double) -> Double? {
        guard value.isFinite, value >= 0 else { return nil }
        return min(value < 0.001 ? value * 1_000_000 : value, DiscoveryLimits.maximumPrice)
    }

    /// Whether a text can be a model's name: visible ASCII, so that it can stand in header fields and log lines, and not too long.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= DiscoveryLimits.maximumNameBytes && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private func modalities(_ names: [String]?) -> Set<Modality>? {
        guard let names else { return nil }
        let known = Set(names.compactMap(Modality.init(rawValue:)))
        return known.isEmpty ? nil : known
    }

    /// What the list itself says about the kind, before the name is asked.
    private func kind(of id: String) -> ModelKind? {
        if let isChat, isChat { return .chat }
        if !endpoints.isEmpty {
            if endpoints.contains("chat") { return .chat }
            if endpoints.contains("embed") { return .embedding }
            if endpoints.contains("rerank") { return .rerank }
            return endpoints.contains("generate") ? .completion : .other
        }
        switch type {
        case "chat", "chat-completion": return .chat
        case "language", "code": return .completion
        case "embedding", "embeddings": return .embedding
        case "rerank": return .rerank
        case "moderation": return .moderation
        case "image": return .image
        case "audio": return .speech
        case "video", "transcribe": return .other
        default: break
        }
        if let outputs, !outputs.isEmpty, !outputs.contains("text") {
            if outputs.contains("embeddings") { return .embedding }
            if outputs.contains("rerank") { return .rerank }
            if outputs.contains("image") { return .image }
            return outputs.contains("audio") ? .speech : .other
        }
        let guess = ModelKind(guessedFrom: id)
        if isChat == false { return guess ?? (completes ? .completion : .other) }
        return guess
    }
}
