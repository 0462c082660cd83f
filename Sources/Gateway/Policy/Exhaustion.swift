internal import EventLoop
internal import Wire

/// What the client is told when no attempt succeeded: the class of all the failures together (conventions: the ladder).
extension GatewayError {
    /// The error for a request that no attempt could answer.
    ///
    /// - Parameters:
    ///   - failures: The failed attempts.
    ///   - left: What the candidates that were not tried wait for.
    static func exhausted(_ failures: [AttemptFailure], _ left: AttemptPlan.Leftover, at now: LoopInstant) -> GatewayError {
        if let last = failures.last, last.failure.isClientsMistake { return clientMistake(last) }
        let waiting = left.limited + left.cooling + left.busy
        let untried = waiting + left.rejected + left.gone + left.tooSmall
        guard !failures.isEmpty || untried > 0 else {
            return left.isLate
                ? .late : GatewayError(503, .server, code: "overloaded", "no provider can take the request now", retryAfter: .seconds(1))
        }
        if left.isLate, failures.allSatisfy(\.failure.isTimeout) { return .late }
        if waiting + left.rejected + left.gone == 0 {
            if failures.allSatisfy({ $0.failure == .contextLength }), let last = failures.last {
                var error = clientMistake(last)
                error.code = "context_length_exceeded"
                return error
            }
            if failures.allSatisfy({ $0.failure == .contextLength || $0.failure == .unsupportedParameter }), let last = failures.last {
                return clientMistake(last)
            }
        }
        if waiting + left.gone + left.tooSmall == 0, failures.allSatisfy(\.failure.isCredentials) {
            return GatewayError(
                502, .server, code: "upstream_credentials_exhausted", "every provider rejects the gateway's credential; this key is fine",
                shouldRetry: false)
        }
        if waiting + left.rejected + left.tooSmall == 0, failures.allSatisfy({ $0.failure == .modelGone }) {
            return GatewayError(404, .invalidRequest, code: "model_not_found", param: "model", "no provider has the model any more")
        }
        if failures.allSatisfy(\.verdict.endsByWaiting) { return allLimited(failures, left, at: now) }
        if failures.allSatisfy(\.failure.isTimeout), untried == 0 {
            return GatewayError(504, .server, code: "upstream_timeout", "no provider answered in time")
        }
        if failures.allSatisfy({ $0.failure == .local }) {
            return GatewayError(
                503, .server, code: "overloaded", "the gateway has no connection to spare; try again shortly", retryAfter: .seconds(1))
        }
        return GatewayError(502, .server, code: "upstream_error", "every attempt failed; the last one: \(failures.last?.failure.name ?? "none")")
    }

    /// Nothing was left but what comes back by waiting: told with the soonest time that is known, or without one.
    private static func allLimited(_ failures: [AttemptFailure], _ left: AttemptPlan.Leftover, at now: LoopInstant) -> GatewayError {
        let hinted = failures.compactMap(\.verdict.hint.wait).min()
        let known = left.soonest.map { $0.elapsed(since: now) }
        if let pause = [hinted, known].compactMap({ $0 }).min() {
            return GatewayError(
                429, .requests, code: "pool_exhausted", "every provider of this model rests; the first is back in \(pause.seconds) s",
                retryAfter: max(pause, .milliseconds(1)), shouldRetry: pause > .seconds(60) ? false : nil)
        }
        if left.busy > 0 { return .saturated }
        guard !failures.isEmpty else {
            return GatewayError(502, .server, code: "upstream_error", "no provider of this model can be asked: keys are rejected or models gone")
        }
        // Nobody said when; a number of our own would be taken for theirs.
        return GatewayError(429, .requests, code: "pool_exhausted", "every provider of this model is at its limit and names no time")
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
        if failure == .local { return GatewayError(401, .invalidRequest, code: "invalid_api_key", "the API key was revoked") }
        var message = "the provider broke off in the middle of the answer"
        if failure == .errorInAnswer { message = "the provider reported an error in the middle of the answer" }
        return GatewayError(502, .server, code: "upstream_error", message)
    }

    /// A mistake of the client's: the provider's own words, which clients search for what to do (`context_length_exceeded`).
    private static func clientMistake(_ attempt: AttemptFailure) -> GatewayError {
        var status = 400
        if case .request(let upstream) = attempt.failure { status = upstream }
        return GatewayError(
            status == 422 ? 422 : 400, .invalidRequest, code: attempt.upstream?.code, param: attempt.upstream?.param,
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
        case .rateLimited: true
        case .overloaded, .unavailable: hint.wait != nil
        case .unreachable, .noAnswer, .timeout, .quota, .credential, .denied, .modelGone, .unknownRoute, .contextLength, .unsupportedParameter,
            .contentRefused, .request, .malformed, .empty, .errorInAnswer, .local:
            false
        }
    }
}

extension Duration {
    /// The duration in whole seconds, rounded up.
    var seconds: Int { Int(clamping: millisecondsRoundedUp.addingClamped(999) / 1000) }
}
