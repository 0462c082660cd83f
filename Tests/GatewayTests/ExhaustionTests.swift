import EventLoop
import Testing

@testable import Gateway

@Suite struct ExhaustionTests {
    private let now = LoopInstant(nanoseconds: 1_000_000_000_000)

    /// What is left untried, as letters: `l` limited, `c` cooling, `b` busy, `r` rejected, `g` gone, `s` too small.
    private func left(_ text: String, soonest: Duration? = nil) -> AttemptPlan.Leftover {
        var leftover = AttemptPlan.Leftover()
        for letter in text {
            switch letter {
            case "l": leftover.limited += 1
            case "c": leftover.cooling += 1
            case "b": leftover.busy += 1
            case "r": leftover.rejected += 1
            case "g": leftover.gone += 1
            default: leftover.tooSmall += 1
            }
        }
        leftover.soonest = soonest.map { now.advanced(by: $0) }
        return leftover
    }

    /// The ladder of conventions.md, section 1, row by row; in the middle what was left untried.
    @Test(
        arguments: [
            ([.credential(status: 401), .credential(status: 402)], "", 502, "upstream_credentials_exhausted"),
            ([.credential(status: 401)], "r", 502, "upstream_credentials_exhausted"), ([], "rr", 502, "upstream_credentials_exhausted"),
            ([.quota], "", 502, "upstream_credentials_exhausted"), ([.quota], "r", 502, "upstream_credentials_exhausted"),
            ([.denied(status: 403)], "", 502, "upstream_credentials_exhausted"),
            ([.credential(status: 401), .quota, .denied(status: 403)], "rrr", 502, "upstream_credentials_exhausted"),
            ([.credential(status: 401), .rateLimited(.day)], "", 502, "upstream_error"),
            ([.contextLength, .unsupportedParameter], "", 400, nil), ([.unsupportedParameter], "s", 400, nil),
            ([.contextLength], "r", 502, "upstream_error"), ([.modelGone, .rateLimited(.day)], "", 502, "upstream_error"),
            ([.unknownRoute], "", 502, "upstream_error"), ([.overloaded(status: 503)], "", 502, "upstream_error"),
            ([.contextLength, .contextLength], "", 400, "context_length_exceeded"), ([.contextLength], "ss", 400, "context_length_exceeded"),
            ([.modelGone, .modelGone], "", 404, "model_not_found"), ([], "gg", 404, "model_not_found"), ([.modelGone], "g", 404, "model_not_found"),
            ([.timeout(.idle), .timeout(.firstByte)], "", 504, "upstream_timeout"), ([.local], "", 503, "overloaded"),
            ([.timeout(.idle), .unreachable], "", 502, "upstream_error"), ([.credential(status: 401), .modelGone], "", 502, "upstream_error"),
            ([.unavailable(status: 500)], "", 502, "upstream_error"), ([.unavailable(status: 500)], "l", 502, "upstream_error"),
            ([.rateLimited(.day), .rateLimited(.unknown)], "", 429, "pool_exhausted"), ([], "", 503, "overloaded"), ([], "bb", 503, "overloaded"),
            ([], "rg", 502, "upstream_error"), ([.empty], "", 502, "upstream_error"), ([.errorInAnswer], "", 502, "upstream_error"),
            ([.malformed], "", 502, "upstream_error"),
        ] as [([FailureClass], String, Int, String?)])
    func `all the failures together have a status and a code`(failures: [FailureClass], untried: String, status: Int, code: String?) {
        let error = GatewayError.exhausted(failures.map { failed($0) }, left(untried), at: now)
        #expect(error.status == status && error.code == code, "\(error)")
        let type: GatewayError.ErrorType = status >= 500 ? .server : status == 429 ? .requests : .invalidRequest
        #expect(error.type == type && error.param == (status == 404 ? "model" : nil))
        // What will be the same the next time is not to be tried again.
        let isFinal = status == 400 || code == "upstream_credentials_exhausted"
        #expect(error.shouldRetry == (isFinal ? false : nil) && (error.retryAfter == nil) == (status != 503))
    }

    @Test(arguments: ["l", "c", "ll", "lc", "lr", "lg", "lb", "cb"]) func `what comes back at a known time is a 429 with that time`(untried: String) {
        let error = GatewayError.exhausted([], left(untried, soonest: .milliseconds(1500)), at: now)
        #expect(error.status == 429 && error.type == .requests && error.code == "pool_exhausted")
        #expect(error.retryAfter == .milliseconds(1500) && error.shouldRetry == nil && error.message.contains("2 s"))
        #expect(GatewayError.exhausted([], left(untried, soonest: .seconds(61)), at: now).shouldRetry == false)
        #expect(GatewayError.exhausted([], left(untried, soonest: .seconds(60)), at: now).shouldRetry == nil)
    }

    @Test func `a provider that names the time itself is waited for as a limit is, whatever its status`() {
        let busy = [failed(.overloaded(status: 503), retryAfter: .seconds(90)), failed(.unavailable(status: 500), retryAfter: .seconds(70))]
        let error = GatewayError.exhausted(busy, left(""), at: now)
        #expect(error.status == 429 && error.code == "pool_exhausted" && error.retryAfter == .seconds(70) && error.shouldRetry == false)
        #expect(GatewayError.exhausted(busy + [failed(.unavailable(status: 500))], left(""), at: now).code == "upstream_error")
    }

    @Test func `the soonest of all known times counts, whoever said it`() {
        let refused = [failed(.rateLimited(.unknown), retryAfter: .seconds(90)), failed(.rateLimited(.unknown), retryAfter: .seconds(3))]
        #expect(GatewayError.exhausted(refused, left(""), at: now).retryAfter == .seconds(3))
        #expect(GatewayError.exhausted(refused, left("l", soonest: .seconds(2)), at: now).retryAfter == .seconds(2))
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
    }
}
