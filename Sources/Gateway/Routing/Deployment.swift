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
    fileprivate func healthNodes(model: String, keyIndex: Int) -> HealthNodes {
        var newest = self
        while let next = newest.successor { newest = next }
        // The key is that of its own time: a place in the pool means another one now.
        var known = configuration
        known.limits = newest.configuration.limits
        return registry.nodes(of: known, model: model, keyIndex: keyIndex)
    }
}

extension Deployment {
    /// What is in the way of a client's requests that need no less than one that was looked at.
    struct Seen {
        /// Tells apart what was found at different times.
        let sight: UInt64
        let client: ClientTag
        let endpoint: Endpoint
        let need: TokenNeed
        let state: Availability
    }
}

/// One model at one provider with one key: the unit that is chosen, measured and cooled down.
public final class Deployment {
    /// The provider.
    public let provider: Provider
    /// The model, under the provider's own id, which never changes; what is known of it changes with a new list.
    public internal(set) var model: ModelConfiguration
    /// The place of the key in the provider's pool.
    public let keyIndex: Int
    /// What is known about its failures and limits, and about those of its key and its provider; found when it is needed first, as finding it for
    /// thousands of deployments takes a while.
    var health: HealthNodes {
        if let knownHealth { return knownHealth }
        let found = provider.healthNodes(model: model.id, keyIndex: keyIndex)
        knownHealth = found
        return found
    }

    /// What was in the way when it was looked at last for requests that wait.
    var seen: Seen?

    private var knownHealth: HealthNodes?
    /// Whether it was needed before.
    var hasKnownHealth: Bool { knownHealth != nil }
    /// What it can take and serve.
    var abilities = Abilities()
    /// What was measured of it, and its scores.
    var standing: Standing {
        _read { yield learned.standing }
        _modify { yield &learned.standing }
    }

    /// What outlives the configuration this was made for.
    let learned: LearnedState
    private var modelBytes: ByteBuffer
    /// Whether the model's id is printable ASCII, so that a header field can hold it as it is.
    let isNamePlain: Bool
    /// The connections of the provider's key.
    let origin: UpstreamOrigin
    private var endpoints: [UpstreamEndpoint?] = []
    /// The kind by the id, which never changes. Lists have been asked for it when they were read.
    private lazy var guessedKind: ModelKind? = provider.hasConfiguredModels ? ModelKind(guessedFrom: model.id) : nil

    init(provider: Provider, model: ModelConfiguration, keyIndex: Int, origin: UpstreamOrigin, learned: LearnedState = LearnedState()) {
        self.provider = provider
        self.model = model
        self.learned = learned
        self.keyIndex = keyIndex
        self.origin = origin
        var bytes = ByteBuffer(capacity: model.id.utf8.count)
        bytes.append(utf8: model.id)
        modelBytes = bytes
        isNamePlain = model.id.utf8.allSatisfy { $0 &- 0x20 < 0x5F }
    }

    /// The model's id as UTF-8.
    var modelName: RawSpan {
        @_lifetime(borrow self) get { _overrideLifetime(modelBytes.bytes, borrowing: self) }
    }

    /// Which kind of model it is: as the operator or the provider says, else as its id tells; `nil` where nothing does.
    var kind: ModelKind? { model.kind ?? guessedKind }

    /// Whether the model can answer requests to `endpoint`, as far as is known.
    func serves(_ endpoint: Endpoint) -> Bool {
        if let endpoints = provider.configuration.endpoints, !endpoints.contains(endpoint) { return false }
        guard let kind else { return true }
        switch endpoint {
        case .chatCompletions, .responses: return kind == .chat || kind == .moderation && isGuard
        // Most servers complete plain text with chat models too.
        case .completions: return kind == .chat || kind == .completion
        case .embeddings, .moderations, .rerank, .imageGenerations, .speech: return kind == endpoint.modelKind
        }
    }

    /// The most tokens the model gives in an answer: as the operator or the provider says, else as catalogues do; `nil` where nobody says.
    var longestAnswer: Int? { model.maximumOutputTokens ?? standing.quality.maximumOutputTokens }

    /// Whether it guards others and is asked as in a chat, as at most providers; only who writes its kind down can mean that it is not.
    var isGuard: Bool { !(provider.hasConfiguredModels && model.kind != nil) && model.id.lowercased().contains("guard") }

    /// Whether `priority-auto` and the presets may choose it.
    var isChat: Bool {
        guard let kind else { return standing.quality.isChat != false }
        return kind == .chat
    }

    /// Where requests of this kind go; made once.
    func upstream(for endpoint: Endpoint) -> UpstreamEndpoint {
        if endpoints.isEmpty { endpoints = Array(repeating: nil, count: Endpoint.allCases.count) }
        if let known = endpoints[Int(endpoint.rawValue)] { return known }
        let made = provider.endpoint(at: provider.configuration.baseURL, path: endpoint.path, method: .post, keyIndex: keyIndex, origin: origin)
        endpoints[Int(endpoint.rawValue)] = made
        return made
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

/// What this program is.
public enum BuildInformation {
    /// The version, in semantic form.
    public static let version = "0.1.0"
}
