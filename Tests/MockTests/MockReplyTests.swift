import Testing
import Wire

@testable import Mock

@Suite struct MockReplyTests {
    private func plan(_ script: String, _ endpoint: MockEndpoint = .chat) throws -> MockPlan {
        MockPlan(
            endpoint: endpoint, model: "m", behaviour: try MockBehaviour(parsing: script), contextLength: 0, counters: MockModelCounters(),
            key: ByteBuffer())
    }

    private func reply(_ plan: MockPlan, total: Int = 3, prompt: Int = 9, number: UInt64 = 1, fault: MockFault.Kind? = nil) throws -> String {
        var body = ByteBuffer()
        plan.appendReply(number: number, total: total, prompt: prompt, fault: fault, microseconds: 5, to: &body)
        try JSONScanner.validate(body.bytes)
        return body.bytes.text
    }

    @Test func `a whole answer is what OpenAI would send`() throws {
        #expect(
            try reply(plan("")) == #"{"id":"chatcmpl-mock00000001","object":"chat.completion","created":1700000000,"model":"m","#
                + #""choices":[{"index":0,"message":{"role":"assistant","content":"w0 w1 w2 "},"finish_reason":"stop"}],"#
                + #""usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#)
    }

    @Test func `answers of one plan differ only in id and usage`() throws {
        let plan = try plan("reply=600")
        let first = try reply(plan, number: 1)
        let second = try reply(plan, prompt: 10_000, number: 2)
        #expect(first.utf8.count == 600)
        #expect(second.utf8.count == 600)
        #expect(try reply(plan, number: 1) == first)
        #expect(second.contains(#""prompt_tokens":10000"#))
    }

    @Test(arguments: ["tool", "reasoning=2", "usage=never", "finish=length", "content=prose", "content=stamp", "tool,reasoning=1"])
    func `each form is JSON`(script: String) throws {
        _ = try reply(plan(script))
        _ = try reply(plan(script, .completions))
    }

    @Test func `each kind of empty answer lacks its part`() throws {
        #expect(try reply(plan(""), fault: .empty(.choices)).contains(#""choices":[]"#))
        #expect(try reply(plan(""), fault: .empty(.content)).contains(#""content":"""#))
    }

    @Test func `vectors depend only on the input, and base64 has the same numbers`() throws {
        let plan = try plan("dims=5", .embeddings)
        let numbers = try vectors(plan, #"{"model":"e","input":["a","b","a"]}"#)
        #expect(numbers.components(of: #""object":"embedding""#) == 3)
        let parts = numbers.split(separator: "[").map { $0.split(separator: "]")[0] }
        #expect(parts[2] == parts[4])
        #expect(parts[2] != parts[3])
        #expect(parts[2].split(separator: ",").count == 5)

        let base64 = try vectors(plan, #"{"model":"e","input":"a","encoding_format":"base64"}"#)
        let text = try #require(base64.split(separator: "\"embedding\":\"").last?.prefix { $0 != "\"" })
        let floats = decode(String(text))
        for (value, number) in zip(floats, parts[2].split(separator: ",")) { #expect(value == Float(number)) }
        #expect(floats.count == 5)
    }

    @Test(arguments: [(#""x""#, 1), (#"[1,2,3]"#, 1), (#"[[1,2],[3]]"#, 2), (#"["a" , "b"]"#, 2), ("[]", 0)])
    func `inputs are texts or lists of tokens`(input: String, count: Int) throws {
        let text = try vectors(plan("", .embeddings), #"{"input":\#(input),"model":"e","dimensions":2}"#)
        #expect(text.components(of: #""index":"#) == count)
    }

    private func vectors(_ plan: MockPlan, _ request: String) throws -> String {
        var bytes = ByteBuffer()
        bytes.append(utf8: request)
        let scanned = MockRequestBody(scanning: bytes.bytes)
        let body = try #require(scanned)
        var output = ByteBuffer()
        plan.appendEmbeddings(of: body, in: bytes.bytes, prompt: 4, to: &output)
        try JSONScanner.validate(output.bytes)
        return output.bytes.text
    }

    private func decode(_ base64: String) -> [Float] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for digit in base64.utf8 where digit != UInt8(ascii: "=") {
            bits = bits << 6 | UInt32(alphabet.firstIndex(of: digit) ?? 0)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return stride(from: 0, to: bytes.count - 3, by: 4).map { at in
            var pattern: UInt32 = 0
            for place in 0..<4 { pattern |= UInt32(bytes[at + place]) << UInt32(8 * place) }
            return Float(bitPattern: pattern)
        }
    }
}
