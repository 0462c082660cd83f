internal import EventLoop
internal import Wire

/// What the client is told when no attempt succeeded: the class of all the failures together (conventions: the ladder).
extension GatewayError {
    /// The error for a request whose attempts all failed.
    ///
    /// - Parameters:
    ///   - failures: The failed attempts, at least one unless `pause` is set.
    ///   - pause: How long until the first candidate comes back, when all of them rest on their providers' word.
    static func exhausted(_ failures: [AttemptFailure], pause: Duration?) -> GatewayError {
        if let pause {
            return GatewayError(
                429, .requests, code: "pool_exhausted", "every provider of this model asked for a pause; the first is back in \(pause.seconds) s",
                retryAfter: pause, shouldRetry: pause > .seconds(60) ? false : nil)
        }
        guard let last = failures.last else { return GatewayError(503, .server, code: "overloaded", "no provider can take the request now") }
        if case .request(let status) = last.failure { return clientMistake(status, last) }
        if last.failure == .contentRefused { return clientMistake(400, last) }
        if failures.allSatisfy({ $0.failure == .contextLength }) {
            var error = clientMistake(400, last)
            error.code = "context_length_exceeded"
            return error
        }
        if failures.allSatisfy({ $0.failure == .contextLength || $0.failure == .unsupportedParameter }) { return clientMistake(400, last) }
        if failures.allSatisfy({ if case .credential = $0.failure { true } else { $0.failure == .quota } }) {
            return GatewayError(
                502, .server, code: "upstream_credentials_exhausted", "every provider rejects the gateway's credential; this key is fine",
                shouldRetry: false)
        }
        if failures.allSatisfy({ $0.failure == .modelGone }) {
            return GatewayError(404, .invalidRequest, code: "model_not_found", param: "model", "no provider has the model any more")
        }
        if failures.allSatisfy({ if case .rateLimited = $0.failure { true } else { false } }) {
            if let pause = failures.compactMap(\.verdict.hint.wait).min() { return exhausted(failures, pause: pause) }
            // Nobody said when; a number of our own would be taken for theirs.
            return GatewayError(429, .requests, code: "pool_exhausted", "every provider of this model is at its limit and names no time")
        }
        if failures.allSatisfy({ $0.failure.isTimeout }) {
            return GatewayError(504, .server, code: "upstream_timeout", "no provider answered in time")
        }
        if failures.allSatisfy({ $0.failure == .local }) {
            return GatewayError(
                503, .server, code: "overloaded", "the gateway has no connection to spare; try again shortly", retryAfter: .seconds(1))
        }
        return GatewayError(502, .server, code: "upstream_error", "every attempt failed; the last one: \(last.failure.name)")
    }

    /// The error event after the first bytes of an answer.
    static func midStream(_ failure: FailureClass, _ body: UpstreamErrorBody?) -> GatewayError {
        if failure.isTimeout { return GatewayError(504, .server, code: "upstream_timeout", "the provider stopped in the middle of the answer") }
        var message = "the provider broke off in the middle of the answer"
        if failure == .errorInAnswer { message = "the provider reported an error in the middle of the answer" }
        return GatewayError(502, .server, code: "upstream_error", message)
    }

    /// A mistake of the client's: the provider's own words, which clients search for what to do (`context_length_exceeded`).
    private static func clientMistake(_ status: Int, _ attempt: AttemptFailure) -> GatewayError {
        GatewayError(
            status == 422 ? 422 : 400, .invalidRequest, code: attempt.upstream?.code, param: attempt.upstream?.param,
            attempt.upstream?.message ?? "the provider rejects the request with status \(status)", shouldRetry: false)
    }
}

extension Duration {
    /// The duration in whole seconds, rounded up.
    var seconds: Int { Int(clamping: (millisecondsRoundedUp + 999) / 1000) }
}
