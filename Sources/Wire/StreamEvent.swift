/// What the data of one event of an answer's stream says, read in one pass.
public struct StreamEvent: Equatable, Sendable {
    /// Which API's events they are.
    public enum Dialect: UInt8, Sendable {
        case chat, completions, responses
    }

    /// Whether it is the `[DONE]` that ends a stream. Like the clients, it takes whatever begins with that.
    public private(set) var isDone = false
    /// Whether it is one JSON object. When not, nothing below is set.
    public private(set) var isValid = false
    /// The `error`, when a client that tests it for truth finds it true; for an event that is an error as a whole, all of it.
    public private(set) var errorRange: Range<Int>?
    /// How many elements `choices` has, `nil` when it is not an array.
    public private(set) var choices: Int?
    /// Whether there is anything for the user: text, reasoning, a refusal, a call or sound that is not empty.
    public private(set) var carriesContent = false
    /// A bit for each choice, by its index from 0 to 63, that has got its `finish_reason`.
    public private(set) var finishedChoices: UInt64 = 0
    /// A bit for each choice, by its index from 0 to 63, of which the event has anything.
    public private(set) var begunChoices: UInt64 = 0
    /// Whether a choice with an index from 64 up has got its `finish_reason`.
    public private(set) var finishesFurtherChoice = false
    /// Whether a `finish_reason` is `error`.
    public private(set) var finishReasonIsError = false
    /// The token counts, when they are there.
    public private(set) var usage: Usage?
    /// Whether it is the event that ends a `/v1/responses` stream well: `response.completed` or `response.incomplete`.
    public private(set) var isTerminal = false
    /// The bytes of the id of a `/v1/responses` answer, where the event holds the whole answer.
    public private(set) var responseID: Range<Int>?

    /// Whether it says that the answer has failed.
    public var hasError: Bool { errorRange != nil }
    /// Whether it is the last event of a chat stream that was asked for usage: no choice, and the counts.
    public var isUsageOnly: Bool { choices == 0 && usage != nil }

    /// Reads the data of an event.
    public init(inspecting data: RawSpan, dialect: Dialect) {
        guard !data.hasPrefix("[DONE]") else {
            isDone = true
            return
        }
        do throws(JSONError) {
            try read(data, dialect)
            isValid = true
        } catch {
            self = StreamEvent()
        }
    }

    private init() {}

    private mutating func read(_ data: RawSpan, _ dialect: Dialect) throws(JSONError) {
        var scanner = JSONScanner(data, acceptingLoneSurrogates: true)
        var type: JSONText?
        var isErrorObject = false
        var hasDelta = false
        var responseError: Range<Int>?
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            if name.equals("choices", in: data) {
                try readChoices(&scanner, in: data)
            } else if name.equals("usage", in: data) {
                usage = try Usage(&scanner, in: data) ?? usage
            } else if name.equals("error", in: data) {
                errorRange = try Self.readError(&scanner)
            } else if name.equals("object", in: data) {
                isErrorObject = try scanner.readTextOrSkip()?.equals("error", in: data) ?? false
            } else if dialect == .responses, name.equals("type", in: data) {
                type = try scanner.readTextOrSkip()
            } else if dialect == .responses, name.equals("delta", in: data) {
                hasDelta = try scanner.skipTruth()
            } else if dialect == .responses, name.equals("response", in: data) {
                responseError = try readResponse(&scanner, in: data)
            } else {
                try scanner.skipValue()
            }
        }
        try scanner.finish()
        if isErrorObject, errorRange == nil { errorRange = 0..<data.byteCount }
        if let type { classify(type, hasDelta: hasDelta, responseError, in: data) }
    }

    /// Reads `choices`, which is passed whatever it is.
    private mutating func readChoices(_ scanner: inout JSONScanner, in data: RawSpan) throws(JSONError) {
        guard try scanner.enterArrayOrSkip() else { return }
        var count = 0
        while try scanner.nextElement() {
            let choice = try ChoiceInspection(at: count, &scanner, in: data)
            count += 1
            if choice.carriesContent { carriesContent = true }
            if choice.finishReasonIsError { finishReasonIsError = true }
            if choice.index >= 0, choice.index < 64 { begunChoices |= 1 << UInt64(choice.index) }
            guard choice.isFinished else { continue }
            if choice.index >= 0, choice.index < 64 {
                finishedChoices |= 1 << UInt64(choice.index)
            } else {
                finishesFurtherChoice = true
            }
        }
        choices = count
    }

    /// Reads `response` of a `/v1/responses` event; returns its `error`, if it has one.
    private mutating func readResponse(_ scanner: inout JSONScanner, in data: RawSpan) throws(JSONError) -> Range<Int>? {
        guard try scanner.enterObjectOrSkip() else { return nil }
        var error: Range<Int>?
        while let name = try scanner.nextMember() {
            if name.equals("usage", in: data) {
                usage = try Usage(&scanner, in: data) ?? usage
            } else if name.equals("error", in: data) {
                error = try Self.readError(&scanner)
            } else if name.equals("id", in: data) {
                if let text = try scanner.readTextOrSkip(), !text.hasEscapes { responseID = text.range }
            } else {
                try scanner.skipValue()
            }
        }
        return error
    }

    /// Passes an `error` and returns where it is, when it is one.
    private static func readError(_ scanner: inout JSONScanner) throws(JSONError) -> Range<Int>? {
        _ = try scanner.nextKind()
        let start = scanner.offset
        return try scanner.skipTruth() ? start..<scanner.offset : nil
    }

    /// What the type of a `/v1/responses` event makes of it. Every type of content has a `….delta` of its own, and new ones follow the
    /// same pattern.
    private mutating func classify(_ type: JSONText, hasDelta: Bool, _ responseError: Range<Int>?, in data: RawSpan) {
        let name = data.extracting(type.range)
        if name.equals("response.completed") || name.equals("response.incomplete") {
            isTerminal = true
        } else if name.equals("response.failed") || name.equals("error") {
            errorRange = errorRange ?? responseError ?? 0..<data.byteCount
        } else if hasDelta, name.hasPrefix("response."), name.byteCount > 15 {
            if name.extracting(name.byteCount - 6..<name.byteCount).equals(".delta") { carriesContent = true }
        }
    }
}
