/// The one pass over a request body.
extension RequestEnvelope {
    /// Fills in the envelope. Malformed JSON is thrown at once. Of other flaws the first is kept in `flaw` and
    /// the pass goes on, so that a body which is not JSON is always reported as that.
    mutating func scan(_ body: RawSpan, _ limits: Limits, _ flaw: inout WireError?) throws(JSONError) {
        var scanner = JSONScanner(body, maximumDepth: limits.maximumDepth)
        // RFC 8259 §8.1 lets a reader ignore a byte order mark.
        if body.hasPrefix("\u{FEFF}") { markLength = 3 }
        scanner.offset = markLength
        var known: UInt32 = 0
        var members = 0
        var unknown = SeenNames()

        _ = try scanner.nextKind()
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            members += 1
            guard members <= limits.maximumMembers else { throw JSONError(.tooManyMembers, at: name.range.lowerBound) }
            let isNew: Bool
            if let member = RequestMember(name, in: body) {
                let bit = UInt32(1) << UInt32(member.rawValue)
                isNew = known & bit == 0
                known |= bit
                if let expectation = try read(member, &scanner, body, limits, &flaw), flaw == nil {
                    flaw = WireError("`\(member.name)` must be \(expectation)", param: member.name)
                }
            } else {
                isNew = unknown.insert(name, in: body)
                // Some providers accept this spelling, and of duplicates the last one.
                if flaw == nil, let meant = RequestMember.misspelt(name, in: body) {
                    flaw = WireError("`\(Self.shortened(name.string(in: body)))` is no member: write `\(meant.name)`", param: "\(meant.name)")
                }
                let kind = try scanner.nextKind()
                if kind == .object || kind == .array ? !OtherModels.isOwn(name, in: body) : OtherModels.isOne(name, in: body) { mayNameModels = true }
                try readFurther(name, &scanner, body)
            }
            if !isNew, flaw == nil {
                let param = Self.shortened(name.string(in: body))
                flaw = WireError("the top-level member `\(param)` is there twice: leave one", param: param)
            }
        }
        try scanner.finish()
    }

    /// Reads one member's value. Returns what it must be, if it is something else; a flaw inside it goes to
    /// `flaw`.
    private mutating func read(
        _ member: RequestMember, _ scanner: inout JSONScanner, _ body: RawSpan, _ limits: Limits, _ flaw: inout WireError?
    ) throws(JSONError) -> StaticString? {
        let kind = try scanner.nextKind()
        switch member {
        case .model: return try readModel(kind, &scanner, body, limits)
        case .stream:
            try scanner.skipValue()
            stream = kind == .true
            return kind == .true || kind == .false || kind == .null ? nil : "true or false"
        case .streamOptions: return try readStreamOptions(kind, &scanner, body)
        case .maxTokens, .maxCompletionTokens, .maxOutputTokens:
            guard let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.count) else { return kind == .null ? nil : "an integer" }
            switch member {
            case .maxTokens: maximumTokens = value
            case .maxCompletionTokens: maximumCompletionTokens = value
            default: maximumOutputTokens = value
            }
        case .choiceCount:
            guard let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.choices), value > 0 else {
                return kind == .null ? nil : "an integer of 1 or more"
            }
            choiceCount = value
        case .bestOf:
            guard let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.choices), value > 0 else { return nil }
            bestOf = value
        case .prompt: promptCount = try Self.countPrompts(&scanner)
        case .tools:
            guard kind == .array else {
                try scanner.skipValue()
                return kind == .null ? nil : "an array"
            }
            try scanner.enterArray()
            while try scanner.nextElement() {
                hasTools = true
                if try !OtherModels.passTool(&scanner, in: body) { (hasHostedTools, mayNameModels) = (true, true) }
            }
        case .functions:
            let isTruthy = try scanner.skipTruth()
            guard kind == .array || kind == .null else { return "an array" }
            if isTruthy { hasTools = true }
        case .responseFormat: try readResponseFormat(kind, &scanner, body)
        case .messages:
            let start = scanner.offset
            guard kind == .array else {
                _ = try scanner.skipValue(noting: &parts)
                return "an array of messages"
            }
            try scanner.enterArray()
            while try scanner.nextElement() { lastMessages.append(try scanner.skipValue(noting: &parts)) }
            messages = start..<scanner.offset
        case .input:
            let range = try scanner.skipValue(noting: &parts)
            hasInput = kind != .null
            let first = JSONScanner.pastSpace(body, range.lowerBound + 1)
            hasInputObjects = kind == .object || kind == .array && body.byteOrZero(at: first) == UInt8(ascii: "{")
        case .previousResponseID:
            previousResponseID = try scanner.skipValue()
            hasPreviousResponseID = kind != .null
        case .conversation:
            conversation = try scanner.skipValue()
            if kind == .object || kind == .array { mayNameModels = true }
        case .models:
            let range = try scanner.skipValue()
            models = range
            if kind != .null { keepFirst(NameList.flaw(in: body, at: range, .models), in: &flaw) }
        case .provider:
            let range = try scanner.skipValue()
            provider = range
            if kind != .null { mayNameModels = true }
            if kind != .null { keepFirst(ProviderPreferences.flaw(in: body, at: range), in: &flaw) }
        case .fallbackModels: fallbackModels = try scanner.skipValue()
        case .fallbacks: fallbacks = try scanner.skipValue()
        case .route: route = try scanner.skipValue()
        case .background:
            isBackground = try scanner.skipTruth()
        case .user:
            let range = try scanner.skipValue()
            user = kind == .string ? range : nil
        case .reasoningEffort, .reasoning, .thinking, .enableThinking:
            let asked = try Self.readThinking(kind, &scanner, body)
            if asked.rawValue > thinking.rawValue { thinking = asked }
        case .promptCacheKey:
            let range = try scanner.skipValue()
            promptCacheKey = kind == .string ? range : nil
        }
        return nil
    }

    /// Reads a member that the gateway does not act on, for what it implies about the tokens that a provider
    /// may count.
    private mutating func readFurther(_ name: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) {
        if name.equals("prediction", in: body) {
            if try scanner.skipTruth() { hasPrediction = true }
        } else if name.equals("modalities", in: body) {
            guard try scanner.enterArrayOrSkip() else { return }
            while try scanner.nextElement() {
                if let kind = try scanner.readTextOrSkip(), !kind.equals("text", in: body) { asksForMedia = true }
            }
        } else if Self.keptTexts.contains(where: { name.equals($0, in: body) }) {
            if try scanner.skipTruth() { namesKeptText = true }
        } else {
            try scanner.skipValue()
        }
    }

    /// Names of content that a provider stores: Google's and its routers' cache, Volcengine's and Moonshot's
    /// context, Cohere's documents, and the like.
    private static let keptTexts: [StaticString] = [
        "cached_content", "cachedContent", "context_id", "context_cache_id", "cache_id", "documents", "document_ids", "file_ids", "files",
        "thread_id", "assistant_id", "knowledge_base_id", "dataset_id", "search_parameters", "web_search_options", "web_search", "enable_search",
    ]

    /// Keeps the first flaw.
    private func keepFirst(_ found: WireError?, in flaw: inout WireError?) {
        if flaw == nil { flaw = found }
    }

    private mutating func readModel(
        _ kind: JSONKind, _ scanner: inout JSONScanner, _ body: RawSpan, _ limits: Limits
    ) throws(JSONError) -> StaticString? {
        let start = scanner.offset
        guard let text = try scanner.readTextOrSkip(), !text.isEmpty else {
            model = start..<scanner.offset
            return "a string that is not empty"
        }
        model = start..<scanner.offset
        modelHasEscapes = text.hasEscapes
        guard text.range.count <= limits.maximumModelBytes else { return "a shorter string" }
        return text.holdsHiddenCharacter(in: body) ? "a name without control characters" : nil
    }

    private mutating func readStreamOptions(
        _ kind: JSONKind, _ scanner: inout JSONScanner, _ body: RawSpan
    ) throws(JSONError) -> StaticString? {
        let start = scanner.offset
        if try scanner.enterObjectOrSkip() {
            streamOptionsAreEmpty = true
            while let name = try scanner.nextMember() {
                streamOptionsAreEmpty = false
                let isIncludeUsage = name.equals("include_usage", in: body)
                let isTrue = try scanner.nextKind() == .true
                let range = try scanner.skipValue()
                if isIncludeUsage {
                    includeUsage = range
                    asksForUsage = isTrue
                }
            }
        }
        streamOptions = start..<scanner.offset
        return kind == .object || kind == .null ? nil : "an object"
    }

    /// Counts the prompts in the value of `prompt`, which is passed.
    private static func countPrompts(_ scanner: inout JSONScanner) throws(JSONError) -> Int {
        guard try scanner.enterArrayOrSkip() else { return 1 }
        var count = 0
        while try scanner.nextElement() {
            // Numbers are the tokens of a single prompt.
            if try scanner.nextKind() != .number { count += 1 }
            try scanner.skipValue()
        }
        return max(1, count)
    }

    private mutating func readResponseFormat(_ kind: JSONKind, _ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) {
        responseFormat = kind == .null ? .free : .other
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            let isType = name.equals("type", in: body)
            guard let text = try scanner.readTextOrSkip(), isType else { continue }
            if text.equals("json_schema", in: body) {
                responseFormat = .jsonSchema
            } else if text.equals("json_object", in: body) {
                responseFormat = .jsonObject
            } else if text.equals("text", in: body) {
                responseFormat = .free
            }
        }
    }

    /// How much reasoning a value asks for: an effort, a switch, or an object with either, or with a number of
    /// tokens.
    private static func readThinking(_ kind: JSONKind, _ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Thinking {
        switch kind {
        case .string:
            guard let text = try scanner.readTextOrSkip() else { return .usual }
            for word in little where text.equals(word, in: body) { return .little }
            return .much
        case .true, .false:
            try scanner.skipValue()
            return kind == .true ? .much : .little
        case .number: return (try scanner.readIntegerOrSkip(atMost: ForeignNumber.count) ?? 1) > 0 ? .much : .little
        case .object:
            // An object that does not say how much switches it on.
            var (thinking, isSaid) = (Thinking.much, false)
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                var says = false
                for word in amounts where name.equals(word, in: body) { says = true }
                let kind = try scanner.nextKind()
                guard says, kind != .object, kind != .array, kind != .null else {
                    try scanner.skipValue()
                    continue
                }
                let asked = try readThinking(kind, &scanner, body)
                // Of two settings the lower one counts: a switch that is off is off.
                thinking = isSaid ? (asked == .little ? .little : thinking) : asked
                isSaid = true
            }
            return thinking
        case .array, .null:
            try scanner.skipValue()
            return .usual
        }
    }

    /// Members of such an object that say how much.
    private static let amounts: [StaticString] = ["effort", "type", "enabled", "max_tokens", "budget_tokens"]

    /// Efforts that mean no or hardly any reasoning, and values that switch it off.
    private static let little: [StaticString] = ["none", "minimal", "low", "disabled", "off"]

    /// A member's name as errors quote it.
    static func shortened(_ name: String) -> String {
        name.utf8.count <= 64 ? name : String(decoding: name.utf8.prefix(64), as: UTF8.self) + "…"
    }
}
