/// What a model is for, regardless of quality: only chat models are ranked against each other.
public enum ModelClass: String, Sendable, CaseIterable {
    /// Answers conversations.
    case chat
    /// Turns text into vectors.
    case embedding
    /// Orders documents by a query.
    case rerank
    /// Judges whether content is safe.
    case moderation
    /// Speaks or listens.
    case speech
    /// Draws, films or makes music.
    case media
    /// Reads pages, applies edits, finds names: one task, behind the same endpoint.
    case tool
    /// Chooses another model, which is not known beforehand.
    case router

    /// Whether it is a chat model.
    public var isChat: Bool { self == .chat }

    /// The class of a model: by its provider's list, otherwise by the words of its name.
    public init(of model: ListedModel, _ identity: ModelIdentity) {
        if let named = Self.byName(model.id, identity) {
            self = named
        } else if model.servesChat == false {
            self = .tool
        } else if !model.outputModalities.isEmpty, !model.outputModalities.contains("text") {
            self = model.outputModalities.contains("audio") ? .speech : .media
        } else {
            self = .chat
        }
    }

    /// The class indicated by a word of the name; only whole words, so that `nousresearch` is not a search and
    /// `ragnar` not RAG.
    private static func byName(_ id: String, _ identity: ModelIdentity) -> ModelClass? {
        let words = Set(identity.words)
        let path = id.lowercased().split(separator: "/").map(String.init)
        for (named, marks) in marks where !words.isDisjoint(with: marks) { return named }
        // Models that also draw (`gemini-2.5-flash-image`) are priced and chosen for that; `image` is not in a
        // chat model's name.
        if path.first == "openrouter", ["auto", "free", "bodybuilder", "pareto-code"].contains(path.last) { return .router }
        if path.first == "morph" || path.first == "relace" { return .tool }
        return nil
    }

    private static let marks: [(ModelClass, Set<String>)] = [
        (.embedding, ["embed", "embedding", "embeddings", "embedcode", "bge", "e5", "gte", "nemoretriever", "retriever", "nomic"]),
        (.rerank, ["rerank", "reranker"]),
        (.moderation, ["guard", "safeguard", "safety", "moderation", "shield", "shieldgemma", "pii", "usdvalidate"]),
        (
            .speech,
            [
                "tts", "whisper", "speech", "transcribe", "asr", "orpheus", "playai", "voicechat", "voice", "realtime", "audio", "magpie", "parakeet",
                "canary", "studiovoice", "kokoro",
            ]
        ),
        (
            .media,
            [
                "image", "images", "imagen", "imagine", "dall", "flux", "diffusion", "sdxl", "veo", "sora", "video", "lyria", "music", "cosmos",
                "kontext",
                "seedream", "seedance", "wan", "kling",
            ]
        ),
        (
            .tool,
            [
                "ocr", "esm", "esmfold", "bevformer", "sparsedrive", "streampetr", "gliner", "detection", "detector", "paligemma", "riva", "parse",
                "apply", "prompt", "deplot", "grounding", "segment",
            ]
        ),
        (.router, ["router", "routers"]),
    ]
}
