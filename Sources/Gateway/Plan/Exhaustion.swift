internal import EventLoop
internal import Wire

/// What the client is told when no attempt succeeded: the class of all the failures together (conventions: the ladder).
extension GatewayError {
    /// The error for a request that no attempt could answer.
    ///
    /// - Parameters:
    ///   - failures: The failed attempts.
    ///   - left: What the candidates that were not tried wait for.
    ///   - endpoint: What was asked for.
    static func exhausted(
        _ failures: [AttemptFailure], _ left: AttemptPlan.Leftover, _ endpoint: Endpoint = .chatCompletions, at now: LoopInstant
    ) -> GatewayError {
        if let last = failures.last, last.failure.isClientsMistake { return clientMistake(last) }
        // Nobody else had an answer either to what one has refused without a word of what is wrong.
        if left.isRequest, let refusal = failures.last(where: \.failure.isClientsMistake) { return clientMistake(refusal) }
        let waiting = left.limited + left.cooling + left.busy
        let untried = waiting + left.rejected + left.unpaid + left.gone + left.tooSmall
        guard !failures.isEmpty || untried > 0 else {
            return left.isLate
                ? .late : GatewayError(503, .server, code: "overloaded", "no provider can take the request now", retryAfter: .seconds(1))
        }
        if left.isLate, failures.allSatisfy(\.failure.isTimeout) { return .late }
        if waiting == 0 {
            // Nobody comes back by waiting. What lies in the request comes first, for only that can its client change.
            if failures.contains(where: \.failure.isOfThisRequest), failures.allSatisfy({ $0.failure.isLasting || $0.failure == .quota }) {
                return ofTheRequest(failures)
            }
            // Who does not have the model is no matter where another one has it and can't be used.
            let others = failures.filter { $0.failure != .modelGone && $0.failure != .unknownRoute }
            if left.tooSmall == 0, !others.isEmpty || left.unpaid + left.rejected > 0 {
                if left.rejected == 0, others.allSatisfy({ $0.failure == .quota }) { return noMoney(failures, left, at: now) }
                if others.allSatisfy(\.failure.isCredentials) { return noCredentials(failures, left) }
            }
            if left.rejected + left.unpaid + left.tooSmall == 0, others.isEmpty {
                return failures.contains { $0.failure == .unknownRoute } ? notServed(endpoint) : noModel(failures)
            }
        }
        if failures.allSatisfy(\.failure.isTimeout), untried == 0 {
            return GatewayError(504, .server, code: "upstream_timeout", "no provider answered in time")
        }
        if failures.allSatisfy(\.verdict.endsByWaiting) { return allRest(failures, left, at: now) }
        let back = soonest(failures, left, at: now)
        // What can't take this request, or will not serve at all, is no matter where another one comes back.
        let comesBack = back != nil || failures.contains { $0.verdict.endsByWaiting && !$0.failure.isLimit }
        if comesBack, failures.allSatisfy({ $0.verdict.endsByWaiting || $0.failure.isLasting }) { return allRest(failures, left, at: now) }
        if failures.allSatisfy({ $0.failure == .local }) {
            return GatewayError(
                503, .server, code: "overloaded", "the gateway has no connection to spare; try again shortly", retryAfter: .seconds(1))
        }
        let message = "every attempt failed; the last one: \(failures.last?.failure.name ?? "none")\(words(of: failures))"
        // What has just failed may be well again sooner than a limit is over that is far away.
        return GatewayError(
            502, .server, code: "upstream_error", message, retryAfter: back.flatMap { $0 <= mostHint ? max($0, .milliseconds(1)) : nil })
    }

    /// Every provider that would serve at all finds something in the request that it can't take.
    private static func ofTheRequest(_ failures: [AttemptFailure]) -> GatewayError {
        // A prompt that is too long is what clients act on by themselves.
        if let tooLong = failures.last(where: { $0.failure == .contextLength }) {
            var error = clientMistake(tooLong)
            error.code = "context_length_exceeded"
            error.message = named(error.message)
            return error
        }
        return clientMistake(failures.last(where: \.failure.isOfThisRequest) ?? failures[failures.count - 1])
    }

    /// The longest time that is told where something else may pass sooner: clients that are told more go by their own pauses, or give up (openai-go,
    /// openai-python).
    private static let mostHint: Duration = .seconds(60)

    /// When the first comes back of those that come back at a known time.
    private static func soonest(_ failures: [AttemptFailure], _ left: AttemptPlan.Leftover, at now: LoopInstant) -> Duration? {
        var soonest = left.limited + left.cooling > 0 ? left.soonest.map { $0.elapsed(since: now) } : nil
        for failure in failures {
            guard failure.verdict.endsByWaiting, let wait = failure.verdict.hint.wait ?? failure.backAt.map({ $0.elapsed(since: now) }) else {
                continue
            }
            soonest = min(soonest ?? wait, wait)
        }
        return soonest
    }

    /// Words for a prompt that is too long in which clients' libraries find what it is: LangChain by the code, LiteLLM by the sentence (the lists are in
    /// `langchain_openai/chat_models/base.py` and `litellm/litellm_core_utils/exception_mapping_utils.py`).
    private static func named(_ message: String) -> String {
        let (hasCode, hasSentence) = (message.contains("context_length_exceeded"), message.contains("This model's maximum context length is"))
        if hasSentence { return hasCode ? message : message + " (context_length_exceeded)" }
        return "This model's maximum context length is exceeded\(hasCode ? "" : " (context_length_exceeded)"): \(message)"
    }

    /// What the last provider says of its own trouble: it helps whoever asked to tell a hiccup from an outage, and a request that it can't serve from one that
    /// it never could. What is said of the gateway's accounts is no client's affair.
    private static func words(of failures: [AttemptFailure]) -> String {
        guard let last = failures.last, last.failure.isToldInWords, let words = last.upstream?.message.map(shortened), !words.isEmpty else {
            return ""
        }
        return "; \(last.provider) says: \(words)"
    }

    /// Bytes of a provider's words in an error that is the gateway's.
    private static let mostWords = 512

    private static func shortened(_ words: String) -> String {
        let line = words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard line.utf8.count > mostWords else { return line }
        var end = line.utf8.index(line.startIndex, offsetBy: mostWords)
        while end.samePosition(in: line) == nil { end = line.utf8.index(before: end) }
        return line[..<end] + "..."
    }

    /// Nothing was left but what comes back by waiting: told with the soonest time that is known. It is a limit when the first that comes back, or most of
    /// them, were limited; else they rest because they failed.
    private static func allRest(_ failures: [AttemptFailure], _ left: AttemptPlan.Leftover, at now: LoopInstant) -> GatewayError {
        // Who was asked is counted by what he said.
        var (limits, troubles) = (left.limited - left.asked.limited, left.cooling - left.asked.cooling)
        var soonestLimit = left.soonestLimit.map { $0.elapsed(since: now) }
        var soonest = left.soonest.map { $0.elapsed(since: now) }
        for failure in failures {
            let wait = failure.verdict.hint.wait ?? failure.backAt.map { $0.elapsed(since: now) }
            if failure.failure.isLasting { continue }
            if failure.failure.isLimit { limits += 1 } else { troubles += 1 }
            guard let wait else { continue }
            soonest = min(soonest ?? wait, wait)
            if failure.failure.isLimit { soonestLimit = min(soonestLimit ?? wait, wait) }
        }
        guard limits + troubles > 0 else {
            if left.busy > 0 { return .saturated }
            return GatewayError(
                502, .server, code: "upstream_error", "no provider of this model can be asked: \(ProviderTally(failures, left).text)")
        }
        // Nothing that is busy names a time of its own.
        guard soonest != nil || left.busy == 0 else { return .saturated }
        let isLimit = limits > troubles || limits > 0 && soonest == soonestLimit
        // What is full of requests has a place when one of them ends.
        let place: Duration? = failures.contains { $0.verdict.resource == .inFlight } ? .seconds(1) : nil
        let pause = soonest.map { max($0, .milliseconds(1)) } ?? place
        let shouldRetry: Bool? = pause.map { $0 > .seconds(60) } == true ? false : nil
        let tally = ProviderTally(failures, left)
        let some = "no provider of this model can be asked now: \(tally.text)"
        guard isLimit else {
            // Without a time nobody rests: all have just failed.
            let message =
                pause == nil
                ? "every attempt failed; the last one: \(failures.last?.failure.name ?? "none"); try again shortly"
                : (tally.isOnlyOf(.failing) ? "every provider of this model rests because it failed" : some)
                    + "; the first is tried again in \((pause ?? .seconds(1)).seconds) s"
            return GatewayError(
                503, .server, code: "overloaded",
                "\(message)\(words(of: failures))", retryAfter: pause ?? .seconds(1), shouldRetry: shouldRetry)
        }
        let back = pause.map { "; the first is back in \($0.seconds) s" } ?? " and names no time"
        let message =
            failures.isEmpty && troubles == 0 && left.ownLimited == left.limited
            ? "the limits that this gateway's configuration sets for the providers of this model are used up\(back)"
            : tally.isOnlyOf(.limited) ? "every provider of this model is at its limit\(back)" : "\(some)\(back)"
        return GatewayError(429, .requests, code: "pool_exhausted", message, retryAfter: pause, shouldRetry: shouldRetry)
    }

    /// No account can pay: the gateway's own, not the client's.
    private static func noMoney(_ failures: [AttemptFailure], _ left: AttemptPlan.Leftover, at now: LoopInstant) -> GatewayError {
        var wait = left.soonestMoney.map { $0.elapsed(since: now) }
        for failure in failures {
            guard let back = failure.verdict.hint.wait ?? failure.backAt.map({ $0.elapsed(since: now) }) else { continue }
            wait = min(wait ?? back, back)
        }
        return GatewayError(
            429, .insufficientQuota, code: "insufficient_quota",
            "the gateway's own account is out of money or of its plan at every provider of this model\(places(failures)); this API key is fine, and the "
                + "gateway's operator has to top the account up",
            retryAfter: wait.map { max($0, .milliseconds(1)) }, shouldRetry: false)
    }

    /// Every provider rejects the gateway's key, or refuses to serve it.
    private static func noCredentials(_ failures: [AttemptFailure], _ left: AttemptPlan.Leftover) -> GatewayError {
        let tally = ProviderTally(failures, left)
        let message =
            tally.isOnlyOf(.closed)
            ? "every provider of this model refuses to serve this gateway: its place, its account or terms that were not accepted; this API key is fine"
            : tally.isOnlyOf(.rejecting)
                ? "every provider rejects the gateway's credential; this key is fine"
                : "no provider of this model serves this gateway: \(tally.text); this API key is fine, and the gateway's operator has to put it right"
        return GatewayError(502, .server, code: "upstream_credentials_exhausted", message, shouldRetry: false)
    }

    /// No provider has the model, by its last word or by what it said a while ago.
    private static func noModel(_ failures: [AttemptFailure]) -> GatewayError {
        var message = "no provider has this model at the moment"
        if let last = failures.last, let words = last.upstream?.message { message += "; \(last.provider) says: \(words)" }
        return GatewayError(404, .invalidRequest, code: "model_not_found", param: "model", message)
    }

    /// No provider serves the endpoint at all.
    static func notServed(_ endpoint: Endpoint) -> GatewayError {
        GatewayError(
            404, .invalidRequest, code: "model_not_found", param: "model", "no provider of this model serves \(endpoint.path)", shouldRetry: false)
    }

    /// The names of the providers that were asked, in brackets.
    private static func places(_ failures: [AttemptFailure]) -> String {
        var names: [String] = []
        for failure in failures where !names.contains(failure.provider) { names.append(failure.provider) }
        return names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"
    }

    /// More requests than the gateway takes in.
    static let saturated = GatewayError(
        503, .server, code: "overloaded", "every provider of this model is busy and too many requests wait; try again shortly",
        retryAfter: .seconds(1))

    /// The request's time is up.
    static let late = GatewayError(504, .server, code: "upstream_timeout", "no answer came within the request's time")

    /// The error event after the first bytes of an answer.
    static func midStream(_ failure: FailureClass, _ body: UpstreamErrorBody?) -> GatewayError {
        if failure.isTimeout { return GatewayError(504, .server, code: "upstream_timeout", "the provider stopped in the middle of the answer") }
        // Nothing of this machine's breaks an answer that has begun, but for the operator's word.
        if failure == .local { return .revokedKey }
        var message = "the provider broke off in the middle of the answer"
        if let words = body?.message {
            message = "the provider reported an error in the middle of the answer: \(words)"
        } else if failure == .errorInAnswer {
            message = "the provider reported an error in the middle of the answer"
        }
        switch failure {
        case .rateLimited: return GatewayError(429, .requests, code: "rate_limit_exceeded", message)
        case .quota: return GatewayError(429, .insufficientQuota, code: "insufficient_quota", message)
        case .contextLength: return GatewayError(400, .invalidRequest, code: "context_length_exceeded", message)
        default: return GatewayError(502, .server, code: "upstream_error", message)
        }
    }

    /// A mistake of the client's: the provider's own words, which clients search for what to do (`context_length_exceeded`).
    private static func clientMistake(_ attempt: AttemptFailure) -> GatewayError {
        var status = 400
        if case .request(let upstream) = attempt.failure { status = upstream }
        // A number is no code that anyone branches on; it hides that there is none.
        let code = attempt.upstream?.code.flatMap { $0.utf8.allSatisfy { $0 &- 0x30 < 10 } ? nil : $0 }
        let param = attempt.upstream?.param ?? (attempt.failure == .unaffordable ? "max_tokens" : nil)
        return GatewayError(
            status == 422 ? 422 : 400, .invalidRequest, code: code, param: param,
            attempt.upstream?.message ?? "the provider rejects the request with status \(status)", shouldRetry: false)
    }
}

extension FailureClass {
    /// Whether it ends the request as the client's own mistake.
    fileprivate var isClientsMistake: Bool {
        switch self {
        case .request, .contentRefused: true
        default: false
        }
    }

    /// Whether a client is told what its provider says of it. What comes with a 5xx that is no word about load may be the inside of a server: its paths, its
    /// code.
    fileprivate var isToldInWords: Bool {
        switch self {
        case .unavailable(let status): status < 500
        case .overloaded, .garbled, .errorInAnswer, .malformed, .empty, .contextLength, .unsupportedParameter, .unaffordable,
            .contentRefused, .request:
            true
        case .unreachable, .noAnswer, .timeout, .rateLimited, .quota, .credential, .denied, .modelGone, .unknownRoute, .local: false
        }
    }

    /// Whether it lies in what the request asks for, so that a smaller or plainer one may be served.
    fileprivate var isOfThisRequest: Bool {
        switch self {
        case .contextLength, .unsupportedParameter, .unaffordable: true
        default: false
        }
    }

    /// Whether waiting changes nothing about it, for this request.
    fileprivate var isLasting: Bool {
        switch self {
        case .credential, .denied, .modelGone, .unknownRoute, .contextLength, .unsupportedParameter, .unaffordable: true
        case .unreachable, .noAnswer, .timeout, .rateLimited, .quota, .overloaded, .unavailable, .garbled, .contentRefused, .request, .malformed,
            .empty, .errorInAnswer, .local:
            false
        }
    }

    /// Whether no other request of ours would fare better with the same key.
    fileprivate var isCredentials: Bool {
        switch self {
        case .credential, .denied, .quota: true
        default: false
        }
    }
}

extension FailureVerdict {
    /// Whether there is nothing to do but to come back later: a limit, or a provider that names the time itself.
    fileprivate var endsByWaiting: Bool {
        switch kind {
        case .rateLimited, .quota: true
        // No room, and no way there: both pass by themselves.
        case .overloaded, .unreachable, .timeout(.connect): true
        case .unavailable: hint.wait != nil
        case .noAnswer, .timeout, .credential, .denied, .modelGone, .unknownRoute, .contextLength, .unsupportedParameter, .unaffordable,
            .garbled, .contentRefused, .request, .malformed, .empty, .errorInAnswer, .local:
            false
        }
    }
}

extension Duration {
    /// The duration in whole seconds, rounded up.
    var seconds: Int { Int(clamping: millisecondsRoundedUp.addingClamped(999) / 1000) }
}
