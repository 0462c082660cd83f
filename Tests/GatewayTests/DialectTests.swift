import EventLoop
import Testing
import Wire

@testable import Gateway

/// The table of dialects, and that what a client writes is nobody's evidence.
@Suite struct DialectTests {
    @Test func `every row has a source, something it is known by, and patterns that can be looked for`() {
        for row in Dialect.all {
            #expect(row.source.utf8CodeUnitCount > 8 && (!row.codes.isEmpty || !row.sentences.isEmpty), "\(row.source)")
            for pattern in row.sentences.map(\.text) + row.codes {
                let text = "\(pattern)"
                #expect(text.utf8.allSatisfy { !($0 >= 0x41 && $0 <= 0x5A) }, "\(text) is not in lower case")
                #expect(text.count { $0 == "*" } <= SentencePattern.mostGaps && text.utf8.count >= 3, "\(text)")
            }
            #expect(row.codes.allSatisfy { !"\($0)".dropFirst().dropLast().contains("*") }, "\(row.source)")
        }
        #expect(Set(Dialect.all.map(\.meaning)) == Set(Dialect.Meaning.allCases))
    }

    @Test(arguments: [
        ("maximum prompt length is #", "this model's maximum prompt length is 131,072.", "131,072"),
        ("balance=# required=#", "x balance=-0.25 required=4560 y", "4560"), ("a#b", "aab a12b", "12b"), ("left: # of", "left: ＄0.309854 of", "of"),
        ("the model * does not exist", "the model `a b/c:free` does not exist", "exist"), ("x*", "xyz", "x"),
    ])
    func `a sentence stands where its numbers and gaps are filled`(pattern: StaticString, text: String, end: String) {
        let bytes = Array(text.utf8)
        let range = SentencePattern(pattern).firstRange(in: bytes.span.bytes)
        #expect(range.map { String(decoding: bytes[$0], as: UTF8.self).hasSuffix(end) } == true, "\(String(describing: range))")
        #expect(SentencePattern(pattern).mayStand(in: LetterPairs(of: bytes.span.bytes)))
    }

    @Test(arguments: [("a # b", "a b"), ("a#", "a."), ("one*two", "one\ntwo"), ("#", "none"), ("abc", "ab")])
    func `and nowhere else`(pattern: StaticString, text: String) {
        let bytes = Array(text.utf8)
        #expect(SentencePattern(pattern).firstRange(in: bytes.span.bytes) == nil)
    }

    @Test(arguments: [
        ("InsufficientQuota", "insufficient_quota", true), ("INSUFFICIENT-QUOTA", "insufficient_quota", true),
        ("insufficient quota", "insufficient_quota", true),
        ("insufficient_quotas", "insufficient_quota", false), ("RateLimitExceeded.EndpointTPMExceeded", "ratelimitexceeded*", true),
        ("RateLimitExceeded.EndpointTPMExceeded", "*tpmexceeded", true), ("x", "*", true), ("", "a", false), ("1113", "1113", true),
        ("11130", "1113", false),
        ("requests_per_day_limit", "*per_day*", true),
    ])
    func `a code is the same whatever joins its words`(text: String, code: StaticString, isSame: Bool) {
        let bytes = Array(text.utf8)
        #expect(bytes.span.bytes.isCode(code) == isSame)
    }

    /// What an answer means to a request.
    private func verdict(_ status: Int, _ body: String, request: String) -> FailureVerdict {
        withBytes(body) { body in
            withBytes(request) { request in
                FailureClassifier.classify(
                    status: status, limits: LimitFields(), body: body, request: request, FailureClassifier.Circumstances(), now: FailureFixture.now)
            }
        }
    }

    private static let serious: Set<Dialect.Meaning> = [
        .money, .keyMoney, .limit, .accountLimit, .keyLimit, .key, .perhapsKey, .denied, .degraded, .busy, .gone,
    ]

    @Test(arguments: Dialect.all.filter { serious.contains($0.meaning) }.map { row in row.sentences.map { "\($0.text)" } })
    func `a provider that quotes a client's value says nothing by it, whichever way it quotes`(sentences: [String]) {
        for sentence in sentences {
            let words = sentence.replacing("#", with: "12").replacing("*", with: "x").replacing("\\", with: "").replacing("\"", with: "")
            let escaped = words.unicodeScalars.map { $0.value < 0x10000 ? "\\u" + String(0x10000 + $0.value, radix: 16).dropFirst() : "" }.joined()
            let shouted = String(
                String.UnicodeScalarView(words.unicodeScalars.map { $0.isASCII ? Unicode.Scalar(UInt8("\($0)".uppercased().utf8.first!)) : $0 }))
            for request in ["{\"reasoning_effort\":\"\(words)\"}", "{\"user\":\"a \(escaped) b\"}", "{\"stop\":[\"\(shouted)\"]}"] {
                for (status, body) in [
                    (400, "{\"error\":{\"message\":\"Invalid value: '\(words)'. Supported values are: 'low' and 'high'.\"}}"),
                    (422, "{\"detail\":[{\"msg\":\"bad \(words)\",\"input\":\"\(words)\"}]}"), (400, "{\"error\":\"\(words)\"}"),
                ] {
                    let verdict = verdict(status, body, request: request)
                    #expect(!verdict.countsAgainstProvider, "\(words): \(verdict)")
                }
            }
        }
    }

    @Test func `what a client writes in another script is known, too`() {
        let body = #"{"error":{"message":"余额不足"}}"#
        #expect(verdict(403, body, request: "{}").kind == .quota)
        #expect(verdict(400, body, request: #"{"stop":"\u4f59\u989D\u4e0d\u8db3"}"#).kind == .request(status: 400))
    }

    @Test func `a code is believed though the prompt is too long to be read, and a message is not`() {
        let request = String(repeating: "x", count: 300_000)
        #expect(verdict(429, #"{"error":{"message":"no","code":"insufficient_quota"}}"#, request: request).kind == .quota)
        #expect(verdict(400, #"{"error":{"message":"insufficient_quota"}}"#, request: request).kind == .request(status: 400))
    }

    @Test(
        arguments: [
            ("Please try again in 86400s", "Please try again in 86400s", nil), ("Try again in 5 hours", "... TRY  AGAIN\\nin 5 hours ...", nil),
            ("Please try again in 7s", "try again in 86400s", 7),
            ("'retry after 90 minutes' was refused. Please try again in 7s", "retry after 90 minutes", 7),
            ("请在 60 秒后重试", "请在 60 秒后重试", nil), ("请在 60 秒后重试", "请在 6 秒后重试", 60),
        ] as [(String, String, Int?)])
    func `a time that a request names is not the provider's`(message: String, prompt: String, seconds: Int?) {
        let body = "{\"error\":{\"message\":\"Rate limit reached. \(message)\",\"type\":\"rate_limit\"}}"
        let verdict = verdict(429, body, request: "{\"messages\":[{\"role\":\"user\",\"content\":\"\(prompt)\"}]}")
        #expect(verdict.kind == .rateLimited(seconds == nil ? .unknown : .minute) && verdict.hint.wait == seconds.map { .seconds($0) }, "\(verdict)")
    }

    @Test(arguments: [
        ("1113", #"{"max_tokens":11130}"#, true), ("1113", #"{"max_tokens":1113}"#, false),
    ])
    func `a number is the client's only where it stands as a whole`(code: String, request: String, isMoney: Bool) {
        #expect((verdict(429, "{\"error\":{\"code\":\"\(code)\",\"message\":\"no\"}}", request: request).kind == .quota) == isMoney)
    }

    @Test(arguments: [
        (FailureClass.garbled, true), (.unaffordable, true), (.contextLength, true), (.unsupportedParameter, true), (.request(status: 400), false),
        (.contentRefused, false),
    ])
    func `what lies in the model or its provider goes on to the next and rests nothing`(kind: FailureClass, goesOn: Bool) {
        #expect(kind.allowsNext == goesOn && !FailureVerdict(kind, scope: kind.widestScope).countsAgainstProvider)
    }
}
