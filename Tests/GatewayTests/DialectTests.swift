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
                let bytes = Array(text.utf8)
                var (folded, wasSpace): ([UInt8], Bool) = ([], false)
                FoldedText.append(bytes.span.bytes, marks: .kept, to: &folded, wasSpace: &wasSpace)
                #expect(folded == bytes, "\(text) is not in lower case")
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
    private func verdict(_ status: Int, _ body: String, request: String, model: String = "") -> FailureVerdict {
        withBytes(body) { body in
            withBytes(request) { request in
                FailureClassifier.classify(
                    status: status, limits: LimitFields(), body: body, request: request, FailureClassifier.Circumstances(model: model),
                    now: FailureFixture.now)
            }
        }
    }

    /// A text as a JSON string, with its quotes.
    private func json(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private static let serious: Set<Dialect.Meaning> = [
        .money, .keyMoney, .modelMoney, .limit, .accountLimit, .keyLimit, .key, .perhapsKey, .denied, .degraded, .busy, .gone,
    ]

    /// Names as they stand in sentences, between quotes of each kind or none.
    private static let names = ["x", "`x`", "'x'", "\"x\"", "\\\"x\\\"", "“x y”", "gpt-4o"]

    @Test(arguments: Dialect.all.filter { serious.contains($0.meaning) }.map { row in row.sentences.map { "\($0.text)" } })
    func `a provider that quotes a client's value says nothing by it, whichever way it quotes`(sentences: [String]) {
        for sentence in sentences {
            for name in sentence.contains("*") ? DialectTests.names : ["x"] {
                let words = "The " + sentence.replacing("#", with: "12").replacing("*", with: name) + " or so."
                let escaped = words.unicodeScalars.map { $0.value < 0x10000 ? "\\u" + String(0x10000 + $0.value, radix: 16).dropFirst() : "" }
                    .joined()
                for request in [
                    "{\"model\":\"gpt-4o\",\"reasoning_effort\":\(json(words))}", "{\"user\":\"a \(escaped) b\"}",
                    "{\"stop\":[\(json(words.uppercased()))]}",
                ] {
                    let quoted = [
                        "Invalid value: '\(words)'. Supported values are: 'low' and 'high'.", words, "bad value \"\(words)\"",
                        "Invalid value: \(json(words)).", "Invalid value: `\(words)`", "Bad request: " + words.replacing("'", with: "’"),
                        "got '\(words.replacing("'", with: "\\'"))'", "got &quot;\(words.replacing("\"", with: "&quot;"))&quot;", words.uppercased(),
                        "model: " + words, String(words.dropLast(words.count / 4)),
                    ].prefix(sentence.contains { "*'`\"".contains($0) } ? 20 : 4)
                    for (status, body) in quoted.map({ (400, "{\"error\":{\"message\":\(json($0)),\"type\":\"invalid_request_error\"}}") }) + [
                        (422, "{\"detail\":[{\"msg\":\(json("bad " + words)),\"input\":\(json(words))}]}"), (400, "{\"error\":\(json(words))}"),
                        (404, "{\"error\":{\"message\":\(json("Not found: " + words))}}"),
                    ] {
                        let verdict = verdict(status, body, request: request, model: "gpt-4o")
                        #expect(!verdict.countsAgainstProvider, "\(words) in \(body): \(verdict)")
                    }
                }
            }
        }
    }

    @Test(arguments: [
        #""The model `gpt-4o` does not exist or you do not have access to it.""#, #""The model 'gpt-4o' does not exist""#,
        #""The model \"gpt-4o\" has been decommissioned""#, #""model 'gpt-4o' was removed on September 15, 2025""#,
        #""Model “gpt-4o” does not exist""#,
        #""The model gpt-4o does not exist""#, #""The model you asked for does not exist: model gpt-4o does not exist""#,
    ])
    func `a provider that names the model says what it says, though the request has the name, too`(message: String) {
        for request in [
            #"{"model":"gpt-4o"}"#, #"{"model":"gpt-4o","messages":[{"content":"Is the file there? It does not exist. Ask the model gpt-4o."}]}"#,
        ] {
            #expect(verdict(400, "{\"error\":{\"message\":\(message)}}", request: request, model: "gpt-4o").kind == .modelGone, "\(request)")
        }
    }

    @Test(arguments: [
        ("Invalid value for the model: foo does not exist", "foo does not exist"),
        ("No such conversation: model x of mine does not exist", "model x of mine"),
        ("Previous response resp_model_1 not found", "resp_model_1"), ("Response 'my model' not found", "my model"),
        ("Nothing is known of gpt-4o: not found", "gpt-4o and gpt-4o"), ("Conversation `the model` was not found", "the model"),
    ])
    func `a client's words beside the provider's make no sentence of the provider's`(message: String, value: String) {
        for (status, kind) in [(400, FailureClass.request(status: 400)), (404, .request(status: 404))] {
            let verdict = verdict(status, "{\"error\":{\"message\":\(json(message))}}", request: "{\"user\":\(json(value))}", model: "gpt-4o")
            #expect(verdict.kind == kind, "\(message): \(verdict)")
        }
    }

    @Test(arguments: [
        (#"{"error":{"code":"insufficient_quota","message":"x"}}"#, 403), (#"{"error":{"message":"Insufficient credits","retry_after":86400}}"#, 403),
        (#"{"error":{"code":429,"details":[{"quotaId":"PerDay"},{"retryDelay":"86400s"}]}}"#, 429),
    ])
    func `an error that a client wrote as JSON is none of the provider's, however it is handed back`(written: String, status: Int) {
        let request = "{\"user\":\(json(written))}"
        for body in [
            "{\"error\":{\"message\":\(json(written))}}", "{\"error\":{\"message\":\"no\",\"metadata\":{\"raw\":\(json("bad: " + written))}}}",
            "{\"error\":{\"message\":\(json(written.replacing(":", with: ": ")))}}",
        ] {
            let verdict = verdict(status, body, request: request)
            #expect(verdict.kind != .quota && verdict.hint.wait == nil && verdict.hint.window == .unknown, "\(body): \(verdict)")
        }
    }

    @Test func `where the prompt is too long to be read, words of trouble are nobody's, and the next candidate is asked`() {
        let request = String(repeating: "x", count: 300_000)
        for message in ["Your credit balance is too low", "The model `x` does not exist", "Invalid API key"] {
            let verdict = verdict(400, "{\"error\":{\"message\":\(json(message))}}", request: request)
            #expect(verdict.kind.allowsNext && !verdict.countsAgainstProvider, "\(verdict)")
        }
        #expect(verdict(400, #"{"error":{"message":"temperature must be <= 2"}}"#, request: request).kind == .request(status: 400))
    }

    @Test func `what a client writes in another script is known, too`() {
        let body = #"{"error":{"message":"余额不足"}}"#
        #expect(verdict(403, body, request: "{}").kind == .quota)
        #expect(verdict(400, body, request: #"{"stop":"\u4f59\u989D\u4e0d\u8db3"}"#).kind == .request(status: 400))
    }

    @Test func `a code is believed though the prompt is too long to be read, and a message is not`() {
        let request = String(repeating: "x", count: 300_000)
        #expect(verdict(429, #"{"error":{"message":"no","code":"insufficient_quota"}}"#, request: request).kind == .quota)
        #expect(verdict(400, #"{"error":{"message":"insufficient_quota"}}"#, request: request).scope == .request)
    }

    @Test(arguments: ["File not found: file_model_1", "No file with the name my-model.pdf", "File Not Found"])
    func `something else that is missing is no model, by whichever type it is told`(message: String) {
        let body = "{\"error\":{\"type\":\"not_found_error\",\"message\":\(json(message))},\"type\":\"error\"}"
        let request = #"{"model":"gpt-4o","files":["file_model_1","my-model.pdf"]}"#
        #expect(verdict(404, body, request: request, model: "gpt-4o").kind != .modelGone)
        #expect(verdict(404, body.replacing(message, with: "model: gpt-4o"), request: request, model: "gpt-4o").kind == .modelGone)
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

    @Test func `a time beside what may be quoted of the request counts unless the request has it`() {
        for (name, value) in [("data", 86_400), ("parameters", 86_400)] {
            let body = "{\"error\":{\"message\":\"Rate limit reached\"},\"\(name)\":{\"retry_after\":\(value),\"x\":{\"retry_after\":5}}}"
            #expect(verdict(429, body, request: #"{"model":"m"}"#).hint.wait == .seconds(value))
            #expect(verdict(429, body, request: #"{"model":"m","retry_after":86400}"#).hint.wait == nil)
        }
        let left = #"{"error":{"message":"Rate limit reached"},"rate_limit":{"remaining":7,"reset":1795348890}}"#
        #expect(verdict(429, left, request: "{}").hint.wait == nil)
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

    @Test(arguments: [
        ("context_length_exceeded", "Invalid value for 'reasoning_effort': context_length_exceeded"),
        ("context_length_exceeded", "reasoning_effort context_length_exceeded is not one of low, high"),
        ("prompt is too long: 5 tokens > 4 maximum", "Invalid value for 'reasoning_effort': prompt is too long: 5 tokens > 4 maximum."),
        ("insufficient_quota", "Invalid value for reasoning_effort: insufficient_quota"),
    ]) func `nor what it quotes without quotes`(value: String, message: String) {
        let request = "{\"model\":\"m\",\"reasoning_effort\":\(json(value)),\"messages\":[]}"
        let error = "{\"error\":{\"message\":\(json(message)),\"code\":null}}"
        #expect(verdict(400, error, request: request).kind == .request(status: 400))
        let own = "{\"error\":{\"message\":\"no\",\"code\":\"context_length_exceeded\"}}"
        #expect(verdict(400, own, request: "{\"messages\":[{\"content\":\"x\"}]}").kind == .contextLength)
    }

    @Test func `what a provider quotes of a request is no sign of what is wrong with it`() {
        for (value, kind) in [
            ("context_length_exceeded", FailureClass.request(status: 400)), ("exceed_context_size_error", .request(status: 400)),
            ("prompt is too long: 208310 tokens > 200000 maximum", .request(status: 400)), ("tool_use_failed", .request(status: 400)),
        ] {
            let request = "{\"model\":\"m\",\"reasoning_effort\":\(json(value)),\"messages\":[]}"
            let error = "{\"error\":{\"message\":\"Invalid value: '\(value)'. Supported values are: 'low' and 'high'.\",\"code\":\"invalid_value\"}}"
            #expect(verdict(400, error, request: request).kind == kind, "\(value)")
        }
        // An agent that asks about such an error may meet it itself.
        let request = "{\"messages\":[{\"content\":\"Why: This model's maximum context length is 8192 tokens\"}]}"
        let error = "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens\"}}"
        #expect(verdict(400, error, request: request).kind == .contextLength)
    }

    @Test(
        arguments: [
            "is not allowed", "is banned", "does not have permission", "is not permitted", "is not allowed to access this service from your region",
            "is blocked for 2 hours", "can't use this",
        ])
    func `whose account it is, is no word about a limit`(words: String) {
        for status in [400, 403] {
            let verdict = verdict(status, "{\"error\":{\"message\":\"Your account \(words)\"}}", request: "{}")
            #expect(status == 400 || verdict.kind == .denied(status: 403), "\(verdict)")
            if case .rateLimited = verdict.kind { Issue.record("\(verdict)") }
        }
        let limited = verdict(429, "{\"error\":{\"message\":\"Rate limit reached for your account\"}}", request: "{}")
        #expect(limited.scope == .key)
    }
}
