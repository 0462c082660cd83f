internal import Wire

extension ModelKind {
    /// The kind of a model that nobody names, by the words that such ids have; `nil`, and so chat, for the rest.
    ///
    /// The words are those of the ids in the lists of OpenAI, Google, Mistral, Groq, Together, DeepInfra, Fireworks, NVIDIA, Hyperbolic and Hugging Face
    /// (2026-06).
    init?(guessedFrom id: String) {
        // Lists and files have thousands of ids: as bytes each takes some µs, and as characters a hundred.
        let bytes = NameCatalogue.lowercased(id)
        let id = bytes.span.bytes
        let lastSlash = bytes.dropLast().lastIndex(of: UInt8(ascii: "/"))
        let name = id.extracting(droppingFirst: lastSlash.map { $0 + 1 } ?? 0)
        func holds(_ words: StaticString...) -> Bool { words.contains { id.firstRange(of: $0) != nil } }
        func begins(_ words: StaticString...) -> Bool { words.contains { name.hasPrefix($0) } }
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
            || name.equals("ada") || name.equals("curie") || name.hasSuffix("-base")
        {
            // Models that go on with a text and know no roles.
            self = .completion
        } else {
            return nil
        }
    }
}
