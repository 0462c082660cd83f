internal import Wire

/// Reads a provider's list of models with everything that scoring can use: `{"data": […]}`, `{"models": […]}`
/// or a bare list.
public enum ListedModelReader {
    /// The most models taken from one list.
    public static let maximumModels = 20_000

    /// The models of a list in its order; throws if it is not a list of models.
    public static func read(_ bytes: [UInt8]) throws(BoardError) -> [ListedModel] {
        let tree = try JSONTree(parsing: bytes)
        let list = tree["data"] ?? tree["models"] ?? tree
        guard case .array(let entries) = list else { throw BoardError("not a list of models") }
        return entries.prefix(maximumModels).compactMap(model)
    }

    private static func model(_ entry: JSONTree) -> ListedModel? {
        guard let id = (entry["id"] ?? entry["name"])?.text, !id.isEmpty else { return nil }
        var model = ListedModel(id: id)
        // Unix seconds; the epoch of `createdDay` is 18262 days later. Placeholders such as 0 or 1 are not
        // dates.
        if let created = entry["created"]?.integer, (1_577_836_800..<4_102_444_800).contains(created) { model.createdDay = created / 86_400 - 18_262 }
        for name in ["context_length", "context_window", "max_context_length", "max_model_len"] {
            guard model.contextLength == nil, let length = entry[name]?.integer, length > 0 else { continue }
            model.contextLength = min(length, ForeignNumber.contextLength)
        }
        model.inputModalities = entry["architecture"]?["input_modalities"]?.texts ?? []
        model.outputModalities = entry["architecture"]?["output_modalities"]?.texts ?? []
        model.servesChat = servesChat(entry)
        model.aliases =
            (entry["aliases"]?.texts ?? [])
            + [entry["hugging_face_id"]?.text, entry["canonical_slug"]?.text].compactMap { $0 }.filter { !$0.isEmpty }
        model.supportedParameters = entry["supported_parameters"]?.texts ?? []
        model.price = price(entry["pricing"])
        return model
    }

    private static func servesChat(_ entry: JSONTree) -> Bool? {
        if let capable = entry["capabilities"]?["completion_chat"]?.bool { return capable }
        if let endpoints = entry["endpoints"]?.texts, !endpoints.isEmpty { return endpoints.contains("chat") }
        guard let type = entry["type"]?.text else { return nil }
        // Together's types; Mistral's `base` says nothing about chat.
        switch type {
        case "chat": return true
        case "image", "embedding", "rerank", "moderation", "audio", "video", "transcribe", "language": return false
        default: return nil
        }
    }

    /// OpenRouter gives USD for a token (`prompt`, `completion`, as strings), Together for a million (`input`,
    /// `output`).
    private static func price(_ pricing: JSONTree?) -> ModelPrice? {
        if let input = pricing?["prompt"]?.number, let output = pricing?["completion"]?.number, input >= 0, output >= 0 {
            return ModelPrice(input: input * 1e6, output: output * 1e6)
        }
        if let input = pricing?["input"]?.number, let output = pricing?["output"]?.number, input >= 0, output >= 0 {
            return ModelPrice(input: input, output: output)
        }
        return nil
    }
}
