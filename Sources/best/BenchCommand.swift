internal import ArgumentParser

/// `best bench`: a load generator for any OpenAI-compatible endpoint, and the comparison of its results.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure an OpenAI-compatible endpoint under load.",
        discussion: """
            Sends chat requests and measures the time to the first token, between tokens and to the end of the answer, and the rates.

            Examples:
              best bench http://127.0.0.1:8000 --stream
              best bench http://127.0.0.1:8000 --rate 50 --duration 1m --json today.json
              best bench http://127.0.0.1:8000 --direct http://127.0.0.1:9100
              best bench compare yesterday.json today.json

            `best bench run --help` explains every option.
            """,
        subcommands: [BenchRunCommand.self, BenchCompareCommand.self],
        defaultSubcommand: BenchRunCommand.self)
}
