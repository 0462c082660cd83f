import Testing

@testable import Wire

/// Numbers as an attacker may write them, in JSON and elsewhere.
enum ForeignNumbers {
    /// Whole numbers, inside and far outside the range that fits.
    static let integers = [
        "0", "-1", "2147483648", "4294967296", "9007199254740992", "9223372036854775806", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "340282366920938463463374607431768211456",
        String(repeating: "9", count: 400), "-" + String(repeating: "9", count: 400), "9223372036854775807.0", "-0.0",
    ]
    /// Other numbers.
    static let others = ["1e308", "-1e308", "1e400", "-1e400", "1e-400", "0.1", "1E18"]
    /// Not allowed in JSON.
    static let none = ["NaN", "Infinity", "-Infinity", "0x7fffffffffffffff", "1e", "9223372036854775807e"]
    static let all = integers + others + none
}

@Suite struct ForeignNumberTests {
    @Test func `sums stop at the ends of their type, and sums of counts at the largest number exact in JSON`() {
        #expect(Int.max.addingClamped(1) == .max && Int.min.addingClamped(-1) == .min && 2.addingClamped(-3) == -1)
        #expect(UInt32.max.addingClamped(.max) == .max && UInt64.max.addingClamped(1) == .max)
        #expect(ForeignNumber.sum.addingCount(1) == ForeignNumber.sum && Int.max.addingCount(.max) == ForeignNumber.sum && 1.addingCount(2) == 3)
        #expect(Double(ForeignNumber.sum) + 1 == Double(ForeignNumber.sum + 1), "still exact in floating point")
    }

    @Test(
        arguments: [
            (0.9, 0), (-0.9, 0), (1e3, 1000), (1e308, .max), (-1e308, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0), (9.3e18, .max),
            (-9_223_372_036_854_775_808, .min), (9_223_372_036_854_774_784, 9_223_372_036_854_774_784),
        ] as [(Double, Int)]) func `the whole part of any number becomes an integer`(value: Double, expected: Int)
    {
        #expect(Int(clamping: value) == expected)
        #expect(UInt64(clamping: -1.0) == 0 && UInt64(clamping: 1e30) == .max && UInt64(clamping: Double.nan) == 0 && UInt32(clamping: 5e9) == .max)
    }

    @Test(
        arguments: [
            ("0", 0), ("007", 7), ("99", 99), ("100", 99), ("9223372036854775808", 99), (String(repeating: "9", count: 400), 99), ("", nil),
            ("-1", nil),
            ("1.0", nil), ("1e3", nil), ("99999999999999999999x", nil),
        ] as [(String, Int?)]) func `digits have a value up to a limit`(text: String, expected: Int?)
    {
        let bytes = Array(text.utf8)
        #expect(bytes.span.bytes.decimalValue(atMost: 99) == expected)
    }

    @Test func `every number computed from the limits fits`() {
        #expect(ForeignNumber.count < Int.max / 1_000_000 && ForeignNumber.count * 2 <= ForeignNumber.sum)
        #expect(ForeignNumber.timestamps.upperBound * 1000 + 999 == ForeignNumber.epochMilliseconds)
        #expect(ForeignNumber.score * 1000 < Double(Int.max) && RetryTime.longest == 31 * 86_400_000)
    }

    // MARK: Requests

    @Test(arguments: ["max_tokens", "max_completion_tokens", "max_output_tokens", "n"])
    func `a request's number is within its limit or the request is refused`(member: String) {
        for number in ForeignNumbers.all {
            let body = Array("{\"model\":\"m\",\"\(member)\":\(number)}".utf8)
            do throws(WireError) {
                let envelope = try RequestEnvelope(scanning: body.span.bytes)
                #expect(ForeignNumbers.integers.contains(number), "\(number) is no integer")
                #expect(
                    [envelope.maximumTokens, envelope.maximumCompletionTokens, envelope.maximumOutputTokens].allSatisfy {
                        (-ForeignNumber.count...ForeignNumber.count).contains($0 ?? 0)
                    }
                        && (1...ForeignNumber.choices).contains(envelope.choiceCount))
            } catch {
                #expect(number.hasPrefix("-") || number == "0" || !ForeignNumbers.integers.contains(number), "\(number) should be clamped")
            }
        }
    }

    @Test(arguments: ["9223372036854775807", "9223372036854775808", "99999999999999999999", "1000000000001"])
    func `a count of tokens beyond the limit becomes the limit`(number: String) throws {
        let body = Array("{\"model\":\"m\",\"max_tokens\":\(number),\"n\":\(number)}".utf8)
        let envelope = try RequestEnvelope(scanning: body.span.bytes)
        #expect(envelope.maximumTokens == ForeignNumber.count && envelope.choiceCount == ForeignNumber.choices)
    }

    @Test(arguments: ["prompt", "completion"]) func `a client's maximum price is clamped`(member: String) {
        for number in ForeignNumbers.all.flatMap({ [$0, "\"\($0)\""] }) {
            let body = Array("{\"model\":\"m\",\"provider\":{\"max_price\":{\"\(member)\":\(number)}}}".utf8)
            let envelope = try? RequestEnvelope(scanning: body.span.bytes)
            let preferences = envelope?.providerPreferences(in: body.span.bytes)
            for price in [preferences?.maximumPromptPrice, preferences?.maximumCompletionPrice].compactMap({ $0 }) {
                #expect((0...ForeignNumber.price).contains(price), "\(number)")
            }
        }
    }

    // MARK: Answers

    private func expectSane(_ usage: Usage?, _ text: String) {
        guard let usage else { return }
        let counts = [usage.inputTokens, usage.outputTokens, usage.totalTokens, usage.cachedTokens, usage.reasoningTokens]
        #expect(counts.allSatisfy { (0...ForeignNumber.count).contains($0) }, "\(text)")
        #expect(usage.totalTokens == ForeignNumber.count || usage.totalTokens >= usage.inputTokens + usage.outputTokens, "\(text)")
    }

    @Test(arguments: [
        "\"prompt_tokens\":#", "\"completion_tokens\":#", "\"total_tokens\":#", "\"input_tokens\":#,\"output_tokens\":#,\"total_tokens\":#",
        "\"prompt_tokens\":#,\"completion_tokens\":#,\"total_tokens\":1", "\"completion_tokens\":#,\"completion_tokens\":#",
        "\"prompt_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":#},\"completion_tokens_details\":{\"reasoning_tokens\":#}",
        "\"prompt_tokens\":#,\"prompt_cache_hit_tokens\":#",
    ]) func `no count of an answer is below zero or beyond the limit, and the total is no less than its parts`(members: String) {
        for number in ForeignNumbers.all {
            let usage = "{\(members.replacing("#", with: number))}"
            let answer = Array("{\"choices\":[],\"usage\":\(usage)}".utf8)
            let response = Array("{\"type\":\"response.completed\",\"response\":{\"usage\":\(usage)}}".utf8)
            expectSane(AnswerInspection(inspecting: answer.span.bytes, kind: .chat).usage, usage)
            expectSane(StreamEvent(inspecting: answer.span.bytes, dialect: .chat).usage, usage)
            expectSane(StreamEvent(inspecting: response.span.bytes, dialect: .responses).usage, usage)
        }
    }

    @Test func `a total below its parts is their sum`() {
        let answer = Array(#"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":0}}"#.utf8)
        #expect(AnswerInspection(inspecting: answer.span.bytes, kind: .chat).usage?.totalTokens == 150)
    }

    @Test func `a choice with any index ends, and only those below 64 are tracked separately`() {
        for number in ForeignNumbers.all {
            let data = Array("{\"choices\":[{\"index\":\(number),\"delta\":{},\"finish_reason\":\"stop\"}]}".utf8)
            let event = StreamEvent(inspecting: data.span.bytes, dialect: .chat)
            #expect(!event.isValid || event.finishedChoices != 0 || event.finishesFurtherChoice, "\(number)")
        }
        let far = Array(#"{"choices":[{"index":9223372036854775808,"delta":{},"finish_reason":"stop"}]}"#.utf8)
        #expect(StreamEvent(inspecting: far.span.bytes, dialect: .chat).finishesFurtherChoice)
    }

    // MARK: Errors and times

    @Test func `numbers of any size in an error's body are read`() {
        for number in ForeignNumbers.all {
            let text = """
                {"error":{"code":\(number),"status":\(number),"message":"retry after \(number) s","retry_after":\(number),"metadata":{"headers":\
                {"X-RateLimit-Reset":\(number)}},"details":[{"retryDelay":"\(number)s","violations":[{"quotaValue":\(number)}]}]}}
                """
            let body = Array(text.utf8)
            let error = UpstreamErrorBody(parsing: body.span.bytes)
            let details = ErrorDetails(parsing: body.span.bytes)
            #expect((error.code ?? "").utf8.count <= UpstreamErrorBody.maximumMessageBytes)
            for text in [details.retryDelay, details.limitReset].compactMap({ $0 }) { expectWait(text) }
            #expect(details.httpStatus == nil)
        }
    }

    @Test func `a code of a million digits is cut`() {
        let digits = String(repeating: "7", count: 1_000_000)
        let body = Array("{\"error\":{\"code\":\(digits),\"message\":\"x\",\"retry_after\":\(digits)}}".utf8)
        #expect(UpstreamErrorBody(parsing: body.span.bytes).code?.utf8.count == UpstreamErrorBody.maximumMessageBytes)
        #expect(ErrorDetails(parsing: body.span.bytes).retryDelay?.utf8.count == 1024)
    }

    private func expectWait(_ text: String) {
        let bytes = Array(text.utf8)
        for now in [0, 1_795_348_800_000, ForeignNumber.epochMilliseconds] {
            let waits = [
                RetryTime.wait(bytes.span.bytes, now: now), RetryTime.inProse(bytes.span.bytes, now: now),
                RetryTime.waitOfMilliseconds(bytes.span.bytes),
            ]
            for wait in waits.compactMap({ $0 }) { #expect((0...RetryTime.longest).contains(wait), "\(text)") }
        }
    }

    @Test(arguments: [
        "#", "-#", "#s", "#ms", "#ns", "#h#m#s", "#d", "#.#", "try again in # days", "retry after #", "wait #h", "Sun, # Nov # 12:00:30 GMT",
        "Sun, 22 Nov # 12:00:30 GMT", "#-01-01T00:00:00Z", "2026-#-#T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
    ]) func `no time is longer than the longest, whatever stands where a number should`(form: String) {
        for number in ForeignNumbers.all { expectWait(form.replacing("#", with: number)) }
        for number in ["18", "999999999999999999", "999999999999999"] { expectWait(form.replacing("#", with: number)) }
    }
}
