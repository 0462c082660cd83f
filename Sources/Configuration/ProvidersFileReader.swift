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
        let variableNames = readVariables(reader[.apiKeyVariables])
        let baseURL = reader.required(.baseURL)?.url()
        let name = baseURL.map { names.name(at: index, host: $0.host) } ?? ""
        let (keys, missing) = readKeys(variableNames)
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

    private func readVariables(_ value: ConfigurationValue?) -> [String] {
        let expected = "the name of an environment variable; the key itself belongs in the environment or in .env"
        var names: [String] = []
        for element in value?.elements(atMost: ConfigurationLimits.maximumKeys, orSingle: true) ?? [] {
            guard let name = element.text(expected) else { continue }
            guard VariableName.isValid(name) else {
                element.report("not the name of a variable", expected: "expected \(expected)")
                continue
            }
            guard !names.contains(name) else {
                element.report("the same variable twice", expected: "name each variable once")
                continue
            }
            names.append(name)
        }
        return names
    }

    private func readKeys(_ names: [String]) -> (keys: [APIKeyReference], missing: [String]) {
        var keys: [APIKeyReference] = []
        var missing: [String] = []
        for name in names {
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
            if key.isEmpty { missing.append(name) } else { keys.append(APIKeyReference(variable: name, value: key)) }
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
