import Testing
import Wire

@Suite struct WireExamples {
    @Test func `RequestEnvelope finds what matters in a body`() throws {
        // Example: RequestEnvelope
        let body = Array(#"{"model": "fast", "stream": true, "messages": [], "max_tokens": 100}"#.utf8)
        let envelope = try RequestEnvelope(scanning: body.span.bytes)
        let model = envelope.modelName(in: body.span.bytes)  // "fast"
        let limit = envelope.maximumTokens  // 100
        // End
        #expect(model == "fast" && limit == 100 && envelope.stream)
    }

    @Test func `ServerSentEventParser finds events wherever the stream is cut`() {
        // Example: ServerSentEventParser
        var parser = ServerSentEventParser()
        var words: [String] = []
        for text in ["data: Hel", "lo\n\ndata: wor", "ld\n\n"] {
            let chunk = Array(text.utf8)
            var offset = 0
            while case .event(let event) = parser.next(in: chunk.span.bytes, at: &offset) {
                words.append(parser.data(of: event, in: chunk.span.bytes).text)
            }
        }
        // words is ["Hello", "world"]
        // End
        #expect(words == ["Hello", "world"])
    }
}
