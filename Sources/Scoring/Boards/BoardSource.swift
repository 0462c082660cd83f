/// A source of boards or model facts: its files, their addresses, their terms and how they are read.
public struct BoardSource: Sendable {
    /// How its data may be used.
    public enum Terms: String, Sendable {
        /// Data derived from it may be shipped, with the source named.
        case permissive
        /// The repository states no terms: it is read where it is used, and nothing derived from it is shipped.
        case unstated
    }

    /// One file, by its path in a data directory and its address.
    public struct File: Sendable, Equatable {
        /// The path below the data directory.
        public let path: String
        /// Where it is fetched from; `nil` for one that is put there by hand.
        public let url: String?
    }

    /// The content of a source's files.
    public struct Content: Sendable, Equatable {
        /// Boards.
        public var boards: [Board] = []
        /// The facts that catalogues give about models.
        public var facts: [ModelFact] = []
    }

    /// Its name in the configuration.
    public let id: String
    /// The licence, and where it is stated.
    public let licence: String
    /// How it may be used.
    public let terms: Terms
    /// Its files.
    public let files: [File]
    /// Reads the files that exist, by path; throws if nothing in them can be used.
    public let read: @Sendable ([String: [UInt8]]) throws(BoardError) -> Content
}

extension BoardSource {
    /// Every source, in reading order. The sources of what is shipped are those with `permissive` terms.
    public static let all: [BoardSource] = [
        modelsDev, liteLLM, aider, evalPlus, cruxEval, tau2, arenaHard, vectara, bigCodeBench, liveBench, liveCodeBench, tabby, connections,
    ]

    private static let github = "https://raw.githubusercontent.com/"

    private static let modelsDev = BoardSource(
        id: "models.dev", licence: "MIT (anomalyco/models.dev)", terms: .permissive,
        files: [
            File(path: "models-dev/api.json", url: "https://models.dev/api.json"), File(path: "models-dev/canonical-models.json", url: nil),
            File(path: "models-dev/benchmarks.json", url: nil),
        ]
    ) { files throws(BoardError) in
        var content = Content()
        if let bytes = files["models-dev/canonical-models.json"] { content.facts += try ModelFact.modelsDev(bytes) }
        if let bytes = files["models-dev/api.json"] { content.facts += try ModelFact.modelsDevProviders(bytes) }
        if let bytes = files["models-dev/benchmarks.json"] { content.boards += try BoardParsers.modelsDev(bytes) }
        return content
    }

    private static let liteLLM = BoardSource(
        id: "litellm", licence: "MIT (BerriAI/litellm)", terms: .permissive,
        files: [
            File(
                path: "litellm/model_prices_and_context_window.json", url: github + "BerriAI/litellm/main/model_prices_and_context_window.json")
        ]
    ) { files throws(BoardError) in
        try single(files) { bytes throws(BoardError) in Content(facts: try ModelFact.liteLLM(bytes)) }
    }

    private static let aider = BoardSource(
        id: "aider", licence: "Apache-2.0 (Aider-AI/aider)", terms: .permissive,
        files: ["polyglot", "edit", "refactor"].map {
            File(path: "aider/\($0)_leaderboard.yml", url: github + "Aider-AI/aider/main/aider/website/_data/\($0)_leaderboard.yml")
        } + [File(path: OriginalBoards.aiderPath, url: "https://aider.chat/assets/js/search-data.json")]
    ) { files throws(BoardError) in
        var content = Content()
        for name in ["polyglot", "edit", "refactor"] {
            guard let bytes = files["aider/\(name)_leaderboard.yml"] else { continue }
            content.boards += try BoardParsers.aider(bytes, name)
        }
        return content
    }

    private static let evalPlus = BoardSource(
        id: "evalplus", licence: "Apache-2.0 (evalplus/evalplus.github.io)", terms: .permissive,
        files: [File(path: OriginalBoards.evalPlusPath, url: "https://evalplus.github.io/results.json")]
    ) { files throws(BoardError) in
        try single(files) { bytes throws(BoardError) in
            Content(boards: try BoardParsers.passAtOne(bytes, "evalplus", "evalplus", columns: ["humaneval+", "mbpp+"]))
        }
    }

    private static let cruxEval = BoardSource(
        id: "cruxeval", licence: "MIT (crux-eval/crux-eval.github.io)", terms: .permissive,
        files: [File(path: OriginalBoards.cruxEvalPath, url: "https://crux-eval.github.io/data.csv")]
    ) { files throws(BoardError) in
        try single(files) { bytes throws(BoardError) in Content(boards: try BoardParsers.cruxEval(bytes)) }
    }

    private static let tau2 = BoardSource(
        id: "tau2", licence: "MIT (sierra-research/tau2-bench)", terms: .permissive, files: [File(path: "tau2-bench/submissions.json", url: nil)]
    ) { files throws(BoardError) in
        try single(files) { bytes throws(BoardError) in Content(boards: try BoardParsers.tau2(bytes)) }
    }

    private static let arenaHard = BoardSource(
        id: "arena-hard", licence: "Apache-2.0 (lmarena/arena-hard-auto; win rates judged by models)", terms: .permissive,
        files: [
            File(
                path: "arena-hard-auto/arena_hard_leaderboard_20240731.csv",
                url: github + "lmarena/arena-hard-auto/main/leaderboard/arena_hard_leaderboard_20240731.csv"),
            File(path: "arena-hard-auto/v2_tables.txt", url: github + "lmarena/arena-hard-auto/main/README.md"),
        ]
    ) { files throws(BoardError) in
        var content = Content()
        if let bytes = files["arena-hard-auto/arena_hard_leaderboard_20240731.csv"] { content.boards += try BoardParsers.arenaHard(bytes) }
        if let bytes = files["arena-hard-auto/v2_tables.txt"] { content.boards += try BoardParsers.arenaHardTables(bytes) }
        return content
    }

    private static let vectara = BoardSource(
        id: "vectara", licence: "Apache-2.0 (vectara/hallucination-leaderboard)", terms: .permissive,
        files: [File(path: "vectara-hallucination/leaderboard.csv", url: github + "vectara/hallucination-leaderboard/main/README.md")]
    ) { files throws(BoardError) in
        try single(files) { bytes throws(BoardError) in Content(boards: try BoardParsers.vectara(bytes)) }
    }

    private static let bigCodeBench = BoardSource(
        id: "bigcodebench", licence: "none stated in the site's repository (bigcode-bench/bigcode-bench.github.io)", terms: .unstated,
        files: [
            File(path: OriginalBoards.bigCodeBenchPath, url: "https://bigcode-bench.github.io/results.json"),
            File(path: OriginalBoards.bigCodeBenchHardPath, url: "https://bigcode-bench.github.io/results-hard.json"),
        ]
    ) { files throws(BoardError) in
        var content = Content()
        for (path, name) in [(OriginalBoards.bigCodeBenchPath, "bigcodebench"), (OriginalBoards.bigCodeBenchHardPath, "bigcodebench hard")] {
            guard let bytes = files[path] else { continue }
            content.boards += try BoardParsers.passAtOne(bytes, "bigcodebench", name, columns: ["instruct", "complete"])
        }
        return content
    }

    /// The releases of LiveBench: each has different questions, and old ones keep older models.
    private static let liveBenchReleases = [
        "2024_06_24", "2024_07_26", "2024_08_31", "2024_11_25", "2025_04_02", "2025_04_25", "2025_05_30", "2025_11_25", "2025_12_23", "2026_01_08",
    ]

    private static let liveBench = BoardSource(
        id: "livebench", licence: "none stated in the site's repository (LiveBench/livebench.github.io)", terms: .unstated,
        files: liveBenchReleases.flatMap { release in
            ["table_\(release).csv", "categories_\(release).json"].map {
                File(path: "livebench/\($0)", url: github + "LiveBench/livebench.github.io/main/public/\($0)")
            }
        }
    ) { files throws(BoardError) in
        var content = Content()
        for release in liveBenchReleases {
            guard let table = files["livebench/table_\(release).csv"], let categories = files["livebench/categories_\(release).json"] else {
                continue
            }
            content.boards += try BoardParsers.liveBench(table: table, categories: categories, release: release)
        }
        return content
    }

    private static let liveCodeBench = BoardSource(
        id: "livecodebench", licence: "none stated in the site's repository (LiveCodeBench/livecodebench.github.io)", terms: .unstated,
        files: [
            File(
                path: "livecodebench/aggregated.json",
                url: github + "LiveCodeBench/livecodebench.github.io/main/src/mocks/performances_generation.json")
        ]
    ) { files throws(BoardError) in
        try single(files) { bytes throws(BoardError) in Content(boards: try BoardParsers.liveCodeBench(bytes)) }
    }

    private static let tabby = BoardSource(
        id: "tabby", licence: "none stated (TabbyML/leaderboard)", terms: .unstated,
        files: [File(path: OriginalBoards.tabbyPath, url: "https://leaderboard.tabbyml.com/tabby.yml")]
    ) { files throws(BoardError) in
        try single(files) { bytes throws(BoardError) in Content(boards: try BoardParsers.tabby(bytes)) }
    }

    private static let connections = BoardSource(
        id: "nyt-connections", licence: "none stated (lechmazur/nyt-connections)", terms: .unstated,
        files: [File(path: "nyt-connections/leaderboard.csv", url: github + "lechmazur/nyt-connections/master/README.md")]
    ) { files throws(BoardError) in
        try single(files) { bytes throws(BoardError) in Content(boards: try BoardParsers.connections(bytes)) }
    }

    /// The content of a source with one file.
    private static func single(
        _ files: [String: [UInt8]], _ read: ([UInt8]) throws(BoardError) -> Content
    ) throws(BoardError) -> Content {
        guard let bytes = files.values.first else { return Content() }
        return try read(bytes)
    }
}
