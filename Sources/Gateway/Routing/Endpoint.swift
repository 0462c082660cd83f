internal import Wire

/// An endpoint whose requests go to a provider, chosen by the body's `model`.
public enum Endpoint: UInt8, Sendable, CaseIterable {
    case chatCompletions, completions, embeddings, responses, moderations, rerank, imageGenerations, speech

    /// The path behind the provider's base URL.
    public var path: String {
        switch self {
        case .chatCompletions: "/chat/completions"
        case .completions: "/completions"
        case .embeddings: "/embeddings"
        case .responses: "/responses"
        case .moderations: "/moderations"
        case .rerank: "/rerank"
        case .imageGenerations: "/images/generations"
        case .speech: "/audio/speech"
        }
    }

    /// The kind of model the endpoint needs.
    public var modelKind: ModelKind {
        switch self {
        case .chatCompletions, .responses: .chat
        case .completions: .completion
        case .embeddings: .embedding
        case .moderations: .moderation
        case .rerank: .rerank
        case .imageGenerations: .image
        case .speech: .speech
        }
    }

    /// Whether `stream: true` has a meaning.
    var canStream: Bool {
        switch self {
        case .chatCompletions, .completions, .responses: true
        case .embeddings, .moderations, .rerank, .imageGenerations, .speech: false
        }
    }

    /// Whether the same request may be made twice. Where each try is made and paid for, or kept by the provider, another one is asked only after a
    /// failure that shows that nothing was done.
    var isRepeatable: Bool {
        switch self {
        case .chatCompletions, .completions, .embeddings, .moderations, .rerank: true
        case .responses, .imageGenerations, .speech: false
        }
    }

    /// The name in logs and metrics.
    public var name: StaticString {
        switch self {
        case .chatCompletions: "chat.completions"
        case .completions: "completions"
        case .embeddings: "embeddings"
        case .responses: "responses"
        case .moderations: "moderations"
        case .rerank: "rerank"
        case .imageGenerations: "images.generations"
        case .speech: "audio.speech"
        }
    }
}

/// What a request's path asks for.
public enum Route: Equatable, Sendable {
    /// A request for a provider.
    case model(Endpoint)
    /// The list of models.
    case models
    /// One model; its id begins at this offset of the path.
    case modelDetail(idOffset: Int)
    /// Whether the process lives: `/ok`, `/health`, `/livez`.
    case liveness
    /// Whether it can serve: `/readyz`.
    case readiness
    case unknown

    /// Finds the route of a path, which may begin with `/v1`.
    public init(path: RawSpan) {
        var rest = path
        if path.hasPrefix("/v1/") { rest = path.extracting(droppingFirst: 3) }
        let prefix = path.byteCount - rest.byteCount
        switch rest.byteCount {
        case 17 where rest.equals("/chat/completions"): self = .model(.chatCompletions)
        case 12 where rest.equals("/completions"): self = .model(.completions)
        case 11 where rest.equals("/embeddings"): self = .model(.embeddings)
        case 10 where rest.equals("/responses"): self = .model(.responses)
        case 12 where rest.equals("/moderations"): self = .model(.moderations)
        case 7 where rest.equals("/rerank"): self = .model(.rerank)
        case 19 where rest.equals("/images/generations"): self = .model(.imageGenerations)
        case 13 where rest.equals("/audio/speech"): self = .model(.speech)
        case 7 where rest.equals("/models"): self = .models
        case 3 where path.equals("/ok"): self = .liveness
        case 7 where path.equals("/health"): self = .liveness
        case 6 where path.equals("/livez"): self = .liveness
        case 7 where path.equals("/readyz"): self = .readiness
        default:
            self = rest.hasPrefix("/models/") && rest.byteCount > 8 ? .modelDetail(idOffset: prefix + 8) : .unknown
        }
    }

    /// The methods the route serves, as in the `allow` field; OPTIONS is always there.
    var allow: String {
        switch self {
        case .model: "POST, OPTIONS"
        case .models, .modelDetail, .liveness, .readiness: "GET, HEAD, OPTIONS"
        case .unknown: "OPTIONS"
        }
    }

    func serves(_ method: HTTPMethod) -> Bool {
        switch self {
        case .model: method == .post
        case .models, .modelDetail, .liveness, .readiness: method == .get || method == .head
        case .unknown: false
        }
    }

    /// Whether a client key is needed.
    var needsKey: Bool {
        switch self {
        case .model, .models, .modelDetail, .unknown: true
        case .liveness, .readiness: false
        }
    }
}
