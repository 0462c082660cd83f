internal import Wire

/// One way to tell a client when to come back, as one of the providers does it.
public struct MockRetryHint: Equatable, Sendable {
    /// Where the hint is given and in which form.
    public enum Dialect: String, Equatable, Sendable, CaseIterable {
        /// `retry-after: 7` (RFC 9110 §10.2.3); with a fraction if the time has one, as some servers send.
        case seconds
        /// `retry-after: Sun, 06 Nov 1994 08:49:37 GMT`.
        case date
        /// `retry-after-ms: 7000` (OpenAI).
        case milliseconds = "ms"
        /// `x-ms-retry-after-ms: 7000` (Azure).
        case azure
        /// `x-ratelimit-reset-requests: 6m0s` beside the limit and what remains (OpenAI).
        case goDuration = "reset-go"
        /// `x-ratelimit-reset-tokens: 7.66s` and `retry-after` (Groq).
        case groq
        /// `x-ratelimit-reset-tokens-minute: 7.5` (Cerebras).
        case cerebras
        /// `x-ratelimit-reset-requests-day: 33011.382` (Cerebras).
        case cerebrasDay = "cerebras-day"
        /// `modelscope-ratelimit-requests-remaining: 0`, without a time (ModelScope).
        case modelScope = "modelscope"
        /// `x-ratelimit-reset` in epoch milliseconds, in the head and in the body's `error.metadata.headers` (OpenRouter).
        case openRouter = "openrouter"
        /// `RetryInfo` with `"retryDelay":"17s"` in the body's `details` (Google).
        case google
        /// `anthropic-ratelimit-requests-reset` in RFC 3339.
        case anthropic
        /// `ratelimit: "default";r=0;t=7` (draft-ietf-httpapi-ratelimit-headers).
        case ietf
        /// `x-ratelimit-reset` in epoch seconds (as GitHub does).
        case epoch
        /// `Please try again in 7.66s.` in the message (OpenAI, Groq).
        case prose
    }

    /// Where the hint is given.
    public var dialect: Dialect
    /// How long the client is asked to wait, in milliseconds.
    public var milliseconds: Int

    /// Makes a hint.
    public init(_ dialect: Dialect, milliseconds: Int) {
        self.dialect = dialect
        self.milliseconds = milliseconds
    }

    /// Parses `7` or `date:7`: seconds, with a fraction if need be, in a dialect.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = MockDistribution.number(parts[parts.count - 1]) else { return nil }
        var dialect = Dialect.seconds
        if parts.count == 2 {
            guard let named = Dialect(rawValue: String(parts[0])) else { return nil }
            dialect = named
        }
        self.init(dialect, milliseconds: Int((seconds * 1000).rounded()))
    }

    /// Appends the hint's header lines, each with its line end; `epoch` is the current time in milliseconds
    /// since the Unix epoch.
    func appendFields(to head: inout ByteBuffer, epoch: Int) {
        switch dialect {
        case .seconds:
            head.append("retry-after: ")
            head.append(seconds: milliseconds)
        case .date:
            head.append("retry-after: ")
            head.append(httpDate: (epoch + milliseconds + 999) / 1000)
        case .milliseconds:
            head.append("retry-after-ms: ")
            head.append(decimal: milliseconds)
        case .azure:
            head.append("x-ms-retry-after-ms: ")
            head.append(decimal: milliseconds)
        case .goDuration:
            head.append("x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: ")
            head.append(goDuration: milliseconds)
        case .groq:
            head.append("x-ratelimit-limit-tokens: 8000\r\nx-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: ")
            head.append(goDuration: milliseconds)
            head.append("\r\nretry-after: ")
            head.append(decimal: (milliseconds + 999) / 1000)
        case .cerebras:
            head.append("x-ratelimit-remaining-tokens-minute: 0\r\nx-ratelimit-reset-tokens-minute: ")
            head.append(seconds: milliseconds)
        case .cerebrasDay:
            head.append("x-ratelimit-limit-requests-day: 14400\r\nx-ratelimit-remaining-requests-day: 0\r\nx-ratelimit-reset-requests-day: ")
            head.append(seconds: milliseconds)
        case .modelScope:
            head.append("modelscope-ratelimit-requests-limit: 2000\r\nmodelscope-ratelimit-requests-remaining: 0")
        case .openRouter:
            head.append("x-ratelimit-limit: 20\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: ")
            head.append(decimal: epoch + milliseconds)
        case .anthropic:
            head.append("anthropic-ratelimit-requests-remaining: 0\r\nanthropic-ratelimit-requests-reset: ")
            head.append(rfc3339: (epoch + milliseconds + 999) / 1000)
        case .ietf:
            head.append("ratelimit: \"default\";r=0;t=")
            head.append(decimal: (milliseconds + 999) / 1000)
        case .epoch:
            head.append("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: ")
            head.append(decimal: (epoch + milliseconds + 999) / 1000)
        case .google, .prose:
            return
        }
        head.append("\r\n")
    }
}
