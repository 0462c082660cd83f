import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// What a provider says of its tokens, against what can be.
@Suite struct PossibleCountsTests {
    private func usage(_ input: Int, _ output: Int, total: Int? = nil, cached: Int = 0, reasoning: Int = 0) -> Usage {
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens, usage.totalTokens) = (input, output, total ?? input + output)
        (usage.cachedTokens, usage.reasoningTokens) = (cached, reasoning)
        return usage
    }

    private func bounds(_ change: (inout UsageBounds) -> Void = { _ in }) -> UsageBounds {
        var bounds = UsageBounds()
        (bounds.requestBytes, bounds.answerBytes, bounds.contentSize) = (1000, 600, 200)
        change(&bounds)
        return bounds
    }

    @Test func `honest counts stand`() {
        let plain = bounds { $0.outputLimit = 50 }
        #expect(plain.allows(usage(300, 50)) && plain.allows(usage(25_000, 1)) && plain.allows(usage(300, 190)))
        // Thoughts are not bounded by what a client asks for, nor by what is seen.
        #expect(plain.allows(usage(300, 60_000, reasoning: 59_900)))
        #expect(bounds().allows(usage(300, 120_000)) && bounds { $0.modelLimit = 200_000 }.allows(usage(300, 200_000)))
        #expect(bounds { $0.images = 2 }.allows(usage(90_000, 10)) && bounds { $0.readsMore = true }.allows(usage(900_000, 10)))
        let four = bounds { ($0.outputLimit, $0.answers) = (1000, 4) }
        #expect(four.allows(usage(300, 4000)) && four.allows(usage(1200, 4000)))
        let long = bounds { ($0.outputLimit, $0.answerBytes, $0.contentSize) = (10, 100_000, 90_000) }
        #expect(long.allows(usage(300, 40_000)), "a provider that gives more than was asked for")
        let documents = bounds { $0.generatesTokens = false }
        #expect(documents.allows(usage(60_000, 0)))
    }

    @Test func `what comes on top of a client's bound, or from where no request has it, stands`() throws {
        let bounded = bounds { $0.outputLimit = 100 }
        var more = bounded
        more.isPredicted = true
        #expect(!bounded.allows(usage(5, 1000)) && more.allows(usage(5, 1000)) && !more.allows(usage(5, 2000)))
        more = bounded
        more.makesMedia = true
        #expect(more.allows(usage(5, 4900)) && !more.allows(usage(5, 1_000_000)))
        let vectors = bounds { ($0.generatesTokens, $0.readsMore, $0.contextLength) = (false, true, 500_000) }
        #expect(vectors.allows(usage(400_000, 0)) && !vectors.allows(usage(600_000, 0)))
        for (members, input, output) in [
            (#""prediction":{"type":"content","content":"012345678901234567890123456789012345"},"max_tokens":20"#, 9, 80),
            (#""modalities":["text","audio"],"audio":{"voice":"a"},"max_tokens":100"#, 9, 4900), (#""tools":[{"google_search":{}}]"#, 300_000, 7),
            (#""tools":[{"url_context":{}}]"#, 300_000, 7), (#""cached_content":"cachedContents/x""#, 300_000, 7),
            (#""context_id":"ctx-1""#, 300_000, 7), (#""documents":[{"id":"d1"}]"#, 300_000, 7),
        ] {
            let (found, source) = try row(#"{"prompt_tokens":\#(input),"completion_tokens":\#(output)}"#, members: members)
            #expect(source == .upstream && found.inputTokens == input && found.outputTokens == output, "\(members): \(found)")
        }
        for members in [#""documents":[],"cached_content":null,"modalities":["text"]"#, #""tools":[{"type":"function","function":{"name":"f"}}]"#] {
            #expect(try row(#"{"prompt_tokens":300000,"completion_tokens":7}"#, members: members).1 == .estimated, "\(members)")
        }
    }

    @Test(arguments: ["-1", "-2", "-9223372036854775808"]) func `less than no tokens is no limit, and goes on as it came`(number: String) throws {
        var sent = ""
        let provider = ScriptedProvider.answering("a") { call in
            sent = call.text
            return .reply(to: call, "a")
        }
        try withGateway([provider], hasStore: true) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.tokensPerDay = 1_000_000 })
            for members in ["\"max_tokens\":\(number)", "\"max_completion_tokens\":\(number),\"max_tokens\":5", "\"n_predict\":\(number)"] {
                client.chat(members: members)
                #expect(client.answers.last?.status == 200 && sent.contains(members), "\(client.received)")
            }
            let body = Array("{\"model\":\"m\",\"max_tokens\":5,\"max_completion_tokens\":\(number)}".utf8)
            let envelope = try RequestEnvelope(scanning: body.span.bytes)
            #expect(envelope.outputLimit(of: .chatCompletions) == nil && envelope.outputLimit(of: .completions) == 5)
        }
    }

    @Test func `thoughts that stand beside the answer's tokens and in no total are counted`() throws {
        let details = #""completion_tokens_details":{"reasoning_tokens":5000}"#
        for counts in [#""completion_tokens":10,"reasoning_tokens":5000"#, "\"completion_tokens\":10,\(details)"] {
            let (found, source) = try row("{\"prompt_tokens\":5,\(counts)}")
            #expect(source == .upstream && found.outputTokens == 5010 && found.reasoningTokens == 5000, "\(found)")
        }
        let (part, _) = try row("{\"prompt_tokens\":5,\"completion_tokens\":5010,\(details)}")
        #expect(part.outputTokens == 5010)
    }

    @Test func `what can't be is brought down to what can`() {
        let bounds = bounds { $0.outputLimit = 20 }
        for huge in [1_000_000, 1_000_000_000, ForeignNumber.count] {
            let found = bounds.bounded(usage(5, huge))
            #expect(!bounds.allows(usage(5, huge)) && found == usage(5, 600))
            #expect(bounds.bounded(usage(huge, 7)) == usage(1000 + 32_768, 7))
            #expect(bounds.bounded(usage(5, 7, total: huge)) == usage(5, 7))
            #expect(bounds.bounded(usage(5, 7, cached: huge, reasoning: huge)) == usage(5, 7, cached: 5, reasoning: 7))
            #expect(bounds.bounded(usage(5, huge, reasoning: huge)).outputTokens == 131_072)
            #expect(bounds.bounded(usage(0, 0, total: huge)).totalTokens < 40_000)
        }
        // A list may claim anything, too.
        let boastful = self.bounds { ($0.contextLength, $0.modelLimit, $0.readsMore) = (1 << 50, 1 << 50, true) }
        #expect(boastful.mostInput == 10_000_000 && boastful.mostOutput(thinks: true) == 400_000)
    }

    @Test func `less than what plainly came is no count`() {
        let bounds = bounds { ($0.answerBytes, $0.contentSize, $0.events) = (30_000, 20_000, 4) }
        #expect(!bounds.allows(usage(5, 1)) && !bounds.allows(usage(5, 1249)) && bounds.allows(usage(5, 1250)))
        #expect(self.bounds { $0.contentSize = 255 }.allows(usage(5, 1)))
    }

    private func row(_ usage: String, members: String = "", stream: Bool = false, words: [String] = ["hi"]) throws -> (Usage, UsageSource) {
        let events = words.map(ChatText.chunk) + [ChatText.finish(), "data: {\"choices\":[],\"usage\":\(usage)}\n\n", ChatText.done]
        let message = "{\"index\":0,\"message\":{\"content\":\"\(words.joined())\"},\"finish_reason\":\"stop\"}"
        let script = stream ? UpstreamScript.events(events) : .status(200, "{\"choices\":[\(message)],\"usage\":\(usage)}")
        var found: (Usage, UsageSource)?
        try withGateway([.script(script)], hasStore: true) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.tokensPerDay = 1_000_000 })
            client.chat(stream: stream, members: members)
            let record = try #require(simulation.store?.records.first)
            found = (record.usage, record.source)
        }
        return try #require(found)
    }

    @Test(arguments: [false, true]) func `one lie does not use up a key's limits`(stream: Bool) throws {
        for lie in [
            #"{"prompt_tokens":5,"completion_tokens":1000000000,"total_tokens":1000000005}"#,
            #"{"prompt_tokens":5,"completion_tokens":1000000000000}"#, #"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":1000000000}"#,
            #"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":900000}"#,
        ] {
            let (usage, source) = try row(lie, members: "\"max_tokens\":20", stream: stream)
            #expect(source == .estimated && usage.totalTokens < 140_000 && usage.inputTokens == 5, "\(lie): \(usage)")
        }
        let (cached, _) = try row(
            #"{"prompt_tokens":5,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":1000000000}}"#, stream: stream)
        #expect(cached.cachedTokens == 5 && cached.totalTokens == 12)
    }

    @Test(arguments: [false, true]) func `a count of one does not stand for thousands of words`(stream: Bool) throws {
        let words = Array(repeating: String(repeating: "word ", count: 100), count: 40)
        let (usage, source) = try row(#"{"prompt_tokens":5,"completion_tokens":1}"#, stream: stream, words: words)
        #expect(source == .estimated && (3000...6000).contains(usage.outputTokens) && usage.inputTokens == 5)
        let (honest, told) = try row(#"{"prompt_tokens":5,"completion_tokens":4000}"#, stream: stream, words: words)
        #expect(told == .upstream && honest.outputTokens == 4000)
    }

    @Test(arguments: [
        #"{"id":"resp_1","object":"response","status":"queued","background":true,"output":[],"usage":null}"#,
        #"{"id":"resp_1","object":"response","status":"in_progress","output":[],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}"#,
    ]) func `an answer that is made in the background counts as much as it may have`(answer: String) throws {
        try withGateway([.answering("a") { _ in .status(200, answer) }], hasStore: true) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.tokensPerDay = 20_000 })
            let body = #"{"model":"m","input":"x","background":true,"max_output_tokens":9000}"#
            let statuses = (0..<5).map { _ in
                client.request("POST", "/v1/responses", body: body)
                return client.answer?.status
            }
            #expect(statuses == [200, 200, 429, 429, 429])
            let first = try #require(simulation.store?.records.first)
            #expect(first.source == .estimated && (9000...9100).contains(first.usage.totalTokens))
        }
    }

    @Test func `an answer that was asked for in the background and is there counts what it says`() throws {
        let answer =
            #"{"id":"resp_1","object":"response","status":"completed","output":[{"type":"message"}],"usage":{"input_tokens":3,"output_tokens":2}}"#
        try withGateway([.answering("a") { _ in .status(200, answer) }], hasStore: true) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.tokensPerDay = 20_000 })
            for _ in 0..<5 {
                client.request("POST", "/v1/responses", body: #"{"model":"m","input":"x","background":true,"max_output_tokens":9000}"#)
                #expect(client.answer?.status == 200)
            }
            #expect(simulation.store?.records.map(\.usage.totalTokens) == [5, 5, 5, 5, 5])
        }
    }
}
