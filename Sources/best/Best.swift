internal import ArgumentParser
internal import Gateway

/// The program: one subcommand for each thing it does; without one it serves.
@main
struct Best: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "best",
        abstract: "One OpenAI-compatible endpoint in front of many providers.",
        discussion: """
            Each request goes to the best deployment that can serve it now, and moves on to the next when one fails.

            Examples:
              best                                   serve with ./config on 127.0.0.1:8000
              best serve --port 9000 --config /etc/best
              best check                             what the configuration comes to, and what is wrong with it
              best mock --port 9100                  a provider for tests and load runs
            """,
        version: BuildInformation.version,
        subcommands: [ServeCommand.self, CheckCommand.self, MockCommand.self],
        defaultSubcommand: ServeCommand.self)
}
