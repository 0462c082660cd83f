import Testing
import Wire

@testable import Gateway

@Suite struct RequestIDTests {
    private func text(_ id: RequestID) -> String { id.bytes.text }

    @Test func `an id of ours has 32 digits`() {
        #expect(text(RequestID(0x0123_4567_89AB_CDEF, 1)) == "req_0123456789abcdef0000000000000001")
        #expect(text(RequestID()).isEmpty)
    }

    @Test(arguments: ["a", "req_1", "A-b.c_9", String(repeating: "x", count: 64)]) func `a client's harmless id is taken`(id: String) throws {
        let taken = try #require(withBytes(id) { RequestID(client: $0) })
        #expect(text(taken) == id)
    }

    @Test(arguments: ["", "a b", "a\nb", "é", "a/b", "\"", "[", "@", "`", "{", "/", ":", String(repeating: "x", count: 65)])
    func `a client's other ids are not`(id: String) {
        #expect(withBytes(id) { RequestID(client: $0) == nil })
    }
}

@Suite struct PercentDecodingTests {
    @Test(arguments: [("", ""), ("abc", "abc"), ("a%2Fb", "a/b"), ("%41%62", "Ab"), ("%e2%82%AC", "€"), ("a+b", "a+b"), ("%25", "%")])
    func `text is decoded`(encoded: String, expected: String) throws {
        #expect(try withBytes(encoded) { try PercentDecoding.decode($0) } == expected)
    }

    @Test(arguments: ["%", "%4", "%zz", "a%4", "%ff", "%c3%28", "%-1"]) func `what is no text is refused`(encoded: String) {
        let error = #expect(throws: GatewayError.self) { try withBytes(encoded) { try PercentDecoding.decode($0) } }
        #expect(error?.status == 400)
    }
}

@Suite struct StreamProgressTests {
    private func progress(_ events: [String], _ dialect: StreamEvent.Dialect = .chat) -> StreamProgress {
        var progress = StreamProgress()
        for event in events { progress.note(withBytes(event) { StreamEvent(inspecting: $0, dialect: dialect) }) }
        return progress
    }

    private let content = #"{"choices":[{"index":0,"delta":{"content":"x"}}]}"#

    @Test func `a stream is whole with a finish reason for each choice`() {
        #expect(progress([content]).hasContent && !progress([content]).hasFinished)
        let one = progress([content, #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#])
        #expect(
            one.isComplete(choices: 1, dialect: .chat, isFramed: false) && one.isComplete(choices: 0, dialect: .chat, isFramed: false)
                && !one.isComplete(choices: 2, dialect: .chat, isFramed: false))
        let two = progress([#"{"choices":[{"index":1,"finish_reason":"stop"}]}"#, #"{"choices":[{"index":0,"finish_reason":"length"}]}"#])
        #expect(two.isComplete(choices: 2, dialect: .chat, isFramed: false) && !two.isComplete(choices: 3, dialect: .chat, isFramed: false))
        #expect(!progress([content, "[DONE]"]).isComplete(choices: 1, dialect: .chat, isFramed: false))
    }

    @Test func `a stream of responses is whole with its last event`() {
        let events = [#"{"type":"response.output_text.delta","delta":"x"}"#, #"{"type":"response.completed","response":{}}"#]
        #expect(progress(events, .responses).isComplete(choices: 1, dialect: .responses, isFramed: false))
        #expect(!progress([events[0]], .responses).isComplete(choices: 1, dialect: .responses, isFramed: false))
    }
}
