import Configuration
import Foundation
import Gateway
import Testing

@Suite struct AdjustmentsFileTests {
    private func load(_ text: String, _ environment: [String: String] = [:]) throws -> LoadedConfiguration {
        try ConfigurationFixture(["config/model-adjustments.yaml": text, "config/meta-providers.yaml": "providers: []\n"]).load(environment)
    }

    @Test func `the original's format is read as it is`() throws {
        let text = """
            adjustments:
              O1:
                priority: 10
                regex:
                  - o1^
                  - 'gpt-4o'
              Mini models:
                priority: -2.5
                regex: [".*mini.*"]
            """
        let loaded = try load(text)
        #expect(
            loaded.configuration?.adjustments == [
                ModelAdjustment(name: "O1", priority: 10, patterns: ["o1^", "gpt-4o"]),
                ModelAdjustment(name: "Mini models", priority: -2.5, patterns: [".*mini.*"]),
            ])
        #expect(
            loaded.warnings.map(\.description) == [
                "config/model-adjustments.yaml:5: adjustments.O1.regex[0]: \"o1^\" can never match, because of where its ^ or $ stands; "
                    + "it stays as it is and does nothing; ^ is for the beginning, $ for the end"
            ])
    }

    @Test func `no file, an empty one, and one of comments have no adjustments`() throws {
        #expect(try ConfigurationFixture().load(directory: nil).configuration?.adjustments == [])
        for text in ["", "# nothing\n", "adjustments:\n  # all commented out\n"] {
            #expect(try load(text).configuration?.adjustments == [])
        }
    }

    @Test(arguments: [
        ("adjustment: {}", 1, "adjustment", "did you mean \"adjustments\"?"),
        ("adjustments: [a]", 1, "adjustments", "expected a mapping"),
        ("adjustments:\n  a: {priority: 1}", 2, "adjustments.a.regex", "it must be given"),
        ("adjustments:\n  a: {regex: x}", 2, "adjustments.a.priority", "it must be given"),
        ("adjustments:\n  a: {regex: x, priority: high}", 2, "adjustments.a.priority", "expected a number in -1000...1000"),
        ("adjustments:\n  a: {regex: x, priority: 1, patterns: [y]}", 2, "adjustments.a.patterns", "valid are priority, regex"),
        ("adjustments:\n  a:\n    priority: 1\n    regex:\n      - ok\n      - '(open'", 6, "adjustments.a.regex[1]", "expected a pattern"),
        ("adjustments:\n  a: {priority: 1, regex: []}", 2, "adjustments.a.regex", "leave the key out instead"),
        ("adjustments:\n  a: {priority: 1, regex: x}\n  a: {priority: 2, regex: y}", 3, "adjustments.a", "keep one"),
    ])
    func `what is wrong is told with line, key and what would be right`(text: String, line: Int, key: String, expected: String) throws {
        let loaded = try load(text)
        let problem = try #require(loaded.problems.first { $0.keyPath == key }, "\(loaded.problems)")
        #expect(problem.file == "config/model-adjustments.yaml" && problem.line == line && problem.expected.contains(expected))
        #expect(loaded.configuration == nil)
    }

    @Test func `MODEL_ADJUSTMENTS_FILENAME names another file, which must be there then`() throws {
        let fixture = try ConfigurationFixture([
            "own.yaml": "adjustments: {mine: {priority: 3, regex: ^x}}", "config/meta-providers.yaml": "providers: []\n",
            "config/model-adjustments.yaml": "adjustments: {other: {priority: 3, regex: ^x}}",
        ])
        #expect(fixture.load(["MODEL_ADJUSTMENTS_FILENAME": "own.yaml"]).configuration?.adjustments.map(\.name) == ["mine"])
        #expect(
            fixture.load(["MODEL_ADJUSTMENTS_FILENAME": "none.yaml"]).problems.map(\.description) == [
                "none.yaml: no such file; expected adjustments of models (MODEL_ADJUSTMENTS_FILENAME names it)"
            ])
    }

    @Test func `the committed file changes nothing, and its examples are right`() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("config/model-adjustments.yaml").path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(try load(text).configuration?.adjustments == [])
        let examples = text.split(separator: "\n").drop { $0 != "adjustments:" }.map { line in
            line.hasPrefix("  # ") && !line.hasSuffix(".") ? "  " + line.dropFirst(4) : line[...]
        }
        let loaded = try load(examples.joined(separator: "\n"))
        #expect(loaded.problems.isEmpty && loaded.warnings.isEmpty, "\(loaded.problems)")
        #expect(loaded.configuration?.adjustments.map(\.name) == ["previews", "own"])
    }

    @Test func `the original's weights come from the file, and from its variables before that`() throws {
        let fixture = try ConfigurationFixture([
            "config/best.yaml": "scoring: {original: {leaderboard: 50, context: 1e-4}}", "config/meta-providers.yaml": "providers: []\n",
        ])
        let file = try #require(fixture.load().configuration?.scoring.original)
        #expect(file.leaderboard == 50 && file.context == 0.0001 && file.parameters == 100.0 / 405 && file.adjustment == 2)
        let environment = [
            "MODEL_LEADERBOARD_SCORE_SCALAR": "1", "MODEL_PARAM_SCORE_SCALAR": "0.5", "MODEL_CTX_SCORE_SCALAR": "", "MODEL_ADJUSTMENT_SCALAR": "-3",
        ]
        let set = try #require(fixture.load(environment).configuration?.scoring.original)
        #expect(set.leaderboard == 1 && set.parameters == 0.5 && set.context == 0.0001 && set.adjustment == -3)
        #expect(
            fixture.load(["MODEL_CTX_SCORE_SCALAR": "big", "MODEL_ADJUSTMENT_SCALAR": "1e9"]).problems.map(\.description) == [
                "environment: MODEL_CTX_SCORE_SCALAR: not a number; expected a number in -1_000_000...1_000_000",
                "environment: MODEL_ADJUSTMENT_SCALAR: found 1_000_000_000; expected a number in -1_000_000...1_000_000",
            ])
    }
}
