/// What one element of `choices` says, in a stream event or in a whole answer.
struct ChoiceInspection {
    /// Its `index`, or its position in the array when it has none.
    var index: Int
    /// Whether it carries anything for the user: text, reasoning, a refusal, a call, sound, a picture, or
    /// anything not known to be none of these.
    var carriesContent = false
    /// How much text that is (see `StreamEvent.contentSize`); text that is repeated under several names counts
    /// once.
    var contentSize = 0
    /// How much text stands for output that is not the model's text (see `StreamEvent.otherSize`).
    var otherSize = 0
    /// Whether there are sound or pictures in it.
    var hasMedia = false
    /// Whether `finish_reason` is a non-empty string, or an object with such a `type`.
    var isFinished = false
    /// The `finish_reason` that says that the generation broke off.
    var failedReason: Range<Int>?
    /// The `finish_reason`, or that of the server behind the provider, that says that the model's output could
    /// not be read.
    var garbledReason: Range<Int>?
    /// Whether `finish_reason` says that the model had no more to say.
    var isStop = false
    /// The token counts in it.
    var usage: Usage?
    /// Its `error`, when a client that tests it for truth finds it true.
    var error: Range<Int>?

    /// Reads the value at the scanner, which is passed whatever it is.
    init(at place: Int, _ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        index = place
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            if name.equals("delta", in: bytes) || name.equals("message", in: bytes) {
                try readMessage(&scanner, in: bytes)
            } else if name.equals("text", in: bytes) {
                noteContent(try scanner.passContent())
            } else if name.equals("finish_reason", in: bytes) {
                if try scanner.nextKind() == .object {
                    try readReasonObject(&scanner, in: bytes)
                } else if let reason = try scanner.readTextOrSkip() {
                    noteReason(reason, in: bytes)
                }
            } else if name.equals("native_finish_reason", in: bytes) {
                if let reason = try scanner.readTextOrSkip(), ChoiceInspection.isGarbled(reason, in: bytes) { garbledReason = reason.range }
            } else if name.equals("usage", in: bytes) {
                usage.take(try Usage(&scanner, in: bytes))
            } else if name.equals("index", in: bytes) {
                index = try scanner.readIntegerOrSkip(atMost: ForeignNumber.choices) ?? index
            } else if name.equals("error", in: bytes) {
                _ = try scanner.nextKind()
                let start = scanner.offset
                if try scanner.skipTruth() { error = start..<scanner.offset }
            } else {
                try scanner.skipValue()
            }
        }
    }

    private mutating func noteReason(_ reason: JSONText, in bytes: RawSpan) {
        let word = bytes.extracting(reason.range)
        isFinished = !reason.isEmpty
        isStop = word.equalsIgnoringCase("stop") || reason.equals("eos", in: bytes)
        guard !isStop else { return }
        for failure in ChoiceInspection.failures where reason.hasEscapes ? reason.equals(failure, in: bytes) : word.isCode(failure) {
            failedReason = reason.range
        }
        if ChoiceInspection.isGarbled(reason, in: bytes) { garbledReason = reason.range }
    }

    /// Reads a `finish_reason` that is an object, as SGLang has it internally: its `type` is the reason, and if
    /// the generation broke off, the object is also the error.
    private mutating func readReasonObject(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        let start = scanner.offset
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            if name.equals("type", in: bytes) {
                if let reason = try scanner.readTextOrSkip() { noteReason(reason, in: bytes) }
            } else {
                try scanner.skipValue()
            }
        }
        if failedReason != nil, error == nil { error = start..<scanner.offset }
    }

    /// Reasons that say that the provider broke off, not that the model finished. An answer that was cut by a
    /// limit, a filter or the client's own stop words is still an answer.
    ///
    /// | reason | from |
    /// |---|---|
    /// | `error` | OpenRouter, Mistral, vLLM; Cohere in capitals |
    /// | `insufficient_system_resource` | https://api-docs.deepseek.com/api/create-chat-completion |
    /// | `network_error` | https://docs.bigmodel.cn/api-reference (GLM) |
    /// | `abort`, `aborted` | vLLM, SGLang, LMDeploy: the server gave the request up; a client that aborts has already gone |
    /// | `cancelled`, `timeout` | TensorRT-LLM, Cohere |
    /// | the others | relays |
    private static let failures: [StaticString] = [
        "error", "insufficient_system_resource", "network_error", "abort", "aborted", "cancelled", "canceled", "timeout", "timed_out", "server_error",
        "internal_error", "internal_server_error", "failed", "overloaded", "engine_overloaded",
    ]

    /// Whether a reason is one of Google's for output that could not be read, alone (`malformed_function_call`)
    /// or after the name of a filter (`function_call_filter: MALFORMED_FUNCTION_CALL`);
    /// https://ai.google.dev/api/generate-content (FinishReason).
    private static func isGarbled(_ reason: JSONText, in bytes: RawSpan) -> Bool {
        // Every reason in daily use is shorter.
        reason.range.count >= 16 && UpstreamErrorBody.names(anyOf: garbled, in: bytes.extracting(reason.range))
    }

    private static let garbled: [StaticString] = ["malformed_", "unexpected_tool_call", "too_many_tool_calls", "missing_thought_signature"]

    private mutating func readMessage(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        // Reasoning comes under two names at once, plain and with details.
        var most = 0
        while let name = try scanner.nextMember() {
            if name.equals("content", in: bytes) {
                noteContent(try scanner.passContent())
            } else if name.equals("usage", in: bytes) {
                usage.take(try Usage(&scanner, in: bytes))
            } else if ContentFrame.isOfMessage(name, in: bytes) {
                try scanner.skipValue()
            } else {
                // New kinds of content come under new names; a number or a boolean is not content.
                let kind = try scanner.nextKind()
                let isSound = kind == .object && name.equals("audio", in: bytes)
                let isQuoted = ContentFrame.isQuoted(name, in: bytes)
                guard
                    let size = try isSound
                        ? ChoiceInspection.passSound(&scanner, in: bytes) : isQuoted ? scanner.passQuoted(name) : scanner.passContent(),
                    kind == .string || kind == .array || kind == .object
                else { continue }
                carriesContent = true
                if isSound || name.equals("images", in: bytes) { hasMedia = true }
                if isQuoted {
                    otherSize &+= size
                } else if isSound || name.equals("tool_calls", in: bytes) || name.equals("function_call", in: bytes) {
                    contentSize &+= size
                } else {
                    most = max(most, size)
                }
            }
        }
        contentSize &+= most
    }

    /// Passes `audio`. Returns how much text its sound and its transcript stand for, both of which are counted
    /// in tokens, or `nil` when it is empty.
    private static func passSound(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) -> Int? {
        var size: Int?
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            size = size ?? 0
            if name.equals("data", in: bytes) {
                size = (size ?? 0) &+ SoundSize.of(base64: try scanner.readTextOrSkip()?.range.count ?? 0)
            } else if ContentFrame.holds(name, in: bytes) {
                try scanner.skipValue()
            } else {
                size = (size ?? 0) &+ (try scanner.passContent() ?? 0)
            }
        }
        return size
    }

    private mutating func noteContent(_ size: Int?) {
        guard let size else { return }
        carriesContent = true
        contentSize &+= size
    }
}
