internal import Gateway

/// Reads the keys of one provider that stand for themselves: all but its name and API keys.
struct ProviderReader {
    /// The directory of the file, from which relative paths in it count.
    let directory: String

    /// Reads `reader` into a provider called `name`, with problems left at their defaults; `nil` when it has no place, but reads all else
    /// in any case.
    func read(_ reader: ConfigurationReader<ProviderKey>, name: String, baseURL: HTTPURL?, keys: [APIKeyReference]) -> ProviderConfiguration? {
        let modelURL = reader[.modelURL]?.url()
        let basePriority = reader[.basePriority]?.number(in: 0...1000)
        let tier = reader[.tier]?.choice(ProviderTier.self)
        let models = reader[.models].flatMap { ModelReader().read($0) }
        let include = readPatterns(reader[.include])
        let exclude = readPatterns(reader[.exclude])
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

    private func readPatterns(_ value: ConfigurationValue?) -> [String] {
        (value?.elements(orSingle: true) ?? []).compactMap { element in
            guard let pattern = element.text("a regular expression") else { return nil }
            do {
                _ = try Regex(pattern)
                return pattern
            } catch {
                element.report(
                    "not a valid regular expression", expected: "expected a pattern to find in the ids of models; \\ escapes special characters")
                return nil
            }
        }
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
        return limits
    }

    private func readTimeouts(_ value: ConfigurationValue?) -> ProviderTimeouts {
        var timeouts = ProviderTimeouts()
        guard let reader = value.flatMap({ ConfigurationReader<TimeoutKey>($0) }) else { return timeouts }
        let range = Duration.milliseconds(1)...(.seconds(24 * 3600))
        timeouts.connect = reader[.connect]?.duration(in: range)
        timeouts.firstByte = reader[.firstByte]?.duration(in: range)
        timeouts.idle = reader[.idle]?.duration(in: range)
        timeouts.total = reader[.total]?.duration(in: range)
        return timeouts
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
