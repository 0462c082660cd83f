internal import Wire

/// Says what a failure means: a pure function from what a provider answered to class, scope and hint. Every fixture under
/// `Tests/GatewayTests/Fixtures` is an example of it.
///
/// Code and type of the error's body come before the status, since providers put a refused key in a 400 (Google), a prompt that is too
/// long in a 429 (OpenAI, Groq) and an empty account in a 403; where the body says nothing the status decides.
public enum FailureClassifier {
    /// What is known of the provider and the call beside the answer.
    public struct Circumstances: Equatable, Sendable {
        /// Whether the provider is a local server: one that takes no key, and so has no account to limit.
        public var isLocal = false
        /// Whether the endpoint is one that every provider has, so that a missing path is a mistake in the configuration.
        public var isCommonEndpoint = true
        /// The longest wait taken from a provider's word.
        public var longestWait: Duration

        /// Makes the usual circumstances. 24 h: the longest window of a free tier that comes back by itself is a day.
        public init(isLocal: Bool = false, isCommonEndpoint: Bool = true, longestWait: Duration = .seconds(24 * 3600)) {
            self.isLocal = isLocal
            self.isCommonEndpoint = isCommonEndpoint
            self.longestWait = longestWait
        }
    }

    /// What an answer with an error status means.
    ///
    /// - Parameters:
    ///   - limits: What its header fields say.
    ///   - body: Its body, or the beginning of it.
    ///   - now: Milliseconds since 1970.
    public static func classify(
        status: Int, limits: LimitFields, body: RawSpan, _ circumstances: Circumstances, now: Int
    ) -> FailureVerdict {
        let error = UpstreamErrorBody(parsing: body)
        let details = ErrorDetails(parsing: body)
        let words = FailureWords(error, details)
        let hint = RetryHintReader(limits, error, details, circumstances, now: now)
        return verdict(status, words, details, hint, circumstances)
    }

    /// What an error object inside a success, or in a stream, means. It is no client's mistake, since the provider has taken the request; and
    /// what the provider has done for it is not known.
    public static func classify(errorInAnswer body: RawSpan, limits: LimitFields, _ circumstances: Circumstances, now: Int) -> FailureVerdict {
        let error = UpstreamErrorBody(parsing: body)
        let details = ErrorDetails(parsing: body)
        let words = FailureWords(error, details)
        let hint = RetryHintReader(limits, error, details, circumstances, now: now)
        var verdict = verdict(details.httpStatus ?? impliedStatus(words), words, details, hint, circumstances)
        switch verdict.kind {
        case .rateLimited, .quota, .overloaded, .credential, .modelGone, .contextLength, .unsupportedParameter, .contentRefused: break
        case .unreachable, .noAnswer, .timeout, .unavailable, .denied, .unknownRoute, .request, .malformed, .empty, .errorInAnswer, .local:
            verdict = FailureVerdict(.errorInAnswer, scope: .keyModel, hint: verdict.hint)
        }
        verdict.nothingWasDone = false
        return verdict
    }

    /// What a failure on the wire means.
    public static func classify(_ failure: UpstreamFailure) -> FailureVerdict {
        FailureVerdict(failure)
    }

    /// What an answer means that came whole and is not one: malformed or empty.
    static func classify(unusable kind: FailureClass) -> FailureVerdict {
        FailureVerdict(kind, scope: kind.widestScope)
    }

    /// The status an error would have had, by its words; 500 when they say nothing.
    private static func impliedStatus(_ words: borrowing FailureWords) -> Int {
        if words.rejectTheCredential { return 401 }
        if words.speakOfLoad { return 503 }
        if words.speakOfALimit { return 429 }
        return 500
    }

    private static func verdict(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        switch status {
        case 401, 403: return refusal(status, words, details, hint)
        case 402: return money(words, hint)
        case 404, 405, 410, 501: return missing(status, words, details, hint, circumstances)
        case 429: return limit(status, words, details, hint, circumstances)
        case 413:
            return FailureVerdict(.contextLength, scope: .request)
        case 400..<500 where status != 408 && status != 409 && status != 425: return mistake(status, words, details, hint, circumstances)
        default: return trouble(status, words, details, hint, circumstances)
        }
    }

    /// 401 and 403: the credential, the content, money, or a door that is closed for another reason.
    private static func refusal(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader
    ) -> FailureVerdict {
        if details.namesContent || words.speakOfTheContent { return FailureVerdict(.contentRefused, scope: .request) }
        if words.speakOfMoney { return money(words, hint) }
        let isCredential = words.rejectTheCredential || words.speakOfTheCredential
        // A 401 without a word is about the credential by its definition (RFC 9110 §15.5.2); a page of HTML is a firewall's.
        if isCredential || status == 401 && !hint.isPage { return FailureVerdict(.credential(status: status), scope: .key) }
        return FailureVerdict(.denied(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
    }

    private static func money(_ words: borrowing FailureWords, _ hint: RetryHintReader) -> FailureVerdict {
        let isKeys = words.say(["openrouter_key_limit", "key limit"])
        return FailureVerdict(.quota, scope: isKeys ? .key : .account, hint: hint.hint(window: .unknown))
    }

    /// 404 and its like: the model or the path.
    private static func missing(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        if words.say(["endpoints found that support"]) { return FailureVerdict(.unsupportedParameter, scope: .request) }
        let isBare = words.isEmpty || words.say(["\nnot found\n"]) || hint.isPage
        let isPath = status == 405 || status == 501 || words.speakOfThePath || isBare && !words.speakOfAMissingModel
        guard isPath, status != 410 else { return FailureVerdict(.modelGone, scope: .model) }
        return FailureVerdict(.unknownRoute, scope: circumstances.isCommonEndpoint ? .model : .request)
    }

    /// 429: too much at once, no money, no room, or a limit.
    private static func limit(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        // OpenAI and Groq: "Request too large for … on tokens per min (TPM): Limit 30000, Requested 30601."
        if words.say(["request too large", "tokens must be reduced"]) { return FailureVerdict(.contextLength, scope: .request) }
        if words.speakOfMoney { return money(words, hint) }
        if details.hasNoAllowance || words.say(["limit: 0,", "limit: 0\n"]) { return FailureVerdict(.quota, scope: .keyModel) }
        let window = words.window(met: details.limits)
        // A local server has no account to limit: what it sends without a word about limits is load. Where the limit has a name, words about
        // demand are only its reason.
        let isSilent = !hint.namesExhaustion && !words.speakOfALimit
        if window == .unknown, words.speakOfLoad || circumstances.isLocal && isSilent {
            return FailureVerdict(.overloaded(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
        }
        let read = hint.hint(window: window)
        return FailureVerdict(.rateLimited(read.window), scope: words.limitScope, hint: read)
    }

    /// 400, 422 and the other 4xx: the client's mistake, unless the words say that another provider may not see one.
    private static func mistake(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        if words.rejectTheCredential { return FailureVerdict(.credential(status: status), scope: .key) }
        if details.namesContent || words.speakOfTheContent { return FailureVerdict(.contentRefused, scope: .request) }
        if words.speakOfMoney { return money(words, hint) }
        if words.speakOfTheLength { return FailureVerdict(.contextLength, scope: .request) }
        if words.speakOfAMissingModel { return FailureVerdict(.modelGone, scope: .model) }
        if words.speakOfAParameter { return FailureVerdict(.unsupportedParameter, scope: .request) }
        // Groq answers 498 when its flexible tier has no room.
        if status != 400, status != 422, words.speakOfLoad {
            return FailureVerdict(.overloaded(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
        }
        return FailureVerdict(.request(status: status), scope: .request)
    }

    /// 5xx, 408, 409 and whatever else is no answer.
    private static func trouble(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        // llama.cpp answers 500 to a prompt that outgrows its slot and to an image without a vision model.
        if status == 500, words.say(["context size has been exceeded", "exceed context window"]) {
            return FailureVerdict(.contextLength, scope: .request)
        }
        if status == 500, words.say(["image input is not supported", "requires --jinja"]) {
            return FailureVerdict(.unsupportedParameter, scope: .request)
        }
        if words.say(["resource_exhausted", "rate_limit_exceeded", "rate_limit_error"]) { return limit(status, words, details, hint, circumstances) }
        let isLoad = status == 503 || status == 529 || words.speakOfLoad
        let kind: FailureClass = isLoad ? .overloaded(status: status) : .unavailable(status: status)
        return FailureVerdict(kind, scope: .keyModel, hint: hint.hint(window: .unknown))
    }
}
