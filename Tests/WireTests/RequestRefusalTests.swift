import Testing
import Wire

@Suite struct `A request body is refused` {
    /// The member an error is about; `-` when the body passed, the empty text when the error is about the whole body.
    private func param(_ body: String, limits: RequestEnvelope.Limits = .init()) -> String {
        switch envelope(body, limits: limits) {
        case .success: "-"
        case .failure(let error): error.param ?? ""
        }
    }

    @Test(arguments: [
        "", "[]", "null", "\"model\"", "[{\"model\":\"m\"}]", "{\"model\":\"m\"", "{\"model\":\"m\"}}", "{\"model\":\"m\",}", "{\"model\":NaN}",
        "\u{FEFF}\u{FEFF}{\"model\":\"m\"}", " \u{FEFF}{\"model\":\"m\"}",
    ])
    func `when it is not one JSON object`(body: String) {
        #expect(param(body) == "")
    }

    @Test func `and the message says at which byte`() {
        guard case .failure(let error) = envelope("{\"model\":\"m\",}") else { return #expect(Bool(false)) }
        #expect(error.message == "malformed JSON at byte 13: expected a member name in double quotes")
    }

    @Test(arguments: Samples.all[..<2]) func `when it is cut at any byte`(sample: String) {
        let body = Array(sample.utf8)
        for cut in 0...body.lastIndex(of: UInt8(ascii: "}"))! {
            #expect(param(String(decoding: body[..<cut], as: UTF8.self)) == "")
        }
    }

    @Test(arguments: [
        ("{}", "model"), ("{\"messages\":[]}", "model"), ("{\"model\":\"\"}", "model"), ("{\"model\":null}", "model"), ("{\"model\":1}", "model"),
        ("{\"model\":[\"m\"]}", "model"), ("{\"model\":{}}", "model"), ("{\"MODEL\":\"m\"}", "model"), ("{\"model \":\"m\"}", "model"),
    ]) func `when there is no model`(body: String, name: String) {
        #expect(param(body) == name)
    }

    @Test(arguments: [
        ("stream", "1"), ("stream", "\"true\""), ("stream", "{}"), ("stream_options", "true"), ("stream_options", "[]"), ("stream_options", "\"x\""),
        ("max_tokens", "-1.5"), ("max_tokens", "1.5"), ("max_tokens", "\"5\""), ("max_tokens", "[]"), ("max_tokens", "1e3"),
        ("max_completion_tokens", "\"-1\""), ("max_output_tokens", "true"), ("messages", "null"), ("messages", "\"hi\""), ("messages", "{}"),
        ("tools", "{}"),
        ("tools", "\"x\""), ("tools", "0"), ("functions", "{}"), ("n", "0"), ("n", "-1"), ("n", "1.5"), ("n", "\"1\""), ("models", "\"a\""),
        ("models", "[1]"),
        ("models", "[null]"), ("models", "{}"), ("provider", "\"groq\""), ("provider", "[]"), ("provider", "{\"order\":7}"),
        ("provider", "{\"only\":[1]}"),
        ("provider", "{\"ignore\":{}}"), ("provider", "{\"allow_fallbacks\":\"no\"}"),
    ]) func `when a member has the wrong type`(name: String, value: String) {
        #expect(param("{\"model\":\"m\",\"\(name)\":\(value)}") == name)
        #expect(param("{\"\(name)\":\(value),\"model\":\"m\"}") == name)
    }

    @Test func `for its first flaw, but malformed JSON comes before any other`() {
        #expect(param("{\"stream\":1,\"model\":\"m\",\"n\":0}") == "stream")
        #expect(param("{\"stream\":1,\"model\":\"m\",}") == "")
    }

    @Test(arguments: [
        ("{\"model\":\"m\",\"model\":\"n\"}", "model"), ("{\"model\":\"m\",\"m\\u006fdel\":\"n\"}", "model"),
        ("{\"\\u006dodel\":\"m\",\"model\":\"n\"}", "model"),
        ("{\"model\":\"m\",\"x\":1,\"y\":2,\"x\":3}", "x"), ("{\"model\":\"m\",\"x/y\":1,\"x\\/y\":2}", "x/y"),
        ("{\"model\":\"m\",\"é\":1,\"\\u00E9\":2}", "é"),
        ("{\"model\":\"m\",\"stream\":false,\"stream\":true}", "stream"), ("{\"model\":\"m\",\"\":1,\"\":2}", ""),
        ("{\"model\":\"m\",\"\\u00e9\":1,\"\\u00E9\":2}", "é"),
    ]) func `when a top-level name comes twice`(body: String, name: String) {
        #expect(param(body) == name)
    }

    @Test func `but not when a deeper name does`() {
        #expect(param("{\"model\":\"m\",\"x\":{\"a\":1,\"a\":2},\"messages\":[{\"role\":1,\"role\":2}]}") == "-")
    }

    @Test func `when one of many names comes twice, wherever it stands`() {
        let names = (0..<200).map { "\"name\($0)\":0" }.joined(separator: ",")
        #expect(param("{\"model\":\"m\",\(names)}") == "-")
        for place in [0, 1, 30, 31, 32, 33, 100, 199] {
            #expect(param("{\"model\":\"m\",\(names),\"name\(place)\":1}") == "name\(place)")
            #expect(param("{\"model\":\"m\",\(names),\"n\\u0061me\(place)\":1}") == "name\(place)")
        }
    }

    @Test func `when the top level has too many members`() {
        func body(_ count: Int) -> String { "{\"model\":\"m\"" + (1..<count).map { ",\"k\($0)\":0" }.joined() + "}" }
        #expect(param(body(1024)) == "-")
        #expect(param(body(1025)) == "")
        #expect(param(body(100_000)) == "")
        var limits = RequestEnvelope.Limits()
        limits.maximumMembers = 2
        #expect(param(body(2), limits: limits) == "-")
        #expect(param(body(3), limits: limits) == "")
    }

    @Test func `when it is nested too deep`() {
        func body(_ depth: Int) -> String {
            "{\"model\":\"m\",\"messages\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(param(body(127)) == "-")
        #expect(param(body(128)) == "")
    }

    /// What is wrong with a body; empty when nothing is.
    private func message(_ body: String) -> String {
        if case .failure(let error) = envelope(body) { error.message } else { "" }
    }

    @Test func `when a name is too long, in whichever list it stands`() {
        let (longest, longer) = (String(repeating: "a", count: 512), String(repeating: "a", count: 513))
        for (member, body) in [
            ("models", #"{"model":"m","models":["x","NAME"]}"#), ("provider.order", #"{"model":"m","provider":{"order":["NAME"]}}"#),
            ("provider.only", #"{"model":"m","provider":{"only":["x","NAME"]}}"#),
            ("provider.ignore", #"{"model":"m","provider":{"ignore":["NAME"]}}"#),
            ("provider.sort", #"{"model":"m","provider":{"sort":"NAME"}}"#),
        ] {
            #expect(message(body.replacing("NAME", with: longest)) == "")
            #expect(message(body.replacing("NAME", with: longer)) == "`\(member)` must not hold a name of more than 512 bytes")
            #expect(param(body.replacing("NAME", with: longer)) == (member == "models" ? "models" : "provider"))
            #expect(message(body.replacing("NAME", with: String(repeating: "b", count: 1 << 20))).contains(member))
        }
    }

    @Test(arguments: [
        "\\u0000", "\\u001f", "\\n", "\\u007f", "\u{7F}", "\\u0085", "\u{85}", "\\u2028", "\u{2029}", "\u{202E}", "\\u2066", "\u{200F}",
    ])
    func `when a name holds a control character, written out or escaped`(character: String) {
        for name in ["known-id\(character)", "\(character)known-id", "kno\(character)wn-id"] {
            #expect(message("{\"model\":\"\(name)\"}") == "`model` must be a name without control characters")
            #expect(message("{\"model\":\"m\",\"models\":[\"m\",\"\(name)\"]}") == "`models` must not hold a control character")
            for member in ["order", "only", "ignore"] {
                let body = "{\"model\":\"m\",\"provider\":{\"\(member)\":[\"\(name)\"]}}"
                #expect(message(body) == "`provider.\(member)` must not hold a control character" && param(body) == "provider")
            }
            #expect(message("{\"model\":\"m\",\"provider\":{\"sort\":\"\(name)\"}}") == "`provider.sort` must not hold a control character")
        }
    }

    @Test func `but not when a name holds letters of other scripts or escapes of usual ones`() {
        for name in ["über", "日本語", "gpt\\u002d4o", "a\\/b", "🙂", "\\ud83d\\ude42", "a b"] {
            #expect(message("{\"model\":\"\(name)\",\"models\":[\"\(name)\"],\"provider\":{\"order\":[\"\(name)\"],\"sort\":\"\(name)\"}}") == "")
        }
    }

    @Test func `when a list of names is too long`() {
        func list(_ count: Int) -> String { "[" + Array(repeating: "\"a\"", count: count).joined(separator: ",") + "]" }
        #expect(param("{\"model\":\"m\",\"models\":\(list(64))}") == "-")
        #expect(param("{\"model\":\"m\",\"models\":\(list(65))}") == "models")
        #expect(param("{\"model\":\"m\",\"provider\":{\"only\":\(list(65))}}") == "provider")
        #expect(param("{\"model\":\"\(String(repeating: "a", count: 4096))\"}") == "-")
        #expect(param("{\"model\":\"\(String(repeating: "a", count: 4097))\"}") == "model")
    }
}
