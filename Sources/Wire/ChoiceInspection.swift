/// What one element of `choices` says, in a stream event or in a whole answer.
struct ChoiceInspection {
    /// Its `index`, the place in the array when it has none.
    var index: Int
    /// Whether it carries anything for the user: text, reasoning, a refusal, a call, sound.
    var carriesContent = false
    /// Whether `finish_reason` is a string that is not empty.
    var isFinished = false
    /// Whether `finish_reason` is `error`, OpenRouter's word for a generation that broke off.
    var finishReasonIsError = false
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
                if try scanner.skipTruth() { carriesContent = true }
            } else if name.equals("finish_reason", in: bytes) {
                guard let reason = try scanner.readTextOrSkip() else { continue }
                isFinished = !reason.isEmpty
                finishReasonIsError = reason.equals("error", in: bytes)
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

    private mutating func readMessage(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            if Self.isContent(name, in: bytes) {
                if try scanner.skipTruth() { carriesContent = true }
            } else {
                try scanner.skipValue()
            }
        }
    }

    /// Whether a member of a message is for the user, if it is not empty. A role is not.
    private static func isContent(_ name: JSONText, in bytes: RawSpan) -> Bool {
        name.equals("content", in: bytes) || name.equals("tool_calls", in: bytes) || name.equals("reasoning_content", in: bytes)
            || name.equals("reasoning", in: bytes) || name.equals("reasoning_details", in: bytes) || name.equals("refusal", in: bytes)
            || name.equals("function_call", in: bytes) || name.equals("audio", in: bytes)
    }
}
