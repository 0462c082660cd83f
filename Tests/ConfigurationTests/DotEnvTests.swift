import Gateway
import Testing

@testable import Configuration

@Suite struct DotEnvTests {
    @Test(arguments: [
        ("A=b", "b"), ("A=", ""), ("  A = b  ", "b"), ("export A=b", "b"), ("export\tA=b", "b"), ("A=b # comment", "b"), ("A=b#c", "b#c"),
        ("A= # comment", ""), ("A=#b", "#b"), ("A=b c", "b c"), ("A='b # c'", "b # c"), ("A='b\\n'", "b\\n"), ("A=\"b\\nc\"", "b\nc"),
        ("A=\"q\\\"u\\\\o\\$te\\t\\r\" # x", "q\"u\\o$te\t\r"), ("A=\"\"", ""), ("A=b=c==", "b=c=="), ("A=${HOME}", "${HOME}"), ("A=ü", "ü"),
        ("A=b\r", "b"), ("A=it's", "it's"),
    ])
    func `a line sets its variable`(line: String, value: String) {
        let (file, problems) = read(line)
        #expect(problems.isEmpty)
        #expect(file.entries["A"]?.value.reveal { $0 } == value)
    }

    @Test(arguments: ["", "   ", "# A=b", "  # A=b", "\r", "#"])
    func `an empty line or a comment sets nothing`(line: String) {
        let (file, problems) = read(line)
        #expect(file.entries.isEmpty && problems.isEmpty)
    }

    @Test(arguments: [
        ("sk-live-9876543210", "not KEY=VALUE"), ("1A=sk-live-9876543210", "not KEY=VALUE"), ("A-B=sk-live-9876543210", "not KEY=VALUE"),
        ("A sk-live-9876543210", "not KEY=VALUE"), ("=sk-live-9876543210", "not KEY=VALUE"), ("A", "without ="), ("export A", "without ="),
        ("A=\"sk-live-9876543210", "not closed"), ("A='sk-live-9876543210", "not closed"), ("A=\"sk-live-9876543210\\", "not closed"),
        ("A=\"b\" sk-live-9876543210", "behind the closing"), ("A='b'sk-live-9876543210", "behind the closing"),
        ("A=\"\\x sk-live-9876543210\"", "escape"),
        ("Ä=sk-live-9876543210", "not KEY=VALUE"),
    ])
    func `a malformed line is a problem that names the line and never shows it`(line: String, reason: String) {
        let (file, problems) = read("OK=1\n\n" + line + "\nLAST=2")
        #expect(problems.count == 1)
        #expect(problems.first?.description.hasPrefix(".env:3: ") == true)
        #expect(problems.first?.description.contains(reason) == true, "\(problems)")
        #expect(!problems.description.contains("9876543210"))
        #expect(Set(file.entries.keys) == ["OK", "LAST"])
    }

    @Test func `of two lines with one key the later wins, with a warning`() {
        let problems = ProblemList()
        let warnings = ProblemList()
        let file = DotEnvFile(
            "A=1\nB=2\nA=3", problems: ProblemReporter(file: ".env", problems: problems), warnings: ProblemReporter(file: ".env", problems: warnings))
        #expect(file.entries["A"]?.value.reveal { $0 } == "3")
        #expect(warnings.sorted().map(\.description) == [".env:3: A: this variable was set on line 1 already; keep one; the later one is used"])
        #expect(problems.isEmpty)
    }

    @Test func `a file cut at every byte is read without harm, and shows nothing`() {
        let text = "export A='secretvalue'\r\nB=\"x\\n\\\"secretvalue\" # c\n C = secretvalue # d\n#e\nD='ü'"
        let bytes = Array(text.utf8)
        for end in 0...bytes.count {
            let list = ProblemList()
            let reporter = ProblemReporter(file: ".env", problems: list)
            guard let cut = SourceText.decode(Array(bytes[..<end]), reporter) else { continue }
            let file = DotEnvFile(cut, problems: reporter, warnings: reporter)
            #expect(file.entries.count <= 4)
            #expect(!list.sorted().description.contains("secretvalue"))
        }
    }

    @Test func `a .env that is no text is a problem with its line`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write(Array("A=1\nB=".utf8) + [0xFF, 0x0A], to: ".env")
        #expect(fixture.load(directory: nil).problems.map(\.description) == [".env:2: bytes that are not UTF-8; save the file as UTF-8"])
        try fixture.write(Array("A=1\nB=x\u{0}y\n".utf8), to: ".env")
        #expect(
            fixture.load(directory: nil).problems.map(\.description) == [
                ".env:2: a control character; delete it; only tabs and line ends are allowed"
            ])
    }

    private func read(_ text: String) -> (DotEnvFile, [Problem]) {
        let list = ProblemList()
        let reporter = ProblemReporter(file: ".env", problems: list)
        return (DotEnvFile(text, problems: reporter, warnings: reporter), list.sorted())
    }
}
