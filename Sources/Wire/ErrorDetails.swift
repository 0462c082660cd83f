/// What a provider's error body says beside message, type and code: the members made for programs, at any depth
/// of the body.
///
/// | member | from |
/// |---|---|
/// | `details[].violations[].quotaId`, `quotaValue` | Google's `QuotaFailure` |
/// | `details[].retryDelay`, `quotaResetDelay`, `quotaResetTimeStamp` | Google's `RetryInfo`, `ErrorInfo` |
/// | `details[].reason`, `innererror.code`, `__type` | Google's `ErrorInfo`, Azure, Bedrock |
/// | `metadata.limit_source`, `metadata.headers`, `metadata.raw`, `metadata.reasons` | OpenRouter |
/// | `retry_after`, `retry_after_ms`, `resets_in_seconds`, `resets_at`, `next_reset_time` and their like | ChatGPT's plans, relays, various |
/// | a time in `parameters` or `data`, `rate_limit.reset` where nothing remains | Telegram, Zhipu, relays |
/// | `base_resp.status_code`, `error_code` | MiniMax, Baidu; read as `status_code=1008`, `error_code=17` |
///
/// Only objects in which providers wrap an error are entered: a validator that quotes the request in its error
/// (`input` of FastAPI) must not speak for the provider.
///
/// From a body that is cut off or not JSON, it keeps what was read up to that point.
public struct ErrorDetails: Equatable, Sendable {
    /// Bytes kept of each text.
    private static let mostBytes = 1024
    /// Bytes kept of the error of the server behind the provider: Google's, pretty-printed, has its time to
    /// wait at the end of some 1,500.
    private static let mostRawBytes = 4096

    /// The names of the limits that were reached, one per line: `quotaId`, `quotaMetric`, `limit_source`.
    public private(set) var limits = ""
    /// Whether a limit is 0, so that there is no allowance that could come back.
    public private(set) var hasNoAllowance = false
    /// How long to wait, in one of the forms of `RetryTime`.
    public private(set) var retryDelay: String?
    /// Whether it was found beside what may be quoted from the request.
    public private(set) var isDelayInData = false
    /// When a limit resets, from OpenRouter's copy of the header fields.
    public private(set) var limitReset: String?
    /// Words for programs beside `code` and `type`, one per line: `reason`, `error_type`, `innererror.code`.
    public private(set) var reasons = ""
    /// The error of the server behind the provider, in its own form (OpenRouter's `metadata.raw`), or else a
    /// message under another name (`status_msg`, `error_msg`); from an HTML page, what it says for certain.
    public private(set) var raw: String?
    /// Whether the body says which content was objected to.
    public private(set) var namesContent = false
    /// `code` or `status`, when it is the number of an HTTP error.
    public private(set) var httpStatus: Int?

    /// Reads the body, whatever it is.
    public init(parsing body: RawSpan) {
        if body.withoutSpace.byteOrZero(at: 0) == UInt8(ascii: "<") {
            raw = ErrorPage.words(of: body)
            return
        }
        do throws(JSONError) {
            var scanner = JSONScanner(body, acceptingLoneSurrogates: true)
            try read(&scanner, in: body)
        } catch {
            // What was read so far is kept.
        }
    }

    /// Reads the value at the scanner. The scanner bounds the depth.
    private mutating func read(_ scanner: inout JSONScanner, in body: RawSpan) throws(JSONError) {
        switch try scanner.nextKind() {
        case .array:
            try scanner.enterArray()
            while try scanner.nextElement() { try read(&scanner, in: body) }
        case .object:
            try scanner.enterObject()
            while let name = try scanner.nextMember() { try readMember(name, &scanner, in: body) }
        case .string, .number, .true, .false, .null:
            try scanner.skipValue()
        }
    }

    private mutating func readMember(_ name: JSONText, _ scanner: inout JSONScanner, in body: RawSpan) throws(JSONError) {
        let kind = try scanner.nextKind()
        if kind == .object, isHolderOfTimes(name, in: body) {
            let isData = !isLimit(name, in: body)
            let before = (retryDelay, limitReset)
            try readTimes(&scanner, in: body)
            if isData, before != (retryDelay, limitReset) { isDelayInData = true }
            return
        }
        if kind == .object || kind == .array {
            if isName(name, "reasons", in: body) || isName(name, "content_filter_result", in: body) { namesContent = true }
            guard isWrapper(name, in: body) else {
                try scanner.skipValue()
                return
            }
            return try read(&scanner, in: body)
        }
        let start = scanner.offset
        guard kind == .string || kind == .number else {
            try scanner.skipValue()
            return
        }
        let text: String
        if kind == .string {
            guard let read = try scanner.readTextOrSkip() else { return }
            let isRaw = isName(name, "raw", in: body)
            text = Self.bounded(read.string(in: body), isRaw ? Self.mostRawBytes : Self.mostBytes)
        } else {
            try scanner.skipValue()
            text = Self.bounded(body.extracting(start..<scanner.offset).text)
        }
        take(name, text, isNumber: kind == .number, in: body)
    }

    /// Whether an object may say when to come back but is not known to hold another part of the error:
    /// Telegram's `parameters`, the `data` of relays and of Zhipu, OpenAI's `rate_limit`.
    private func isHolderOfTimes(_ name: JSONText, in body: RawSpan) -> Bool {
        isName(name, "parameters", in: body) || isName(name, "data", in: body) || isLimit(name, in: body)
    }

    private func isLimit(_ name: JSONText, in body: RawSpan) -> Bool {
        isName(name, "rate_limit", in: body) || isName(name, "rate_limits", in: body) || isName(name, "ratelimit", in: body)
    }

    /// Reads only those members of an object that name a time: the rest may be quoted from the request. A
    /// `reset` counts unless something is left.
    private mutating func readTimes(_ scanner: inout JSONScanner, in body: RawSpan) throws(JSONError) {
        var (reset, left): (String?, Double?) = (nil, nil)
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let kind = try scanner.nextKind()
            if kind == .object, isWrapper(name, in: body) || isLimit(name, in: body) {
                try readTimes(&scanner, in: body)
                continue
            }
            guard kind == .string || kind == .number else {
                try scanner.skipValue()
                continue
            }
            let start = scanner.offset
            let text: String
            if kind == .string {
                guard let read = try scanner.readTextOrSkip() else { continue }
                text = Self.bounded(read.string(in: body))
            } else {
                try scanner.skipValue()
                text = Self.bounded(body.extracting(start..<scanner.offset).text)
            }
            if isName(name, "reset", in: body) || isName(name, "resets", in: body) {
                reset = text
            } else if isName(name, "remaining", in: body) {
                left = Double(text)
            } else {
                _ = takeTime(name, text, in: body)
            }
        }
        if let reset, left ?? 0 <= 0 { limitReset = reset }
    }

    /// Takes a member that names a time. Returns whether it does.
    private mutating func takeTime(_ name: JSONText, _ text: String, in body: RawSpan) -> Bool {
        if isCode(name, ErrorDetails.waits, in: body) {
            retryDelay = text
        } else if isCode(name, ErrorDetails.waitsOfSeconds, in: body) {
            retryDelay = Self.isNumber(text) ? text + "s" : text
        } else if isCode(name, ErrorDetails.waitsOfMilliseconds, in: body) {
            // A number this long is a point in time in either unit.
            retryDelay = Self.isNumber(text) && text.utf8.count < 12 ? text + "ms" : text
        } else if isCode(name, ErrorDetails.resets, in: body) || isName(name, "x-ratelimit-reset", in: body) {
            limitReset = text
        } else {
            return false
        }
        return true
    }

    private mutating func take(_ name: JSONText, _ text: String, isNumber: Bool, in body: RawSpan) {
        if takeTime(name, text, in: body) { return }
        if isName(name, "quotaid", in: body) || isName(name, "quotametric", in: body) || isName(name, "limit_source", in: body) {
            Self.append(text, to: &limits)
        } else if isName(name, "quotavalue", in: body) {
            if text == "0" { hasNoAllowance = true }
        } else if isName(name, "reason", in: body) || isName(name, "error_type", in: body) || isName(name, "__type", in: body) {
            Self.append(text, to: &reasons)
        } else if isName(name, "status_code", in: body) || isName(name, "error_code", in: body) {
            if let number = Int(text), (400...599).contains(number) {
                httpStatus = httpStatus ?? number
            } else if text != "0" {
                Self.append(isNumber ? body.extracting(name.range).text.lowercased() + "=" + text : text, to: &reasons)
            }
        } else if isName(name, "raw", in: body) {
            raw = text
        } else if isName(name, "status_msg", in: body) || isName(name, "error_msg", in: body) {
            raw = raw ?? text
        } else if isName(name, "flagged_input", in: body) {
            namesContent = true
        } else if isName(name, "code", in: body) || isName(name, "status", in: body) {
            if let number = Int(text), (400...599).contains(number) {
                httpStatus = httpStatus ?? number
            } else if !isNumber {
                Self.append(text, to: &reasons)
            }
        }
    }

    /// Whether a member of this name holds a part of the error and nothing from the request.
    private func isWrapper(_ name: JSONText, in body: RawSpan) -> Bool {
        for literal in ErrorDetails.wrappers where isName(name, literal, in: body) { return true }
        return false
    }

    /// Names of a duration or of a point in time.
    private static let waits: [StaticString] = [
        "retry_delay", "quota_reset_delay", "quota_reset_time_stamp", "retry_after", "retry_in", "retry_at", "resets_in", "reset_in", "reset_after",
        "resets_after", "resets_at", "reset_at", "reset_time", "reset_timestamp", "reset_date", "next_reset_at", "next_reset_time", "next_reset",
        "next_flush_time", "wait_time", "time_until_reset", "cooldown_until", "available_at", "available_in", "unblocked_at", "blocked_until",
        "try_again_at", "try_again_in", "estimated_wait",
    ]
    /// Names of a number of seconds, however large.
    private static let waitsOfSeconds: [StaticString] = [
        "retry_after_seconds", "retry_after_sec", "retry_after_secs", "retry_in_seconds", "resets_in_seconds", "reset_in_seconds",
        "reset_after_seconds",
        "resets_after_seconds", "reset_seconds", "wait_seconds", "wait_time_seconds", "seconds_to_wait", "seconds_until_reset", "cooldown_seconds",
        "x_ratelimit_timeremaining", "resets_in_sec", "reset_in_sec",
    ]
    private static let waitsOfMilliseconds: [StaticString] = [
        "retry_after_ms", "retry_after_millis", "retry_after_milliseconds", "retry_at_ms", "retry_in_ms", "resets_at_ms", "reset_at_ms",
        "reset_in_ms",
        "resets_in_ms", "reset_after_ms", "wait_ms", "cooldown_ms", "x_ms_retry_after_ms",
    ]
    /// Names of the copy of header fields in a body.
    private static let resets: [StaticString] = [
        "x_ratelimit_reset_requests", "x_ratelimit_reset_tokens", "x_ratelimit_reset_after", "ratelimit_reset", "rate_limit_reset",
        "x_rate_limit_reset",
    ]

    private static func isNumber(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 &- 0x30 < 10 || $0 == UInt8(ascii: ".") }
    }

    /// Whether a member has one of these names, whatever joins the words of the name.
    private func isCode(_ name: JSONText, _ literals: [StaticString], in body: RawSpan) -> Bool {
        literals.contains { body.extracting(name.range).isCode($0) }
    }

    private static let wrappers: [StaticString] = [
        "error", "errors", "detail", "details", "metadata", "headers", "innererror", "violations", "debug", "response", "quotadimensions",
        "base_resp", "rate_limit", "rate_limits",
    ]

    /// Whether a member has this name; `literal` is in lower case, and header names come in any mix of cases.
    private func isName(_ name: JSONText, _ literal: StaticString, in body: RawSpan) -> Bool {
        body.extracting(name.range).equalsIgnoringCase(literal)
    }

    private static func append(_ text: String, to list: inout String) {
        guard list.utf8.count < mostBytes else { return }
        if !list.isEmpty { list += "\n" }
        list += text
    }

    private static func bounded(_ text: String, _ most: Int = mostBytes) -> String {
        text.utf8.count <= most ? text : String(decoding: text.utf8.prefix(most), as: UTF8.self)
    }
}
