import Configuration
import Gateway
import Testing

/// Files that are meant to cost time or memory; each must be told in about the time it takes to read it, where expansion would take years.
@Suite(.timeLimit(.minutes(30))) struct HostileFileTests {
    private func expectProblem(_ text: String, _ yaml: String) throws {
        let loaded = try loadProviders(yaml)
        #expect(loaded.configuration == nil)
        #expect(loaded.problems.contains { $0.description.contains(text) && $0.line != nil }, "\(loaded.problems.prefix(3))")
        #expect(loaded.problems.count <= 1001)
    }

    @Test(arguments: ["[*L, *L, *L, *L, *L, *L, *L, *L, *L]", "{k: *L, l: *L, m: *L, n: *L}"])
    func `nested aliases are stopped`(line: String) throws {
        var yaml = "a0: &a0 [lol]\n"
        for level in 1...40 { yaml += "a\(level): &a\(level) " + line.replacing("L", with: "a\(level - 1)") + "\n" }
        try expectProblem("aliases repeat more than 100000 values", yaml)
    }

    @Test func `nested aliases as keys are stopped`() throws {
        var yaml = "a0: &a0 [lol]\n"
        for level in 1...40 { yaml += "a\(level): &a\(level) {? [*a\(level - 1), *a\(level - 1)] : 1}\n" }
        try expectProblem("a key that is not a plain word", yaml + "? *a40\n: 1\n")
    }

    @Test func `nested merge keys are stopped`() throws {
        var yaml = "a0: &a0 {k: 1}\n"
        for level in 1...40 { yaml += "a\(level): &a\(level)\n  <<: [*a\(level - 1), *a\(level - 1)]\n  k\(level): *a\(level - 1)\n" }
        try expectProblem("aliases repeat more than 100000 values", yaml)
    }

    @Test(arguments: [65, 900, 5000, 100_000])
    func `deep nesting is stopped`(depth: Int) throws {
        try expectProblem(
            "nested more than 64 levels deep", "providers:\n  " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        try expectProblem(
            "nested more than 64 levels deep", "providers:\n  " + String(repeating: "{a: ", count: depth) + String(repeating: "}", count: depth))
        try expectProblem("nested more than 64 levels deep", String(repeating: "- ", count: depth) + "x\n")
    }

    @Test func `the line of the nesting is told, however deep it is`() throws {
        let yaml =
            "providers:\n" + String(repeating: "# x\n", count: 100) + "  - a: " + String(repeating: "[", count: 3000) + "\n"
            + String(repeating: "# y\n", count: 100)
        #expect(try loadProviders(yaml).problems.map(\.line) == [102])
    }

    @Test func `lists as keys of lists are stopped`() throws {
        let wide = (0..<50_000).map { "x\($0)" }.joined(separator: ",")
        func nested(_ depth: Int) -> String { String(repeating: "{? ", count: depth) + "[\(wide)]" + String(repeating: " : 1}", count: depth) }
        try expectProblem("a key that is not a plain word", nested(20))
        try expectProblem("more than 64 keys that begin with ?", nested(900))
    }

    @Test func `a megabyte of small values is read`() throws {
        let loaded = try loadProviders("providers:\n  - base_url: http://a\n    models:\n" + (0..<9000).map { "    - model-\($0)\n" }.joined())
        #expect(loaded.configuration?.providers.first?.models?.count == 9000)
        try expectProblem("expected a mapping of providers", "[" + String(repeating: "a,", count: 500_000) + "]")
    }

    @Test func `a file of 2 MB is refused before it is parsed`() throws {
        let loaded = try loadProviders(String(repeating: "# 0123456789abcde\n", count: 120_000))
        #expect(
            loaded.problems.map(\.description) == ["config/meta-providers.yaml: the file is larger than 1024 KiB; expected the list of providers"])
    }

    @Test func `a file full of mistakes shows a thousand and counts the rest`() throws {
        let yaml = "providers:\n  - base_url: http://a\n" + (0..<5000).map { "    key\($0): 1\n" }.joined()
        let found = try loadProviders(yaml).problems
        #expect(found.count == 1001)
        #expect(found.last?.found == "4000 further problems are not shown")
    }

    @Test func `a file full of repeated keys ends after twenty`() throws {
        let yaml = String(repeating: "a: 1\n", count: 200)
        #expect(try loadProviders(yaml).problems.first?.expected.contains("the rest of the file was not checked") == true)
    }
}
