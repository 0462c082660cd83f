import EventLoop
import Testing
import Wire

@testable import Gateway

@Suite struct LimitFieldsTests {
    private func read(_ fields: [(String, String)]) -> LimitFields {
        var list = HTTPFields()
        for (name, value) in fields { withBytes(name) { name in withBytes(value) { value in list.append(name: name, value: value) } } }
        return LimitFields(list, now: FailureFixture.now)
    }

    private func allowance(
        _ resource: QuotaAllowance.Resource, _ window: RateWindow, limit: Int? = nil, remaining: Int? = nil, reset: Duration? = nil
    ) -> QuotaAllowance {
        var allowance = QuotaAllowance(resource, window)
        (allowance.limit, allowance.remaining, allowance.reset) = (limit, remaining, reset.map { LoopInterval($0) })
        return allowance
    }

    @Test func `OpenAI's six fields are two limits, and the figures tell the day`() {
        let quota = read([
            ("X-RateLimit-Limit-Requests", "10000"), ("x-ratelimit-limit-tokens", "200000"), ("x-ratelimit-remaining-requests", "9999"),
            ("x-ratelimit-remaining-tokens", "199000"), ("x-ratelimit-reset-requests", "8.64s"), ("x-ratelimit-reset-tokens", "300ms"),
        ]).quota
        #expect(quota.count == 2)
        let requests = allowance(.requests, .day, limit: 10_000, remaining: 9999, reset: .milliseconds(8640))
        #expect(quota.allowance(of: .requests, in: .day) == requests)
        let tokens = allowance(.tokens, .minute, limit: 200_000, remaining: 199_000, reset: .milliseconds(300))
        #expect(quota.allowance(of: .tokens, in: .minute) == tokens)
    }

    @Test func `Groq's requests are the day's and its tokens the minute's`() {
        let quota = read([
            ("x-ratelimit-limit-requests", "14400"), ("x-ratelimit-remaining-requests", "14370"), ("x-ratelimit-reset-requests", "2m59.56s"),
            ("x-ratelimit-limit-tokens", "18000"), ("x-ratelimit-remaining-tokens", "17997"), ("x-ratelimit-reset-tokens", "7.66s"),
        ]).quota
        #expect(quota.allowance(of: .requests, in: .day)?.remaining == 14_370)
        #expect(quota.allowance(of: .tokens, in: .minute)?.reset == LoopInterval(.milliseconds(7660)))
    }

    @Test func `Cerebras names the window`() {
        let quota = read([
            ("x-ratelimit-limit-requests-day", "14400"), ("x-ratelimit-remaining-requests-day", "0"), ("x-ratelimit-reset-requests-day", "33011.382"),
            ("x-ratelimit-limit-tokens-minute", "60000"), ("x-ratelimit-remaining-tokens-minute", "59000"),
            ("x-ratelimit-reset-tokens-minute", "11.38"),
        ]).quota
        let requests = allowance(.requests, .day, limit: 14_400, remaining: 0, reset: .milliseconds(33_011_382))
        #expect(quota.allowance(of: .requests, in: .day) == requests && requests.isExhausted)
        #expect(quota.allowance(of: .tokens, in: .minute)?.remaining == 59_000)
    }

    @Test func `Anthropic puts the resource first and the reset as a date`() {
        let quota = read([
            ("anthropic-ratelimit-requests-limit", "50"), ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-11-22T12:00:30Z"), ("anthropic-ratelimit-input-tokens-remaining", "29000"),
            ("anthropic-ratelimit-output-tokens-remaining", "8000"),
        ]).quota
        #expect(quota.count == 3 && quota.allowance(of: .requests, in: .unknown)?.reset == LoopInterval(.seconds(30)))
        #expect(quota.allowance(of: .inputTokens, in: .minute)?.remaining == 29_000)
        #expect(quota.allowance(of: .outputTokens, in: .minute)?.remaining == 8000)
    }

    @Test(arguments: [
        [("x-ratelimit-limit", "50"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795348860000")],
        [("X-RateLimit-Limit", "50"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1795348860")],
        [("ratelimit-limit", "50, 50;w=60"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "60")],
        [("ratelimit", "limit=50, remaining=0, reset=60")],
        [("modelscope-ratelimit-requests-limit", "50"), ("modelscope-ratelimit-requests-remaining", "0"), ("x-ratelimit-reset", "60")],
    ]) func `one limit without a window is one of requests, and all of it used tells the minute`(fields: [(String, String)]) {
        let quota = read(fields).quota
        #expect(quota.count == 1)
        #expect(quota.allowance(of: .requests, in: .minute) == allowance(.requests, .minute, limit: 50, remaining: 0, reset: .seconds(60)))
    }

    @Test func `a plan's windows count where they are used up`() {
        let fields = [
            ("x-codex-primary-used-percent", "100.0"), ("x-codex-primary-window-minutes", "300"), ("x-codex-primary-reset-after-seconds", "1234"),
            ("x-codex-secondary-used-percent", "40"), ("x-codex-secondary-reset-at", "1795948800"),
        ]
        let quota = read(fields).quota
        #expect(quota.count == 1 && quota[0] == allowance(.requests, .hour, remaining: 0, reset: .seconds(1234)))
        #expect(read(Array(fields.reversed())).quota == quota)
        let week = read([("x-codex-secondary-used-percent", "101"), ("x-codex-secondary-reset-at", "1795348860")]).quota
        #expect(week.count == 1 && week[0] == allowance(.requests, .week, remaining: 0, reset: .seconds(60)))
        let unknown = read([("x-codex-primary-reset-after-seconds", "7")]).quota
        #expect(unknown.count == 1 && unknown[0] == allowance(.requests, .hour, reset: .seconds(7)))
        #expect(read([("x-codex-primary-used-percent", "100"), ("x-codex-credits-balance", "5")]).quota.isEmpty)
    }

    @Test(arguments: [
        "x-ratelimit-retry-after", "X-RateLimit-Reset-After", "ratelimit-retry-after", "x-retry-after-seconds", "X-Retry-After", "x-retry-in",
        "x-ratelimit-timeremaining",
    ]) func `a wait has many names`(name: String) {
        #expect(read([(name, "64.57")]).retryAfter == 64_570)
    }

    @Test func `the new form of the draft has no limit in it`() {
        let quota = read([("RateLimit", "\"default\";r=50;t=30"), ("RateLimit-Policy", "\"default\";q=100;w=60")]).quota
        #expect(quota.count == 1 && quota[0] == allowance(.requests, .unknown, remaining: 50, reset: .seconds(30)))
    }

    @Test func `what is not about limits is nothing`() {
        let fields = read([
            ("content-type", "application/json"), ("x-request-id", "1"), ("x-ratelimit-scope", "x"), ("x-ratelimit-remaining-tokens", "many"),
            ("x-ratelimit-reset", "soon"), ("retry-after", "later"), ("age", "5"), ("ratelimit", ";;==,"), ("x-ratelimit-", "1"),
        ])
        #expect(fields == LimitFields())
    }

    @Test func `more limits than there is room for are left out`() {
        let names = ["", "-second", "-hour", "-day", "-month"]
        let quota = read(names.flatMap { [("x-ratelimit-limit-requests\($0)", "1"), ("x-ratelimit-limit-tokens\($0)", "2")] }).quota
        #expect(quota.count == QuotaReading.capacity)
    }

    @Test(
        arguments: [
            ([("retry-after", "7")], 7000), ([("retry-after", "1.5")], 1500), ([("retry-after", "9"), ("retry-after-ms", "250")], 250),
            ([("retry-after-ms", "250"), ("retry-after", "9")], 250), ([("retry-after", "9"), ("retry-after-ms", "x")], 9000),
            ([("x-ms-retry-after-ms", "1800"), ("retry-after", "2")], 1800), ([("retry-after", "-1")], 0), ([("retry-after", "")], nil), ([], nil),
        ] as [([(String, String)], Int?)]) func `the finest of the fields for coming back counts`(fields: [(String, String)], expected: Int?)
    {
        #expect(read(fields).retryAfter == expected)
    }
}
