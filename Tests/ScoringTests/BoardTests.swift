import Foundation
import Testing

@testable import Scoring

@Suite struct BoardTests {
    /// A small file in each form.
    private static let samples: [String: String] = [
        "models-dev/canonical-models.json":
            #"{"openai/gpt-4o":{"release_date":"2024-05-13","reasoning":false,"limit":{"context":128000},"modalities":{"input":["text"],"output":["text"]}}}"#,
        "models-dev/api.json":
            #"{"groq":{"models":{"llama-3.1-8b-instant":{"release_date":"2024-07","limit":{"context":131072},"cost":{"input":0.05,"output":0.08}}}}}"#,
        "models-dev/benchmarks.json": "["
            + (1...5).map { #"{"model":"m/gpt-\#($0)","name":"SWE-Bench Pro","score":\#($0 * 10)}"# }.joined(separator: ",") + "]",
        "litellm/model_prices_and_context_window.json":
            #"{"gpt-4o":{"mode":"chat","input_cost_per_token":2.5e-06,"output_cost_per_token":1e-05,"max_input_tokens":128000}}"#,
        "aider/polyglot_leaderboard.yml":
            "- model: gpt-4o\n  edit_format: diff\n  pass_rate_2: 23.1\n  date: 2024-12-21\n- model: a + b\n  edit_format: architect\n  pass_rate_2: 50\n",
        "evalplus/results.json": #"{"GPT-4o":{"pass@1":{"humaneval+":87.2,"mbpp+":72.2}}}"#,
        "cruxeval/data.csv": "Model,i@1,o@1,link\ngpt-4o (n=3),65.1,70.0,-\ngpt-4o+cot (n=3),75.6,91.5,-\n",
        "tau2-bench/submissions.json":
            #"[{"model_name":"GPT-5","modality":"text","reasoning_effort":"high","submission_date":"2025-08-07","results":{"retail":{"pass_1":81.1}}}]"#,
        "arena-hard-auto/arena_hard_leaderboard_20240731.csv": "model,score,CI\ngpt-4o-2024-05-13,79.21,\"(-1.5, +1.7)\"\n",
        "arena-hard-auto/v2_tables.txt": "Hard Prompt, Style Control, and Gemini-2.5 as Judge\n0   o3-2025-04-16   85.9  (-0.8 / +0.9)\n",
        "vectara-hallucination/leaderboard.csv": "# title\n\n|Model|Factual Consistency Rate|\n|----|---:|\n|openai/gpt-4o|98.5 %|\n",
        "bigcodebench/results.json": #"{"GPT-4o-2024-05-13":{"pass@1":{"instruct":51.1,"complete":61.1},"date":"2024-05-13"}}"#,
        "bigcodebench/results-hard.json": #"{"GPT-4o-2024-05-13":{"pass@1":{"instruct":25,"complete":29.1}}}"#,
        "livebench/table_2026_01_08.csv": "model,python,zebra_puzzle\ngpt-5.4-high,60,80\ngpt-4o,,20\n",
        "livebench/categories_2026_01_08.json": #"{"Agentic Coding":["python"],"Reasoning":["zebra_puzzle"]}"#,
        "livecodebench/aggregated.json":
            #"{"performances":[{"model":"o4-mini__high","pass@1":100},{"model":"o4-mini__high","pass@1":0}],"models":[]}"#,
        "tabby/tabby.yml": "Codestral-22B:\n  Baseline:\n    Java: 40\n    Python: 30\n  Oracle:\n    Java: 50\n",
        "nyt-connections/leaderboard.csv": "Rank,Model,Score %,#Puzzles\n1,Gemini 3.1 Pro Preview,98.4,940\n",
    ]

    private static func files(_ source: BoardSource, _ change: (String) -> [UInt8]?) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for file in source.files { if let text = samples[file.path] { files[file.path] = change(text) } }
        return files
    }

    @Test(arguments: BoardSource.all.map(\.id)) func `every source is read from its own format`(id: String) throws {
        let source = try #require(BoardSource.all.first { $0.id == id })
        let content = try source.read(Self.files(source) { Array($0.utf8) })
        #expect(!content.boards.isEmpty || !content.facts.isEmpty)
        for board in content.boards { #expect(board.rows.allSatisfy { (0...1).contains($0.score) && !$0.model.isEmpty }) }
    }

    @Test(arguments: BoardSource.all.map(\.id)) func `a file cut at any byte is read or rejected, and never crashes`(id: String) throws {
        let source = try #require(BoardSource.all.first { $0.id == id })
        let longest = source.files.compactMap { Self.samples[$0.path]?.utf8.count }.max() ?? 0
        for length in 0..<longest { _ = try? source.read(Self.files(source) { Array($0.utf8.prefix(length)) }) }
    }

    @Test(arguments: BoardSource.all.map(\.id)) func `a file that is not a board is rejected with a line that says so`(id: String) throws {
        let source = try #require(BoardSource.all.first { $0.id == id })
        for hostile in [
            "<!DOCTYPE html><html><body>rate limited</body></html>", "{}", "[]", "null", "{\"error\":\"gone\"}",
            String(repeating: "[", count: 10_000), "\u{0}\u{1}",
        ] {
            let files = Self.files(source) { _ in Array(hostile.utf8) }
            do {
                let content = try source.read(files)
                Issue.record("\(id) took \(hostile.prefix(20)): \(content.boards.count) boards")
            } catch {
                #expect(!error.description.isEmpty && !error.description.contains("\n"))
            }
        }
    }

    @Test func `values that are not numbers make no row`() throws {
        let csv = "Model,Score %\na,NaN\nb,inf\nc,-5\nd,101\ne,1e999\nf,50\n"
        let boards = try BoardParsers.connections(Array(csv.utf8))
        #expect(boards.first?.rows.map(\.model) == ["f"])
    }

    @Test func `pair runs, other protocols and unfinished models are left out`() throws {
        let aider = try BoardParsers.aider(Array(Self.samples["aider/polyglot_leaderboard.yml"]!.utf8), "polyglot")
        #expect(aider.first?.rows.map(\.model) == ["gpt-4o"])
        let crux = try BoardParsers.cruxEval(Array(Self.samples["cruxeval/data.csv"]!.utf8))
        #expect(crux.first?.rows.count == 1)
        let live = try BoardParsers.liveBench(
            table: Array(Self.samples["livebench/table_2026_01_08.csv"]!.utf8),
            categories: Array(Self.samples["livebench/categories_2026_01_08.json"]!.utf8),
            release: "2026_01_08")
        #expect(live.first?.rows.map(\.score) == [0.7])
    }

    @Test func `a store keeps the last good copy, and a file that is too large is reported`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "best-boards-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = BoardStore(directory: directory, maximumBytes: 1000)
        let source = try #require(BoardSource.all.first { $0.id == "cruxeval" })
        #expect(store.load([source]).statuses.first?.problem == nil)
        try store.accept(Self.files(source) { Array($0.utf8) }, of: source)
        #expect(throws: BoardError.self) { try store.accept(Self.files(source) { _ in Array("<html>".utf8) }, of: source) }
        let loaded = store.load([source])
        #expect(loaded.content.boards.count == 2)
        #expect(loaded.statuses.first?.age ?? -1 >= 0)
        try Data(count: 2000).write(to: directory.appending(path: source.files[0].path))
        #expect(store.load([source]).statuses.first?.problem?.contains("at most 1000") == true)
    }
}
