extension ModelKind {
    /// The kind of a model that nobody names, by the words that such ids have; `nil`, and so chat, for the rest.
    ///
    /// The words are those of the ids in the lists of OpenAI, Google, Mistral, Groq, Together, DeepInfra, Fireworks, NVIDIA, Hyperbolic and Hugging Face
    /// (2026-06).
    init?(guessedFrom id: String) {
        let id = id.lowercased()
        let name = id.split(separator: "/").last.map(String.init) ?? id
        func holds(_ words: String...) -> Bool { words.contains { id.contains($0) } }
        func begins(_ words: String...) -> Bool { words.contains { name.hasPrefix($0) } }
        if holds("embed", "/bge-", "/e5-", "/gte-", "nomic-", "multilingual-e5", "sentence-transformers/", "minilm")
            || begins("bge-", "e5-", "gte-", "voyage-", "text-similarity-", "text-search-")
        {
            self = holds("rerank") ? .rerank : .embedding
        } else if holds("rerank") {
            self = .rerank
        } else if holds("moderation", "guard") {
            self = .moderation
        } else if holds("whisper", "transcribe", "-ocr", "ocr-", "parakeet", "veo-", "sora-", "lyria", "realtime") {
            self = .other
        } else if holds("tts", "speech", "orpheus", "kokoro") {
            self = .speech
        } else if holds("dall-e", "stable-diffusion", "sdxl", "flux", "gpt-image", "imagen-", "chatgpt-image", "qwen-image", "seedream") {
            self = .image
        } else if begins("davinci", "babbage", "text-davinci", "text-curie", "text-babbage", "text-ada", "code-davinci", "gpt-3.5-turbo-instruct")
            || ["ada", "curie"].contains(name) || name.hasSuffix("-base")
        {
            // Models that go on with a text and know no roles.
            self = .completion
        } else {
            return nil
        }
    }
}
