import Testing
import Wire

@Suite struct `Reading JSON by parts` {
    /// The members of the object `text` with the raw texts of their values.
    private func members(_ text: String) throws(JSONError) -> [String] {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.span.bytes)
        var found: [String] = []
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let range = try scanner.skipValue()
            found.append(name.string(in: bytes.span.bytes) + "=" + String(decoding: bytes[range], as: UTF8.self))
        }
        try scanner.finish()
        return found
    }

    @Test func `members are found with the ranges of their values`() throws {
        let found = try members(" { \"a\" : 1 ,\"b\":[1, 2] , \"\":{} , \"c\\u0064\" : \"x\\\"y\" } ")
        #expect(found == ["a=1", "b=[1, 2]", "={}", "cd=\"x\\\"y\""])
        let none = try members("{ }")
        #expect(none == [])
    }

    @Test(arguments: ["{\"a\":1,}", "{,}", "{\"a\":1}}", "{\"a\":1", "[]", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "{\"a\":}", "{a:1}", "{\"a\":1}x"])
    func `an object read by parts is fully validated`(text: String) {
        var failed = false
        do throws(JSONError) { _ = try members(text) } catch { failed = true }
        #expect(failed)
    }

    @Test func `an array read by parts is fully validated`() {
        func count(_ text: String) -> Int? {
            let bytes = Array(text.utf8)
            var scanner = JSONScanner(bytes.span.bytes)
            var count = 0
            do throws(JSONError) {
                try scanner.enterArray()
                while try scanner.nextElement() {
                    try scanner.skipValue()
                    count += 1
                }
                try scanner.finish()
            } catch {
                return nil
            }
            return count
        }
        let counts = ["[]", "[1]", "[ 1 , [2] , {} ]", "[1,]", "[,1]", "[1 2]", "[1", "[1]]", "{}"].map(count)
        #expect(counts == [0, 1, 3, nil, nil, nil, nil, nil, nil])
    }

    @Test(arguments: [
        ("1", true), ("0", false), ("-0.0e5", false), ("0.001", true), ("true", true), ("false", false), ("null", false), ("\"\"", false),
        ("\"0\"", true),
        ("[]", false), ("[ ]", false), ("[0]", true), ("{}", false), ("{\n}", false), ("{\"a\":0}", true), ("1e5", true),
    ]) func `a value is true if the client's language finds it true`(text: String, truth: Bool) throws {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.span.bytes)
        let found = try scanner.skipTruth()
        #expect(found == truth)
    }

    @Test(
        arguments: [
            ("12", 12), ("-7", -7), ("12.0", 12), ("12.50", nil), ("1e3", nil), ("9223372036854775807", .max),
            ("\"12\"", nil), ("null", nil),
            ("-0", 0), ("0.000", 0),
        ] as [(String, Int?)]) func `a number with an integer value is read as an integer`(text: String, value: Int?) throws
    {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.span.bytes)
        let found = try scanner.readIntegerOrSkip(atMost: .max)
        #expect(found == value)
    }

    @Test(arguments: [
        (#""plain""#, "plain"), (#""a\"b\\c\/d""#, "a\"b\\c/d"), (#""\b\f\n\r\t""#, "\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u65E5""#, "Aé日"),
        (#""\ud83d\ude00!""#, "😀!"), (#""\u0000""#, "\0"), (#""é\u00e9日😀""#, "éé日😀"), (#""\\u0041""#, "\\u0041"), (#""""#, ""),
    ]) func `escapes are undone`(json: String, expected: String) throws {
        let bytes = Array(json.utf8)
        var scanner = JSONScanner(bytes.span.bytes)
        let text = try #require(try scanner.readTextOrSkip())
        let found = text.string(in: bytes.span.bytes)
        #expect(found == expected && text.hasEscapes == json.contains("\\"))
    }

    @Test func `half a surrogate pair passes when the caller allows it and reads as U+FFFD`() throws {
        for json in [#""\ud83d""#, #""\ude00""#, #""\ud83d\u0041""#, #""\ud83dx""#] {
            let bytes = Array(json.utf8)
            var scanner = JSONScanner(bytes.span.bytes, acceptingLoneSurrogates: true)
            let text = try #require(try scanner.readTextOrSkip())
            try scanner.finish()
            let found = text.string(in: bytes.span.bytes)
            #expect(found.unicodeScalars.first == "\u{FFFD}")
        }
    }

    @Test func `a name written with escapes equals the same name without`() throws {
        let bytes = Array(#""m\u006fdel""#.utf8)
        var scanner = JSONScanner(bytes.span.bytes)
        let text = try #require(try scanner.readTextOrSkip())
        let (same, other, longer) = (
            text.equals("model", in: bytes.span.bytes), text.equals("modem", in: bytes.span.bytes), text.equals("models", in: bytes.span.bytes)
        )
        #expect(same && !other && !longer)
    }

    @Test(arguments: [
        ("plain", "plain"), ("a\"b\\c/d", #"a\"b\\c/d"#), ("\u{8}\u{C}\n\r\t", #"\b\f\n\r\t"#),
        ("\0\u{1}\u{1F}\u{7F}", #"\u0000\u0001\u001f"# + "\u{7F}"),
        ("é日😀", "é日😀"), ("", ""),
    ]) func `text is escaped as JSON needs it`(text: String, expected: String) {
        var buffer = ByteBuffer()
        buffer.append(jsonString: text)
        #expect(buffer.bytes.text == "\"\(expected)\"")
        let found = flaw(in: buffer.bytes.text)
        #expect(found == nil)
    }

    @Test func `bytes that are not UTF-8 are replaced when escaped`() {
        for bytes in `JSON texts`.badUTF8 {
            var buffer = ByteBuffer()
            buffer.append(UInt8(ascii: "\""))
            buffer.append(jsonEscaped: bytes.span.bytes)
            buffer.append(UInt8(ascii: "\""))
            let text = buffer.bytes.text
            let found = flaw(in: text)
            #expect(found == nil && text.contains("\u{FFFD}"))
        }
    }
}
