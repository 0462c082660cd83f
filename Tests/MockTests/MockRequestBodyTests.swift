import Testing
import Wire

@testable import Mock

@Suite struct MockRequestBodyTests {
    private func scan(_ text: String) -> (body: MockRequestBody, model: String?)? {
        var buffer = ByteBuffer()
        buffer.append(utf8: text)
        guard let body = MockRequestBody(scanning: buffer.bytes) else { return nil }
        guard let range = body.model else { return (body, nil) }
        return (body, buffer.bytes.extracting(range).text)
    }

    @Test func `the top-level members are found in any order`() throws {
        let text =
            #" {"messages" : [{"role":"user","content":"{\"model\":\"x\"}]"}], "stream_options":{"include_usage": true}, "stream": true ,"model":"a/b"} "#
        let found = try #require(scan(text))
        #expect(found.model == "a/b")
        #expect(found.body.wantsStream)
        #expect(found.body.asksForUsage)
    }

    @Test func `members of deeper objects are not taken for top-level ones`() throws {
        let found = try #require(scan(#"{"tools":[{"model":"x","stream":true}],"model":"y","stream":false,"n":1.5e3,"stop":null}"#))
        #expect(found.model == "y")
        #expect(found.body.wantsStream == false)
    }

    @Test func `a backslash before the last quote does not end a string`() throws {
        let found = try #require(scan(#"{"a":"\\","b":"\\\"","model":"m"}"#))
        #expect(found.model == "m")
    }

    @Test func `a body without a model is still a body`() throws {
        #expect(try #require(scan("{}")).model == nil)
        #expect(try #require(scan(#"{"model":7}"#)).model == nil)
    }

    @Test(arguments: ["", "[]", "null", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,}", "{\"a\":[1}", "{\"a\" 1}", "x"])
    func `a body that is not an object is refused`(text: String) {
        #expect(scan(text) == nil)
    }

    @Test func `a body cut anywhere is refused`() {
        let text = #"{"messages":[{"role":"user","content":"a\\\"b"}],"stream":true,"model":"m","x":{"y":[1,2]}}"#
        for length in 0..<text.utf8.count { #expect(scan(String(text.prefix(length))) == nil) }
    }
}
