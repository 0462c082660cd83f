import Testing

@testable import Configuration

@Suite struct SpellingTests {
    @Test(arguments: [
        (0, "0s"), (1, "1ms"), (1500, "1500ms"), (5000, "5s"), (90_000, "1m30s"), (3_600_000, "1h"), (86_400_000, "24h"), (3_661_000, "1h1m1s"),
    ])
    func `a time is spelt as it is read`(milliseconds: Int, text: String) {
        #expect(DurationText.spell(.milliseconds(milliseconds)) == text)
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        (0, "0"), (1000, "1000"), (1024, "1KiB"), (12_345, "12_345"), (33_554_432, "32MiB"), (1 << 30, "1GiB"), (1 << 40, "1024GiB"),
        (1_048_577, "1_048_577"),
    ])
    func `a size is spelt as it is read`(count: Int, text: String) {
        #expect(ByteCountText.spell(count) == text)
        #expect(ByteCountText.parse(text) == count)
    }

    @Test func `a size may have a space before its unit, and must be whole and known`() {
        #expect(ByteCountText.parse("64 KiB") == 65_536 && ByteCountText.parse("1e3KiB") == 1_024_000)
        for text in ["", "KiB", "64KB", "64kib", "-1KiB", "0.3KiB", "9223372036854775807GiB", "1  KiB"] {
            #expect(ByteCountText.parse(text) == nil, "\(text)")
        }
    }

    @Test(arguments: ["data", "/var/lib/best", "::", "true", "null", "7", "", "a b", "it's", "-", "- x", "#x", "a: b", "*x", "~", "0x1"])
    func `text is spelt so that YAML reads it as that text`(text: String) {
        let problems = ProblemList()
        let reporter = ProblemReporter(file: "f", problems: problems)
        let node = YAMLDocument(Array("k: \(TextValue.spell(text))\n".utf8), reporter).root?["k"]
        guard case .scalar(let read, _)? = node?.content else { return #expect(Bool(false), "\(text)") }
        #expect(read == text && node?.isNull == false && problems.isEmpty)
    }
}
