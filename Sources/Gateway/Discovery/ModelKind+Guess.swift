extension ModelKind {
    /// The kind of a model that its provider does not name, by the words that such ids have; `nil`, and so chat, for the rest.
    init?(guessedFrom id: String) {
        let id = id.lowercased()
        func holds(_ words: String...) -> Bool { words.contains { id.contains($0) } }
        if holds("embed", "/bge-", "/e5-", "/gte-", "nomic-") || id.hasPrefix("bge-") {
            self = .embedding
        } else if holds("rerank") {
            self = .rerank
        } else if holds("moderation", "guard") {
            self = .moderation
        } else if holds("whisper", "transcribe", "-ocr", "ocr-", "parakeet", "veo-", "sora-", "lyria") {
            self = .other
        } else if holds("tts", "speech", "orpheus") {
            self = .speech
        } else if holds("dall-e", "stable-diffusion", "flux", "gpt-image", "imagen-", "chatgpt-image") {
            self = .image
        } else {
            return nil
        }
    }
}
