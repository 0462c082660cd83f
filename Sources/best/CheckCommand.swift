internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Quality
internal import Scoring
internal import Wire

/// `best check`: says all that is wrong with the configuration, and what it comes to.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration and show what it comes to.",
        discussion: """
            Reads what `best serve` would read and shows every problem at once, each with its file, line and key, and a table of the \
            providers with what is known about them. Keys are counted, never shown.

            With --live each provider is asked for its list of models with each of its keys. No other call is made, so nothing is spent.

            Exit codes: 0 all is right; 78 the configuration has a problem; 69 (only with --live) the configuration is right, but a \
            provider rejects a key, can't be reached or gives no list of models.

            Examples:
              best check
              best check --config /etc/best --live
              best check --json | jq '.providers[] | select(.usable) | .name'
              best check --print-defaults > config/best.yaml     every option with its meaning and default
            """)

    @OptionGroup var place: ConfigurationArguments
    @Flag(help: "Ask each provider for its list of models with each of its keys.")
    var live = false
    @Flag(help: "Write one JSON object to standard output in place of tables, also when there are problems.")
    var json = false
    @Flag(help: "Write best.yaml with every option, its meaning and its default to standard output, and check nothing.")
    var printDefaults = false

    func validate() throws {
        guard !printDefaults || !(live || json) else { throw ValidationError("--print-defaults goes with no other flag") }
    }

    func run() throws {
        if printDefaults { return Terminal.out(String(ConfigurationManual.text.dropLast())) }
        let loaded = place.load()
        ConfigurationArguments.useProxies(of: loaded)
        let isUsable = loaded.obstacles().isEmpty
        // A configuration with problems may name the wrong hosts, which should not get keys.
        let findings = live && loaded.obstacles(isDemo: true).isEmpty ? try LiveCheck(loaded.readable).run() : nil
        let report = CheckReport(loaded, kept: keptLists(loaded.readable), findings: findings)
        if json {
            Terminal.out(CheckJSON(report).text)
        } else {
            for line in report.lines { Terminal.out(line.printable) }
            ConfigurationArguments.warn(of: loaded)
            for warning in scoringWarnings(loaded.readable) + aliasWarnings(loaded) { Terminal.warn(warning.printable) }
            _ = ConfigurationArguments.isUsable(loaded)
        }
        guard isUsable else { throw ExitCode.configuration }
        if findings?.contains(where: \.isFailure) == true { throw ExitCode.unavailable }
    }

    /// Names in the options of scoring and leaderboards that mean nothing.
    private func scoringWarnings(_ configuration: GatewayConfiguration) -> [String] {
        let sources = Set(BoardSource.all.map(\.id))
        var warnings = configuration.leaderboards.skip.filter { !sources.contains($0) }.map {
            "leaderboards.skip: no source is called \($0); `best scores --sources` shows them"
        }
        guard !configuration.scoring.aliases.isEmpty else { return warnings }
        let table = KnownQuality.atHand(configuration, directory: place.config ?? ConfigurationLoader.defaultDirectory).table
        for (id, model) in ScoreBook.aliases(configuration.scoring).sorted(by: { $0.key < $1.key }) where table.quality(ofID: model).evidence == 0 {
            warnings.append("scoring.aliases: \(id) stands for \(model), which no board knows; its ability is guessed by the name")
        }
        return warnings
    }

    /// Aliases that stand for what nobody has, where the models of every provider are written down.
    private func aliasWarnings(_ loaded: LoadedConfiguration) -> [String] {
        let (configuration, providers) = (loaded.readable, loaded.resolved.map(\.configuration))
        guard !configuration.aliases.isEmpty, !providers.isEmpty, providers.allSatisfy({ $0.models != nil }) else { return [] }
        var known = ScoringProfiles.reserved.union(configuration.scoring.profiles.own.keys.map { $0.lowercased() })
        var ids: [String] = []
        for provider in providers {
            for model in provider.models ?? [] {
                ids.append(model.id.lowercased())
                known.formUnion([model.id, "\(provider.name)/\(model.id)"].map { $0.lowercased() } + model.aliases.map { $0.lowercased() })
            }
        }
        let table = KnownQuality.atHand(configuration, directory: place.config ?? ConfigurationLoader.defaultDirectory).table
        func canonical(_ name: String) -> String { table.identity(of: ListedModel(id: name)).canonical }
        let canonicals = Set(ids.map(canonical))
        return configuration.aliases.flatMap { alias in
            // As a request's name is looked up: as it stands, in another spelling, as a part of an id.
            alias.targets.filter { target in
                let name = target.lowercased()
                return !known.contains(name) && !canonicals.contains(canonical(target)) && !ids.contains { $0.contains(name) }
            }.map { "aliases: \(alias.name) stands for \($0), which no provider has" }
        }
    }

    /// The lists of models that earlier runs have kept; none where the file is missing or not readable, which serving says.
    private func keptLists(_ configuration: GatewayConfiguration) -> [KeptModelList] {
        guard case .success(let bytes?) = ModelListFile.read(ModelListFile.place(of: configuration)) else { return [] }
        return KeptModelList.read(bytes) ?? []
    }
}
