internal import EventLoop
internal import Wire

/// A provider as requests see it: where it is and how it is spoken to.
public final class Provider {
    /// The name in `provider/id`, logs and headers.
    public let name: String
    let configuration: ProviderConfiguration
    /// Takes its secrets out of what it says.
    private(set) lazy var redactor = Redactor(configuration.secrets)
    /// Whether it is a local server: one that takes no key, and so has no account to limit.
    var isLocal: Bool { configuration.keys.isEmpty }
    /// The bounds on a request to it.
    let timeouts: UpstreamTimeouts
    /// Where the health of its deployments is kept.
    let registry: HealthRegistry
    /// The configured time to the first byte, for deployments of which nothing is learnt yet.
    let firstToken: LoopInterval
    /// What a learned time to the first token may not exceed, where the configuration says so.
    let firstTokenMost: LoopInterval?
    /// Whether the operator says which models it has, and the provider does not.
    let hasConfiguredModels: Bool
    /// Whether some key of its pool has a weight.
    let hasKeyWeights: Bool
    /// Whether its pool has more than one key.
    let hasSeveralKeys: Bool
    /// Whose requests each key's are taken for, in the order of the keys; one where there are none.
    private(set) lazy var accounts = (0..<max(1, configuration.keys.count)).map { ProviderAccount(configuration, keyIndex: $0) }
    /// What stands before an id in `provider/id`, as UTF-8.
    let prefix: [UInt8]
    /// The provider as it was configured after this; `nil` for the one that is configured now.
    var successor: Provider?

    init(_ configuration: ProviderConfiguration, defaults: UpstreamTimeouts, registry: HealthRegistry = HealthRegistry()) {
        self.configuration = configuration
        self.registry = registry
        name = configuration.name
        prefix = Array("\(configuration.name)/".utf8)
        hasConfiguredModels = configuration.models != nil
        hasKeyWeights = configuration.keys.contains { $0.weight != nil }
        hasSeveralKeys = configuration.keys.count > 1
        timeouts = defaults.overridden(by: configuration.timeouts)
        firstToken = LoopInterval(timeouts.firstByte)
        let isChosen = configuration.timeouts.firstByte != nil || defaults.firstByte != UpstreamTimeouts().firstByte
        firstTokenMost = isChosen ? firstToken : nil
    }
}

extension Provider {
    /// Where the health of a model with a key is kept, under the limits that are configured now.
    func healthNodes(model: String, keyIndex: Int) -> HealthNodes {
        var newest = self
        while let next = newest.successor { newest = next }
        // The key is that of its own time: a place in the pool means another one now.
        var known = configuration
        known.limits = newest.configuration.limits
        return registry.nodes(of: known, model: model, keyIndex: keyIndex)
    }
}

extension Provider {
    /// The origin of a URL with one of the provider's keys: connections are never shared between keys.
    func origin(for url: HTTPURL) -> UpstreamOrigin {
        UpstreamOrigin(
            isSecure: url.scheme == .https, host: url.host.utf8.contains(UInt8(ascii: ":")) ? "[\(url.host)]" : url.host, port: Int(url.port),
            proxy: configuration.proxy?.text, certificateFile: configuration.caFile)
    }

    /// An endpoint below a URL, with the head of its requests.
    func endpoint(at url: HTTPURL, path: String, method: HTTPMethod, keyIndex: Int, origin: UpstreamOrigin) -> UpstreamEndpoint {
        var fields: [(name: String, value: String)] = []
        if configuration.keys.indices.contains(keyIndex) {
            fields.append(("authorization", configuration.keys[keyIndex].value.reveal { "Bearer \($0)" }))
        }
        if method == .post { fields.append(("content-type", "application/json")) }
        // The answer must be read, so it should come plain; a coding that comes all the same is undone.
        fields.append(("accept-encoding", "identity"))
        fields.append(("accept", "application/json, text/event-stream"))
        fields.append(("user-agent", "best/\(BuildInformation.version)"))
        for header in configuration.headers {
            // A configured field replaces ours of the same name.
            fields.removeAll { $0.name == header.name.lowercased() }
            fields.append((header.name.lowercased(), header.value.reveal { $0 }))
        }
        return UpstreamEndpoint(origin: origin, method: method, target: url.path + path, fields: fields)
    }
}
