internal import ArgumentParser
internal import Configuration
internal import Foundation
internal import Gateway
internal import Quality
internal import Scoring
internal import Wire

/// `best scores`: the ranking of models, and where each number comes from.
struct ScoresCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scores",
        abstract: "Rank models by public evidence, and show where each number comes from.",
        discussion: """
            A score is the ability that all boards together give a model, on a scale of 0 to 1, with its standard deviation. A model that no board \
            has is scored by its description (date, price, size, context) and so has a wide deviation. No live measurements are in it.

            The boards are those that the gateway fetched into its data directory, else the quality snapshot that comes with the program; \
            --data names another directory, laid out as `best scores --sources` shows. Lists of providers' models in its folder \
            provider-models are scored model by model.

            Examples:
              best scores                                       every model that a board has
              best scores gpt-oss-120b deepseek/deepseek-chat   these
              best scores --explain llama-3.3-70b-versatile     every term and every row behind a number
              best scores --data boards --unmatched             ids of the lists that no board has
              best scores --data boards --json                  every id of every list, as JSON
              best scores --data boards --validate              how well boards that are left out are predicted
              best scores --fit boards --write                  make config/quality-snapshot.json anew
            """)

    @Argument(help: "Models to show, by any provider's id or canonical name.")
    var models: [String] = []
    @Option(help: ArgumentHelp("The configuration directory (default: config).", valueName: "dir"), completion: .directory)
    var config: String?
    @Option(
        help: ArgumentHelp("A directory with boards, and lists of models in its folder provider-models.", valueName: "dir"), completion: .directory)
    var data: String?
    @Flag(help: "Show each term of a score and each row of a board behind it.")
    var explain = false
    @Flag(help: "Show the chat models that no board has.")
    var unmatched = false
    @Flag(help: "Write JSON to standard output.")
    var json = false
    @Option(help: ArgumentHelp("Fit the boards in a directory whose licences allow it, for the snapshot.", valueName: "dir"), completion: .directory)
    var fit: String?
    @Flag(help: "With --fit: write quality-snapshot.json into the configuration directory.")
    var write = false
    @Flag(help: "Show the sources, their licences and what was read of each.")
    var sources = false
    @Flag(name: .customLong("validate"), help: "Leave each leaderboard out in turn and compare it with what the others say. Takes some seconds.")
    var comparesBoards = false

    func validate() throws {
        guard !write || fit != nil else { throw ValidationError("--write needs --fit with the directory of boards to fit") }
        guard fit == nil || data == nil else { throw ValidationError("--fit and --data both name the directory of boards; give one") }
        guard !comparesBoards || data != nil else { throw ValidationError("--validate needs --data with the directory of boards") }
        for directory in [data, fit].compactMap({ $0 }) where !FileManager.default.fileExists(atPath: directory) {
            throw ValidationError("no directory '\(directory)'")
        }
    }

    func run() throws {
        if let fit { return try writeSnapshot(from: fit) }
        let loaded = ConfigurationArguments.load(config: config)
        let scores = try ScoreBook(configuration: loaded.readable, configDirectory: config ?? "config", data: data)
        for problem in scores.problems { Terminal.warn(problem) }
        let report = ScoresReport(scores)
        if sources {
            for line in report.sources() { Terminal.out(line) }
        } else if comparesBoards {
            for line in report.validation() { Terminal.out(line) }
        } else if explain {
            guard !models.isEmpty else { throw ValidationError("--explain needs a model: best scores --explain gpt-oss-120b") }
            for model in models { for line in report.explanation(of: model) { Terminal.out(line.printable) } }
        } else {
            let rows = scores.rows(models, unmatched: unmatched)
            if json { return Terminal.out(report.json(rows)) }
            for line in report.table(rows) { Terminal.out(line) }
        }
    }

    /// Fits what may be shipped, and says what it is.
    private func writeSnapshot(from directory: String) throws {
        let store = BoardStore(directory: URL(filePath: directory))
        let read = store.load(BoardSource.all.filter { $0.terms == .permissive })
        for status in read.statuses { if let problem = status.problem { Terminal.warn("\(status.source): \(problem)") } }
        let table = QualityTable(fitting: read.content.boards, facts: read.content.facts, sources: read.sources)
        guard table.measuredCount > 0 else {
            Terminal.error("no board in \(directory) can be fitted; `best scores --sources` shows how the directory is laid out")
            throw ExitCode.configuration
        }
        let bytes = QualitySnapshot.write(table)
        guard write else { return Terminal.out(String(String(decoding: bytes, as: UTF8.self).dropLast())) }
        let file = URL(filePath: config ?? "config").appending(path: ScoreBook.snapshotName)
        do {
            try Data(bytes).write(to: file, options: .atomic)
        } catch {
            Terminal.error("\(file.relativePath) can't be written: \(error.localizedDescription)")
            throw ExitCode.unavailable
        }
        Terminal.out("\(file.relativePath): \(bytes.count) bytes, \(table.measuredCount) models with rows, from \(read.sources.count) sources")
    }
}
