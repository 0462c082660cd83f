import Testing

@testable import Wire

@Suite struct StreamEventTemplateTests {
    private static func chunk(_ content: String, finish: String = "null", more: String = "") -> String {
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\(content)},\"finish_reason\":\(finish)}]\(more)}"
    }

    private func facts(_ text: String, after learned: String) -> StreamEvent? {
        facts(Array(text.utf8), after: learned)
    }

    private func facts(_ bytes: [UInt8], after learned: String) -> StreamEvent? {
        var template = StreamEventTemplate()
        let first = Array(learned.utf8)
        template.learn(first.span.bytes, StreamEvent(inspecting: first.span.bytes, dialect: .chat))
        return template.facts(of: bytes.span.bytes)
    }

    @Test(arguments: ["\"b\"", "\"a longer piece, \\\"quoted\\\" \\u00e9 é 😀\"", "\" \"", "\"\\ud83d\""])
    func `an event that differs only in its piece of content says the same`(content: String) {
        let text = StreamEventTemplateTests.chunk(content)
        let bytes = Array(text.utf8)
        let whole = StreamEvent(inspecting: bytes.span.bytes, dialect: .chat)
        #expect(whole.contentSize > 0 || content.hasPrefix("\"\\u"))
        #expect(facts(text, after: StreamEventTemplateTests.chunk("\"a\"")) == whole)
    }

    @Test(arguments: [
        chunk("\"\""), chunk("null"), chunk("\"b\"", finish: "\"stop\""), chunk("\"b\"", more: ",\"usage\":{\"prompt_tokens\":1}"),
        chunk("\"b\"", more: ",\"error\":\"x\""), chunk("\"b\"") + "x", chunk("\"b"), chunk("\"b\u{1}\""), chunk("\"\\x\""), "", "[DONE]",
        String(chunk("\"b\"").dropLast()), " " + chunk("\"b\""), chunk("\"b\",\"content\":\"c\""),
    ])
    func `an event that differs in anything else is read in full`(text: String) {
        #expect(facts(text, after: StreamEventTemplateTests.chunk("\"a\"")) == nil)
    }

    @Test(arguments: [
        chunk("\"a\"", finish: "\"stop\""), chunk("\"\""), chunk("null"), chunk("\"a\"", more: ",\"usage\":{\"prompt_tokens\":1}"),
        chunk("\"a\"", more: ",\"error\":{\"message\":\"x\"}"), "[DONE]", "not json", "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"a\"}}]}",
    ])
    func `only an event with content and nothing else is learned`(text: String) {
        #expect(facts(text, after: text) == nil)
    }

    @Test func `every cut and every changed byte of an event is noticed`() {
        let learned = StreamEventTemplateTests.chunk("\"a\"")
        let bytes = Array(StreamEventTemplateTests.chunk("\"bcd\"").utf8)
        for place in bytes.indices {
            for byte in [UInt8(ascii: "\""), UInt8(ascii: "}"), 0, 0x80, UInt8(ascii: "x")] where bytes[place] != byte {
                var changed = bytes
                changed[place] = byte
                let whole = StreamEvent(inspecting: changed.span.bytes, dialect: .chat)
                let known = facts(changed, after: learned)
                #expect(known == nil || known == whole, "byte \(place) as \(byte)")
            }
            #expect(facts(Array(bytes[..<place]), after: learned) == nil)
        }
    }
}
