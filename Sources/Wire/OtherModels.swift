/// Finds what in a request may make a provider use another model than the one it names: a router's own
/// fallbacks, presets, plugins and tools.
///
/// Members that the gateway carries out itself (`models`, `fallbacks`, …) are removed from every request. What
/// is found here is passed on as it came for a key that may use every model; for any other key the request is
/// refused.
public enum OtherModels {
    /// Members in which a name that contains `model` is the client's own: texts, schemas, notes.
    private static let ownWords: [StaticString] = [
        "messages", "input", "prompt", "instructions", "functions", "response_format", "text", "metadata", "tool_choice", "function_call",
        "documents", "query", "guided_json", "structured_outputs", "json_schema", "schema", "format", "grammar", "prediction",
        "chat_template_kwargs", "logit_bias", "stop", "modalities", "reasoning", "thinking", "audio",
    ]
    /// Parts of names that say that a value names models, or something that stands for one.
    private static let words: [StaticString] = ["model", "fallback", "preset", "engine", "deployment", "router", "adapter", "lora_"]
    /// Tools and plugins that use models of their own choice unless told otherwise
    /// (https://openrouter.ai/tools; https://platform.openai.com/docs/guides/tools-image-generation).
    private static let users: [StaticString] = ["fusion", "advisor", "subagent", "image_generation", "auto-router", "pareto"]

    /// The name of the first top-level member that may reach another model; `nil` when none does.
    ///
    /// - Parameters:
    ///   - body: The request's body.
    ///   - envelope: The envelope scanned from it.
    public static func member(in body: RawSpan, _ envelope: RequestEnvelope) -> String? {
        guard envelope.mayNameModels else { return nil }
        do throws(JSONError) {
            return try find(in: body, envelope.markLength)
        } catch {
            return nil
        }
    }

    private static func find(in body: RawSpan, _ start: Int) throws(JSONError) -> String? {
        var scanner = JSONScanner(body)
        scanner.offset = start
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let isFound: Bool
            if let known = RequestMember(name, in: body) {
                switch known {
                case .tools: isFound = try findInTools(&scanner, in: body)
                case .provider: isFound = try isNamed(in: &scanner, body, besides: "allow_fallbacks")
                case .conversation: isFound = try isNamed(in: &scanner, body)
                default:
                    try scanner.skipValue()
                    continue
                }
            } else if isOwn(name, in: body) {
                try scanner.skipValue()
                continue
            } else if isOne(name, in: body) {
                isFound = try scanner.skipTruth()
            } else {
                isFound = try isNamed(in: &scanner, body)
            }
            if isFound { return RequestEnvelope.shortened(name.string(in: body)) }
        }
        return nil
    }

    /// Searches tools other than the client's own functions, whose schemas may hold any name.
    private static func findInTools(_ scanner: inout JSONScanner, in body: RawSpan) throws(JSONError) -> Bool {
        guard try scanner.enterArrayOrSkip() else { return false }
        while try scanner.nextElement() {
            _ = try scanner.nextKind()
            let tool = try scanner.skipValue()
            var inside = JSONScanner(body.extracting(first: tool.upperBound))
            inside.offset = tool.lowerBound
            if try passTool(&inside, in: body) { continue }
            inside.offset = tool.lowerBound
            if try isNamed(in: &inside, body) { return true }
        }
        return false
    }

    /// Passes one of `tools`. Returns whether it is a function of the client's. One without a type is, unless
    /// it holds nothing but one of the provider's names with its settings, like Google's `{"google_search":
    /// {}}`.
    static func passTool(_ scanner: inout JSONScanner, in body: RawSpan) throws(JSONError) -> Bool {
        guard try scanner.enterObjectOrSkip() else { return true }
        var (isFunction, isTyped, isDescribed, isEmpty) = (true, false, false, true)
        while let name = try scanner.nextMember() {
            isEmpty = false
            guard name.equals("type", in: body) else {
                if functionWords.contains(where: { name.equals($0, in: body) }) { isDescribed = true }
                try scanner.skipValue()
                continue
            }
            isTyped = true
            // With two types it is unclear which one counts.
            guard let type = try scanner.readTextOrSkip(), type.equals("function", in: body) || type.equals("custom", in: body) else {
                isFunction = false
                continue
            }
        }
        return isFunction && (isTyped || isDescribed || isEmpty)
    }

    /// Members that a function has.
    private static let functionWords: [StaticString] = [
        "function", "name", "parameters", "input_schema", "description", "function_declarations", "functionDeclarations",
    ]

    /// Whether a member's content is the client's own, as in `ownWords`.
    static func isOwn(_ name: JSONText, in bytes: RawSpan) -> Bool { ownWords.contains { name.equals($0, in: bytes) } }

    /// Whether anywhere in the next value, which is passed, a member is named for models, or an object has a
    /// type that uses some.
    ///
    /// - Parameter own: A member of an object that the gateway carries out itself.
    private static func isNamed(in scanner: inout JSONScanner, _ body: RawSpan, besides own: StaticString? = nil) throws(JSONError) -> Bool {
        switch try scanner.nextKind() {
        case .object:
            var isFound = false
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                if let own, name.equals(own, in: body) {
                    try scanner.skipValue()
                } else if isOne(name, in: body) {
                    if try scanner.skipTruth() { isFound = true }
                } else if name.equals("type", in: body) || name.equals("id", in: body) {
                    guard let word = try scanner.readTextOrSkip() else { continue }
                    if holds(anyOf: users, word, in: body) { isFound = true }
                } else if try isNamed(in: &scanner, body) {
                    isFound = true
                }
            }
            return isFound
        case .array:
            var isFound = false
            try scanner.enterArray()
            while try scanner.nextElement() { if try isNamed(in: &scanner, body) { isFound = true } }
            return isFound
        case .string, .number, .true, .false, .null:
            try scanner.skipValue()
            return false
        }
    }

    /// Whether a name is one for models, in any case: some readers ignore case.
    static func isOne(_ name: JSONText, in bytes: RawSpan) -> Bool { holds(anyOf: words, name, in: bytes) || name.equals("lora", in: bytes) }

    private static func holds(anyOf words: [StaticString], _ text: JSONText, in bytes: RawSpan) -> Bool {
        guard text.hasEscapes else { return holds(anyOf: words, bytes.extracting(text.range)) }
        var buffer = ByteBuffer()
        buffer.append(unescaping: text, in: bytes)
        return holds(anyOf: words, buffer.bytes)
    }

    private static func holds(anyOf words: [StaticString], _ text: RawSpan) -> Bool {
        for word in words {
            let length = word.utf8CodeUnitCount
            guard text.byteCount >= length else { continue }
            for place in 0...text.byteCount - length where text.extracting(place..<place + length).equalsIgnoringCase(word) { return true }
        }
        return false
    }
}
