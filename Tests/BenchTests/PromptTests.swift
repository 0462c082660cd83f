import Testing

@testable import Bench

@Suite struct PromptTests {
    private func parse(_ text: String, _ endpoint: LoadEndpoint = .chat) throws(PromptFileError) -> PromptFile {
        try parse(Array(text.utf8), endpoint)
    }

    private func parse(_ text: [UInt8], _ endpoint: LoadEndpoint = .chat) throws(PromptFileError) -> PromptFile {
        try PromptFile(parsing: text.span.bytes, for: endpoint)
    }

    private func bodies(_ recipe: RequestRecipe) -> [String] {
        let set = RequestSet(recipe, path: "/p", authority: "h", bearer: nil)
        return (0..<set.count).map { index in
            set.withBytes(of: index) { bytes in
                let text = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                return String(text.split(separator: "\r\n\r\n", maxSplits: 1)[1])
            }
        }
    }

    private func recipe(
        _ prompts: RequestRecipe.Prompts, _ endpoint: LoadEndpoint = .chat, model: String? = nil, streams: Bool = false,
        output: SizeDistribution? = nil, seed: UInt64 = 1
    ) -> RequestRecipe {
        RequestRecipe(prompts: prompts, endpoint: endpoint, model: model, streams: streams, outputTokens: output, seed: seed)
    }

    @Test func `a line is a prompt, a prompt with members, or a whole body`() throws {
        let file = try parse(
            #"""
            "Why is \"sky\" blue?"

            {"prompt": "And the sea?", "max_tokens": 50, "temperature": 0.25}
            {"messages": [{"role": "user", "content": "x"}], "model": "m", "n": 1e0}
            """# + "\r\n")
        #expect(file.count == 3)
        #expect(
            bodies(recipe(.file(file))) == [
                #"{"messages":[{"role":"user","content":"Why is \"sky\" blue?"}]}"#,
                #"{"max_tokens":50,"temperature":0.25,"messages":[{"role":"user","content":"And the sea?"}]}"#,
                #"{"messages":[{"role": "user", "content": "x"}],"model":"m","n":1e0}"#,
            ])
    }

    @Test func `each endpoint uses its own member for the prompt`() throws {
        #expect(bodies(recipe(.file(try parse(#""a""#, .completions)), .completions)) == [#"{"prompt":"a"}"#])
        #expect(bodies(recipe(.file(try parse(#"{"prompt":["a","b"]}"#, .completions)), .completions)) == [#"{"prompt":["a","b"]}"#])
        #expect(bodies(recipe(.file(try parse(#""a""#, .embeddings)), .embeddings, output: .constant(5))) == [#"{"input":"a"}"#])
        #expect(bodies(recipe(.file(try parse(#"{"input":[1,2]}"#, .embeddings)), .embeddings)) == [#"{"input":[1,2]}"#])
    }

    @Test(arguments: [
        ("", 0), ("\n\n  \n", 0), ("\"a\"\n{", 2), ("\"a\" \"b\"", 1), ("[1]", 1), ("\"a\"\n\n7", 3), ("null", 1), ("{}", 1), (#"{"input":"a"}"#, 1),
        (#"{"prompt":["a"]}"#, 1), (#"{"prompt":"a"} x"#, 1), ("\"\u{1}\"", 1),
    ])
    func `a line that is not a request is refused, with its number`(text: String, line: Int) {
        let error = #expect(throws: PromptFileError.self) { try parse(text) }
        #expect(error?.line == line && error?.reason.isEmpty == false)
    }

    @Test func `any cut of a good file is read or refused, and never crashes`() throws {
        let text = Array(#"{"prompt":"a é 😀","max_tokens":5}"#.utf8) + [10] + Array(#"{"messages":[]}"#.utf8)
        for end in text.indices { _ = try? parse(Array(text[..<end])) }
    }

    @Test func `the members that the run asks for are set in every body, in place`() throws {
        let file = try parse(#"{"model":"old","messages":[],"stream":false,"max_tokens":1}"#)
        #expect(
            bodies(recipe(.file(file), model: "a \"b\"", streams: true, output: .constant(9))) == [
                #"{"model":"a \"b\"","messages":[],"stream":true,"max_tokens":9,"stream_options":{"include_usage":true}}"#
            ])
        #expect(bodies(recipe(.file(file))) == [#"{"model":"old","messages":[],"stream":false,"max_tokens":1}"#])
        let own = try parse(#"{"messages":[],"stream":true,"stream_options":{"include_usage":false}}"#)
        #expect(bodies(recipe(.file(own))) == [#"{"messages":[],"stream":true,"stream_options":{"include_usage":false}}"#])
        #expect(RequestSet(recipe(.file(own)), path: "/", authority: "h", bearer: nil).streams(0))
    }

    @Test func `made-up prompts have the requested size, all differ, and depend on the seed`() {
        let some = bodies(recipe(.synthetic(.constant(100)), model: "m"))
        #expect(some.count == RequestSet.synthetic && Set(some).count == some.count)
        for body in some {
            #expect(body.hasPrefix(#"{"model":"m","messages":[{"role":"user","content":""#) && body.hasSuffix(#""}]}"#))
            #expect(body.split(separator: " ").count == 98)
        }
        #expect(bodies(recipe(.synthetic(.constant(100)), model: "m")) == some)
        #expect(bodies(recipe(.synthetic(.constant(100)), model: "m", seed: 2)) != some)
    }

    @Test func `large prompts come in fewer variants`() {
        let set = RequestSet(recipe(.synthetic(.constant(100_000)), model: "m"), path: "/", authority: "h", bearer: nil)
        #expect(set.count > 50 && set.count < RequestSet.synthetic)
    }

    @Test func `a request is complete HTTP, with the key if there is one`() {
        let set = RequestSet(recipe(.synthetic(.constant(5)), model: "m"), path: "/v1/x", authority: "host:81", bearer: "sk-1")
        let text = set.withBytes(of: 0) { bytes in bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
        let lines = parts[0].split(separator: "\r\n")
        #expect(lines[0] == "POST /v1/x HTTP/1.1")
        #expect(lines.contains("Host: host:81") && lines.contains("Authorization: Bearer sk-1"))
        #expect(lines.contains("Content-Length: \(parts[1].utf8.count)") && lines.contains("Accept: application/json"))
    }
}
