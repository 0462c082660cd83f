/// What the data of one event of a streamed answer says, read in one pass.
public struct StreamEvent: Equatable, Sendable {
    /// The API whose events they are.
    public enum Dialect: UInt8, Sendable {
        case chat, completions, responses
    }

    /// Whether it is the `[DONE]` that ends a stream. As in the clients, anything that begins with it counts.
    public private(set) var isDone = false
    /// Whether it is one JSON object, or an array that begins with an error. If not, nothing below is set but
    /// `isText`.
    public private(set) var isValid = false
    /// Whether it is not JSON but text, or a JSON string: what some servers send when they fail.
    public private(set) var isText = false
    /// Whether it says nothing and only keeps the connection alive: no data, `null`, or a word used for that.
    public private(set) var isKeepAlive = false
    /// The `error`, or that of a choice, if a client that tests it for truth finds it true; the whole event if
    /// all of it is an error.
    ///
    /// An event without a choice is an error as a whole if it says so in one of the ways of `FailureMarks`.
    public private(set) var errorRange: Range<Int>?
    /// Whether that error is inside a choice, a response or a member that should hold the answer, and complete
    /// in itself (empty for a response that failed without a word); members beside any other error belong to
    /// it.
    public private(set) var errorIsInside = false
    /// How many elements `choices` has, `nil` when it is not an array.
    public private(set) var choices: Int?
    /// Whether there is anything for the user: text, reasoning, a refusal, a call or sound that is not empty.
    public private(set) var carriesContent = false
    /// How much text that is, for an estimate of its tokens: its unescaped UTF-8 bytes, with each three-byte
    /// character counted as four, but not the names, ids and numbers around it.
    ///
    /// | text | size of a token, about |
    /// | --- | --- |
    /// | English | 4.5 |
    /// | program text | 3.5 |
    /// | Chinese, Japanese, Korean | 4 |
    public internal(set) var contentSize = 0
    /// How much text, in the same measure, stands for output that is not the model's text: 1,290 tokens for
    /// each picture, and what it quotes from others. It is not included in `contentSize`, since providers count
    /// it in many ways.
    public private(set) var otherSize = 0
    /// How much text a completed item of a `/v1/responses` answer has: all that its deltas have brought before,
    /// if it had any.
    public private(set) var itemSize = 0
    /// Whether there are sound or pictures in it.
    public private(set) var hasMedia = false
    /// Whether it shows a picture that is still being made.
    public private(set) var isPartialPicture = false
    /// How much text a picture stands for.
    public static let pictureSize = PictureSize.one
    /// One bit for each choice, by its index from 0 to 63, that has received its `finish_reason`.
    public private(set) var finishedChoices: UInt64 = 0
    /// One bit for each choice, by its index from 0 to 63, that the event has anything of.
    public private(set) var begunChoices: UInt64 = 0
    /// Whether a choice with an index from 64 up has received its `finish_reason`.
    public private(set) var finishesFurtherChoice = false
    /// Whether a `finish_reason` is another word than `stop`.
    public private(set) var finishesOtherwise = false
    /// The `finish_reason` that says that the generation broke off: `error`, `network_error`, `abort` and the
    /// like.
    public private(set) var failedReason: Range<Int>?
    /// The `finish_reason` that says that the model's output could not be read.
    public private(set) var garbledReason: Range<Int>?
    /// The token counts, wherever in the event they are.
    public private(set) var usage: Usage?
    /// Whether it has nothing but the counts, as in the last event of a stream with usage: no choice. Also if
    /// the counts are empty, such as `"usage":null`, and nothing else is said.
    public private(set) var isUsageOnly = false
    /// Whether it is the event that ends a `/v1/responses` stream successfully: `response.completed` or
    /// `response.incomplete`.
    public private(set) var isTerminal = false
    /// The bytes of the id of a `/v1/responses` answer, where the event holds the whole answer.
    public private(set) var responseID: Range<Int>?
    /// The bytes of the id of the `conversation` that the answer belongs to.
    public private(set) var conversationID: Range<Int>?

    /// Whether it says that the answer has failed.
    public var hasError: Bool { errorRange != nil }
    /// Whether a `finish_reason` says that the generation broke off.
    public var finishReasonIsError: Bool { failedReason != nil }

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
            readWords(data)
        }
    }

    private init() {}

    /// Reads data that is not a JSON object.
    @inline(never)
    private mutating func readWords(_ data: RawSpan) {
        let text = data.withoutSpace
        guard text.byteCount > 0 else {
            isKeepAlive = true
            return
        }
        let first = text[byte: 0]
        if first == UInt8(ascii: "[") {
            let answer = AnswerInspection(inspecting: text, kind: .other)
            if answer.isValid, answer.hasError {
                isValid = true
                errorRange = 0..<data.byteCount
            }
        }
        for word in StreamEvent.keepAlives where text.equalsIgnoringCase(word) { isKeepAlive = true }
        guard !isKeepAlive, !isValid else { return }
        isText = StreamEvent.isStatement(text, first)
    }

    /// Whether bytes that are not an object are text from the server. Broken JSON was cut or garbled and is not
    /// a statement.
    private static func isStatement(_ text: RawSpan, _ first: UInt8) -> Bool {
        let isJSON = (try? JSONScanner.validate(text)) != nil
        switch first {
        case UInt8(ascii: "{"): return false
        case UInt8(ascii: "["): guard text.byteCount > 1, text[byte: 1] &- 0x41 < 26 else { return false }
        case UInt8(ascii: "\""): guard isJSON else { return false }
        default: guard !isJSON else { return false }
        }
        for place in 0..<text.byteCount where text[byte: place] < 0x20 && text[byte: place] != 0x0A && text[byte: place] != 0x09 { return false }
        return true
    }

    /// What servers send to keep a connection alive instead of a comment.
    private static let keepAlives: [StaticString] = [
        "null", "ping", "[ping]", "keep-alive", "keepalive", "[keepalive]", "[keep-alive]", "heartbeat", "[heartbeat]", ":", ": ping", ": keep-alive",
        ": keepalive", ": heartbeat", ": openrouter processing", "\"\"", "\"ping\"",
    ]

    private mutating func read(_ data: RawSpan, _ dialect: Dialect) throws(JSONError) {
        var scanner = JSONScanner(data, acceptingLoneSurrogates: true)
        var type: JSONText?
        var isErrorObject = false
        var (hasDelta, hasPicture) = (false, false)
        var item: ResponseItem?
        var (mentionsUsage, saysMore) = (false, false)
        var response: ResponseEnd?
        var choiceError: Range<Int>?
        var marks = FailureMarks()
        var top = Usage()
        var counts = Usage.Count()
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            if name.equals("choices", in: data) {
                choiceError = try readChoices(&scanner, in: data)
            } else if name.equals("usage", in: data) {
                mentionsUsage = true
                usage.take(try Usage(&scanner, in: data))
            } else if name.equals("error", in: data) {
                errorRange = try Self.readError(&scanner)
            } else if name.equals("object", in: data) {
                isErrorObject = try scanner.readTextOrSkip()?.equals("error", in: data) ?? false
            } else if name.equals("type", in: data) {
                type = try scanner.readTextOrSkip()
            } else if dialect == .responses, name.equals("delta", in: data) {
                guard let size = try scanner.passContent() else { continue }
                hasDelta = true
                contentSize &+= size
            } else if dialect == .responses, name.equals("item", in: data) {
                item = try ResponseItem(&scanner, in: data)
            } else if dialect == .responses, name.equals("partial_image_b64", in: data) {
                hasPicture = try scanner.skipTruth()
            } else if dialect == .responses, name.equals("response", in: data) {
                response = try readResponse(&scanner, in: data)
            } else if StreamEvent.isUsual(name, in: data) {
                try scanner.skipValue()
            } else if Usage.isReport(name, in: data) || Usage.isHolder(name, in: data) {
                usage.take(try Usage.nested(&scanner, in: data))
            } else if try !marks.read(name, &scanner, in: data), try !counts.read(name, &scanner, in: data, into: &top) {
                if try scanner.skipTruth() { saysMore = true }
            }
        }
        try scanner.finish()
        if counts.finish(&top) { usage.take(top) }
        if isErrorObject, errorRange == nil { errorRange = 0..<data.byteCount }
        if let type {
            if dialect == .responses {
                classify(type, hasDelta: hasDelta, hasPicture: hasPicture, item, response, in: data)
            } else {
                marks.recordType(type, in: data)
            }
        }
        if errorRange == nil, let choiceError { (errorRange, errorIsInside) = (choiceError, true) }
        guard choices == nil || choices == 0, errorRange == nil, dialect != .responses || type == nil else { return }
        if let inner = marks.inner {
            (errorRange, errorIsInside) = (inner, true)
        } else if marks.sayFailureOutright || usage == nil && marks.sayFailure {
            errorRange = 0..<data.byteCount
        } else {
            isUsageOnly = dialect != .responses && (usage != nil || mentionsUsage && !saysMore && !marks.hasHolder)
        }
    }

    /// Whether a member is one that nearly every event has and that says nothing here.
    @inline(__always)
    private static func isUsual(_ name: JSONText, in data: RawSpan) -> Bool {
        name.equals("id", in: data) || name.equals("model", in: data) || name.equals("created", in: data)
            || name.equals("system_fingerprint", in: data) || name.equals("service_tier", in: data) || name.equals("provider", in: data)
    }

    /// Reads `choices`, which is passed whatever it is; returns the first `error` of a choice.
    private mutating func readChoices(_ scanner: inout JSONScanner, in data: RawSpan) throws(JSONError) -> Range<Int>? {
        guard try scanner.enterArrayOrSkip() else { return nil }
        var count = 0
        var error: Range<Int>?
        var counts: Usage?
        while try scanner.nextElement() {
            let choice = try ChoiceInspection(at: count, &scanner, in: data)
            count += 1
            if choice.carriesContent { carriesContent = true }
            contentSize &+= choice.contentSize
            otherSize &+= choice.otherSize
            if choice.hasMedia { hasMedia = true }
            if let reason = choice.failedReason { failedReason = reason }
            if let reason = choice.garbledReason { garbledReason = reason }
            error = error ?? choice.error
            if let more = choice.usage, counts?.takeChoice(more) == nil { counts = more }
            if choice.index >= 0, choice.index < 64 { begunChoices |= 1 << UInt64(choice.index) }
            guard choice.isFinished else { continue }
            if !choice.isStop { finishesOtherwise = true }
            if choice.index >= 0, choice.index < 64 {
                finishedChoices |= 1 << UInt64(choice.index)
            } else {
                finishesFurtherChoice = true
            }
        }
        choices = count
        usage.take(counts)
        return error
    }

    /// What the `response` of a `/v1/responses` event says about its end.
    private struct ResponseEnd {
        var error: Range<Int>?
        /// Whether its status is `failed` or `cancelled`.
        var hasFailed = false
    }

    /// Reads `response` of a `/v1/responses` event.
    private mutating func readResponse(_ scanner: inout JSONScanner, in data: RawSpan) throws(JSONError) -> ResponseEnd? {
        guard try scanner.enterObjectOrSkip() else { return nil }
        var end = ResponseEnd()
        while let name = try scanner.nextMember() {
            if name.equals("usage", in: data) {
                usage.take(try Usage(&scanner, in: data))
            } else if name.equals("error", in: data) {
                end.error = try Self.readError(&scanner)
            } else if name.equals("status", in: data) {
                guard let status = try scanner.readTextOrSkip() else { continue }
                end.hasFailed = status.equals("failed", in: data) || status.equals("cancelled", in: data)
            } else if name.equals("id", in: data) {
                if let text = try scanner.readTextOrSkip(), !text.hasEscapes { responseID = text.range }
            } else if name.equals("conversation", in: data) {
                if let text = try scanner.readIDOrSkip(in: data), !text.hasEscapes { conversationID = text.range }
            } else {
                try scanner.skipValue()
            }
        }
        return end
    }

    /// Passes an `error` and returns its range, if it is one.
    private static func readError(_ scanner: inout JSONScanner) throws(JSONError) -> Range<Int>? {
        _ = try scanner.nextKind()
        let start = scanner.offset
        return try scanner.skipTruth() ? start..<scanner.offset : nil
    }

    /// Interprets the type of a `/v1/responses` event. Every type of content has a `….delta` of its own, and
    /// new ones follow the same pattern.
    private mutating func classify(
        _ type: JSONText, hasDelta: Bool, hasPicture: Bool, _ item: ResponseItem?, _ response: ResponseEnd?, in data: RawSpan
    ) {
        let name = data.extracting(type.range)
        // Everything else in a response was sent by the client.
        if response != nil, errorRange != nil { errorIsInside = true }
        let isEnd = name.equals("response.completed") || name.equals("response.incomplete")
        let hasFailed = isEnd && response.map { $0.hasFailed || $0.error != nil } ?? false
        if hasFailed || name.equals("response.failed") || name.equals("response.cancelled") {
            if errorRange == nil { (errorRange, errorIsInside) = (response?.error ?? (response == nil ? 0..<data.byteCount : 0..<0), true) }
        } else if isEnd {
            isTerminal = true
        } else if name.equals("error") {
            if errorRange == nil, let error = response?.error { (errorRange, errorIsInside) = (error, true) }
            errorRange = errorRange ?? 0..<data.byteCount
        } else if hasDelta, name.hasPrefix("response."), name.byteCount > 15 {
            if name.extracting(name.byteCount - 6..<name.byteCount).equals(".delta") { carriesContent = true }
            if name.equals("response.audio.delta") || name.equals("response.output_audio.delta") {
                (contentSize, hasMedia) = (SoundSize.of(base64: contentSize), true)
            }
        } else if hasPicture, name.hasPrefix("response."), name.hasSuffix(".partial_image") {
            // What exists of the picture is shown meanwhile.
            (carriesContent, hasMedia, isPartialPicture, otherSize) = (true, true, true, PictureSize.partial)
        } else if let item, name.equals("response.output_item.done") {
            (itemSize, otherSize, hasMedia) = (item.size, item.otherSize, item.hasPicture)
            if item.size > 0 || item.otherSize > 0 { carriesContent = true }
        }
    }
}
