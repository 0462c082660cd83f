internal import EventLoop
internal import Wire

/// Finds out when a provider can be asked again, from everything its answer says about it.
///
/// | source, in this order | example |
/// |---|---|
/// | header fields made for it | `retry-after-ms: 1500`, `retry-after: 7` |
/// | resets of limits of which nothing is left, the latest | `x-ratelimit-remaining-requests: 0`, `…-reset-requests: 6m0s` |
/// | members of the body, in `data` and `parameters` only what the request does not hold | `"retryDelay":"17s"`, `"resets_in_seconds":5294`, `"X-RateLimit-Reset":"1770000000000"` |
/// | members of an error that lies in it as text | `"raw":"{\"error\":{\"details\":[{\"retryDelay\":\"37s\"}]}}"` |
/// | the message | `try again in 7.66s` |
/// | a reset of a limit that says nothing of what is left | `x-ratelimit-reset: 60` |
struct RetryHintReader {
    /// From this wait on a limit whose window is not named is a minute's no more, and so on (milliseconds).
    private static let longestOfMinute = 120_000
    private static let longestOfHour = 2 * 3_600_000
    private static let longestOfDay = 26 * 3_600_000
    private static let longestOfWeek = 8 * 24 * 3_600_000

    /// Whether the body is a page and not an answer of the API.
    let isPage: Bool
    /// Whether a limit is stated of which nothing is left, or a time to come back.
    let namesExhaustion: Bool
    /// Whether a limit on tokens is stated of which nothing is left.
    let namesTokensUsedUp: Bool
    /// Whether the body lists the limits that were met.
    let namesLimits: Bool
    private let wait: (milliseconds: Int, source: RetryHint.Source)?
    /// Whether `wait` is a member's, in the body or in an error that lies in it as text.
    private let isMember: Bool
    /// The window of the limit of which nothing is left.
    private let exhausted: RateWindow
    private let cap: Duration

    /// - Parameters:
    ///   - nested: What an error says that lies in the body as text, if there is one.
    ///   - request: The request's words. A time in a message counts only when the request does not hold the words that name it: providers quote requests.
    init(
        _ limits: LimitFields, _ error: UpstreamErrorBody, _ details: ErrorDetails, _ nested: NestedError?, request: RequestWords?,
        _ circumstances: FailureClassifier.Circumstances, now: Int
    ) {
        cap = circumstances.longestWait
        isPage = error.isPage
        namesLimits = !details.limits.isEmpty || nested.map { !$0.details.limits.isEmpty } == true
        var latest: Int?
        var silent: Int?
        var window = RateWindow.unknown
        var isExhausted = false
        var areTokensUsedUp = false
        for index in 0..<limits.quota.count {
            let allowance = limits.quota[index]
            let reset = allowance.reset.map { Int(clamping: $0.nanoseconds / 1_000_000) }
            if allowance.isExhausted {
                isExhausted = true
                if allowance.resource != .requests { areTokensUsedUp = true }
                if let reset { latest = max(latest ?? 0, reset) }
                window = max(window, allowance.window)
            } else if allowance.remaining == nil, let reset {
                silent = max(silent ?? 0, reset)
            }
        }
        exhausted = window
        let inBody = RetryHintReader.inMembers(details, now) { time in
            guard details.isDelayInData else { return false }
            // The unit is the reader's.
            let digits = time.extracting(first: (0..<time.byteCount).first { time[byte: $0] &- 0x30 >= 10 } ?? time.byteCount)
            return request?.hold(digits.byteCount > 0 ? digits : time, isMember: false) ?? true
        }
        let inText = nested.flatMap { RetryHintReader.inMembers($0.details, now) { request?.hold($0, isMember: false) ?? true } }
        let found = RetryHintReader.first([
            (limits.retryAfter, .retryAfter), (latest, .reset), (inBody, .body), (inText, .prose),
            (RetryHintReader.inMessages([error.message, nested?.body.message, details.raw], request: request, now: now), .prose), (silent, .reset),
        ])
        wait = found
        isMember = found?.source == .body || found?.source == .prose && inText.map { $0 > 0 } == true
        namesExhaustion = isExhausted || found != nil
        namesTokensUsedUp = areTokensUsedUp
    }

    /// The hint for a limit of the named window, or of the one that the figures or the wait's length tell.
    func hint(window named: RateWindow) -> RetryHint {
        let named = named != .unknown ? named : exhausted
        var hint = RetryHint(window: named)
        hint.named = named
        guard let wait else { return hint }
        if named == .unknown { hint.window = RetryHintReader.window(of: wait.milliseconds) }
        // Google's RetryInfo names half a minute also where the day's allowance is used up: such a wait would waste a call every time.
        if hint.window >= .day, isMember, wait.milliseconds < RetryHintReader.longestOfMinute { return hint }
        (hint.wait, hint.source) = (min(.milliseconds(wait.milliseconds), cap), wait.source)
        return hint
    }

    private static func first(_ found: [(Int?, RetryHint.Source)]) -> (milliseconds: Int, source: RetryHint.Source)? {
        // "0" is what some proxies send for "whenever you like"; it is no time.
        for case (let wait?, let source) in found where wait > 0 { return (wait, source) }
        return nil
    }

    /// The time that members made for programs name.
    ///
    /// - Parameter isForeign: Whether the text of a time is somebody else's.
    private static func inMembers(_ details: ErrorDetails, _ now: Int, passing isForeign: (RawSpan) -> Bool) -> Int? {
        for case let text? in [details.retryDelay, details.limitReset] {
            let bytes = Array(text.utf8)
            if let wait = RetryTime.wait(bytes.span.bytes, now: now), !isForeign(bytes.span.bytes) { return wait }
        }
        return nil
    }

    /// Times that a message may quote of the request before its own: each is looked for in all of it.
    private static let mostQuoted = 4

    private static func inMessages(_ messages: [String?], request: RequestWords?, now: Int) -> Int? {
        for case let message? in messages { if let wait = inMessage(message, request: request, now: now) { return wait } }
        return nil
    }

    private static func inMessage(_ message: String, request: RequestWords?, now: Int) -> Int? {
        let bytes = Array(message.utf8)
        var quoted = 0
        let wait = bytes.withBytes { text in
            RetryTime.inProse(text, now: now) { range in
                guard quoted < mostQuoted, let request else { return false }
                let phrase = Array(bytes[range])
                guard request.hold(phrase.span.bytes, isMember: false) else { return false }
                quoted += 1
                return true
            }
        }
        return quoted < mostQuoted ? wait : nil
    }

    private static func window(of wait: Int) -> RateWindow {
        switch wait {
        case ...longestOfMinute: .minute
        case ...longestOfHour: .hour
        case ...longestOfDay: .day
        case ...longestOfWeek: .week
        default: .month
        }
    }
}
