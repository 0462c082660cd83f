/// What the gateway acts on in a request body, and where it is. The body stays bytes: members that are not
/// listed here are never decoded.
///
/// A range counts bytes from the start of the body and covers a whole value, with the quotes or brackets.
///
/// ```swift
/// let body = Array(#"{"model": "fast", "stream": true, "messages": [], "max_tokens": 100}"#.utf8)
/// let envelope = try RequestEnvelope(scanning: body.span.bytes)
/// let model = envelope.modelName(in: body.span.bytes)  // "fast"
/// let limit = envelope.maximumTokens  // 100
/// ```
public struct RequestEnvelope: Sendable {
    /// Bounds on a request body.
    public struct Limits: Sendable {
        /// How deep objects and arrays may be nested, at most `JSONScanner.maximumDepth`.
        public var maximumDepth = JSONScanner.maximumDepth
        /// How many members the top-level object may have. That is beyond any published API; the limit
        /// bounds the search for duplicates.
        public var maximumMembers = 1024
        /// How many bytes `model` may have in the body; a list of names with commas counts as a whole.
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
        /// Not specified.
        case usual
        /// Not at all, or little.
        case little
        /// As much as a reasoning model usually does, or more.
        case much
    }

    /// The value of `model`; empty when it is absent.
    public internal(set) var model = 0..<0
    /// The length of a byte order mark before the text, which some editors and clients send.
    var markLength = 0
    /// Whether the value of `model` holds escapes, so that its bytes are not the name itself.
    public internal(set) var modelHasEscapes = false
    /// The value of `stream`; absent and null are `false`.
    public internal(set) var stream = false
    /// The value of `stream_options` when present, null included.
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
    /// Whether one of `tools` is not a client's function but something that the provider carries out, such as a
    /// search.
    public internal(set) var hasHostedTools = false
    /// What `response_format` asks for.
    public internal(set) var responseFormat = ResponseFormat.free
    /// How much the model is to think; where two members differ, the larger.
    public internal(set) var thinking = Thinking.usual
    /// The kinds of content part, other than text, anywhere in `messages` or `input`.
    public internal(set) var parts: ContentParts = []
    /// The value of `messages`, when it is an array.
    public internal(set) var messages: Range<Int>?
    /// Where the last of the messages are.
    public internal(set) var lastMessages = LastRanges()
    /// Whether `input` is present and not null.
    public internal(set) var hasInput = false
    /// Whether `input` is an object, or begins with one: in embeddings, something that may not be text.
    public internal(set) var hasInputObjects = false
    /// How many choices are asked for: `n`, at most `ForeignNumber.choices`; 1 when absent.
    public internal(set) var choiceCount = 1
    /// How many answers are made, of which the best `n` are returned: `best_of`, at most
    /// `ForeignNumber.choices`; 1 when absent.
    public internal(set) var bestOf = 1
    /// How many prompts `prompt` has: 1 for a text or an array of tokens.
    public internal(set) var promptCount = 1
    /// Whether `previous_response_id` is present and not null, so that only the provider that made it can serve
    /// the request.
    public internal(set) var hasPreviousResponseID = false
    /// The value of `previous_response_id` when present, null included.
    var previousResponseID: Range<Int>?
    /// The value of `conversation` when present, null included.
    var conversation: Range<Int>?
    /// The value of OpenRouter's `models` when present, null included.
    public internal(set) var models: Range<Int>?
    /// The value of OpenRouter's `provider` when present, null included.
    public internal(set) var provider: Range<Int>?
    /// The values of other routers' counterparts of `models` when present, null included: `fallback_models`,
    /// `fallbacks` and `route`.
    var fallbackModels: Range<Int>?
    var fallbacks: Range<Int>?
    var route: Range<Int>?
    /// Whether `background` is true, or a value that lenient readers take for that, so that a `/v1/responses`
    /// answer is made even if no client waits for it.
    public internal(set) var isBackground = false
    /// Whether a further member may name models; see `OtherModels`.
    var mayNameModels = false
    /// Whether the request has objects or lists that the gateway does not know by name, through which a
    /// provider may have the model read or do more.
    public var hasExtensions: Bool { mayNameModels }
    /// Whether a member refers to text that the provider stores and has the model read: a cache, a context,
    /// documents.
    public internal(set) var namesKeptText = false
    /// Whether `prediction` is present and not empty: text of the answer that is known in advance.
    public internal(set) var hasPrediction = false
    /// Whether `modalities` lists more than text.
    public internal(set) var asksForMedia = false
    /// The value of `user`, when it is a string.
    public internal(set) var user: Range<Int>?
    /// The value of `prompt_cache_key`, when it is a string.
    public internal(set) var promptCacheKey: Range<Int>?

    /// The value of `stream_options.include_usage`; the last one if there are two.
    var includeUsage: Range<Int>?
    /// Whether `stream_options` is an object without members.
    var streamOptionsAreEmpty = false

    /// Reads a body in one pass that validates all of it.
    ///
    /// Throws for a body that is not one JSON object, for a duplicate top-level name (compared after
    /// unescaping), for a member listed above whose value has the wrong type, for a name that is too long or
    /// holds a control character, and for a `model` that is empty, or missing without a `models` that names
    /// one.
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

    /// Whether `model` is present.
    public var hasModel: Bool { !model.isEmpty }

    /// Whether a content part is a picture.
    public var hasImages: Bool { parts.contains(.image) }
    /// Whether a content part is sound.
    public var hasAudio: Bool { parts.contains(.audio) }
    /// Whether any content part is something other than text.
    public var hasMedia: Bool { !parts.isEmpty }
    /// Whether a content part is a document.
    public var hasFiles: Bool { parts.contains(.file) }
    /// Whether `messages` is present; it is then an array.
    public var hasMessages: Bool { messages != nil }
    /// Whether `response_format` is present and asks for more than free text.
    public var hasResponseFormat: Bool { responseFormat != .free }

    /// The text of `model`, or the first of `models` when it is absent; empty when both are. `body` is what was
    /// scanned.
    public func modelName(in body: RawSpan) -> String {
        guard hasModel else { return modelNames(in: body).first ?? "" }
        return text(at: model, hasEscapes: modelHasEscapes).string(in: body)
    }

    /// The texts of OpenRouter's `models`, in order; empty when it is absent or null. `body` is what was scanned.
    public func modelNames(in body: RawSpan) -> [String] {
        models.flatMap { try? NameList.read(body, at: $0, .models) } ?? []
    }

    /// The text of `previous_response_id`; `nil` when it is absent or not a string. `body` is what was scanned.
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

    /// The id of the `conversation` of a `/v1/responses` request, given as a string or as the `id` of an
    /// object; `nil` when there is none. `body` is what was scanned.
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

    /// The bytes of `model` between its quotes, which are the name itself unless `modelHasEscapes`. `model`
    /// must be present.
    @_lifetime(copy body)
    public func rawModel(in body: RawSpan) -> RawSpan {
        body.extracting(model.lowerBound + 1..<model.upperBound - 1)
    }

    private func text(at range: Range<Int>, hasEscapes: Bool) -> JSONText {
        JSONText(range: range.lowerBound + 1..<range.upperBound - 1, hasEscapes: hasEscapes)
    }
}
