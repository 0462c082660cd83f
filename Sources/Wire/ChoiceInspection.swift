/// What one element of `choices` says, in a stream event or in a whole answer.
struct ChoiceInspection {
    /// Its `index`, the place in the array when it has none.
    var index: Int
    /// Whether it carries anything for the user: text, reasoning, a refusal, a call, sound, a picture, whatever is not known to be none.
    var carriesContent = false
    /// How much text that is (see `StreamEvent.contentSize`); what is said under several names at once counts once.
    var contentSize = 0
    /// How much text stands for what is no text of the model's (see `StreamEvent.otherSize`).
    var otherSize = 0
    /// Whether there are sound or pictures in it.
    var hasMedia = false
    /// Whether `finish_reason` is a string that is not empty.
    var isFinished = false
    /// Whether `finish_reason` is `error`, OpenRouter's word for a generation that broke off.
    var finishReasonIsError = false
    /// The `finish_reason`, or the one of the server behind, that says that the model's output could not be read.
    var garbledReason: Range<Int>?
    /// Whether `finish_reason` says that the model had no more to say.
    var isStop = false
    /// The counts that stand in it.
    var usage: Usage?
    /// Its `error`, when a client that tests it for truth finds it true.
    var error: Range<Int>?

    /// Reads the value the scanner stands before, which is passed whatever it is.
    init(at place: Int, _ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        index = place
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            if name.equals("delta", in: bytes) || name.equals("message", in: bytes) {
                try readMessage(&scanner, in: bytes)
            } else if name.equals("text", in: bytes) {
                noteContent(try scanner.passContent())
            } else if name.equals("finish_reason", in: bytes) {
                guard let reason = try scanner.readTextOrSkip() else { continue }
                isFinished = !reason.isEmpty
                finishReasonIsError = reason.equals("error", in: bytes)
                if ChoiceInspection.isGarbled(reason, in: bytes) { garbledReason = reason.range }
                isStop = bytes.extracting(reason.range).equalsIgnoringCase("stop") || reason.equals("eos", in: bytes)
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

    /// Whether a reason is one of Google's for output that could not be read, alone (`malformed_function_call`) or behind the word for a filter
    /// (`function_call_filter: MALFORMED_FUNCTION_CALL`); https://ai.google.dev/api/generate-content (FinishReason).
    private static func isGarbled(_ reason: JSONText, in bytes: RawSpan) -> Bool {
        // Every reason in daily use is shorter.
        reason.range.count >= 16 && UpstreamErrorBody.names(anyOf: garbled, in: bytes.extracting(reason.range))
    }

    private static let garbled: [StaticString] = ["malformed_", "unexpected_tool_call", "too_many_tool_calls", "missing_thought_signature"]

    private mutating func readMessage(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        // Thoughts come under two names at once, plain and with details.
        var most = 0
        while let name = try scanner.nextMember() {
            if name.equals("content", in: bytes) {
                noteContent(try scanner.passContent())
            } else if name.equals("usage", in: bytes) {
                usage.take(try Usage(&scanner, in: bytes))
            } else if ContentFrame.isOfMessage(name, in: bytes) {
                try scanner.skipValue()
            } else {
                // New kinds of content come under new names; a number or a truth value is none.
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

    /// Passes `audio`; how much text its sound and its words stand for, which are tokens each, or `nil` where there is nothing in it.
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
