internal import Wire

/// Says what a failure means: a pure function from what a provider answered to class, scope and hint. Every fixture under
/// `Tests/GatewayTests/Fixtures` is an example of it.
///
/// Code and type of the error's body come before the status, since providers put a refused key in a 400 (Google), a prompt that is too
/// long in a 429 (OpenAI, Groq) and an empty account in a 403; where the body says nothing the status decides. The message, which is written for people,
/// is read only where it can't be the request's own words (`FailureWords`).
public enum FailureClassifier {
    /// What is known of the provider and the call beside the answer.
    public struct Circumstances: Equatable, Sendable {
        /// Whether the provider is a local server: one that takes no key, and so has no account to limit.
        public var isLocal = false
        /// Whether the endpoint is one that every provider has, so that a missing path is a mistake in the configuration.
        public var isCommonEndpoint = true
        /// The provider's id of the model that was asked for.
        public var model = ""
        /// The longest wait taken from a provider's word.
        public var longestWait: Duration

        /// Makes the usual circumstances. 24 h: the longest window of a free tier that comes back by itself is a day.
        public init(isLocal: Bool = false, isCommonEndpoint: Bool = true, model: String = "", longestWait: Duration = .seconds(24 * 3600)) {
            self.isLocal = isLocal
            self.isCommonEndpoint = isCommonEndpoint
            self.model = model
            self.longestWait = longestWait
        }
    }

    /// What an answer with an error status means.
    ///
    /// - Parameters:
    ///   - limits: What its header fields say.
    ///   - body: Its body, or the beginning of it.
    ///   - request: The request's body; `nil` where it is not kept any more.
    ///   - now: Milliseconds since 1970.
    public static func classify(
        status: Int, limits: LimitFields, body: RawSpan, request: RawSpan?, _ circumstances: Circumstances, now: Int
    ) -> FailureVerdict {
        let error = UpstreamErrorBody(parsing: body)
        let details = ErrorDetails(parsing: body)
        let words = FailureWords(error, details, request: request)
        let hint = RetryHintReader(limits, error, details, circumstances, now: now)
        return verdict(status, words, details, hint, circumstances)
    }

    /// What an error object inside a success, or in a stream, means. It is no client's mistake, since the provider has taken the request; and
    /// what the provider has done for it is not known.
    public static func classify(
        errorInAnswer body: RawSpan, limits: LimitFields, request: RawSpan?, _ circumstances: Circumstances, now: Int
    ) -> FailureVerdict {
        let error = UpstreamErrorBody(parsing: body)
        let details = ErrorDetails(parsing: body)
        let words = FailureWords(error, details, request: request)
        let hint = RetryHintReader(limits, error, details, circumstances, now: now)
        var verdict = verdict(details.httpStatus ?? impliedStatus(words), words, details, hint, circumstances)
        switch verdict.kind {
        case .rateLimited, .quota, .overloaded, .credential, .modelGone, .contextLength, .unsupportedParameter, .contentRefused: break
        case .unreachable, .noAnswer, .timeout, .unavailable, .denied, .unknownRoute, .request, .malformed, .empty, .errorInAnswer, .local:
            verdict = FailureVerdict(.errorInAnswer, scope: .keyModel, hint: verdict.hint, isProse: verdict.isProse)
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
        if words.rejectTheCredential != .nowhere { return 401 }
        if words.speakOfLoad != .nowhere { return 503 }
        if words.speakOfALimit != .nowhere { return 429 }
        return 500
    }

    private static func verdict(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        switch status {
        case 401, 403: return refusal(status, words, details, hint)
        case 402: return money(words, hint, isByStatus: true)
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
        if words.speakOfMoney != .nowhere { return money(words, hint) }
        let place = max(words.rejectTheCredential, words.speakOfTheCredential)
        // A 401 without a word is about the credential by its definition (RFC 9110 §15.5.2); a page of HTML is a firewall's.
        let isByStatus = status == 401 && !hint.isPage
        if isByStatus || place != .nowhere {
            return FailureVerdict(.credential(status: status), scope: .key, isProse: !isByStatus && place == .message)
        }
        return FailureVerdict(.denied(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
    }

    /// No money. An account that can't pay for one long answer may pay for all the others.
    private static func money(_ words: borrowing FailureWords, _ hint: RetryHintReader, isByStatus: Bool = false) -> FailureVerdict {
        if words.mention(["can only afford"]) {
            return FailureVerdict(.unsupportedParameter, scope: .request)
        }
        let isKeys = words.say(["openrouter_key_limit", "key limit"])
        return FailureVerdict(
            .quota, scope: isKeys ? .key : .account, hint: hint.hint(window: .unknown), isProse: !isByStatus && words.speakOfMoney == .message)
    }

    /// 404 and its like: the model, the path, or something else that the request names.
    private static func missing(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        if words.mention(["endpoints found that support"]) { return FailureVerdict(.unsupportedParameter, scope: .request) }
        var place = words.speakOfAMissingModel
        // Many things may be missing; it is the model's absence when the message speaks of models or names this one.
        if place == .nowhere, words.mention(["model", "deployment"]) || words.name(circumstances.model) { place = words.speakOfAbsence }
        let isBare = words.isEmpty || words.mention(["\nnot found\n"]) || hint.isPage
        let isPath = status == 405 || status == 501 || words.speakOfThePath || isBare && place == .nowhere
        if isPath, status != 410 { return FailureVerdict(.unknownRoute, scope: circumstances.isCommonEndpoint ? .model : .request) }
        if place != .nowhere { return FailureVerdict(.modelGone, scope: .model, isProse: place == .message) }
        if status == 410, words.isEmpty { return FailureVerdict(.modelGone, scope: .model) }
        return FailureVerdict(.request(status: 404), scope: .request)
    }

    /// 429: too much at once, no money, no room, or a limit.
    private static func limit(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        // OpenAI and Groq: "Request too large for … on tokens per min (TPM): Limit 30000, Requested 30601."
        if words.mention(["request too large", "tokens must be reduced"]) { return FailureVerdict(.contextLength, scope: .request) }
        if words.speakOfMoney != .nowhere { return money(words, hint) }
        if details.hasNoAllowance || words.say(["limit: 0,", "limit: 0\n"]) { return FailureVerdict(.quota, scope: .keyModel) }
        let window = words.window(met: details.limits)
        // A local server has no account to limit: what it sends without a word about limits is load. Where the limit has a name, words about
        // demand are only its reason.
        let isSilent = !hint.namesExhaustion && words.speakOfALimit == .nowhere
        if window.window == .unknown, words.speakOfLoad != .nowhere || circumstances.isLocal && isSilent {
            return FailureVerdict(.overloaded(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
        }
        let read = hint.hint(window: window.window)
        return FailureVerdict(.rateLimited(read.window), scope: words.limitScope, hint: read, isProse: window.place == .message)
    }

    /// 400, 422 and the other 4xx: the client's mistake, unless the words say that another provider may not see one.
    private static func mistake(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        let credential = words.rejectTheCredential
        if credential != .nowhere { return FailureVerdict(.credential(status: status), scope: .key, isProse: credential == .message) }
        if details.namesContent || words.speakOfTheContent { return FailureVerdict(.contentRefused, scope: .request) }
        if words.speakOfMoney != .nowhere { return money(words, hint) }
        if words.speakOfTheLength { return FailureVerdict(.contextLength, scope: .request) }
        let model = words.speakOfAMissingModel
        if model != .nowhere { return FailureVerdict(.modelGone, scope: .model, isProse: model == .message) }
        if words.speakOfAParameter { return FailureVerdict(.unsupportedParameter, scope: .request) }
        // Groq answers 498 when its flexible tier has no room.
        if status != 400, status != 422, words.speakOfLoad != .nowhere {
            return FailureVerdict(.overloaded(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
        }
        return FailureVerdict(.request(status: status), scope: .request)
    }

    /// 5xx, 408, 409 and whatever else is no answer.
    private static func trouble(
        _ status: Int, _ words: borrowing FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        // llama.cpp answers 500 to a prompt that outgrows its slot and to an image without a vision model.
        if status == 500, words.mention(["context size has been exceeded", "exceed context window"]) {
            return FailureVerdict(.contextLength, scope: .request)
        }
        if status == 500, words.mention(["image input is not supported", "requires --jinja"]) {
            return FailureVerdict(.unsupportedParameter, scope: .request)
        }
        if words.find(["resource_exhausted", "rate_limit_exceeded", "rate_limit_error"]) == .member {
            return limit(status, words, details, hint, circumstances)
        }
        let isLoad = status == 503 || status == 529 || words.speakOfLoad != .nowhere
        let kind: FailureClass = isLoad ? .overloaded(status: status) : .unavailable(status: status)
        return FailureVerdict(kind, scope: .keyModel, hint: hint.hint(window: .unknown))
    }
}
