internal import ArgumentParser
internal import EventLoop

/// The program: one subcommand for each thing it does; without one it serves.
@main
struct Best: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "best",
        abstract: "One OpenAI-compatible endpoint in front of many providers.",
        discussion: """
            Each request goes to the best deployment that can serve it now, and moves on to the next when one fails.

            Examples:
              best                               serve ./config on 127.0.0.1:8000
              best serve --port 9000 --config /etc/best
              best check --live                  is all of it right, and do keys work?
              best scores --explain gpt-oss-120b how good a model is, and how that is known
              best rests list                    what the running gateway leaves alone, and why
              best mock --port 9100              a provider for tests and load runs
              best bench http://127.0.0.1:8000   measure it under load

            Completion of commands and options, for bash, zsh and fish:
              best --generate-completion-script bash > /etc/bash_completion.d/best

            Manual pages, also of the configuration files:
              best manual | man -l -
              best manual best.yaml | man -l -
            """,
        version: BuildFacts.lines.joined(separator: "\n"),
        subcommands: [
            ServeCommand.self, CheckCommand.self, ScoresCommand.self, KeysCommand.self, UsageCommand.self, RestsCommand.self, MockCommand.self,
            BenchCommand.self, SetupCommand.self, HealthCommand.self, ManualCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    /// Before anything else, even the reading of the arguments, a server must not be ended by a signal that asks it for something.
    static func main() {
        let word = CommandLine.arguments.dropFirst().first
        let isOther = configuration.subcommands.contains { $0 != ServeCommand.self && $0.configuration.commandName == word }
        // They wait since before this, see `holdFirstSignals`.
        if isOther { ProcessSignals.release() } else { ProcessSignals.hold() }
        main(nil)
    }
}
