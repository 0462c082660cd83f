import EventLoop
import Testing

@testable import Gateway

@Suite struct ExhaustionTests {
    private let now = LoopInstant(nanoseconds: 1_000_000_000_000)

    /// What is left untried, as letters: `l` limited, `c` cooling, `b` busy, `r` rejected, `u` unpaid, `g` gone, `s` too small.
    private func left(_ text: String, soonest: Duration? = nil) -> AttemptPlan.Leftover {
        var leftover = AttemptPlan.Leftover()
        for letter in text {
            switch letter {
            case "l": leftover.limited += 1
            case "c": leftover.cooling += 1
            case "b": leftover.busy += 1
            case "r": leftover.rejected += 1
            case "u": leftover.unpaid += 1
            case "g": leftover.gone += 1
            default: leftover.tooSmall += 1
            }
        }
        leftover.soonest = soonest.map { now.advanced(by: $0) }
        if leftover.limited > 0 { leftover.soonestLimit = leftover.soonest }
        return leftover
    }

    /// The ladder of conventions.md, section 1, row by row; in the middle what was left untried.
    @Test(
        arguments: [
            ([.credential(status: 401), .credential(status: 402)], "", 502, "upstream_credentials_exhausted"),
            ([.credential(status: 401)], "r", 502, "upstream_credentials_exhausted"), ([], "rr", 502, "upstream_credentials_exhausted"),
            ([.quota], "", 429, "insufficient_quota"), ([.quota], "u", 429, "insufficient_quota"), ([], "uu", 429, "insufficient_quota"),
            ([.quota], "r", 502, "upstream_credentials_exhausted"), ([], "ru", 502, "upstream_credentials_exhausted"),
            ([.denied(status: 403)], "", 502, "upstream_credentials_exhausted"),
            ([.credential(status: 401), .quota, .denied(status: 403)], "rrr", 502, "upstream_credentials_exhausted"),
            ([.credential(status: 401), .rateLimited(.day)], "", 502, "upstream_error"),
            ([.contextLength, .unsupportedParameter], "", 400, "context_length_exceeded"), ([.unsupportedParameter], "s", 400, nil),
            ([.contextLength], "r", 400, "context_length_exceeded"), ([.contextLength], "ug", 400, "context_length_exceeded"),
            ([.modelGone, .contextLength], "", 400, "context_length_exceeded"), ([.contextLength, .quota], "", 400, "context_length_exceeded"),
            ([.credential(status: 401), .contextLength, .denied(status: 403)], "", 400, "context_length_exceeded"),
            ([.unsupportedParameter, .credential(status: 401)], "u", 400, nil), ([.contextLength], "c", 502, "upstream_error"),
            ([.modelGone, .rateLimited(.day)], "", 502, "upstream_error"),
            ([.unknownRoute], "", 404, "model_not_found"), ([.unknownRoute, .modelGone], "g", 404, "model_not_found"),
            ([.unknownRoute, .unavailable(status: 500)], "", 502, "upstream_error"), ([.garbled], "", 502, "upstream_error"),
            ([.unaffordable], "", 400, nil), ([.unaffordable, .contextLength], "", 400, "context_length_exceeded"), ([.unaffordable], "r", 400, nil),
            ([.rateLimited(.day), .quota], "", 429, "pool_exhausted"), ([.overloaded(status: 503)], "", 503, "overloaded"),
            ([.unreachable], "", 503, "overloaded"), ([.unreachable, .overloaded(status: 529), .timeout(.connect)], "", 503, "overloaded"),
            ([.contextLength, .overloaded(status: 503)], "", 503, "overloaded"), ([.unreachable, .modelGone], "", 503, "overloaded"),
            ([.overloaded(status: 503), .unavailable(status: 500)], "", 502, "upstream_error"), ([.timeout(.connect)], "", 504, "upstream_timeout"),
            ([.contextLength, .contextLength], "", 400, "context_length_exceeded"), ([.contextLength], "ss", 400, "context_length_exceeded"),
            ([.modelGone, .modelGone], "", 404, "model_not_found"), ([], "gg", 404, "model_not_found"), ([.modelGone], "g", 404, "model_not_found"),
            ([.timeout(.idle), .timeout(.firstByte)], "", 504, "upstream_timeout"), ([.local], "", 503, "overloaded"),
            ([.timeout(.idle), .unreachable], "", 502, "upstream_error"),
            ([.credential(status: 401), .modelGone], "", 502, "upstream_credentials_exhausted"),
            ([.unavailable(status: 500)], "", 502, "upstream_error"), ([.unavailable(status: 500)], "l", 502, "upstream_error"),
            ([.rateLimited(.day), .rateLimited(.unknown)], "", 429, "pool_exhausted"), ([], "", 503, "overloaded"), ([], "bb", 503, "overloaded"),
            ([], "rg", 502, "upstream_credentials_exhausted"), ([.modelGone, .quota], "", 429, "insufficient_quota"),
            ([.empty], "", 502, "upstream_error"), ([.errorInAnswer], "", 502, "upstream_error"),
            ([.malformed], "", 502, "upstream_error"), ([], "ug", 429, "insufficient_quota"), ([.quota], "g", 429, "insufficient_quota"),
        ] as [([FailureClass], String, Int, String?)])
    func `all the failures together have a status and a code`(failures: [FailureClass], untried: String, status: Int, code: String?) {
        let error = GatewayError.exhausted(failures.map { failed($0) }, left(untried), at: now)
        #expect(error.status == status && error.code == code, "\(error)")
        let type: GatewayError.ErrorType =
            status >= 500 ? .server : code == "insufficient_quota" ? .insufficientQuota : status == 429 ? .requests : .invalidRequest
        let param: String? = status == 404 ? "model" : failures.last == .unaffordable && status == 400 ? "max_tokens" : nil
        #expect(error.type == type && error.param == param)
        // What will be the same the next time is not to be tried again.
        let isFinal =
            status == 400 || code == "upstream_credentials_exhausted" || code == "insufficient_quota"
            || failures.contains(.unknownRoute) && status == 404
        #expect(error.shouldRetry == (isFinal ? false : nil) && (error.retryAfter == nil) == (status != 503))
    }

    @Test(arguments: ["l", "ll", "lc", "lr", "lg", "lb", "lu"]) func `limits that are over at a known time are a 429 with that time`(untried: String)
    {
        let error = GatewayError.exhausted([], left(untried, soonest: .milliseconds(1500)), at: now)
        #expect(error.status == 429 && error.type == .requests && error.code == "pool_exhausted")
        #expect(error.retryAfter == .milliseconds(1500) && error.shouldRetry == nil && error.message.contains("2 s"))
        #expect(GatewayError.exhausted([], left(untried, soonest: .seconds(61)), at: now).shouldRetry == false)
        #expect(GatewayError.exhausted([], left(untried, soonest: .seconds(60)), at: now).shouldRetry == nil)
    }

    @Test(arguments: ["c", "cc", "cr", "cb", "cg", "cu"]) func `rests after failures are a 503 with the time of the next trial`(untried: String) {
        let error = GatewayError.exhausted([], left(untried, soonest: .milliseconds(1500)), at: now)
        #expect(error.status == 503 && error.type == .server && error.code == "overloaded" && error.message.contains("2 s"))
        #expect(error.retryAfter == .milliseconds(1500) && error.shouldRetry == nil)
        #expect(GatewayError.exhausted([], left(untried, soonest: .seconds(61)), at: now).shouldRetry == false)
    }

    @Test func `where some are limited and some failed, the first that is back decides, or what most of them are`() {
        func error(limits: [Double], failures: [Double]) -> GatewayError {
            var leftover = AttemptPlan.Leftover()
            (leftover.limited, leftover.cooling) = (limits.count, failures.count)
            leftover.soonestLimit = limits.min().map { now.advanced(by: .seconds($0)) }
            leftover.soonest = (limits + failures).min().map { now.advanced(by: .seconds($0)) }
            return GatewayError.exhausted([], leftover, at: now)
        }
        #expect(error(limits: [2], failures: [1]).status == 503)
        #expect(error(limits: [1], failures: [2, 2, 2]).status == 429)
        #expect(error(limits: [9, 9], failures: [1]).status == 429)
        #expect(error(limits: [9, 9], failures: [1, 1]).status == 503)
        #expect(error(limits: [9, 9], failures: [1]).retryAfter == .seconds(1))
    }

    @Test func `an account without money is told as the gateway's own`() {
        var leftover = left("u")
        leftover.soonestMoney = now.advanced(by: .seconds(3600))
        let error = GatewayError.exhausted([failed(.quota)], leftover, at: now)
        #expect(error.message.contains("gateway's own account") && error.message.contains("(p)") && error.message.contains("API key is fine"))
        #expect(error.retryAfter == .seconds(3600) && error.shouldRetry == false && error.type == .insufficientQuota)
    }

    @Test(
        arguments: [
            ("ru", 0, "1 rejects the gateway's key and 1 has no money of the gateway's left"),
            ("rr", 2, "every provider of this model refuses to serve"),
            ("rr", 0, "every provider rejects the gateway's credential"),
            ("rr", 1, "1 rejects the gateway's key and 1 refuses to serve this gateway"),
            ("lru", 0, "1 is at its limit, 1 rejects the gateway's key and 1 has no money of the gateway's left; the first is back in 2 s"),
            ("lr", 1, "1 is at its limit and 1 refuses to serve this gateway"), ("ll", 0, "every provider of this model is at its limit"),
            ("ccu", 0, "2 have failed and 1 has no money of the gateway's left; the first is tried again in 2 s"),
            ("cc", 0, "every provider of this model rests because it failed"), ("rg", 0, "1 rejects the gateway's key and 1 does not have the model"),
            ("bl", 0, "1 is at its limit and 1 is busy"),
        ] as [(String, Int, String)]) func `it is said of each provider how it stands`(untried: String, denied: Int, message: String)
    {
        var leftover = left(untried, soonest: untried.contains { "lc".contains($0) } ? .milliseconds(1500) : nil)
        leftover.denied = denied
        #expect(GatewayError.exhausted([], leftover, at: now).message.contains(message), "\(GatewayError.exhausted([], leftover, at: now))")
    }

    @Test func `one that was asked twice is counted once, by its last word`() {
        let failures = [failed(.unavailable(status: 500)), failed(.unavailable(status: 500)), failed(.quota)]
        #expect(ProviderTally(failures, left("r")).text == "1 rejects the gateway's key and 1 has no money of the gateway's left")
        var leftover = left("c")
        leftover.asked.cooling = 1
        #expect(ProviderTally([failed(.unavailable(status: 500))], leftover).text == "1 has failed")
    }

    @Test func `one that was asked and is left is counted by what it said`() {
        let failed = [failed(.unavailable(status: 500))]
        let kinds: [(Character, WritableKeyPath<AttemptPlan.Leftover, Int>)] = [
            ("l", \.asked.limited), ("c", \.asked.cooling), ("b", \.asked.busy), ("r", \.asked.rejected), ("u", \.asked.unpaid), ("g", \.asked.gone),
            ("t", \.asked.tooSmall),
        ]
        for (kind, asked) in kinds {
            var leftover = left(String(kind))
            leftover[keyPath: asked] = 1
            #expect(ProviderTally(failed, leftover).text == "1 has failed", "\(kind)")
        }
    }

    @Test(arguments: Endpoint.allCases) func `an endpoint that no provider serves is named`(endpoint: Endpoint) {
        let error = GatewayError.exhausted([failed(.unknownRoute)], left(""), endpoint, at: now)
        #expect(error.status == 404 && error.code == "model_not_found" && error.message.contains(endpoint.path))
    }

    @Test func `limits of the configuration are told as that`() {
        var leftover = left("l", soonest: .seconds(61))
        leftover.ownLimited = 1
        #expect(GatewayError.exhausted([], leftover, at: now).message.contains("configuration"))
        leftover.limited = 2
        #expect(!GatewayError.exhausted([], leftover, at: now).message.contains("configuration"))
    }

    @Test func `a day's limit that names no time has the time when the gateway asks again`() {
        var refused = failed(.rateLimited(.day))
        refused.backAt = now.advanced(by: .seconds(7200))
        let error = GatewayError.exhausted([refused], left(""), at: now)
        #expect(error.status == 429 && error.retryAfter == .seconds(7200) && error.shouldRetry == false)
    }

    @Test func `a provider that is out of order and names the time itself is waited for`() {
        let busy = [failed(.overloaded(status: 503), retryAfter: .seconds(90)), failed(.unavailable(status: 500), retryAfter: .seconds(70))]
        let error = GatewayError.exhausted(busy, left(""), at: now)
        #expect(error.status == 503 && error.code == "overloaded" && error.retryAfter == .seconds(70) && error.shouldRetry == false)
        #expect(GatewayError.exhausted(busy + [failed(.unavailable(status: 500))], left(""), at: now).code == "upstream_error")
    }

    @Test func `the soonest of all known times counts, whoever said it`() {
        let refused = [failed(.rateLimited(.unknown), retryAfter: .seconds(90)), failed(.rateLimited(.unknown), retryAfter: .seconds(3))]
        #expect(GatewayError.exhausted(refused, left(""), at: now).retryAfter == .seconds(3))
        #expect(GatewayError.exhausted(refused, left("l", soonest: .seconds(2)), at: now).retryAfter == .seconds(2))
    }

    @Test func `a prompt that is too long is found by its name, and a number is no code`() {
        let words = #"{"error":{"message":"Range of input length should be [1, 30720]","code":400}}"#
        let error = GatewayError.exhausted([failed(.contextLength, upstream: words)], left(""), at: now)
        #expect(error.code == "context_length_exceeded" && error.message.hasSuffix(": Range of input length should be [1, 30720]"))
        #expect(error.message.hasPrefix("This model's maximum context length is exceeded (context_length_exceeded)"), "libraries know it by that")
        #expect(GatewayError.exhausted([failed(.request(status: 400), upstream: words)], left(""), at: now).code == nil)
    }

    @Test(
        arguments: [
            .contextLength, .unsupportedParameter, .unaffordable, .modelGone, .unknownRoute, .credential(status: 401), .denied(status: 403),
        ] as [FailureClass])
    func `what will not serve at all is no matter where another one comes back at a known time`(lasting: FailureClass) {
        for (failures, untried) in [([failed(lasting), failed(.rateLimited(.minute), retryAfter: .seconds(20))], ""), ([failed(lasting)], "l")] {
            let error = GatewayError.exhausted(failures, left(untried, soonest: untried.isEmpty ? nil : .seconds(20)), at: now)
            #expect(error.status == 429 && error.code == "pool_exhausted" && error.retryAfter == .seconds(20), "\(error)")
        }
        for (failures, untried) in [([failed(lasting), failed(.overloaded(status: 503), retryAfter: .seconds(20))], ""), ([failed(lasting)], "c")] {
            let error = GatewayError.exhausted(failures, left(untried, soonest: untried.isEmpty ? nil : .seconds(20)), at: now)
            #expect(error.status == 503 && error.code == "overloaded" && error.retryAfter == .seconds(20), "\(error)")
        }
    }

    @Test func `failures of several kinds keep the time at which one of them comes back, where it is near`() {
        let failures = [failed(.unavailable(status: 500)), failed(.rateLimited(.minute), retryAfter: .seconds(20))]
        for kind in [.unavailable(status: 500), .noAnswer, .malformed, .errorInAnswer] as [FailureClass] {
            let error = GatewayError.exhausted([failed(kind), failures[1]], left(""), at: now)
            #expect(error.status == 502 && error.code == "upstream_error" && error.retryAfter == .seconds(20) && error.shouldRetry == nil)
        }
        #expect(GatewayError.exhausted([failures[0]], left("l", soonest: .seconds(5)), at: now).retryAfter == .seconds(5))
        // What failed otherwise may be well again long before.
        #expect(GatewayError.exhausted([failures[0]], left("l", soonest: .seconds(3600)), at: now).retryAfter == nil)
    }

    @Test func `without a time none is invented`() {
        let error = GatewayError.exhausted([failed(.rateLimited(.unknown))], left(""), at: now)
        #expect(error.status == 429 && error.retryAfter == nil && error.shouldRetry == nil)
    }

    @Test func `a request that ran out of time is told so`() {
        var late = left("l", soonest: .seconds(5))
        late.isLate = true
        #expect(GatewayError.exhausted([], late, at: now).code == "upstream_timeout")
        #expect(GatewayError.exhausted([failed(.timeout(.firstByte))], late, at: now).status == 504)
    }

    @Test(arguments: [(400, 400), (413, 400), (422, 422)]) func `the client's own mistake comes in the provider's words`(status: Int, expected: Int) {
        let body = #"{"error":{"message":"too long","type":"x","param":"messages","code":"context_length_exceeded"}}"#
        let error = GatewayError.exhausted([failed(.timeout(.idle)), failed(.request(status: status), upstream: body)], left(""), at: now)
        #expect(error.status == expected && error.code == "context_length_exceeded" && error.param == "messages" && error.message == "too long")
        #expect(error.shouldRetry == false && error.type == .invalidRequest)
        let silent = GatewayError.exhausted([failed(.request(status: status))], left("l", soonest: .seconds(1)), at: now)
        #expect(silent.code == nil && silent.message.contains("\(status)"))
    }

    @Test(arguments: [(408, "request_timeout"), (413, "request_too_large"), (500, "internal_error"), (503, "overloaded"), (431, nil)])
    func `what the server refuses has the code of the table`(status: Int, code: String?) {
        let error = GatewayError.refusal(status: status, reason: "x")
        #expect(error.status == status && error.code == code && error.type == (status >= 500 ? .server : .invalidRequest))
    }

    @Test func `an error in the middle of an answer says what is known`() {
        #expect(GatewayError.midStream(.timeout(.idle), nil).code == "upstream_timeout")
        #expect(GatewayError.midStream(.malformed, nil).code == "upstream_error")
        #expect(GatewayError.midStream(.overloaded(status: 503), nil).code == "upstream_error")
        let limit = GatewayError.midStream(.rateLimited(.minute), nil)
        #expect(limit.code == "rate_limit_exceeded" && limit.type == .requests)
        #expect(GatewayError.midStream(.quota, nil).type == .insufficientQuota)
        #expect(GatewayError.midStream(.contextLength, nil).code == "context_length_exceeded")
    }
}
