internal import ArgumentParser
internal import Configuration
internal import Gateway

/// `best manual`: the manual pages, in the form that man(1) reads.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Write a manual page to standard output.",
        discussion: """
            The pages are those that packages install: best(1), best.yaml(5) and meta-providers.yaml(5), in the language mdoc(7). They are made of \
            what --help shows and of what the files' readers go by.

            Examples:
              best manual | man -l -
              best manual best.yaml | man -l -
            """)

    /// The pages.
    enum Page: String, ExpressibleByArgument, CaseIterable {
        case best
        case bestFile = "best.yaml"
        case providersFile = "meta-providers.yaml"
    }

    @Argument(help: "best, best.yaml or meta-providers.yaml.") var page = Page.best
    @Flag(help: "Write the comment at the head of meta-providers.yaml in place of a page.")
    var comment = false

    func validate() throws {
        guard !comment || page == .providersFile else { throw ValidationError("--comment goes with meta-providers.yaml alone") }
    }

    func run() throws {
        if comment { return Terminal.out(ProvidersManual.comment) }
        // Without a commit there is no day that would be the same on every machine.
        let day = BuildFacts.day ?? "2026-01-01"
        let text =
            switch page {
            case .best: try CommandsManual.page(day: day).text
            case .bestFile: ManualPage.bestFile(day: day).text
            case .providersFile: ProvidersManual.page(day: day).text
            }
        Terminal.out(text, newline: false)
    }
}
