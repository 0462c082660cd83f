internal import Configuration
internal import Gateway

/// What `best check` shows of a configuration: a table of providers and a summary.
struct CheckReport {
    private let loaded: LoadedConfiguration

    init(_ loaded: LoadedConfiguration) {
        self.loaded = loaded
    }

    /// The lines for a person.
    var lines: [String] {
        guard !loaded.resolved.isEmpty else { return ["no providers are configured; the built-in mock fleet would be served"] }
        var table = TextTable(["PROVIDER", "ADDRESS", "KEYS", "MODELS", "LIMITS"])
        for provider in loaded.resolved {
            let configuration = provider.configuration
            table.add([
                configuration.name, configuration.baseURL.text, keys(of: provider), models(of: configuration), limits(of: configuration.limits),
            ])
        }
        let usable = loaded.resolved.count { !$0.isSkipped }
        let summary =
            usable == 0
            ? "none of \(loaded.resolved.count) providers has a key; the built-in mock fleet would be served"
            : "\(usable) of \(loaded.resolved.count) providers can be used"
        return table.lines + ["", summary]
    }

    private func keys(of provider: ResolvedProvider) -> String {
        let found = provider.configuration.keys.count
        let all = provider.keyVariables.count
        guard all > 0 else { return "none needed" }
        return provider.missingKeys.isEmpty ? "\(found) of \(all)" : "\(found) of \(all), set \(provider.missingKeys.joined(separator: ", "))"
    }

    private func models(of provider: ProviderConfiguration) -> String {
        provider.models.map { "\($0.count) fixed" } ?? "discovered"
    }

    private func limits(of limits: ProviderLimits) -> String {
        let parts = [
            (limits.requestsPerMinute, "requests/min"), (limits.requestsPerDay, "requests/day"), (limits.tokensPerMinute, "tokens/min"),
            (limits.tokensPerDay, "tokens/day"), (limits.concurrency, "at once"),
        ]
        let known = parts.compactMap { limit, unit in limit.map { "\($0) \(unit)" } }
        return known.isEmpty ? "-" : known.joined(separator: ", ")
    }
}
