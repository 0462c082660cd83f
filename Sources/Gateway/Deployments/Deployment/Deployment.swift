internal import EventLoop
internal import Wire

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
