internal import Wire

/// Reads a provider's list of models in any of the shapes in use: `{"data": […]}`, `{"models": […]}` or a bare list; each entry with its id in
/// `id` or `name`.
enum ModelListReader {
    /// Most models taken from one list.
    private static let maximumModels = 5000
    /// Longest id in bytes.
    private static let maximumIDBytes = 256

    /// The models of a list, in its order, each id once; `nil` when it is not a list of models.
    static func read(_ body: RawSpan) -> [ModelConfiguration]? {
        do throws(JSONError) {
            var scanner = JSONScanner(body)
            var models: [ModelConfiguration]?
            if try scanner.nextKind() == .array {
                models = try readList(&scanner, body)
            } else {
                try scanner.enterObject()
                while let name = try scanner.nextMember() {
                    // llama.cpp sends both; `data` has the ids the other endpoints take.
                    let isList = name.equals("data", in: body) || (models == nil && name.equals("models", in: body))
                    if isList, try scanner.nextKind() == .array {
                        models = try readList(&scanner, body)
                    } else {
                        try scanner.skipValue()
                    }
                }
            }
            try scanner.finish()
            return models
        } catch {
            return nil
        }
    }

    private static func readList(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> [ModelConfiguration] {
        var models: [ModelConfiguration] = []
        var seen: Set<String> = []
        guard try scanner.enterArrayOrSkip() else { return models }
        while try scanner.nextElement() {
            guard try scanner.enterObjectOrSkip() else { continue }
            guard let model = try readModel(&scanner, body), models.count < maximumModels, seen.insert(model.id).inserted else { continue }
            models.append(model)
        }
        return models
    }

    private static func readModel(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> ModelConfiguration? {
        var id: String?
        var name: String?
        var contextLength: Int?
        while let member = try scanner.nextMember() {
            if member.equals("id", in: body) {
                id = try scanner.readTextOrSkip()?.string(in: body)
            } else if member.equals("name", in: body) {
                name = try scanner.readTextOrSkip()?.string(in: body)
            } else if isContextLength(member, body) {
                contextLength = try scanner.readIntegerOrSkip() ?? contextLength
            } else {
                try scanner.skipValue()
            }
        }
        guard let text = id ?? name, !text.isEmpty, text.utf8.count <= maximumIDBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return nil
        }
        var model = ModelConfiguration(id: text)
        model.contextLength = contextLength.flatMap { $0 > 0 ? $0 : nil }
        model.kind = ModelKind(guessedFrom: text)
        return model
    }

    /// The names the providers have for it: OpenRouter and Together, Groq, Mistral, vLLM.
    private static func isContextLength(_ member: JSONText, _ body: RawSpan) -> Bool {
        member.equals("context_length", in: body) || member.equals("context_window", in: body)
            || member.equals("max_context_length", in: body) || member.equals("max_model_len", in: body)
    }
}

extension ModelKind {
    /// The kind of a model that its provider does not name, by the words that such ids have; `nil`, and so chat, for the rest.
    init?(guessedFrom id: String) {
        let id = id.lowercased()
        if id.contains("embed") {
            self = .embedding
        } else if id.contains("rerank") {
            self = .rerank
        } else if id.contains("moderation") || id.contains("guard") {
            self = .moderation
        } else if id.contains("tts") || id.contains("whisper") || id.contains("speech") {
            self = .speech
        } else if id.contains("dall-e") || id.contains("stable-diffusion") || id.contains("flux") || id.contains("gpt-image") {
            self = .image
        } else {
            return nil
        }
    }
}
