internal import Wire

/// Says what a failure means: a pure function from what a provider answered to class, scope and hint. Every fixture under
/// `Tests/GatewayTests/Fixtures` is an example of it.
///
/// Code and type of the error's body come before the status, since providers put a refused key in a 400 (Google), a prompt that is too
/// long in a 429 (OpenAI, Groq) and an empty account in a 403; where the body says nothing the status decides. The message, which is written for people,
/// is read only where it can't be the request's own words (`FailureWords`). What words mean stands in one table, `Dialect.all`.
public enum FailureClassifier {
    /// What is known of the provider and the call beside the answer.
    public struct Circumstances: Equatable, Sendable {
        /// Whether the provider is a local server: one that takes no key, and so has no account to limit.
        public var isLocal = false
        /// Whether the endpoint is one that every provider has, so that a missing path is a mistake in the configuration.
        public var isCommonEndpoint = true
        /// The provider's id of the model that was asked for.
        public var model = ""
        /// The longest wait taken from a provider's word: `failure.longest_pause`, up to 31 days.
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
        let nested = nested(error, details)
        let words = FailureWords(error, details, nested, model: circumstances.model, request: request)
        let hint = RetryHintReader(limits, error, details, nested, request: words.request, circumstances, now: now)
        let verdict = verdict(status, words, details, hint, circumstances)
        return judged(verdict, error, details, nested, hint)
    }

    /// A mistake of the request's, seen again: whether anything but the status says that it is one, and whether it can be one at all.
    private static func judged(
        _ verdict: FailureVerdict, _ error: UpstreamErrorBody, _ details: ErrorDetails, _ nested: NestedError?, _ hint: RetryHintReader
    ) -> FailureVerdict {
        guard case .request(let status) = verdict.kind, status != 404 else { return verdict }
        let isUnclear = !RefusalWords.sayWhat(error, nested, raw: details.raw)
        if isOfTheGateways(status), isUnclear || status != 415 { return outOfOrder(status, hint) }
        var verdict = verdict
        verdict.isUnclear = isUnclear
        verdict.isMute = isUnclear && (!error.isStructured || RefusalWords.onlyPassOn(error))
        return verdict
    }

    /// Whether a status is about what the gateway frames, and no client's words: what is accepted, the length, the kind of body, the fields, the connection
    /// (RFC 9110 §15.5, RFC 6585 §3 and §5); or that somebody in between closed it or has trouble with it: nginx (494 to 497, 499), Amazon's balancers (460,
    /// 463), and Google, whose `CANCELLED` is a 499. Where the client itself has left nobody reads the answer.
    private static func isOfTheGateways(_ status: Int) -> Bool {
        switch status {
        case 406, 407, 411, 412, 414, 415, 416, 417, 421, 426, 428, 431, 460, 463, 494, 495, 496, 497, 499: true
        default: false
        }
    }

    /// The error of a server behind the provider, where it lies as text in its error.
    private static func nested(_ error: UpstreamErrorBody, _ details: ErrorDetails) -> NestedError? {
        details.raw.flatMap { NestedError(in: $0) } ?? error.message.flatMap { NestedError(in: $0) }
    }

    /// What an error object inside a success, or in a stream, means: before the first word of an answer what it would mean with the status that it states or
    /// that its words imply. Behind that it is no client's mistake, whatever it says, since the provider has taken the request; and one that states no status
    /// and says nothing known is nobody's. What the provider has done for it is not known.
    ///
    /// - Parameter request: The request's body; `nil` behind the first word, where it is not kept any more.
    public static func classify(
        errorInAnswer body: RawSpan, limits: LimitFields, request: RawSpan?, _ circumstances: Circumstances, now: Int
    ) -> FailureVerdict {
        let error = UpstreamErrorBody(parsing: body)
        let details = ErrorDetails(parsing: body)
        let nested = nested(error, details)
        let words = FailureWords(error, details, nested, model: circumstances.model, request: request)
        let hint = RetryHintReader(limits, error, details, nested, request: words.request, circumstances, now: now)
        var verdict = judged(verdict(details.httpStatus ?? impliedStatus(words), words, details, hint, circumstances), error, details, nested, hint)
        // A status of 500 and more that is stated is a server's behind the one that speaks, as is that of an answer; who states none speaks for itself.
        let nothingWasMade = request != nil && (verdict.nothingWasDone || details.httpStatus == nil)
        switch verdict.kind {
        case .rateLimited, .quota, .overloaded, .credential, .modelGone, .contextLength, .unsupportedParameter, .contentRefused, .unaffordable,
            .garbled:
            break
        case .denied where verdict.lasts: break
        case .request where details.httpStatus != nil && request != nil: break
        case .unreachable, .noAnswer, .timeout, .unavailable, .denied, .unknownRoute, .request, .malformed, .empty, .errorInAnswer, .local:
            verdict = FailureVerdict(.errorInAnswer, scope: .keyModel, hint: verdict.hint, isProse: verdict.isProse)
        }
        verdict.nothingWasDone = false
        verdict.nothingWasMade = nothingWasMade
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
    private static func impliedStatus(_ words: FailureWords) -> Int {
        if words.say(.key) { return 401 }
        if words.say(.busy) { return 503 }
        if words.say(.money) || words.say(.keyMoney) || words.say(.modelMoney) { return 402 }
        if words.speakOfALimit != .nowhere { return 429 }
        if words.say(.denied) || words.say(.gone) { return 403 }
        let ofTheRequest: [Dialect.Meaning] = [.content, .overflow, .tier, .unaffordable, .garbled, .parameter]
        return ofTheRequest.contains(where: words.mention) ? 400 : 500
    }

    private static func verdict(
        _ status: Int, _ words: FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        switch status {
        case 401, 403, 451: refusal(status, words, details, hint, circumstances)
        case 402: payment(words, details, hint, circumstances)
        case 404, 405, 410, 501: missing(status, words, details, hint, circumstances)
        case 429: limit(status, words, details, hint, circumstances)
        case 413: tooLong(words)
        case 400..<500 where status != 408 && status != 409 && status != 425: mistake(status, words, details, hint, circumstances)
        default: trouble(status, words, details, hint, circumstances)
        }
    }

    /// 401, 403 and 451: the credential, the content, money, or a door that is closed for another reason.
    private static func refusal(
        _ status: Int, _ words: FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        if let door = closedDoor(status, words, hint) { return door }
        if details.namesContent || words.mention(.content) { return FailureVerdict(.contentRefused, scope: .request) }
        // Who censors answers so, too (https://platform.stepfun.com/docs): a law against what was written, and not against who asks.
        if status == 451, words.quoteTheRequest || words.speak(of: ["content", "contents", "prompt", "input", "output", "message", "text"]) {
            return FailureVerdict(.contentRefused, scope: .request)
        }
        if let money = money(words, hint) { return money }
        if words.say(.key) { return credential(status, words) }
        if words.mention(.overflow) || words.mention(.tier) { return tooLong(words) }
        if words.say(.gone) { return gone(words) }
        if words.find(.limit) == .member || words.say(.keyLimit) || words.say(.accountLimit) {
            return limit(status, words, details, hint, circumstances)
        }
        let place = words.find(.perhapsKey)
        // A 401 is about the credential by its definition (RFC 9110 §15.5.2), also the page of a server in between that asks for one (RFC 7617).
        if status == 401 || place != .nowhere {
            let isByStatus = status == 401 && !hint.isPage
            return FailureVerdict(.credential(status: status), scope: .key, isProse: !isByStatus && place != .member)
        }
        if words.speakOfALimit != .nowhere { return limit(status, words, details, hint, circumstances) }
        var verdict = FailureVerdict(.denied(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
        // A law is in the way (RFC 7725), and will be in a moment.
        verdict.lasts = status == 451
        return verdict
    }

    /// A country, terms that nobody accepted, an account that is closed: the provider serves nobody from here, and will not in a moment.
    private static func closedDoor(_ status: Int, _ words: FailureWords, _ hint: RetryHintReader) -> FailureVerdict? {
        let place = words.find(.denied)
        guard place != .nowhere else { return nil }
        // An account that was closed for want of money is one without money. With a 404 and its like that is not believed of a message.
        let isMissing = status == 404 || status == 405 || status == 410 || status == 501
        if let money = money(words, hint), !money.isProse || place == .message && !isMissing { return nil }
        var verdict = FailureVerdict(.denied(status: status), scope: .keyModel, hint: hint.hint(window: .unknown), isProse: place == .message)
        verdict.lasts = true
        return verdict
    }

    private static func credential(_ status: Int, _ words: FailureWords) -> FailureVerdict {
        FailureVerdict(.credential(status: status), scope: .key, isProse: status != 401 && words.find(.key) == .message)
    }

    private static func gone(_ words: FailureWords) -> FailureVerdict {
        FailureVerdict(.modelGone, scope: .model, isProse: words.find(.gone) == .message)
    }

    /// No money, if that is what is said. An account that can't pay for one long answer may pay for all the others.
    private static func money(_ words: FailureWords, _ hint: RetryHintReader) -> FailureVerdict? {
        if words.mention(.unaffordable), !words.nothingIsLeft { return FailureVerdict(.unaffordable, scope: .request) }
        if words.say(.limitNotMoney), words.find(.money) != .message { return nil }
        let place = max(words.find(.money), words.find(.keyMoney), words.find(.modelMoney))
        guard place != .nowhere else { return nil }
        let scope: FailureScope = words.say(.modelMoney) ? .keyModel : words.say(.keyMoney) ? .key : .account
        return FailureVerdict(.quota, scope: scope, hint: hint.hint(window: .unknown), isProse: place == .message)
    }

    /// 402: no money, whatever is said; or a request that is too dear, or too long for the account, or a day's allowance that is used up.
    private static func payment(
        _ words: FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        // OpenRouter: "Prompt tokens limit exceeded: 64128 > 6964." A shorter one is served.
        if words.mention(.tier) || words.mention(.overflow) && !words.say(.money) { return tooLong(words) }
        // What is free is used up for a day: that comes back by waiting.
        if !words.say(.money), !words.say(.keyMoney), !words.say(.modelMoney), !words.mention(.unaffordable),
            words.window(namesLimits: hint.namesLimits).window == .day
        {
            return limit(402, words, details, hint, circumstances)
        }
        var verdict = money(words, hint) ?? FailureVerdict(.quota, scope: .account, hint: hint.hint(window: .unknown))
        verdict.isProse = false
        return verdict
    }

    /// The prompt is too long: for the model, or for what the account's tier lets it have at once.
    private static func tooLong(_ words: FailureWords) -> FailureVerdict {
        var verdict = FailureVerdict(.contextLength, scope: .request)
        verdict.isOfTier = words.mention(.tier)
        return verdict
    }

    /// 404 and its like: the model, the path, or something else that the request names.
    private static func missing(
        _ status: Int, _ words: FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        if let door = closedDoor(status, words, hint) { return door }
        if words.holds(["endpoints found that support", "endpoints found that can handle", "no allowed providers are available"]) {
            return FailureVerdict(.unsupportedParameter, scope: .request)
        }
        if status != 405, status != 501 {
            if let money = money(words, hint), !money.isProse { return money }
            if words.find(.degraded) == .member, !words.say(.gone) {
                return FailureVerdict(.unavailable(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
            }
        }
        var place = words.find(.gone)
        // Many things may be missing; it is the model's absence when the message speaks of models or names this one.
        if place == .nowhere, words.speak(of: ["model", "models", "deployment", "deployments"]) || words.nameModel { place = words.find(.absent) }
        let isBare = words.isEmpty || words.isJust("not found") || words.isJust("file not found") || words.isJust("file not found.") || hint.isPage
        let isPath = status == 405 || status == 501 || words.say(.path) && place == .nowhere || isBare && place == .nowhere
        if isPath, status != 410 {
            var verdict = FailureVerdict(.unknownRoute, scope: circumstances.isCommonEndpoint ? .model : .request)
            // A page, or nothing, may be a firewall's answer to one odd request, and a 501 may be about a part of it; who says in words that there is no such
            // path says so to every one.
            verdict.lasts = !hint.isPage && (words.say(.path) || isBare && !words.isEmpty)
            return verdict
        }
        if place != .nowhere { return FailureVerdict(.modelGone, scope: .model, isProse: place == .message) }
        if status == 410, words.isEmpty { return FailureVerdict(.modelGone, scope: .model) }
        return FailureVerdict(.request(status: 404), scope: .request)
    }

    /// 429: too much at once, no money, no room, or a limit.
    private static func limit(
        _ status: Int, _ words: FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        // OpenAI and Groq: "Request too large for … on tokens per min (TPM): Limit 30000, Requested 30601."
        if words.mention(.overflow) || words.mention(.tier) { return tooLong(words) }
        if let money = money(words, hint) { return money }
        if details.hasNoAllowance || words.state(["limit: 0,", "limit: 0\n"]) { return FailureVerdict(.quota, scope: .keyModel) }
        if words.find(.key) == .member { return credential(status, words) }
        if words.find(.gone) == .member { return gone(words) }
        if let door = closedDoor(status, words, hint), words.speakOfALimit == .nowhere { return door }
        let window = words.window(namesLimits: hint.namesLimits)
        // A local server has no account to limit: what it sends without a word about limits is load. Where the limit has a name, words about
        // demand are only its reason.
        let isSilent = !hint.namesExhaustion && words.speakOfALimit == .nowhere
        if window.window == .unknown, words.say(.busy) || circumstances.isLocal && isSilent {
            return FailureVerdict(.overloaded(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
        }
        let read = hint.hint(window: window.window)
        let isAboutTokens = words.speakOfTokens && !hint.namesTokensUsedUp && !words.stateAllUsed
        var verdict = FailureVerdict(
            .rateLimited(read.window), scope: words.limitScope, hint: read, cause: isAboutTokens ? .either : nil, isProse: window.place == .message,
            isAboutTokens: isAboutTokens)
        verdict.resource = words.resource(window: window.window)
        if hint.namesTokensUsedUp, !words.say(.requests) { verdict.resource = .tokens }
        if verdict.resource != .inFlight, window.window != .unknown { verdict.statedLimit = words.statedLimit }
        return verdict
    }

    /// 400, 422 and the other 4xx: the client's mistake, unless the words say that another provider may not see one.
    private static func mistake(
        _ status: Int, _ words: FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        if words.say(.key) { return credential(status, words) }
        if let door = closedDoor(status, words, hint) { return door }
        if words.mention(.garbled) { return FailureVerdict(.garbled, scope: .request) }
        if details.namesContent || words.mention(.content) { return FailureVerdict(.contentRefused, scope: .request) }
        if let money = money(words, hint) { return money }
        if words.find(.limit) == .member || words.say(.keyLimit), !words.mention(.overflow) || words.mention(.tier) {
            return limit(status, words, details, hint, circumstances)
        }
        if words.mention(.overflow) || words.mention(.tier) { return tooLong(words) }
        if words.say(.gone) { return gone(words) }
        if words.find(.degraded) == .message { return outOfOrder(status, hint) }
        if words.mention(.parameter) { return FailureVerdict(.unsupportedParameter, scope: .request) }
        // Groq answers 498 when its flexible tier has no room.
        if words.say(.busy) { return FailureVerdict(.overloaded(status: status), scope: .keyModel, hint: hint.hint(window: .unknown)) }
        if words.find(.degraded) == .member { return outOfOrder(status, hint) }
        if words.speakOfALimit != .nowhere, words.window(namesLimits: false).window != .unknown || hint.namesExhaustion {
            return limit(status, words, details, hint, circumstances)
        }
        if words.mention(.perhapsOverflow) { return tooLong(words) }
        // Nobody knows whose words these are. The next candidate may have none such.
        if words.isRequestUnread, FailureClassifier.troubles.contains(where: words.mention) {
            return FailureVerdict(.unsupportedParameter, scope: .request)
        }
        return FailureVerdict(.request(status: status), scope: .request)
    }

    /// What is a provider's trouble and no mistake, where the provider itself says it.
    private static let troubles: [Dialect.Meaning] = [
        .money, .keyMoney, .modelMoney, .limit, .accountLimit, .keyLimit, .key, .denied, .degraded, .busy, .gone,
    ]

    private static func outOfOrder(_ status: Int, _ hint: RetryHintReader) -> FailureVerdict {
        FailureVerdict(.unavailable(status: status), scope: .keyModel, hint: hint.hint(window: .unknown))
    }

    /// 5xx, 408, 409 and whatever else is no answer.
    private static func trouble(
        _ status: Int, _ words: FailureWords, _ details: ErrorDetails, _ hint: RetryHintReader, _ circumstances: Circumstances
    ) -> FailureVerdict {
        // llama.cpp and Ollama answer 500 to a tool call of the model's that they can't read.
        if status == 500, words.mention(.garbled) { return FailureVerdict(.garbled, scope: .request) }
        // new-api answers 500 where its list of words has one of the prompt's.
        if status == 500, words.find(.content) == .member { return FailureVerdict(.contentRefused, scope: .request) }
        // A prompt that is too long is told with every status: DeepInfra and llama.cpp have 500, KoboldCpp has 503, and relays have their own.
        if status >= 500, words.mention(.overflow) || words.mention(.tier) { return tooLong(words) }
        // llama.cpp answers so to an image without a vision model.
        if status == 500 {
            if words.holds(["image input is not supported", "requires --jinja"]) { return FailureVerdict(.unsupportedParameter, scope: .request) }
        }
        // Relays answer 5xx for what the server behind them said; only what was made for programs is believed against the status.
        if let money = money(words, hint), words.mention(.unaffordable) || !money.isProse || status == 500 { return money }
        if words.find(.key) == .member { return credential(status, words) }
        if let door = closedDoor(status, words, hint), !door.isProse { return door }
        if words.find(.limit) == .member || words.find(.keyLimit) == .member || words.find(.accountLimit) == .member {
            return limit(status, words, details, hint, circumstances)
        }
        if words.find(.gone) == .member || words.say(.gone) && !words.say(.busy) && status == 503 { return gone(words) }
        let isLoad = status == 503 || status == 529 || words.say(.busy)
        let kind: FailureClass = isLoad ? .overloaded(status: status) : .unavailable(status: status)
        return FailureVerdict(kind, scope: .keyModel, hint: hint.hint(window: .unknown))
    }
}
