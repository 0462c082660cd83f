internal import Gateway

/// Reads `meta-providers.yaml`: the list of providers, their names and their keys.
struct ProvidersFileReader {
    /// What came of the file.
    struct Outcome {
        var providers: [ProviderConfiguration] = []
        var skipped: [SkippedProvider] = []
        /// Every provider of the file that has a place, also without a key.
        var resolved: [ResolvedProvider] = []
    }

    let reporter: ProblemReporter
    let warnings: ProblemReporter
    let variables: VariableLookup
    /// The directory of the file, from which relative paths in it count.
    let directory: String
    /// The waiting times of providers that set none.
    let timeouts: UpstreamTimeouts

    /// Reads a parsed file; an empty one has no providers.
    func read(_ root: YAMLNode) -> Outcome {
        var outcome = Outcome()
        let document = ConfigurationValue(node: root, path: .root, reporter: reporter)
        guard !root.isNull, let file = ConfigurationReader<ProvidersFileKey>(document) else { return outcome }
        // A list of which everything is commented out is null, and is meant.
        if case .mapping(let entries) = root.content, entries.contains(where: { $0.key == "providers" && $0.value.isNull }) { return outcome }
        guard let list = file.required(.providers) else { return outcome }
        if case .sequence(let elements) = list.node.content, elements.isEmpty { return outcome }
        let readers = (list.elements(atMost: ConfigurationLimits.maximumProviders) ?? []).compactMap { ConfigurationReader<ProviderKey>($0) }
        var names = ProviderNames(readers.map { $0[.name] })
        for (index, reader) in readers.enumerated() { add(reader, at: index, &names, to: &outcome) }
        return outcome
    }

    private func add(_ reader: ConfigurationReader<ProviderKey>, at index: Int, _ names: inout ProviderNames, to outcome: inout Outcome) {
        let entries = readVariables(reader[.apiKeyVariables])
        let variableNames = entries.map(\.variable)
        let baseURL = EndpointURL(warnings: warnings).read(reader.required(.baseURL))
        let name = baseURL.map { names.name(at: index, host: $0.host) } ?? ""
        let (keys, missing) = readKeys(entries)
        // Read in any case: a provider without a key today may have one tomorrow, and its problems should show now.
        guard
            let provider = ProviderReader(directory: directory, warnings: warnings, timeouts: timeouts).read(
                reader, name: name, baseURL: baseURL, keys: keys)
        else { return }
        names.refuseRepetition(of: reader, baseURL: provider.baseURL, variables: variableNames)
        warn(of: missing, provider, reader)
        outcome.resolved.append(
            ResolvedProvider(configuration: provider, keyVariables: variableNames, missingKeys: missing, line: reader.value.node.mark.line))
        if !missing.isEmpty, keys.isEmpty {
            outcome.skipped += missing.map { SkippedProvider(name: name, variable: $0) }
        } else {
            outcome.providers.append(provider)
        }
    }

    /// A variable that should hold a key, and its weight in the pool.
    private struct KeyEntry {
        let variable: String
        let weight: Int?
    }

    private func readVariables(_ value: ConfigurationValue?) -> [KeyEntry] {
        let expected = "the name of an environment variable; the key itself belongs in the environment or in .env"
        var entries: [KeyEntry] = []
        for element in value?.elements(atMost: ConfigurationLimits.maximumKeys, orSingle: true) ?? [] {
            var (named, weight): (ConfigurationValue?, Int?) = (element, nil)
            if case .mapping = element.node.content {
                guard let reader = ConfigurationReader<KeyEntryKey>(element) else { continue }
                named = reader.required(.name)
                weight = reader[.weight]?.integer(in: ConfigurationLimits.weights)
            }
            guard let named, let name = named.text(expected) else { continue }
            guard VariableName.isValid(name) else {
                named.report("not the name of a variable", expected: "expected \(expected)")
                continue
            }
            guard !entries.contains(where: { $0.variable == name }) else {
                named.report("the same variable twice", expected: "name each variable once")
                continue
            }
            entries.append(KeyEntry(variable: name, weight: weight))
        }
        if entries.count > 1, entries.allSatisfy({ $0.weight == 0 }) {
            value?.report("every key has weight 0", expected: "give one of them a weight of 1 or more")
        }
        return entries
    }

    private func readKeys(_ entries: [KeyEntry]) -> (keys: [APIKeyReference], missing: [String]) {
        var keys: [APIKeyReference] = []
        var missing: [String] = []
        for entry in entries {
            let name = entry.variable
            guard let place = variables.secret(name) else {
                missing.append(name)
                continue
            }
            guard let key = SecretText.sendable(place.value) else {
                variables.report(
                    name, place, found: "the key cannot be sent in a header",
                    expected: "expected visible ASCII without spaces, at most \(ConfigurationLimits.maximumSecretBytes) bytes")
                continue
            }
            if key.isEmpty { missing.append(name) } else { keys.append(APIKeyReference(variable: name, value: key, weight: entry.weight)) }
        }
        return (keys, missing)
    }

    private func warn(of missing: [String], _ provider: ProviderConfiguration, _ reader: ConfigurationReader<ProviderKey>) {
        guard !missing.isEmpty else { return }
        let path = reader.value.path.appending(key: ProviderKey.apiKeyVariables.rawValue)
        let mark = reader[.apiKeyVariables]?.node.mark
        let variables = missing.joined(separator: ", ")
        if provider.keys.isEmpty {
            warnings.report(at: mark, path, found: "provider \(provider.name) is skipped, it has no key", expected: "set \(variables)")
        } else {
            warnings.report(
                at: mark, path,
                found: "provider \(provider.name) goes on without \(missing.count) of its \(missing.count + provider.keys.count) keys",
                expected: "set \(variables)")
        }
    }
}
