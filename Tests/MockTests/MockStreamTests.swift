import Testing
import Wire

@testable import Mock

@Suite struct MockStreamTests {
    /// The writes of a whole stream, and how it ended.
    private func writes(
        _ script: String, endpoint: MockEndpoint = .chat, asksForUsage: Bool = false, fault: MockFault.Kind? = nil
    ) throws -> (texts: [String], end: MockStream.Action) {
        let behaviour = try MockBehaviour(parsing: script)
        let plan = MockPlan(
            endpoint: endpoint, model: "m", behaviour: behaviour, contextLength: 0, counters: MockModelCounters(), key: ByteBuffer())
        var random = MockRandom(seed: 1)
        let total = plan.chunkCount(using: &random)
        let struck = fault ?? plan.fault(using: &random)
        var stream = MockStream(plan: plan, number: 7, total: total, prompt: 12, asksForUsage: asksForUsage, fault: struck)
        var texts: [String] = []
        while texts.count < 1000 {
            var output = ByteBuffer()
            let action = stream.next(events: plan.batch, microseconds: 1_234_567, into: &output)
            texts.append(output.bytes.text)
            if action != .more { return (texts, action) }
        }
        return (texts, .more)
    }

    private let start = #"data: {"id":"chatcmpl-mock00000007","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":["#

    @Test func `a plain stream is what OpenAI would send`() throws {
        let (texts, end) = try writes("tokens=2")
        #expect(
            texts == [
                start + #"{"index":0,"delta":{"role":"assistant","content":"w0 "},"finish_reason":null}]}"# + "\n\n",
                start + #"{"index":0,"delta":{"content":"w1 "},"finish_reason":null}]}"# + "\n\n" + start
                    + #"{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\ndata: [DONE]\n\n",
            ])
        #expect(end == .finish)
    }

    @Test func `requested usage is null in every event but the last`() throws {
        let text = try writes("tokens=2", asksForUsage: true).texts.joined()
        #expect(text.components(of: #","usage":null}"#) == 3)
        #expect(text.hasSuffix(start + #"],"usage":{"prompt_tokens":12,"completion_tokens":2,"total_tokens":14}}"# + "\n\ndata: [DONE]\n\n"))
    }

    @Test(arguments: [("usage=never", true, 0), ("usage=asked", false, 0), ("usage=always", false, 1), ("usage=on-choice", true, 1)])
    func `usage is reported as the behaviour says`(script: String, asks: Bool, reports: Int) throws {
        let text = try writes(script, asksForUsage: asks).texts.joined()
        #expect(text.components(of: "total_tokens") == reports)
        #expect(text.contains("\"choices\":[],\"usage\"") == (script == "usage=always"))
    }

    @Test func `text completions have their own form`() throws {
        let text = try writes("tokens=1", endpoint: .completions).texts.joined()
        #expect(
            text.contains(
                #""object":"text_completion","created":1700000000,"model":"m","choices":[{"index":0,"text":"w0 ","logprobs":null,"finish_reason":null}]}"#
            ))
    }

    @Test func `the chunks of a tool call make one JSON object`() throws {
        let text = try writes("tool=get_weather,tokens=3").texts.joined()
        #expect(text.contains(#""name":"get_weather","arguments":"{\"text\":\"w0 "}}]}"#))
        #expect(text.contains(#"{"arguments":"w1 "}"#))
        #expect(text.contains(#"{"arguments":"w2 \"}"}"#))
        #expect(text.contains(#""finish_reason":"tool_calls""#))
        #expect(try writes("tool=f,tokens=1").texts.joined().contains(#""arguments":"{\"text\":\"w0 \"}"}"#))
    }

    @Test func `reasoning comes first, and the role can come in an event of its own`() throws {
        let texts = try writes("reasoning=1,tokens=2,role-first").texts
        #expect(texts[0].contains(#""delta":{"role":"assistant","content":""}"#))
        #expect(texts[1].contains(#""delta":{"reasoning_content":"w0 "}"#))
        #expect(texts[2].contains(#""delta":{"content":"w1 "}"#))
    }

    @Test(arguments: ["event=256", "event=300,content=stamp", "event=400,usage=always"])
    func `content events have the size that was asked for`(script: String) throws {
        let size = try #require(Int(script.split(separator: ",")[0].dropFirst(6)))
        let (texts, _) = try writes(script + ",tokens=12", asksForUsage: true)
        #expect(texts.count == 12)
        for text in texts.dropLast() { #expect(text.utf8.count == size) }
    }

    @Test func `content can be padded and one event can be huge`() throws {
        let texts = try writes("bytes=10,tokens=3,big=100,at=1").texts
        #expect(texts[0].contains(#""content":"w0 xxxxxxx""#))
        #expect(texts[1].contains("\"w1 " + String(repeating: "x", count: 97) + "\""))
    }

    @Test func `stamps carry number and time`() throws {
        #expect(try writes("content=stamp,tokens=2").texts[1].contains(#""content":"s=000001 t=0000000001234567 ""#))
    }

    @Test func `events can be batched and commented`() throws {
        let texts = try writes("batch=2,tokens=4,comments=2").texts
        #expect(texts.count == 2)
        #expect(texts.allSatisfy { $0.hasPrefix(": ping\n\ndata: ") })
    }

    @Test func `lines can end with CR and LF`() throws {
        let text = try writes("crlf,tokens=1").texts.joined()
        #expect(text.components(of: "\r\n\r\n") == 3)
        #expect(text.components(of: "\n") == 6)
    }

    @Test func `a flood has the requested length`() throws {
        let (texts, _) = try writes("flood=1000000")
        let bytes = texts.reduce(0) { $0 + $1.utf8.count }
        #expect(bytes > 1_000_000 && bytes < 1_200_000)
        #expect(texts.allSatisfy { $0.utf8.count < 128 * 1024 })
    }

    // MARK: Faults

    @Test(arguments: [("reset=2", MockStream.Action.reset), ("stall=2", .stall), ("cut=2", .finish)])
    func `a stream can break after a chunk`(script: String, end: MockStream.Action) throws {
        let result = try writes(script + ",tokens=5")
        #expect(result.end == end)
        #expect(result.texts.joined().components(of: "data: ") == 2)
        #expect(result.texts.last == "")
    }

    @Test func `a stream can break after its head`() throws {
        #expect(try writes("stall=0") == ([""], .stall))
        #expect(try writes("role-first,stall=0") == ([""], .stall))
    }

    @Test func `an error event is the last one`() throws {
        let text = try writes("error-event=1,tokens=5").texts.joined()
        #expect(text.components(of: "data: ") == 2)
        #expect(
            text.hasSuffix(
                #"data: {"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}"#
                    + "\n\n"))
        #expect(try writes("error-event=1,body=openrouter").texts.joined().contains(#""finish_reason":"error"}],"error":{"message""#))
    }

    @Test func `a malformed event replaces a chunk`() throws {
        let json = try writes("malformed=json,at=1,tokens=3").texts
        #expect(json.count == 3)
        #expect(json[1].hasSuffix(#"{"index":0,"delta":{"content":"w"# + "\n\n"))
        #expect(json[2].contains("w2 "))
        #expect(try writes("malformed=sse,tokens=2").texts[0].hasPrefix("event stream this is not\n"))
        let cut = try writes("malformed=truncated,tokens=2")
        #expect(cut.end == .finish)
        #expect(cut.texts.joined().contains("\n") == false)
    }

    @Test func `a malformed event is sent even when everything is one write`() throws {
        #expect(try writes("malformed=json,tokens=1,batch=5").texts.joined().hasSuffix("[DONE]\n\n"))
    }

    @Test func `an empty stream claims success`() throws {
        #expect(try writes("empty=body") == ([""], .finish))
        #expect(try writes("empty=choices").texts == ["data: [DONE]\n\n"])
        #expect(try writes("empty=content").texts.joined().components(of: "data: ") == 2)
    }

    @Test func `the end of a stream can be left out`() throws {
        let text = try writes("nofinish,nodone,tokens=1").texts.joined()
        #expect(text.components(of: "data: ") == 1)
    }

    @Test(arguments: ["tokens=5", "tool,tokens=5", "reasoning,tokens=5,role-first", "content=prose,tokens=40", "event=300,usage=always"])
    func `every event is JSON`(script: String) throws {
        let text = try writes(script, asksForUsage: true).texts.joined()
        for event in text.split(separator: "\n") where event != "data: [DONE]" {
            var buffer = ByteBuffer()
            buffer.append(utf8: String(event.dropFirst(6)))
            try JSONScanner.validate(buffer.bytes)
        }
    }
}

extension String {
    /// How often `part` occurs.
    func components(of part: String) -> Int {
        var count = 0
        var rest = self[...].utf8
        while let at = rest.firstRange(of: part.utf8) {
            count += 1
            rest = rest[at.upperBound...]
        }
        return count
    }
}

extension Substring.UTF8View {
    fileprivate func firstRange(of part: String.UTF8View) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].starts(with: part) { return at..<index(at, offsetBy: part.count) }
            at = index(after: at)
        }
        return nil
    }
}
