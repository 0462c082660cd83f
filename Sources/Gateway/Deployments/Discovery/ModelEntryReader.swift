internal import Wire

/// Reads one entry of a provider's list of models, in any of the native shapes.
///
/// The names differ by provider: the context is `context_length` (OpenRouter, Together, Cohere), `context_window` (Groq),
/// `max_context_length` (Mistral), `max_model_len` (vLLM), `context_size` (Novita) or `limits.max_input_tokens` (GitHub Models); what a model can do is in
/// `capabilities` (Mistral as an object, GitHub Models as a list), `features` (Cohere), `supported_parameters` (OpenRouter) or
/// `supports_tools` (Fireworks, Hugging Face).
struct ModelEntryReader {
    private(set) var entry = ModelEntry()
    /// Whether there was a member that says nothing of a model.
    private(set) var hasOthers = false

    /// Reads the object that is the scanner's next value.
    mutating func read(_ scanner: inout JSONScanner, _ body: RawSpan, isNested: Bool = false) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let member = try scanner.nextMember() {
            var isKnown = try readName(member, &scanner, body, isNested)
            if !isKnown { isKnown = try readSize(member, &scanner, body) }
            if !isKnown { isKnown = try readAbility(member, &scanner, body) }
            if !isKnown { isKnown = try readNested(member, &scanner, body, isNested) }
            if isKnown {
                entry.knownMembers += 1
            } else if member.equals("object", in: body) {
                if try text(&scanner, body) == "model" { entry.knownMembers += 1 } else { hasOthers = true }
            } else {
                hasOthers = true
                try scanner.skipValue()
            }
        }
    }

    /// Reads an element of a list that is the id itself.
    mutating func readID(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) {
        entry.id = try text(&scanner, body)
    }

    /// Notes under which name the entry stands in an object of models.
    mutating func noteKey(_ key: JSONText, _ body: RawSpan) {
        if key.range.count <= DiscoveryLimits.maximumNameBytes { entry.key = key.string(in: body) }
    }

    private mutating func readName(
        _ member: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan, _ isNested: Bool
    ) throws(JSONError) -> Bool {
        if isNested { return false }
        if member.equals("id", in: body) {
            // One that is too long is no id, and its model is not to be called by its name instead.
            entry.id = try scanner.readTextOrSkip().map { $0.range.count <= DiscoveryLimits.maximumNameBytes ? $0.string(in: body) : "" }
        } else if member.equals("name", in: body) {
            entry.name = try text(&scanner, body)
        } else if member.equals("model_id", in: body) || member.equals("modelId", in: body) || member.equals("model", in: body)
            || member.equals("model_name", in: body) || member.equals("slug", in: body) || member.equals("key", in: body)
        {
            let other = try text(&scanner, body)
            if entry.otherID == nil { entry.otherID = other }
        } else if member.equals("aliases", in: body) {
            entry.aliases = try texts(&scanner, body) ?? []
        } else if member.equals("canonical_slug", in: body) || member.equals("hugging_face_id", in: body) || member.equals("root", in: body) {
            if let hint = try text(&scanner, body), !hint.isEmpty, entry.hints.count < DiscoveryLimits.maximumHints { entry.hints.append(hint) }
        } else if member.equals("created", in: body) {
            entry.created = try scanner.readIntegerOrSkip(atMost: ForeignNumber.timestamps.upperBound)
        } else if member.equals("active", in: body) {
            if try scanner.nextKind() == .false { entry.isRetired = true }
            try scanner.skipValue()
        } else if member.equals("archived", in: body) {
            if try scanner.nextKind() == .true { entry.isRetired = true }
            try scanner.skipValue()
        } else {
            return false
        }
        return true
    }

    private mutating func readSize(_ member: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Bool {
        if member.equals("context_length", in: body) || member.equals("context_window", in: body) || member.equals("max_context_length", in: body)
            || member.equals("max_model_len", in: body) || member.equals("max_input_tokens", in: body) || member.equals("inputTokenLimit", in: body)
            || member.equals("context_size", in: body) || member.equals("context", in: body)
        {
            entry.noteContext(try scanner.readIntegerOrSkip(atMost: DiscoveryLimits.maximumContextLength))
        } else if member.equals("max_completion_tokens", in: body) || member.equals("max_output_tokens", in: body)
            || member.equals("outputTokenLimit", in: body) || member.equals("max_output_length", in: body)
        {
            entry.noteOutput(try scanner.readIntegerOrSkip(atMost: DiscoveryLimits.maximumContextLength))
        } else {
            return false
        }
        return true
    }

    private mutating func readAbility(_ member: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Bool {
        if member.equals("input_modalities", in: body) || member.equals("supported_input_modalities", in: body) {
            entry.inputs = try texts(&scanner, body) ?? entry.inputs
        } else if member.equals("output_modalities", in: body) || member.equals("supported_output_modalities", in: body) {
            entry.outputs = try texts(&scanner, body) ?? entry.outputs
        } else if member.equals("supported_parameters", in: body) || member.equals("supported_features", in: body) {
            if let names = try texts(&scanner, body) { entry.noteParameters(names) }
        } else if member.equals("features", in: body) {
            entry.noteFeatures(try texts(&scanner, body) ?? [])
        } else if member.equals("endpoints", in: body) {
            entry.endpoints = try texts(&scanner, body) ?? []
        } else if member.equals("type", in: body) || member.equals("task", in: body) || member.equals("mode", in: body) {
            entry.type = try readType(&scanner, body) ?? entry.type
        } else if member.equals("supports_chat", in: body) {
            entry.isChat = try scanner.readBooleanOrSkip() ?? entry.isChat
        } else if member.equals("supports_tools", in: body) {
            if let supports = try scanner.readBooleanOrSkip() { entry.noteTools(supports) }
        } else if member.equals("supports_image_input", in: body) {
            entry.seesImages = try scanner.readBooleanOrSkip() ?? entry.seesImages
        } else {
            return false
        }
        return true
    }

    /// A word, or an object that has it as its `name`, as Cloudflare's `task`.
    private func readType(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> String? {
        guard try scanner.nextKind() == .object else { return try text(&scanner, body)?.lowercased() }
        var name: String?
        try scanner.enterObject()
        while let member = try scanner.nextMember() {
            if member.equals("name", in: body) { name = try text(&scanner, body)?.lowercased() } else { try scanner.skipValue() }
        }
        return name
    }

    private mutating func readNested(
        _ member: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan, _ isNested: Bool
    ) throws(JSONError) -> Bool {
        if member.equals("capabilities", in: body) {
            try readCapabilities(&scanner, body)
        } else if try ModelEntryReader.readPriced(member, &scanner, body, into: &entry.prices) {
            return true
        } else if isNested {
            return false
        } else if member.equals("architecture", in: body) || member.equals("top_provider", in: body) || member.equals("limits", in: body)
            || member.equals("metadata", in: body) || member.equals("model_info", in: body)
        {
            try read(&scanner, body, isNested: true)
        } else if member.equals("providers", in: body) {
            // Hugging Face's router lists those behind it; a request goes to one that can serve it.
            guard try scanner.enterArrayOrSkip() else { return true }
            while try scanner.nextElement() { try read(&scanner, body, isNested: true) }
        } else {
            return false
        }
        return true
    }

    private mutating func readCapabilities(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) {
        if try scanner.nextKind() == .array { return entry.noteFeatures(try texts(&scanner, body) ?? []) }
        guard try scanner.enterObjectOrSkip() else { return }
        while let member = try scanner.nextMember() {
            guard let value = try scanner.readBooleanOrSkip() else { continue }
            if member.equals("completion_chat", in: body) {
                entry.isChat = value
            } else if member.equals("function_calling", in: body) {
                entry.noteTools(value)
            } else if member.equals("vision", in: body) {
                entry.seesImages = value
            } else if member.equals("completion_fim", in: body), value {
                entry.completes = true
            }
        }
    }

    // MARK: Values

    /// A string of a bounded length; `nil` for everything else.
    private func text(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> String? {
        guard let text = try scanner.readTextOrSkip(), text.range.count <= DiscoveryLimits.maximumNameBytes else { return nil }
        return text.string(in: body)
    }

    /// The strings of an array; `nil` when it is none.
    private func texts(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> [String]? {
        guard try scanner.enterArrayOrSkip() else { return nil }
        var found: [String] = []
        while try scanner.nextElement() {
            if let text = try text(&scanner, body), found.count < DiscoveryLimits.maximumElements { found.append(text) }
        }
        return found
    }

    /// A number, or a string that holds one.
    static func number(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Double? {
        let kind = try scanner.nextKind()
        let range = try scanner.skipValue()
        guard range.count <= DiscoveryLimits.maximumNameBytes else { return nil }
        switch kind {
        case .number: return Double(body.extracting(range).text)
        case .string: return Double(body.extracting(range.lowerBound + 1..<range.upperBound - 1).text)
        case .object, .array, .true, .false, .null: return nil
        }
    }
}
