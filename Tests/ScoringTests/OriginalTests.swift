import Testing

@testable import Scoring

@Suite struct OriginalTests {
    /// The groups of the original's `model-adjustments.yaml` that the golden sample names, with its patterns as the analysis of it gives them
    /// (n00b001/BEST@791cec9), and some whose patterns can match nothing.
    private static let adjustments: [ModelAdjustments.Adjustment] = [
        .init(name: "llama-3.3", priority: 20, patterns: ["llama-3.3"]), .init(name: "llama-3.1", priority: 10, patterns: ["llama-3.1"]),
        .init(name: "Llama-3.3-70B-Instruct", priority: 28.4, patterns: ["Llama-3.3-70B-Instruct"]),
        .init(name: "whisper", priority: -10_000, patterns: ["whisper"]),
        .init(name: "Gemini-2.0-Flash", priority: 28.7, patterns: ["gemini-2.0-flash"]), .init(name: "lite", priority: -3, patterns: [".*lite.*"]),
        .init(name: "large", priority: 3, patterns: [".*lite.*"]), .init(name: "small", priority: -3, patterns: [".*lite.*"]),
        .init(name: "instruct", priority: 2, patterns: [".*instruct.*"]), .init(name: "Search", priority: -100, patterns: [".*search.*"]),
        .init(name: "Mistral", priority: 26, patterns: [".*mistral.*"]), .init(name: "Deepseek R1", priority: 35.1, patterns: ["deepseek-r1"]),
        .init(name: "Distill", priority: -2, patterns: ["distill"]), .init(name: "O1", priority: 31, patterns: ["o1^", "/o1^", "-o1^"]),
        .init(name: "exp", priority: -1, patterns: ["-exp^"]),
    ]

    @Test(.realBoards) func `the golden sample is reproduced to a billionth`() throws {
        let loaded = OriginalBoards.load(BoardStore(directory: try #require(Leaderboards.directory)))
        #expect(loaded.problems == [])
        #expect(loaded.boards.rows.count == 751)
        let formula = OriginalFormula(loaded.boards, adjustments: ModelAdjustments(Self.adjustments))
        let sample = try JSONTree(parsing: Leaderboards.bytes("golden-sample.json"))["models"]?.elements ?? []
        #expect(sample.count == 17)
        for model in sample {
            let id = try #require(model["id"]?.text)
            let score = formula.score(id, contextLength: model["context_length"]?.integer, basePriority: model["base_priority"]?.number ?? 1)
            for (part, value) in [
                ("leaderboard_score", score.leaderboard), ("model_param_score", score.parameters), ("model_context_score", score.context),
                ("model_adjustment_score", score.adjustment), ("overall_score", score.overall),
            ] {
                let expected = try #require(model[part]?.number)
                #expect(abs(value - expected) < 1e-9, "\(id) \(part): \(value), expected \(expected)")
            }
            #expect(Set(score.rows.map(\.name)) == Set(model["leaderboard_rows_matched"]?.elements.compactMap { $0["model_name"]?.text } ?? []))
            #expect(
                score.adjustments.map(\.name).sorted()
                    == (model["adjustment_groups_matched"]?.elements.compactMap { $0["group"]?.text } ?? []).sorted())
        }
    }

    @Test(arguments: [
        ("llama-3.3-70b-versatile", 70.0), ("llama-prompt-guard-2-86m", 86), ("mixtral-8x22b-instruct", 176), ("Qwen3-480B-A35B", 480),
        ("gpt-oss:120b", 0),
        ("x-7b-8x7b", 63), ("model-", 0), ("-b", 0), ("8x", 0), ("a-12", 0),
    ])
    func `sizes are read from names as the original reads them`(id: String, billions: Double) {
        #expect(OriginalFormula.parameters(in: id) == billions)
    }

    @Test func `the weights can be changed`() {
        var weights = OriginalFormula.Weights()
        (weights.parameters, weights.context, weights.adjustment) = (1, 0.001, 3)
        let formula = OriginalFormula(.none, adjustments: ModelAdjustments([.init(name: "a", priority: 2, patterns: ["LLAMA"])]), weights: weights)
        #expect(formula.score("llama-70b", contextLength: 1000, basePriority: 2).overall == 2 * (70 + 1 + 6))
    }

    @Test func `patterns that can't match anything have no effect, and the others apply`() {
        let adjustments = ModelAdjustments(Self.adjustments + [.init(name: "broken", priority: 1, patterns: ["("])])
        #expect(adjustments.matching("openai/o1").isEmpty)
        #expect(adjustments.matching("nousresearch/hermes").map(\.name) == ["Search"])
    }

    @Test func `in the default mode adjustments move an ability only a little`() {
        let adjustments = ModelAdjustments([
            .init(name: "much", priority: 1000, patterns: ["a"]), .init(name: "little", priority: -5, patterns: ["b"]),
        ])
        #expect(adjustments.shift("a") == 0.5)
        #expect(abs(adjustments.shift("b") + 0.1) < 1e-12)
        #expect(adjustments.shift("c") == 0)
    }
}
