internal import Wire

/// What one entry of a provider's list of models says, as it says it, and the model that makes of it.
struct ModelEntry {
    var id: String?
    /// What other lists call the id: `model_id`, `model`, `slug`.
    var otherID: String?
    /// The name under which the entry stands in an object of models.
    var key: String?
    var name: String?
    /// How many members were known, so that an object that holds something else is not taken for a model.
    var knownMembers = 0
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
    var parameters: [String] = []

    /// The model; `nil` when the entry has no usable id or says that the model is out of service.
    var model: ModelConfiguration? {
        guard let id = usedID, ModelEntry.isName(id), !isRetired else { return nil }
        var model = ModelConfiguration(id: id)
        model.contextLength = contextLength
        model.maximumOutputTokens = maximumOutputTokens
        model.inputModalities = modalities(inputs) ?? seesImages.map { $0 ? [.text, .image] : [.text] }
        model.outputModalities = modalities(outputs)
        model.supportsTools = supportsTools
        model.supportedParameters = parameters.filter(ModelEntry.isWord)
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

    /// The id that requests take. Cloudflare's entries have a UUID as `id`, and requests take their `name`, `@cf/…`.
    private var usedID: String? {
        if let id, let name, ModelEntry.isUUID(id), !ModelEntry.isUUID(name), ModelEntry.isName(name), !name.contains(" ") { return name }
        return id ?? otherID ?? key ?? name
    }

    private static func isUUID(_ text: String) -> Bool {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.joined().allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
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
        parameters = names
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

    /// Whether a text can be a model's name: not too long, something that is seen, and no character that steers or hides what stands around it.
    ///
    /// Blanks and letters of every alphabet may be in it; where an id is written down in a header field it is made fit for that. U+FFFD stands for
    /// what could not be read, so no request could name such a model.
    static func isName(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= DiscoveryLimits.maximumNameBytes else { return false }
        if text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return true }
        return !text.unicodeScalars.allSatisfy(\.properties.isWhitespace) && !text.unicodeScalars.contains("\u{FFFD}") && !text.holdsHiddenCharacter
    }

    /// Whether a text can be the name of a parameter: letters, digits, `_`, `-` and `.`.
    static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || [0x5F, 0x2D, 0x2E].contains($0) }
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
        case "chat", "chat-completion", "llm", "vlm", "text generation", "responses": return .chat
        case "language", "code", "completion": return .completion
        case "embedding", "embeddings", "text embeddings": return .embedding
        case "rerank": return .rerank
        case "moderation": return .moderation
        case "image", "image_generation", "text-to-image": return .image
        case "audio", "audio_speech", "text-to-speech", "tts": return .speech
        case "video", "transcribe", "audio_transcription", "stt", "automatic speech recognition", "video_generation", "realtime", "ocr":
            return .other
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
