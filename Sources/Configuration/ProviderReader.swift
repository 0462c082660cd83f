internal import Gateway
internal import Wire

/// Reads the keys of one provider that stand for themselves: all but its name and API keys.
struct ProviderReader {
    /// The directory of the file, from which relative paths in it count.
    let directory: String
    /// Gets what is odd but not wrong.
    let warnings: ProblemReporter
    /// The waiting times of providers that set none.
    let timeouts: UpstreamTimeouts

    /// Reads `reader` into a provider called `name`, with problems left at their defaults; `nil` when it has no place, but reads all else
    /// in any case.
    func read(_ reader: ConfigurationReader<ProviderKey>, name: String, baseURL: HTTPURL?, keys: [APIKeyReference]) -> ProviderConfiguration? {
        let modelURL = EndpointURL(warnings: warnings).read(reader[.modelURL])
        let basePriority = reader[.basePriority]?.number(in: 0...1000)
        let tier = reader[.tier]?.choice(ProviderTier.self)
        let endpoints = EndpointsValue.read(reader[.endpoints])
        let include = PatternValue(warnings: warnings).read(reader[.include])
        let exclude = PatternValue(warnings: warnings).read(reader[.exclude])
        let models = reader[.models].flatMap { ModelReader(warnings: warnings).read($0) }.map {
            filter($0, reader, include: include, exclude: exclude)
        }
        if tier == .free { warnAboutPrices(of: models ?? [], at: reader[.tier]) }
        let limits = readLimits(reader[.limits])
        let timeouts = readTimeouts(reader[.timeouts])
        let headers = reader[.headers].map { HeaderReader().read($0) }
        let proxy = readProxy(reader[.proxy])
        let caFile = readCertificates(reader[.caFile])
        let quirks = readQuirks(reader[.quirks])
        guard let baseURL else { return nil }
        var provider = ProviderConfiguration(name: name, baseURL: baseURL)
        provider.modelURL = modelURL
        provider.keys = keys
        provider.basePriority = basePriority ?? provider.basePriority
        provider.tier = tier
        provider.models = models
        provider.endpoints = endpoints
        provider.include = include
        provider.exclude = exclude
        provider.limits = limits
        provider.timeouts = timeouts
        provider.headers = headers ?? []
        provider.proxy = proxy
        provider.caFile = caFile
        provider.quirks = quirks
        return provider
    }

    private func warnAboutPrices(of models: [ModelConfiguration], at tier: ConfigurationValue?) {
        let priced = models.first { model in TokenPrices.all.contains { model.prices[keyPath: $0].map { $0 > 0 } ?? false } }
        guard let priced, let tier else { return }
        warnings.report(
            at: tier.node.mark, tier.path,
            found: "the prices of \(SafeQuotation.quoteValue(priced.id) ?? "a model") count for nothing, as this provider is free",
            expected: "delete the prices, or `tier: free`")
    }

    /// The fixed models that `include` and `exclude` leave, of which there must be one.
    private func filter(
        _ models: [ModelConfiguration], _ reader: ConfigurationReader<ProviderKey>, include: [String], exclude: [String]
    ) -> [ModelConfiguration] {
        func regexes(_ patterns: [String]) -> [Regex<AnyRegexOutput>] { patterns.compactMap { try? Regex($0).ignoresCase() } }
        let (wanted, unwanted) = (regexes(include), regexes(exclude))
        let left = models.filter { model in
            (wanted.isEmpty || wanted.contains { model.id.contains($0) }) && !unwanted.contains { model.id.contains($0) }
        }
        if left.isEmpty, !models.isEmpty, let culprit = reader[.exclude] ?? reader[.include] {
            culprit.report(
                "none of the \(models.count) models of this provider is left by include and exclude",
                expected: "leave at least one, or delete the provider")
        }
        return left
    }

    private func readLimits(_ value: ConfigurationValue?) -> ProviderLimits {
        var limits = ProviderLimits()
        guard let reader = value.flatMap({ ConfigurationReader<LimitKey>($0) }) else { return limits }
        let range = 1...1_000_000_000_000
        limits.requestsPerMinute = reader[.requestsPerMinute]?.integer(in: range)
        limits.requestsPerDay = reader[.requestsPerDay]?.integer(in: range)
        limits.tokensPerMinute = reader[.tokensPerMinute]?.integer(in: range)
        limits.tokensPerDay = reader[.tokensPerDay]?.integer(in: range)
        limits.concurrency = reader[.concurrency]?.integer(in: 1...1_000_000)
        limits.scope = reader[.scope]?.choice(ProviderLimits.Scope.self) ?? limits.scope
        refuse(limits.requestsPerMinute, at: reader[.requestsPerMinute], above: limits.requestsPerDay, .requestsPerDay)
        refuse(limits.tokensPerMinute, at: reader[.tokensPerMinute], above: limits.tokensPerDay, .tokensPerDay)
        return limits
    }

    /// A limit of a minute that the limit of the day does not allow.
    private func refuse(_ minute: Int?, at value: ConfigurationValue?, above day: Int?, _ dayKey: LimitKey) {
        guard let minute, let value, let day, minute > day else { return }
        value.report(
            "\(NumberText.grouped(minute)) is more than \(dayKey.rawValue) (\(NumberText.grouped(day)))",
            expected: "expected at most the limit of the day; were they swapped?")
    }

    private func readTimeouts(_ value: ConfigurationValue?) -> ProviderTimeouts {
        var own = ProviderTimeouts()
        guard let reader = value.flatMap({ ConfigurationReader<TimeoutKey>($0) }) else { return own }
        let range = TimeoutsSection.range
        own.connect = reader[.connect]?.duration(in: range)
        own.firstByte = reader[.firstByte]?.duration(in: range)
        own.idle = reader[.idle]?.duration(in: range)
        own.total = reader[.total]?.duration(in: range)
        for contradiction in TimeoutsSection.contradictions(timeouts.overridden(by: own)) {
            TimeoutKey(rawValue: contradiction.key).flatMap { reader[$0] }?.report(contradiction.found, expected: contradiction.expected)
        }
        return own
    }

    private func readProxy(_ value: ConfigurationValue?) -> HTTPURL? {
        guard let value, let proxy = value.url() else { return nil }
        guard proxy.path.isEmpty else {
            value.report("a proxy with a path", expected: "expected http://host:port")
            return nil
        }
        return proxy
    }

    private func readCertificates(_ value: ConfigurationValue?) -> String? {
        guard let value, let text = value.text("the path of a PEM file") else { return nil }
        let path = FileReading.resolve(text, in: directory)
        do {
            // 16 MiB: many times the bundle of a whole system.
            _ = try FileReading.bytes(of: path, atMost: 16 * 1024 * 1024)
            return path
        } catch {
            value.report(error.found, expected: "give the path of a readable PEM file, from the directory of this file on")
            return nil
        }
    }

    private func readQuirks(_ value: ConfigurationValue?) -> ProviderQuirks {
        let names = ProviderQuirks.names
        return (value?.elements(orSingle: true) ?? []).reduce(into: []) { quirks, element in
            let word = element.choice(of: names.map(\.name))
            if let known = names.first(where: { $0.name == word }) { quirks.insert(known.quirk) }
        }
    }
}
