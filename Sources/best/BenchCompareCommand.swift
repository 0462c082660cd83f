internal import ArgumentParser
internal import Bench
internal import Wire

/// `best bench compare`: two result files beside each other.
struct BenchCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare two results of --json.",
        discussion: """
            Examples:
              best bench compare yesterday.json today.json
              best bench compare main.json branch.json --fail-above 10     exit code 1 when anything got worse by more than 10 %
            """)

    @Argument(help: ArgumentHelp("The first result.", valueName: "first"), completion: .file(extensions: ["json"]))
    var first: String
    @Argument(help: ArgumentHelp("The second result.", valueName: "second"), completion: .file(extensions: ["json"]))
    var second: String
    @Option(help: ArgumentHelp("Fail when a number got worse by more than this.", valueName: "percent"))
    var failAbove: Double?

    func validate() throws {
        if let failAbove, !(failAbove >= 0) { throw ValidationError("--fail-above must not be negative") }
    }

    func run() throws {
        let (before, after) = (try read(first), try read(second))
        let comparison = ResultComparison(before, after)
        guard !comparison.rows.isEmpty else {
            Terminal.error(
                "the results have no target in common: one has \(before.targets.joined(separator: ", ")), the other \(after.targets.joined(separator: ", "))"
            )
            throw ExitCode.configuration
        }
        for line in comparison.lines { Terminal.out(line.printable) }
        guard let failAbove else { return }
        let worse = comparison.regressions(above: failAbove)
        guard !worse.isEmpty else { return }
        Terminal.say("worse by more than \(failAbove) %: " + worse.map(\.name).joined(separator: ", "))
        throw ExitCode.failure
    }

    private func read(_ path: String) throws -> ResultFile {
        let text = try BenchFiles.read(path)
        do throws(ResultFile.Malformed) {
            return try ResultFile(parsing: text.span.bytes)
        } catch {
            Terminal.error("\(path): \(error)")
            throw ExitCode.configuration
        }
    }
}
