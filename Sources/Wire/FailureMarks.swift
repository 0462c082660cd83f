/// What the members of an answer or event say about a failure where there is no `error`.
///
/// | members | from |
/// |---|---|
/// | `detail` | FastAPI, RFC 9457 |
/// | `errors` that is not empty, `success: false` | Cloudflare, relays |
/// | `code` and `message` | DashScope, SiliconFlow, Spark |
/// | `base_resp.status_code` that is not 0 | MiniMax |
/// | `error_code`, `error_msg` | Qianfan |
/// | `status: "error"` or a number from 400 up, with a message | relays |
/// | `message` alone | Amazon's gateways |
/// | `data`, `result` or `response` with nothing but an `error`, or a list of such | relays |
/// | a member whose name begins with `error`, such as `error parsing tool call` | Ollama (https://github.com/ollama/ollama/issues/11704) |
///
/// They count only where there is no answer beside them: some providers send `code: 0` or an empty `errors`
/// with every answer.
struct FailureMarks {
    private var hasDetail = false
    private var hasErrors = false
    private var isUnsuccessful = false
    private var hasCode = false
    private var hasErrorCode = false
    private var hasStatus = false
    private var isErrorType = false
    private var hasMessage = false
    private var saysWell = false
    /// The first `error` in a member that should hold the answer; it is complete in itself.
    private(set) var inner: Range<Int>?
    /// Whether there is a member that holds anything else.
    private(set) var hasHolder = false
    /// How many elements that are not errors are in lists of such members.
    private(set) var elementCount = 0

    /// Whether they say, in place of an answer, that there is none.
    var sayFailure: Bool {
        hasDetail || hasErrors || isUnsuccessful || hasErrorCode || hasCode && (isErrorType || hasStatus) || hasMessage && !saysWell
    }

    /// Whether they say so regardless of the members beside them.
    var sayFailureOutright: Bool { isUnsuccessful || hasErrorCode || hasErrors }

    /// Takes a member if it is one of these. Returns whether it was.
    @inline(never)
    mutating func read(_ name: JSONText, _ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) -> Bool {
        if name.equals("message", in: bytes) || name.equals("msg", in: bytes) || name.equals("error_msg", in: bytes)
            || name.equals("error_message", in: bytes) || name.equals("errorMessage", in: bytes)
        {
            // Only text is a message; Anthropic's `message` is the answer.
            if let text = try scanner.readTextOrSkip(), !text.isEmpty { hasMessage = true }
        } else if name.equals("detail", in: bytes) || name.equals("details", in: bytes) {
            if try scanner.skipTruth() { hasDetail = true }
        } else if name.equals("errors", in: bytes) {
            if try scanner.skipTruth() { hasErrors = true }
        } else if name.equals("success", in: bytes) || name.equals("ok", in: bytes) {
            let isSuccess = try scanner.readBooleanOrSkip()
            if isSuccess == false { isUnsuccessful = true }
            if isSuccess == true { saysWell = true }
        } else if name.equals("code", in: bytes) {
            hasCode = try isFailing(&scanner, in: bytes)
        } else if name.equals("error_code", in: bytes) || name.equals("errorCode", in: bytes) {
            hasErrorCode = try isFailing(&scanner, in: bytes)
        } else if name.equals("status", in: bytes) || name.equals("status_code", in: bytes) || name.equals("statusCode", in: bytes) {
            hasStatus = try isFailing(&scanner, in: bytes)
        } else if name.equals("base_resp", in: bytes) {
            guard try scanner.enterObjectOrSkip() else { return true }
            while let name = try scanner.nextMember() {
                if name.equals("status_code", in: bytes) {
                    if try isFailing(&scanner, in: bytes) { hasErrorCode = true }
                } else {
                    try scanner.skipValue()
                }
            }
        } else if FailureMarks.isHolder(name, in: bytes) {
            let kind = try scanner.nextKind()
            guard kind == .object || kind == .array else { return false }
            try readHolder(&scanner, in: bytes)
        } else if bytes.extracting(name.range).hasPrefixIgnoringCase("error ") {
            if try scanner.skipTruth() { hasErrors = true }
        } else {
            return false
        }
        return true
    }

    /// Whether relays put the answer of the server behind them in a member of this name.
    private static func isHolder(_ name: JSONText, in bytes: RawSpan) -> Bool {
        name.equals("data", in: bytes) || name.equals("result", in: bytes) || name.equals("results", in: bytes) || name.equals("response", in: bytes)
    }

    /// Reads a member that should hold an answer, and finds the error that is there instead.
    ///
    /// - Returns: Whether it holds anything that is not an error.
    @discardableResult
    mutating func readHolder(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) -> Bool {
        var (first, others): (Range<Int>?, Bool) = (nil, false)
        switch try scanner.nextKind() {
        case .object: (first, others) = try Self.readError(&scanner, in: bytes)
        case .array:
            try scanner.enterArray()
            while try scanner.nextElement() {
                guard try scanner.nextKind() == .object else {
                    try scanner.skipValue()
                    others = true
                    elementCount &+= 1
                    continue
                }
                let (error, hasMore) = try Self.readError(&scanner, in: bytes)
                first = first ?? error
                if error == nil || hasMore {
                    others = true
                    elementCount &+= 1
                }
            }
        case .string, .number, .true, .false, .null: others = try scanner.skipTruth()
        }
        if others { hasHolder = true } else { inner = inner ?? first }
        return others
    }

    /// Reads an object: its `error`, if a client that tests it for truth finds it true, and whether it says
    /// anything else.
    private static func readError(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) -> (error: Range<Int>?, hasMore: Bool) {
        var (error, hasMore): (Range<Int>?, Bool) = (nil, false)
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let isError = name.equals("error", in: bytes)
            let isContent = name.equals("choices", in: bytes) || name.equals("url", in: bytes) || name.equals("b64_json", in: bytes)
            _ = try scanner.nextKind()
            let start = scanner.offset
            guard try scanner.skipTruth() else { continue }
            if isError { error = start..<scanner.offset } else if isContent { hasMore = true }
        }
        return (error, hasMore || error == nil)
    }

    /// Records the `type`.
    mutating func recordType(_ type: JSONText, in bytes: RawSpan) {
        if type.equals("error", in: bytes) { isErrorType = true }
    }

    /// Reads a code or a status. Returns whether it says anything but success.
    private mutating func isFailing(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) -> Bool {
        if try scanner.nextKind() == .number {
            guard let number = try scanner.readIntegerOrSkip(atMost: ForeignNumber.count) else { return false }
            let isGood = number == 0 || (200..<300).contains(number)
            if isGood { saysWell = true }
            return !isGood
        }
        guard let text = try scanner.readTextOrSkip(), !text.isEmpty else { return false }
        let word = bytes.extracting(text.range)
        for good in FailureMarks.good where word.equalsIgnoringCase(good) {
            saysWell = true
            return false
        }
        return true
    }

    /// Words for success, and for an answer that is still being made.
    private static let good: [StaticString] = ["0", "200", "ok", "success", "succeeded", "completed", "in_progress", "queued", "incomplete"]
}
