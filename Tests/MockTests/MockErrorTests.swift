import Testing
import Wire

@testable import Mock

@Suite struct MockErrorTests {
    private func body(
        _ shape: MockErrorShape, _ status: Int, hints: [MockRetryHint] = [], message: String? = nil, code: String? = nil
    ) -> String {
        var buffer = ByteBuffer()
        MockErrorBody(shape: shape, status: status, message: message, code: code, hints: hints, epoch: 1_700_000_000_000).append(to: &buffer)
        return buffer.bytes.text
    }

    @Test func `each server's errors look like its own`() {
        #expect(
            body(.openAI, 429)
                == #"{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#)
        #expect(
            body(.vLLM, 400) == #"{"object":"error","message":"Invalid request.","type":"invalid_request_error","param":null,"code":400}"#)
        #expect(body(.fastAPI, 401) == #"{"detail":"Incorrect API key provided."}"#)
        #expect(body(.text, 503) == "The server is overloaded.\n")
        #expect(body(.html, 502).contains("<center><h1>502</h1></center>"))
        #expect(body(.empty, 500).isEmpty)
        #expect(body(.google, 503).hasPrefix(#"[{"error":{"code":503,"#))
        #expect(body(.google, 503).hasSuffix(#","status":"UNAVAILABLE"}}]"#))
    }

    @Test func `a hint in the body is where its dialect puts it`() {
        #expect(body(.google, 429, hints: [MockRetryHint(.google, milliseconds: 17_000)]).contains(#""retryDelay":"17s"}]"#))
        #expect(
            body(.openRouter, 429, hints: [MockRetryHint(.openRouter, milliseconds: 4000)])
                .contains(#""X-RateLimit-Reset":"1700000004000"}"#))
        #expect(
            body(.openAI, 429, hints: [MockRetryHint(.prose, milliseconds: 7660)])
                .contains("Rate limit reached for requests. Please try again in 7.66s."))
    }

    @Test(arguments: [
        (MockErrorShape.openAI, MockLimitWindow.day, "on requests per day (RPD)"), (.google, .minute, "GenerateRequestsPerMinutePerProject"),
        (.googleObject, .day, "GenerateRequestsPerDayPerProject"), (.openRouter, .minute, "free-models-per-min."),
        (.openRouter, .day, "free-models-per-day."), (.cerebras, .day, "Requests per day limit exceeded"),
        (.cohere, .month, "1000 API calls / month"),
        (.anthropic, .minute, "50 requests per minute"),
    ])
    func `a limit's window is given in the words of the body's owner`(shape: MockErrorShape, window: MockLimitWindow, words: String) {
        var buffer = ByteBuffer()
        MockErrorBody(shape: shape, status: 429, message: nil, code: nil, hints: [], window: window, epoch: 0).append(to: &buffer)
        #expect(buffer.bytes.text.contains(words))
    }

    @Test func `message and code can be set`() {
        #expect(
            body(.openAI, 400, message: "a \"b\"", code: "context_length_exceeded")
                == #"{"error":{"message":"a \"b\"","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}"#)
    }

    @Test(
        arguments: MockErrorShape.allCases.filter { ![.html, .text, .empty].contains($0) },
        [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 503, 529])
    func `every JSON body is JSON`(shape: MockErrorShape, status: Int) throws {
        var buffer = ByteBuffer()
        let hints = MockRetryHint.Dialect.allCases.map { MockRetryHint($0, milliseconds: 1500) }
        MockErrorBody(shape: shape, status: status, message: nil, code: nil, hints: hints, epoch: 0).append(to: &buffer)
        try JSONScanner.validate(buffer.bytes)
    }

    @Test(arguments: [
        (MockRetryHint.Dialect.seconds, 7500, "retry-after: 7.5\r\n"), (.date, 7000, "retry-after: Tue, 14 Nov 2023 22:13:27 GMT\r\n"),
        (.milliseconds, 7000, "retry-after-ms: 7000\r\n"), (.azure, 50, "x-ms-retry-after-ms: 50\r\n"),
        (.goDuration, 360_000, "x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 6m0s\r\n"),
        (.groq, 7660, "x-ratelimit-limit-tokens: 8000\r\nx-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 7.66s\r\nretry-after: 8\r\n"),
        (.cerebras, 7500, "x-ratelimit-remaining-tokens-minute: 0\r\nx-ratelimit-reset-tokens-minute: 7.5\r\n"),
        (.openRouter, 4000, "x-ratelimit-limit: 20\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1700000004000\r\n"),
        (.anthropic, 4000, "anthropic-ratelimit-requests-remaining: 0\r\nanthropic-ratelimit-requests-reset: 2023-11-14T22:13:24Z\r\n"),
        (.ietf, 6100, "ratelimit: \"default\";r=0;t=7\r\n"), (.epoch, 4000, "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1700000004\r\n"),
        (
            .cerebrasDay, 1500,
            "x-ratelimit-limit-requests-day: 14400\r\nx-ratelimit-remaining-requests-day: 0\r\nx-ratelimit-reset-requests-day: 1.5\r\n"
        ),
        (.modelScope, 1, "modelscope-ratelimit-requests-limit: 2000\r\nmodelscope-ratelimit-requests-remaining: 0\r\n"),
        (.google, 1, ""), (.prose, 1, ""),
    ])
    func `each dialect has its header`(dialect: MockRetryHint.Dialect, milliseconds: Int, lines: String) {
        var head = ByteBuffer()
        MockRetryHint(dialect, milliseconds: milliseconds).appendFields(to: &head, epoch: 1_700_000_000_000)
        #expect(head.bytes.text == lines)
    }
}
