/// The top-level members of a request that the gateway knows by name.
enum RequestMember: UInt8 {
    case model, models, provider, stream, streamOptions, maxTokens, maxCompletionTokens, maxOutputTokens
    case tools, functions, responseFormat, messages, input, choiceCount, previousResponseID, user, promptCacheKey, prompt, bestOf
    case reasoningEffort, reasoning, thinking, enableThinking
    case fallbackModels, fallbacks, route, background, conversation

    /// The member named by `name`, or `nil` when the gateway does not know it.
    @inline(__always)
    init?(_ name: RawSpan) {
        switch name.byteCount {
        case 1 where name.equals("n"): self = .choiceCount
        case 4 where name.equals("user"): self = .user
        case 5 where name.equals("model"): self = .model
        case 5 where name.equals("tools"): self = .tools
        case 5 where name.equals("input"): self = .input
        case 5 where name.equals("route"): self = .route
        case 6 where name.equals("stream"): self = .stream
        case 6 where name.equals("models"): self = .models
        case 6 where name.equals("prompt"): self = .prompt
        case 7 where name.equals("best_of"): self = .bestOf
        case 8 where name.equals("messages"): self = .messages
        case 8 where name.equals("provider"): self = .provider
        case 8 where name.equals("thinking"): self = .thinking
        case 9 where name.equals("functions"): self = .functions
        case 9 where name.equals("reasoning"): self = .reasoning
        case 9 where name.equals("fallbacks"): self = .fallbacks
        case 10 where name.equals("max_tokens"): self = .maxTokens
        case 10 where name.equals("background"): self = .background
        case 12 where name.equals("conversation"): self = .conversation
        case 14 where name.equals("stream_options"): self = .streamOptions
        case 15 where name.equals("response_format"): self = .responseFormat
        case 15 where name.equals("enable_thinking"): self = .enableThinking
        case 15 where name.equals("fallback_models"): self = .fallbackModels
        case 16 where name.equals("prompt_cache_key"): self = .promptCacheKey
        case 16 where name.equals("reasoning_effort"): self = .reasoningEffort
        case 17 where name.equals("max_output_tokens"): self = .maxOutputTokens
        case 20 where name.equals("previous_response_id"): self = .previousResponseID
        case 21 where name.equals("max_completion_tokens"): self = .maxCompletionTokens
        default: return nil
        }
    }

    /// The member that a name means to a case-insensitive reader, such as Go's; `nil` when it means none, or is
    /// spelt correctly.
    @inline(__always)
    static func misspelt(_ name: JSONText, in bytes: RawSpan) -> RequestMember? {
        var isPlain = !name.hasEscapes
        // Nearly all names are all lower case.
        for offset in name.range where bytes[byte: offset] &- 0x41 < 26 || bytes[byte: offset] >= 0x80 { isPlain = false }
        return isPlain ? nil : folded(name, in: bytes)
    }

    @inline(never)
    private static func folded(_ name: JSONText, in bytes: RawSpan) -> RequestMember? {
        guard name.range.count <= longestName * 6 else { return nil }
        let text = name.string(in: bytes)
        let lower = String(String.UnicodeScalarView(text.unicodeScalars.map { RequestMember.folded($0) }))
        let folded = Array(lower.utf8)
        guard lower != text, let member = RequestMember(folded.span.bytes), !member.isOnlyAHint else { return nil }
        return member
    }

    /// A letter in simple case folding: two letters outside ASCII fold to ASCII ones
    /// (https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt).
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "A"..."Z": Unicode.Scalar(UInt8(scalar.value) | 0x20)
        case "\u{17F}": "s"
        case "\u{212A}": "k"
        default: scalar
        }
    }

    /// Bytes of the longest name; each may be escaped in six.
    private static let longestName = 21

    /// The member with the name `name` of the JSON text `bytes`, or `nil`.
    @inline(__always)
    init?(_ name: JSONText, in bytes: RawSpan) {
        if name.hasEscapes {
            self.init(unescaping: name, in: bytes)
        } else {
            self.init(bytes.extracting(unchecked: name.range))
        }
    }

    @inline(never)
    private init?(unescaping name: JSONText, in bytes: RawSpan) {
        var buffer = ByteBuffer()
        buffer.append(unescaping: name, in: bytes)
        self.init(buffer.bytes)
    }

    /// Whether it affects nothing but how long an answer takes, so that its spelling does not matter.
    private var isOnlyAHint: Bool {
        switch self {
        case .reasoningEffort, .reasoning, .thinking, .enableThinking: true
        default: false
        }
    }

    /// The name on the wire.
    var name: String {
        switch self {
        case .model: "model"
        case .models: "models"
        case .provider: "provider"
        case .stream: "stream"
        case .streamOptions: "stream_options"
        case .maxTokens: "max_tokens"
        case .maxCompletionTokens: "max_completion_tokens"
        case .maxOutputTokens: "max_output_tokens"
        case .tools: "tools"
        case .functions: "functions"
        case .responseFormat: "response_format"
        case .messages: "messages"
        case .input: "input"
        case .choiceCount: "n"
        case .previousResponseID: "previous_response_id"
        case .user: "user"
        case .promptCacheKey: "prompt_cache_key"
        case .prompt: "prompt"
        case .bestOf: "best_of"
        case .reasoningEffort: "reasoning_effort"
        case .reasoning: "reasoning"
        case .thinking: "thinking"
        case .enableThinking: "enable_thinking"
        case .fallbackModels: "fallback_models"
        case .fallbacks: "fallbacks"
        case .route: "route"
        case .background: "background"
        case .conversation: "conversation"
        }
    }
}
