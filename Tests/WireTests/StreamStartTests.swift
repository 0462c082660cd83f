import Testing
import Wire

@Suite struct `The first bytes of a body` {
    private func kind(_ text: String) -> StreamStart {
        let bytes = Array(text.utf8)
        return StreamStart(bytes.span.bytes)
    }

    @Test(arguments: [
        "data: x", "data:x", ": ping", "event: x", "id: 1", "retry: 5", "\n\ndata: x", "\u{FEFF}data: x", " data: x", "error: {}", "Data: x",
    ])
    func `events begin with a field or a comment`(text: String) {
        #expect(kind(text) == .events)
    }

    @Test(arguments: ["{\"a\":1}", " \n{", "[1]", "<html>", "\u{FEFF}{", "\"words\""]) func `an answer that is no stream begins as JSON or as a page`(
        text: String
    ) {
        #expect(kind(text) == .whole)
    }

    @Test(arguments: ["", "\n", "d", "dat", "eve", "data", "i", " \r\n", "\u{FEFF}"]) func `a body that is too short is not known yet`(text: String) {
        #expect(kind(text) == .unknown)
    }

    @Test(arguments: ["Internal Server Error", "x", "1", "datum"]) func `any other text is neither`(text: String) {
        #expect(kind(text) == .other)
        #expect(kind(String(repeating: "\n", count: 2000)) == .other)
    }

    @Test func `half a byte order mark is not known yet`() {
        let bytes: [UInt8] = [0xEF, 0xBB]
        #expect(StreamStart(bytes.span.bytes) == .unknown)
    }
}

@Suite struct `A very large event` {
    private func read(_ text: String, every size: Int) -> (isFinished: Bool, otherwise: Bool, usage: Usage?) {
        let bytes = Array(text.utf8)
        var event = LargeEvent()
        for start in stride(from: 0, to: bytes.count, by: size) { event.take(bytes.span.bytes.extracting(start..<min(bytes.count, start + size))) }
        #expect(event.byteCount == bytes.count)
        return (event.isFinished, event.finishesOtherwise, event.usage)
    }

    private static let long = String(repeating: "x", count: 5000)

    @Test func `its end and its counts are seen wherever it is cut`() {
        let text =
            "data: {\"choices\":[{\"delta\":{\"content\":\"\(Self.long)\"},\"finish_reason\" : \"length\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n"
        for size in [1, 2, 3, 7, 64, 1000, 4999, 5001, 100_000] {
            let event = read(text, every: size)
            #expect(event.isFinished && event.otherwise && event.usage?.totalTokens == 7, "\(size)")
        }
        let first = "{\"choices\":[{\"finish_reason\":\"stop\",\"delta\":{\"content\":\"\(Self.long)\"}}]}"
        for size in [1, 10, 10_000] { #expect(read(first, every: size) == (true, false, nil)) }
    }

    @Test func `text of the answer is not taken for its end or counts`() {
        let quoted = #"{\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":3}}"#
        for reason in ["null", "\"\"", "1"] {
            let event = read("{\"choices\":[{\"delta\":{\"content\":\"\(Self.long)\(quoted)\"},\"finish_reason\":\(reason)}]}", every: 100)
            #expect(event == (false, false, nil))
        }
    }

    @Test func `an error is recognized by its beginning`() {
        for (text, isError) in [
            ("data: {\"error\":{\"message\":\"x", true), ("data: {\"id\":\"x\",\"error\":\"x", true), ("data: {\"error\":null,\"choices\":[", false),
            ("data: {\"choices\":[{\"error\":{", false), ("data: {\"choices\":[],\"error\":{", false), ("data: x", false), ("", false),
            ("event: error\ndata: {\"error\":{", true),
        ] {
            let bytes = Array(text.utf8)
            #expect(LargeEvent.isError(beginning: bytes.span.bytes) == isError, "\(text)")
        }
    }
}

@Suite struct `A whole answer as a stream` {
    private func events(_ text: String, _ dialect: StreamEvent.Dialect = .chat, usage: Bool = false) -> String? {
        let bytes = Array(text.utf8)
        guard let answer = StreamedAnswer(reading: bytes.span.bytes, dialect: dialect) else { return nil }
        var buffer = ByteBuffer()
        answer.write(bytes.span.bytes, withUsage: usage, counts: nil, into: &buffer)
        return text_(buffer)
    }

    private func text_(_ buffer: borrowing ByteBuffer) -> String { buffer.bytes.text }

    @Test func `each of its events is read as one`() throws {
        for sample in Samples.all {
            guard let text = events(sample) else { continue }
            for line in text.split(separator: "\n\n") {
                #expect(line.hasPrefix("data: ") && !line.contains("\n"))
                let bytes = Array(line.dropFirst(6).utf8)
                let event = StreamEvent(inspecting: bytes.span.bytes, dialect: .chat)
                #expect(event.isValid || event.isDone)
            }
            #expect(text.hasSuffix("data: [DONE]\n\n"))
        }
    }

    @Test(arguments: ["", "{}", "[]", "{\"choices\":null}", "{\"choices\":[{}", "x"]) func `a body that is not an answer has no stream`(text: String)
    {
        #expect(events(text) == nil && events("{\"choices\":[]}", .responses) == nil)
    }

    @Test func `a stream that would become too long is given up, however short the answer is`() {
        let id = String(repeating: "x", count: 5000)
        let choices = Array(repeating: "{}", count: 400).joined(separator: ",")
        let text = Array("{\"id\":\"\(id)\",\"choices\":[\(choices)]}".utf8)
        let answer = StreamedAnswer(reading: text.span.bytes, dialect: .chat)
        func write(atMost most: Int) -> (isWhole: Bool?, count: Int) {
            var buffer = ByteBuffer()
            let isWhole = answer?.write(text.span.bytes, withUsage: false, counts: nil, atMost: most, into: &buffer)
            return (isWhole, buffer.count)
        }
        #expect(write(atMost: 50_000).isWhole == false && write(atMost: 50_000).count < 50_000 + 4 * text.count)
        #expect(write(atMost: .max).isWhole == true && write(atMost: .max).count > 4_000_000)
        for output in [Array(repeating: "{}", count: 2000), Array(repeating: "1", count: 100_000)] {
            let response = Array("{\"id\":\"\(id)\",\"output\":[\(output.joined(separator: ","))]}".utf8)
            var buffer = ByteBuffer()
            let isWhole = StreamedResponse(reading: response.span.bytes)?.write(response.span.bytes, atMost: 50_000, into: &buffer)
            let count = buffer.count
            #expect(isWhole == false && count < 50_000 + 4 * response.count)
        }
    }

    @Test func `cut at any byte it has no stream`() {
        let bytes = Array(Samples.answer.utf8)
        for cut in 0..<bytes.count { #expect(StreamedAnswer(reading: bytes.span.bytes.extracting(0..<cut), dialect: .chat) == nil) }
    }

    @Test func `strange choices are passed over`() {
        #expect(events("{\"choices\":[null,1,{}]}")?.contains("\"index\":2") == true)
        #expect(events("{\"choices\":{}}") == "data: [DONE]\n\n")
        #expect(events("{\"choices\":[{\"message\":{\"tool_calls\":[{},1]}}]}")?.contains("\"tool_calls\":[{\"index\":0},1],\"role\"") == true)
    }
}
