import Testing
import Wire

@Suite struct `JSON texts` {
    static let accepted = [
        "{}", "[]", "\"\"", "0", "-0", "1", "-1", "10", "123456789012345678901234567890", "0.5", "-0.5", "1.0", "1.25", "0e1", "0E1", "0e+1", "0e-1",
        "1e1", "1E+22", "1.5e-300", "-1.5E+3", "1e999", "true", "false", "null", " 1", "1 ", "\t1\n", "\r\n1\r\n", "  {}  ", "[ ]", "{ }", "[\n]",
        "[1]", "[1,2]", "[ 1 , 2 ]", "[[]]", "[[],[]]", "[{}]", "[{},{}]", "[null,true,false]", "[\"a\",\"b\"]", "[1,[2,[3,[4]]]]",
        "{\"a\":1}", "{\"a\":1,\"b\":2}", "{ \"a\" : 1 , \"b\" : 2 }", "{\"a\":{}}", "{\"a\":[]}", "{\"a\":{\"b\":{\"c\":null}}}",
        "{\"\":0}", "{\"a\":1,\"a\":2}", "{\"a\":\"b\"}", "{\"a\":[{\"b\":[{}]}]}", "{\"a\":-0.0e-0}",
        "\"a\"", "\"ab cd\"", "\"12345678\"", "\"1234567\"", "\"123456789\"", "\"123456789012345\"", "\"1234567890123456\"", "\"12345678901234567\"",
        "\"\\\"\"", "\"\\\\\"", "\"\\/\"", "\"\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\u0041\"", "\"\\uabcd\"", "\"\\uABCD\"", "\"\\uFFFF\"",
        "\"\\ud800\\udc00\"", "\"\\uDBFF\\uDFFF\"", "\"\\uD83D\\uDE00x\"", "\"a\\\\\"", "\"\\\\\\\"\"", "\"\\\\u0000\"", "\"a\\nb\\nc\\nd\\ne\"",
        "\"\u{7F}\"", "\"é\"", "\"\u{80}\"", "\"\u{7FF}\"", "\"\u{800}\"", "\"\u{D7FF}\"", "\"\u{E000}\"", "\"\u{FFFD}\"", "\"\u{FFFF}\"",
        "\"\u{10000}\"",
        "\"\u{10FFFF}\"", "\"日本語のテキスト\"", "\"Съешь же ещё этих булок\"", "\"😀😀😀\"", "\"aé日😀 aé日😀\"", "\"\u{2028}\u{2029}\"", "\"\u{FEFF}\"",
        "{\"日本\":\"é\"}", "{\"a\\u0062\":1}", "[\"\",\"\",\"\"]", "[0,0.0,0e0]", "[-1,-2]", "\"/\"", "\"{}[],:\"", "\"//\"",
        "[1,\n\n\n\n\n\n\n\n\n\n\n2]",
    ]

    static let refused = [
        "", " ", "\n\t ", "{", "[", "\"", "}", "]", ",", ":", "{]", "[}", "[1}", "{\"a\":1]", "[1", "[1,", "[,", "[,1]", "[1,]", "[1,,2]", "[1 2]",
        "[\"a\" \"b\"]",
        "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{,\"a\":1}", "{\"a\" 1}", "{\"a\"::1}", "{\"a\":1 \"b\":2}", "{a:1}",
        "{'a':1}",
        "{1:1}", "{null:1}", "{[]:1}", "{\"a\",1}", "{\"a\":1:2}", "{\"a\":1,,\"b\":2}", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":tru",
        "[tru", "[nul]",
        "01", "-01", "00", "1.", "-1.", ".5", "-.5", "+1", "-", "--1", "1e", "1e+", "1E-", "1.e1", "1.5e", "1e1.5", "0x10", "1_000", "1a", "-a",
        "[1.]", "[01]",
        "[-]", "[+1]", "[1e]", "1 2", "0.", "- 1", "1,", "[1.2.3]", "１",
        "NaN", "Infinity", "-Infinity", "nan", "inf", "[NaN]", "{\"a\":Infinity}", "{\"a\":-Infinity}", "undefined", "None", "True", "TRUE", "tru",
        "truee", "nulll",
        "nul", "fals", "falsey", "t", "f", "n", "true false", "[truefalse]",
        "'a'", "\"a", "\"a\\", "\"a\\\"", "\"\\x\"", "\"\\a\"", "\"\\'\"", "\"\\0\"", "\"\\U0041\"", "\"\\u\"", "\"\\u0\"", "\"\\u00\"", "\"\\u004\"",
        "\"\\u00g0\"",
        "\"\\u 041\"", "\"\\u-041\"", "\"\\u+041\"", "\"\\u004`\"", "\"\\u004@\"", "\"\\u00/0\"", "\"\\u00:0\"", "\"\\", "\"\\u", "\"\\u0041",
        "\"\\ \"", "\"\\\n\"",
        "\"\\ud800\"", "\"\\udfff\"", "\"\\udc00\\ud800\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\u0041\"",
        "\"\\ud800\\udbff\"",
        "\"\\uD83Dx\\uDE00\"", "{\"\\ud800\":1}", "\"\n\"", "\"\t\"", "\"\r\"", "\"\0\"", "\"\u{1F}\"",
        "\"aaaaaaaaaaaaaaaa\u{1}aaaaaaaaaaaaaaaaaaa\"",
        "\"1234567\n\"", "\"12345678\n\"", "{} {}", "[] []", "{}x", "[]]", "{}}", "\"\"\"\"", "[] ,", "null,", "{}\0", "\u{FEFF}{}", "\u{A0}1",
        "\u{2028}1", "1\u{A0}",
        "/* */1", "1//x", "[1/**/]", "\u{B}1", "\u{C}1", "\u{8}1", "\0", "[\u{B}]", "é", "[é]", "{\"a\":é}", "#", "\\", "[\"a\",\n4\n,1,",
        "<!doctype html>",
    ]

    static let badUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xC2, 0xC2], [0xDF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE0, 0xA0],
        [0xE0, 0xA0, 0x41], [0xE1, 0x80], [0xE1, 0x41, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80], [0xF0, 0x90, 0x80, 0x41], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
        [0xF8, 0x88, 0x80, 0x80, 0x80],
        [0xFE], [0xFF], [0xC3, 0xA9, 0xA9], [0xE6, 0x97, 0xA5, 0xE6, 0x97], [0xC3, 0xA9, 0xC3], [0xC0, 0xA2],
    ]

    @Test(arguments: accepted) func `what RFC 8259 allows is accepted`(text: String) {
        let found = flaw(in: text)
        #expect(found == nil)
    }

    @Test(arguments: refused) func `what RFC 8259 does not allow is refused`(text: String) {
        let found = flaw(in: text)
        #expect(found != nil)
    }

    @Test(arguments: badUTF8) func `a string that is not UTF-8 is refused anywhere`(bytes: [UInt8]) {
        for before in 0..<20 {
            for after in 0..<6 {
                let text =
                    Array("[\"".utf8) + Array(repeating: UInt8(ascii: "a"), count: before) + bytes + Array(repeating: UInt8(ascii: "b"), count: after)
                let found = flaw(in: text + Array("\"]".utf8))
                #expect(found?.reason == .invalidUTF8)
            }
        }
    }

    @Test func `every character is accepted and every surrogate refused`() {
        for value in stride(from: UInt32(0x80), through: 0x10FFFF, by: 7) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let found = flaw(in: "\"\(scalar)\"")
            #expect(found == nil)
        }
        for value in stride(from: UInt32(0xD800), through: 0xDFFF, by: 3) {
            let bytes: [UInt8] = [0x22, 0xED, UInt8(value >> 6 & 0x3F) | 0x80, UInt8(value & 0x3F) | 0x80, 0x22]
            let found = flaw(in: bytes)
            #expect(found?.reason == .invalidUTF8)
        }
    }

    @Test func `a special byte is noticed at every position in a long string`() {
        for place in 0..<70 {
            for (byte, reason) in [(UInt8(0x1F), JSONError.Reason.controlByte), (0xFF, .invalidUTF8), (0x00, .controlByte)] {
                var bytes = Array("\"\(String(repeating: "a", count: 70))\"".utf8)
                bytes[place + 1] = byte
                let found = flaw(in: bytes)
                #expect(found == JSONError(reason, at: place + 1))
            }
            var quoted = Array("\"\(String(repeating: "a", count: 70))\"".utf8)
            quoted[place + 1] = 0x22
            let trailing = flaw(in: quoted)
            #expect(trailing == JSONError(.trailingBytes, at: place + 2))
            quoted[place + 1] = 0x7F
            let deleted = flaw(in: quoted)
            #expect(deleted == nil)
        }
    }

    @Test(arguments: Samples.all) func `a body cut at any byte is refused`(sample: String) {
        let body = Array(sample.utf8)
        let whole = flaw(in: body)
        #expect(whole == nil)
        let end = body.lastIndex(of: UInt8(ascii: "}"))!
        for cut in 0...end {
            let found = flaw(in: Array(body[..<cut]))
            #expect(found != nil)
        }
    }

    @Test func `nesting is refused exactly beyond the limit`() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ depth: Int) -> String {
                String(repeating: open, count: depth) + "0" + String(repeating: close, count: depth)
            }
            let accepted = flaw(in: nested(128))
            #expect(accepted == nil)
            let refused = flaw(in: nested(129))
            #expect(refused?.reason == .tooDeep)
            let shallow = flaw(in: nested(3), maximumDepth: 3)
            #expect(shallow == nil)
            let deep = flaw(in: nested(4), maximumDepth: 3)
            #expect(deep?.reason == .tooDeep)
        }
        let bomb = flaw(in: String(repeating: "[", count: 1_000_000))
        #expect(bomb == JSONError(.tooDeep, at: 128))
    }

    @Test func `an error names the byte`() {
        #expect(flaw(in: "{\"a\":1,}") == JSONError(.nameExpected, at: 7))
        #expect(flaw(in: "{\"a\" 1}") == JSONError(.colonExpected, at: 5))
        #expect(flaw(in: "[1 2]") == JSONError(.commaExpected, at: 3))
        #expect(flaw(in: "[01]") == JSONError(.commaExpected, at: 2))
        #expect(flaw(in: "[1.]") == JSONError(.invalidNumber, at: 3))
        #expect(flaw(in: "{\"a\":") == JSONError(.endOfText, at: 5))
        #expect(flaw(in: "") == JSONError(.endOfText, at: 0))
        #expect(flaw(in: "\"\\x\"") == JSONError(.invalidEscape, at: 1))
        #expect(flaw(in: "\"\\ud800\"") == JSONError(.loneSurrogate, at: 1))
    }
}
