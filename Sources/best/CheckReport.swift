internal import Configuration
internal import Gateway
internal import Glibc

/// What `best check` found out: the configuration, the lists of models kept from earlier, and what providers answered if they were asked.
struct CheckReport {
    let loaded: LoadedConfiguration
    let kept: [KeptModelList]
    /// `nil` when nobody was asked.
    let findings: [LiveCheck.Finding]?

    init(_ loaded: LoadedConfiguration, kept: [KeptModelList], findings: [LiveCheck.Finding]?) {
        self.loaded = loaded
        self.kept = kept
        self.findings = findings
    }

    /// The list kept for a provider, if it came from where its list is now.
    func kept(for provider: ProviderConfiguration) -> KeptModelList? {
        let url = (provider.modelURL ?? provider.baseURL).text
        return kept.first { $0.provider == provider.name && $0.url == url }
    }

    /// The tables and sentences for a person.
    var lines: [String] {
        // That there is nothing to show is an error, and is said as one.
        guard !loaded.resolved.isEmpty else { return [] }
        let usable = loaded.resolved.count { !$0.isSkipped }
        let summary = "\(usable) of \(loaded.resolved.count) providers can be used"
        return providers + ["", summary] + live
    }

    private var providers: [String] {
        var table = TextTable(["PROVIDER", "ADDRESS", "KEYS", "MODELS", "LIMITS"])
        for provider in loaded.resolved {
            let configuration = provider.configuration
            table.add([
                configuration.name, configuration.baseURL.text, keys(of: provider), models(of: configuration), limits(of: configuration.limits),
            ])
        }
        return table.lines
    }

    private var live: [String] {
        guard let findings else { return [] }
        guard !findings.isEmpty else { return ["", "there is nobody to ask: no provider has a key"] }
        var table = TextTable(["PROVIDER", "KEY", "ANSWER"])
        for finding in findings { table.add([finding.provider, finding.variable ?? "none needed", Self.sentence(finding)]) }
        let failures = findings.count(where: \.isFailure)
        return [""] + table.lines + ["", failures == 0 ? "all of them answer" : "\(failures) of \(findings.count) can't be used now"]
    }

    /// What came back, in words.
    static func sentence(_ finding: LiveCheck.Finding) -> String {
        switch finding.answer {
        case .models(let ids, let listed):
            let taken = ids.count == listed ? "" : ", \(ids.count) taken by include and exclude"
            let unlisted = finding.unlisted.isEmpty ? "" : "; not on its list: \(finding.unlisted.prefix(5).joined(separator: ", "))"
            return "ok, \(listed) \(listed == 1 ? "model" : "models")\(taken)\(unlisted)"
        case .rejected(let reason): return "key rejected: \(reason)"
        case .noList(let reason):
            return finding.isFailure ? "no list of models: \(reason)" : "reached; no list of models (\(reason)), the file has them"
        case .unreachable(let reason): return "unreachable: \(reason)"
        }
    }

    private func keys(of provider: ResolvedProvider) -> String {
        let found = provider.configuration.keys.count
        let all = provider.keyVariables.count
        guard all > 0 else { return "none needed" }
        return provider.missingKeys.isEmpty ? "\(found) of \(all)" : "\(found) of \(all), set \(provider.missingKeys.joined(separator: ", "))"
    }

    private func models(of provider: ProviderConfiguration) -> String {
        if let models = provider.models { return "\(models.count) fixed" }
        guard let list = kept(for: provider) else { return "to be discovered" }
        return "\(list.count) discovered \(Self.ago(max(0, time(nil) - list.fetchedAt)))"
    }

    /// `5 min ago`, `3 h ago`, `2 d ago`.
    private static func ago(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "just now"
        case ..<3600: "\(seconds / 60) min ago"
        case ..<(48 * 3600): "\(seconds / 3600) h ago"
        default: "\(seconds / 86_400) d ago"
        }
    }

    private func limits(of limits: ProviderLimits) -> String {
        let known = limits.named.map { "\($0.value) \($0.unit)" }
        return known.isEmpty ? "-" : known.joined(separator: ", ") + (limits.scope == .account ? ", over all keys" : "")
    }
}

extension ProviderLimits {
    /// The limits that are known, with their keys in the file and their units in words.
    var named: [(key: String, value: Int, unit: String)] {
        let all = [
            ("requests_per_minute", requestsPerMinute, "requests/min"), ("requests_per_day", requestsPerDay, "requests/day"),
            ("tokens_per_minute", tokensPerMinute, "tokens/min"), ("tokens_per_day", tokensPerDay, "tokens/day"),
            ("concurrency", concurrency, "at once"),
        ]
        return all.compactMap { key, value, unit in value.map { (key, $0, unit) } }
    }
}
