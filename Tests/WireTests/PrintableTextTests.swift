import Testing
import Wire

@Suite struct PrintableTextTests {
    /// Invisible characters that have an effect: control characters, separators of lines and paragraphs, format
    /// characters.
    private static let hidden: [ClosedRange<UInt32>] = [
        0x00...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x600...0x605, 0x61C...0x61C, 0x180E...0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2064,
        0x2066...0x206F, 0xFEFF...0xFEFF, 0xFFF9...0xFFFB, 0x1D173...0x1D17A, 0xE0001...0xE0001, 0xE0020...0xE007F,
    ]

    @Test(arguments: PrintableTextTests.hidden) func `an invisible character that has an effect is shown as a question mark`(
        range: ClosedRange<UInt32>
    )
        throws
    {
        for value in range {
            let scalar = try #require(Unicode.Scalar(value))
            #expect("a\(scalar)b".printable == "a?b", "U+\(String(value, radix: 16))")
            #expect("\(scalar)\(scalar)".printable == "??")
        }
    }

    @Test(arguments: ["", "a b", "~!", "é", "e\u{301}", "漢字", "😀", "€ –", "\u{A0}x", "ﬁ", "\u{FFFD}"]) func `visible characters stay as they are`(
        text: String
    ) {
        #expect(text.printable == text)
        var buffer = ByteBuffer()
        buffer.append(printable: text)
        #expect(buffer.bytes.text == text)
    }

    @Test func `only characters that fit on one line are left`() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isShown = String(scalar).printable == String(scalar)
            let isHidden: Bool =
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: true
                default: false
                }
            if isShown == isHidden { Issue.record("U+\(String(value, radix: 16))") }
        }
    }

    @Test(arguments: [
        ("plain", #""plain""#), ("a\"\\\n", #""a\"\\\n""#), ("é\u{85}", #""é\u0085""#), ("\u{202E}x", #""\u202ex""#), ("\u{2028}", #""\u2028""#),
        ("é\n\u{7F}", #""é\n\u007f""#), ("\u{E0001}", #""\udb40\udc01""#), ("😀", #""😀""#),
    ]) func `in JSON invisible characters become escapes, so that nothing is lost`(text: String, json: String) throws {
        var buffer = ByteBuffer()
        buffer.append(printableJSON: text)
        #expect(buffer.bytes.text == json)
    }
}
