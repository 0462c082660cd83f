/// What the gateway needs to know about a whole answer that came with a success status.
public struct AnswerInspection: Equatable, Sendable {
    /// Which endpoint's answer it is.
    public enum Kind: UInt8, Sendable {
        case chat, completions, embeddings, responses
        /// Any other endpoint that answers in JSON.
        case other
    }

    /// Whether the body is one JSON value and nothing else. If not, nothing below is set.
    public private(set) var isValid = false
    /// Whether the body says that it failed: a true `error` at the top or in a choice, `{"object":"error"}`, an
    /// array of these (Google's form), or one of `FailureMarks` in place of an answer.
    public private(set) var hasError = false
    /// The first `error` inside a choice, a `/v1/responses` answer or a member that should hold the answer. It
    /// is complete in itself, and empty for a response that failed without saying why. `nil` where the members
    /// beside the `error` belong to it.
    public private(set) var innerError: Range<Int>?
    /// Whether it is an answer at all and not an empty one.
    ///
    /// | kind | complete when |
    /// |---|---|
    /// | chat | a choice has content, a call, a refusal, reasoning or sound, or a `finish_reason` that is no failure |
    /// | completions | a choice has text, or such a `finish_reason` |
    /// | embeddings | `data` is an array that is not empty |
    /// | responses | `output` is an array that is not empty, or `status` is a word other than `failed` and `cancelled` |
    /// | other | it is an object that is not empty |
    public private(set) var isComplete = false
    /// Whether it is a chat or completion answer without any output: each choice says `stop` and nothing else.
    public private(set) var isBlank = false
    /// How much text is in the choices (see `StreamEvent.contentSize`).
    public private(set) var contentSize = 0
    /// How much text stands for output that is not the model's text (see `StreamEvent.otherSize`).
    public private(set) var otherSize = 0
    /// The `finish_reason` that says that the generation broke off, so that the answer is incomplete.
    public private(set) var failedReason: Range<Int>?
    /// Whether a `finish_reason` says that the generation broke off.
    public var finishReasonIsError: Bool { failedReason != nil }
    /// The `finish_reason` that says that the model's output could not be read, where there is no other
    /// content.
    public private(set) var garbledReason: Range<Int>?
    /// The token counts, wherever in the answer they are.
    public private(set) var usage: Usage?
    /// The bytes of the `id` of a `/v1/responses` answer.
    public private(set) var responseID: Range<Int>?
    /// The bytes of the id of the `conversation` that a `/v1/responses` answer belongs to.
    public private(set) var conversationID: Range<Int>?
    /// How many elements `data`, `results` or `result` has, where that is a list: the pictures that were made.
    public private(set) var elementCount = 0
    /// Whether a `/v1/responses` answer is still being made, in the background: its `status` is `queued` or `in_progress`.
    public private(set) var isUnderWay = false
    /// The value of `model` with its quotes, when it is a string.
    public private(set) var model: Range<Int>?

    /// Reads the body of an answer.
    public init(inspecting body: RawSpan, kind: Kind) {
        do throws(JSONError) {
            try read(body, kind)
            isValid = true
        } catch {
            self = AnswerInspection()
        }
    }

    /// Where the error is in bytes that begin with JSON that is an error and continue after it: what a server
    /// sends when it had already begun a stream. `nil` for other bytes.
    public static func errorAhead(in body: RawSpan, kind: Kind) -> Range<Int>? {
        do throws(JSONError) {
            var scanner = JSONScanner(body, acceptingLoneSurrogates: true)
            let value = try scanner.skipValue()
            let answer = AnswerInspection(inspecting: body.extracting(value), kind: kind)
            return answer.isValid && answer.hasError ? value : nil
        } catch {
            return nil
        }
    }

    private init() {}

    private mutating func read(_ body: RawSpan, _ kind: Kind) throws(JSONError) {
        var scanner = JSONScanner(body, acceptingLoneSurrogates: true)
        switch try scanner.nextKind() {
        case .object: try readObject(&scanner, body, kind)
        case .array:
            try scanner.enterArray()
            while try scanner.nextElement() {
                guard try scanner.enterObjectOrSkip() else { continue }
                while let name = try scanner.nextMember() {
                    let isError = name.equals("error", in: body)
                    if try scanner.skipTruth(), isError { hasError = true }
                }
            }
        case .string, .number, .true, .false, .null: try scanner.skipValue()
        }
        try scanner.finish()
    }

    private mutating func readObject(_ scanner: inout JSONScanner, _ body: RawSpan, _ kind: Kind) throws(JSONError) {
        var marks = FailureMarks()
        var (hasResult, isResponse, hasFailed) = (false, false, false)
        var ownError: Range<Int>?
        var top = Usage()
        var counts = Usage.Count()
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            if kind == .other { isComplete = true }
            if name.equals("choices", in: body) {
                try readChoices(&scanner, body, kind)
            } else if name.equals("usage", in: body) {
                usage.take(try Usage(&scanner, in: body))
            } else if name.equals("error", in: body) {
                _ = try scanner.nextKind()
                let start = scanner.offset
                if try scanner.skipTruth() { ownError = start..<scanner.offset }
            } else if name.equals("object", in: body) {
                guard let object = try scanner.readTextOrSkip() else { continue }
                if object.equals("error", in: body) { hasError = true }
                if kind == .responses, object.equals("response", in: body) { isResponse = true }
            } else if name.equals("model", in: body) {
                if let text = try scanner.readTextOrSkip() { model = text.range.lowerBound - 1..<text.range.upperBound + 1 }
            } else if kind == .embeddings, name.equals("data", in: body) {
                let isArray = try scanner.nextKind() == .array
                if try marks.readHolder(&scanner, in: body), isArray { isComplete = true }
            } else if kind == .responses, name.equals("output", in: body) {
                isResponse = true
                try readOutput(&scanner, body)
            } else if kind == .responses, name.equals("id", in: body) {
                if let text = try scanner.readTextOrSkip(), !text.hasEscapes { responseID = text.range }
            } else if kind == .responses, name.equals("conversation", in: body) {
                if let text = try scanner.readIDOrSkip(in: body), !text.hasEscapes { conversationID = text.range }
            } else if kind == .responses, name.equals("status", in: body) {
                guard let status = try scanner.readTextOrSkip(), !status.isEmpty else { continue }
                if status.equals("failed", in: body) || status.equals("cancelled", in: body) {
                    hasFailed = true
                } else if !status.equals("error", in: body) {
                    isComplete = true
                    isUnderWay = status.equals("queued", in: body) || status.equals("in_progress", in: body)
                }
            } else if name.equals("type", in: body) {
                if let type = try scanner.readTextOrSkip() { marks.recordType(type, in: body) }
            } else if kind == .other, name.equals("data", in: body) || name.equals("results", in: body) || name.equals("result", in: body) {
                if try marks.readHolder(&scanner, in: body) { hasResult = true }
            } else if Usage.isReport(name, in: body) || Usage.isHolder(name, in: body) {
                usage.take(try Usage.nested(&scanner, in: body))
            } else if try !marks.read(name, &scanner, in: body), try !counts.read(name, &scanner, in: body, into: &top) {
                try scanner.skipValue()
            }
        }
        if counts.finish(&top) { usage.take(top) }
        elementCount = marks.elementCount
        let hasAnswer = kind == .other ? hasResult : isComplete
        if !hasAnswer, marks.sayFailure { hasError = true }
        if !hasAnswer, let inner = marks.inner { (hasError, innerError) = (true, innerError ?? inner) }
        // A response also holds what the client sent; that text is no part of the error.
        let isWhole = isResponse || hasFailed
        if ownError != nil || hasFailed { (hasError, innerError) = (true, isWhole ? ownError ?? 0..<0 : nil) }
    }

    /// Reads the `output` of a `/v1/responses` answer.
    private mutating func readOutput(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) {
        guard try scanner.enterArrayOrSkip() else { return }
        while try scanner.nextElement() {
            isComplete = true
            guard let item = try ResponseItem(&scanner, in: body) else { continue }
            contentSize &+= item.size
            otherSize &+= item.otherSize
        }
    }

    private mutating func readChoices(_ scanner: inout JSONScanner, _ body: RawSpan, _ kind: Kind) throws(JSONError) {
        guard try scanner.enterArrayOrSkip() else { return }
        var count = 0
        var (isBlank, hasContent) = (true, false)
        var counts: Usage?
        var garbledReason: Range<Int>?
        while try scanner.nextElement() {
            let choice = try ChoiceInspection(at: count, &scanner, in: body)
            count += 1
            contentSize &+= choice.contentSize
            otherSize &+= choice.otherSize
            if let error = choice.error {
                hasError = true
                innerError = innerError ?? error
            }
            failedReason = failedReason ?? choice.failedReason
            if choice.carriesContent { hasContent = true }
            if choice.carriesContent || !choice.isStop { isBlank = false }
            garbledReason = garbledReason ?? choice.garbledReason
            if let more = choice.usage, counts?.takeChoice(more) == nil { counts = more }
            guard kind == .chat || kind == .completions else { continue }
            if choice.carriesContent || (choice.isFinished && choice.failedReason == nil) { isComplete = true }
        }
        self.isBlank = isBlank && isComplete && count > 0
        if !hasContent { self.garbledReason = garbledReason }
        usage.take(counts)
    }
}
