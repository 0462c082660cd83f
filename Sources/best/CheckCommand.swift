internal import ArgumentParser
internal import Configuration
internal import Gateway

/// `best check`: says all that is wrong with the configuration, and what it comes to.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration and show what it comes to.",
        discussion: """
            Reads what `best serve` would read and shows every problem at once, each with its file, line and key, and a table of the \
            providers with what is known about them. Keys are counted, never shown.

            Exit codes: 0 all is right; 78 the configuration has a problem.

            Examples:
              best check
              best check --config /etc/best
              best check --print-defaults > config/best.yaml     every option with its meaning and default
            """)

    @OptionGroup var place: ConfigurationArguments
    @Flag(help: "Write best.yaml with every option, its meaning and its default to standard output, and check nothing.")
    var printDefaults = false

    func run() throws {
        if printDefaults { return Terminal.out(String(ConfigurationManual.text.dropLast())) }
        let loaded = place.load()
        for line in CheckReport(loaded).lines { Terminal.out(line) }
        ConfigurationArguments.warn(of: loaded)
        guard ConfigurationArguments.isUsable(loaded) else { throw ExitCode.configuration }
    }
}
