/// What the gateway acts on in a request body, and where it lies. The body stays bytes: what is not named here is never decoded.
///
/// A range counts bytes from the front of the body and covers a whole value, with the quotes or brackets.
public struct RequestEnvelope: Sendable {
    /// Bounds on a request body.
    public struct Limits: Sendable {
        /// How deep objects and arrays may be nested, at most `JSONScanner.maximumDepth`.
        public var maximumDepth = JSONScanner.maximumDepth
        /// How many members the top-level object may have. Twice a thousand is beyond any published API; the limit bounds the search
        /// for duplicates.
        public var maximumMembers = 1024
        /// How many bytes `model` may have in the body, a list of names with commas included.
        public var maximumModelBytes = 4096

        /// Makes the default limits.
        public init() {}
    }

    /// What the answer must look like, by `response_format`.
    public enum ResponseFormat: UInt8, Sendable {
        /// Absent, null or `{"type":"text"}`.
        case free
        /// `{"type":"json_object"}`.
        case jsonObject
        /// `{"type":"json_schema"}`.
        case jsonSchema
        /// Anything else, such as the file format that the audio and image endpoints name by a string.
        case other
    }

    /// How much the model is to think before it answers, by `reasoning_effort`, `reasoning`, `thinking` or `enable_thinking`.
    public enum Thinking: UInt8, CaseIterable, Sendable {
        /// It is not said.
        case usual
        /// Not at all, or little.
        case little
        /// As a model that reasons does, or more.
        case much
    }

    /// The value of `model`; empty when it is absent.
    public internal(set) var model = 0..<0
    /// How many bytes stand before the text: those of a byte order mark, which some editors and clients send.
    var markLength = 0
    /// Whether the value of `model` holds escapes, so that its bytes are not the name itself.
    public internal(set) var modelHasEscapes = false
    /// The value of `stream`; absent and null are `false`.
    public internal(set) var stream = false
    /// The value of `stream_options`, when it is there, null included.
    public internal(set) var streamOptions: Range<Int>?
    /// Whether `stream_options.include_usage` is true.
    public internal(set) var asksForUsage = false
    /// The value of `max_tokens`, at most `ForeignNumber.count`; one below 0 is no limit at LM Studio, llama.cpp and Ollama.
    public internal(set) var maximumTokens: Int?
    /// The value of `max_completion_tokens`, at most `ForeignNumber.count`; one below 0 is no limit at LM Studio, llama.cpp and Ollama.
    public internal(set) var maximumCompletionTokens: Int?
    /// The value of `max_output_tokens`, at most `ForeignNumber.count`; one below 0 is no limit at LM Studio, llama.cpp and Ollama.
    public internal(set) var maximumOutputTokens: Int?
    /// Whether `tools` or `functions` is an array that is not empty.
    public internal(set) var hasTools = false
    /// Whether one of `tools` is not a function of the client's but something that the provider does itself, such as a search.
    public internal(set) var hasHostedTools = false
    /// What `response_format` asks for.
    public internal(set) var responseFormat = ResponseFormat.free
    /// How much the model is to think; where two members say it, the more.
    public internal(set) var thinking = Thinking.usual
    /// The kinds of content part, other than text, anywhere in `messages` or `input`.
    public internal(set) var parts: ContentParts = []
    /// The value of `messages`, when it is an array.
    public internal(set) var messages: Range<Int>?
    /// Where the last of the messages are.
    public internal(set) var lastMessages = LastRanges()
    /// Whether `input` is there and not null.
    public internal(set) var hasInput = false
    /// Whether `input` is an object, or begins with one: of embeddings, something that may be no text.
    public internal(set) var hasInputObjects = false
    /// How many choices are asked for: `n`, at most `ForeignNumber.choices`; 1 when absent.
    public internal(set) var choiceCount = 1
    /// How many answers are made, of which the best `n` are given: `best_of`, at most `ForeignNumber.choices`; 1 when absent.
    public internal(set) var bestOf = 1
    /// How many prompts `prompt` has: 1 for a text or an array of tokens.
    public internal(set) var promptCount = 1
    /// Whether `previous_response_id` is there and not null, so that only the provider that made it can serve the request.
    public internal(set) var hasPreviousResponseID = false
    /// The value of `previous_response_id`, when it is there, null included.
    var previousResponseID: Range<Int>?
    /// The value of `conversation`, when it is there, null included.
    var conversation: Range<Int>?
    /// The value of OpenRouter's `models`, when it is there, null included.
    public internal(set) var models: Range<Int>?
    /// The value of OpenRouter's `provider`, when it is there, null included.
    public internal(set) var provider: Range<Int>?
    /// The values of what other routers have for `models`, where they are there, null included: `fallback_models`, `fallbacks` and `route`.
    var fallbackModels: Range<Int>?
    var fallbacks: Range<Int>?
    var route: Range<Int>?
    /// Whether `background` is true, or what a lenient reader takes for that, so that a `/v1/responses` answer is made whether or not anybody waits for it.
    public internal(set) var isBackground = false
    /// Whether there is a member that may name models beside those above; see `OtherModels`.
    var mayNameModels = false
    /// Whether there is more to a request than the gateway knows by name: objects or lists by which a provider may have the model read or do something else.
    public var hasExtensions: Bool { mayNameModels }
    /// Whether a member names text that the provider keeps and has the model read: a cache, a context, documents.
    public internal(set) var namesKeptText = false
    /// Whether `prediction` is there and not empty: text of the answer that is known before.
    public internal(set) var hasPrediction = false
    /// Whether `modalities` has more than text.
    public internal(set) var asksForMedia = false
    /// The value of `user`, when it is a string.
    public internal(set) var user: Range<Int>?
    /// The value of `prompt_cache_key`, when it is a string.
    public internal(set) var promptCacheKey: Range<Int>?

    /// The value of `stream_options.include_usage`, the last if it is there twice.
    var includeUsage: Range<Int>?
    /// Whether `stream_options` is an object without members.
    var streamOptionsAreEmpty = false

    /// Reads a body in one pass that validates all of it.
    ///
    /// Throws for what is not one JSON object, for a top-level name that comes twice (compared after unescaping), for a member of
    /// those above with a value of the wrong type, for a name that is too long or holds a control character, and for a `model` that is empty, or
    /// missing where `models` names none instead.
    ///
    /// - Parameter needsModel: Whether a model must be named at all.
    public init(scanning body: RawSpan, limits: Limits = Limits(), needsModel: Bool = true) throws(WireError) {
        var flaw: WireError?
        do throws(JSONError) {
            try scan(body, limits, &flaw)
        } catch {
            throw WireError(error)
        }
        if let flaw { throw flaw }
        guard hasModel || !needsModel || !modelNames(in: body).isEmpty else {
            throw WireError("`model` is missing: name a model, or `priority-auto`", param: "model")
        }
    }

    /// Whether `model` is there.
    public var hasModel: Bool { !model.isEmpty }

    /// Whether a content part is a picture.
    public var hasImages: Bool { parts.contains(.image) }
    /// Whether a content part is sound.
    public var hasAudio: Bool { parts.contains(.audio) }
    /// Whether a content part is no text, whatever else.
    public var hasMedia: Bool { !parts.isEmpty }
    /// Whether a content part is a document.
    public var hasFiles: Bool { parts.contains(.file) }
    /// Whether `messages` is there; it is an array then.
    public var hasMessages: Bool { messages != nil }
    /// Whether `response_format` is there and asks for more than free text.
    public var hasResponseFormat: Bool { responseFormat != .free }

    /// The text of `model`, or the first of `models` when it is absent; empty when neither is there. `body` is what was scanned.
    public func modelName(in body: RawSpan) -> String {
        guard hasModel else { return modelNames(in: body).first ?? "" }
        return text(at: model, hasEscapes: modelHasEscapes).string(in: body)
    }

    /// The texts of OpenRouter's `models`, in order; empty when it is absent or null. `body` is what was scanned.
    public func modelNames(in body: RawSpan) -> [String] {
        models.flatMap { try? NameList.read(body, at: $0, .models) } ?? []
    }

    /// The text of `previous_response_id`; `nil` when it is absent or no string. `body` is what was scanned.
    public func previousResponse(in body: RawSpan) -> String? {
        guard let range = previousResponseID else { return nil }
        let value = body.extracting(range)
        var scanner = JSONScanner(value)
        do throws(JSONError) {
            return try scanner.readTextOrSkip()?.string(in: value)
        } catch {
            return nil
        }
    }

    /// The id of the `conversation` of a `/v1/responses` request, which is a text or the `id` of an object; `nil` when there is none. `body` is what was
    /// scanned.
    public func keptConversation(in body: RawSpan) -> String? {
        guard let range = conversation else { return nil }
        let value = body.extracting(range)
        var scanner = JSONScanner(value)
        do throws(JSONError) {
            return try scanner.readIDOrSkip(in: value)?.string(in: value)
        } catch {
            return nil
        }
    }

    /// What OpenRouter's `provider` says, `nil` when it is absent or null. `body` is what was scanned.
    public func providerPreferences(in body: RawSpan) -> ProviderPreferences? {
        provider.flatMap { try? ProviderPreferences(reading: body, at: $0) }
    }

    /// The bytes of `model` between its quotes, which are the name itself unless `modelHasEscapes`. It must be there.
    @_lifetime(copy body)
    public func rawModel(in body: RawSpan) -> RawSpan {
        body.extracting(model.lowerBound + 1..<model.upperBound - 1)
    }

    private func text(at range: Range<Int>, hasEscapes: Bool) -> JSONText {
        JSONText(range: range.lowerBound + 1..<range.upperBound - 1, hasEscapes: hasEscapes)
    }
}
