internal import Wire

/// What a request's path asks for.
public enum Route: Equatable, Sendable {
    /// A request for a provider.
    case model(Endpoint)
    /// The list of models.
    case models
    /// One model; its id begins at this offset of the path.
    case modelDetail(idOffset: Int)
    /// Where a chat request would go.
    case explanation
    /// Whether the process lives: `/ok`, `/health`, `/livez`.
    case liveness
    /// Whether it can serve: `/readyz`.
    case readiness
    /// A page about the gateway: `/stats`, `/metrics`, `/openapi.json`, `/docs`.
    case page(Page)
    /// The operator's endpoints, below `/admin/`.
    case admin
    case unknown

    /// Finds the route of a path, which may begin with `/v1`.
    ///
    /// Clients' base addresses end in a slash or not, with `/v1` or not, so that slashes and `/v1` come twice, or a slash at the end: `//v1/models/`,
    /// `/v1/v1/chat/completions`. That is put right for what clients ask for; an operator's endpoint has one path, as something in front of the gateway
    /// may look at it.
    public init(path: RawSpan) {
        let found = Route(plain: path)
        if found != .unknown, !Route.isOdd(path) || found.isOperatorsOnly {
            self = found
            return
        }
        let mended = Route(odd: path)
        self = mended == .unknown || mended.isOperatorsOnly ? found : mended
    }

    /// Whether a path of a model has more to it than the model's id: an id may hold slashes, but what stands before it is odd.
    private static func isOdd(_ path: RawSpan) -> Bool {
        path.byteCount > 1 && (path[byte: 1] == UInt8(ascii: "/") || path[byte: path.byteCount - 1] == UInt8(ascii: "/"))
    }

    /// Finds the route of a path in which slashes or `/v1` may stand twice, or a slash at the end.
    private init(odd path: RawSpan) {
        var buffer = ByteBuffer()
        var hasVersion = false
        var at = 0
        while at < path.byteCount {
            guard path[byte: at] != UInt8(ascii: "/") else {
                at += 1
                continue
            }
            var end = at
            while end < path.byteCount, path[byte: end] != UInt8(ascii: "/") { end += 1 }
            let segment = path.extracting(at..<end)
            if segment.equals("v1"), buffer.isEmpty {
                hasVersion = true
                at = end
                continue
            }
            if segment.equals("models"), buffer.isEmpty {
                // What follows is an id, in which slashes mean something.
                var id = end
                while id < path.byteCount, path[byte: id] == UInt8(ascii: "/") { id += 1 }
                self = id < path.byteCount ? .modelDetail(idOffset: id) : .models
                return
            }
            buffer.append("/")
            buffer.append(segment)
            at = end
        }
        self = Route(plain: buffer.bytes)
        switch self {
        // These have no version.
        case .liveness, .readiness, .page: if hasVersion { self = .unknown }
        case .model, .models, .modelDetail, .explanation, .admin, .unknown: break
        }
    }

    /// Finds the route of a path as it is meant to be.
    private init(plain path: RawSpan) {
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
        case 14 where rest.equals("/route/explain"): self = .explanation
        case 3 where path.equals("/ok"): self = .liveness
        case 7 where path.equals("/health"): self = .liveness
        case 6 where path.equals("/livez"): self = .liveness
        case 7 where path.equals("/readyz"): self = .readiness
        case 6 where path.equals("/stats"): self = .page(.stats)
        case 8 where path.equals("/metrics"): self = .page(.metrics)
        case 13 where path.equals("/openapi.json"): self = .page(.openAPI)
        case 5 where path.equals("/docs"): self = .page(.documentation)
        default:
            if path.hasPrefix("/admin/") || path.equals("/admin") {
                self = .admin
                return
            }
            self = rest.hasPrefix("/models/") && rest.byteCount > 8 ? .modelDetail(idOffset: prefix + 8) : .unknown
        }
    }

    /// The methods the route serves, as in the `allow` field; OPTIONS is always there.
    var allow: String {
        switch self {
        case .model, .explanation: "POST, OPTIONS"
        case .models, .modelDetail, .liveness, .readiness, .page: "GET, HEAD, OPTIONS"
        case .admin: "GET, HEAD, POST, PATCH, DELETE, OPTIONS"
        case .unknown: "OPTIONS"
        }
    }

    func serves(_ method: HTTPMethod) -> Bool {
        switch self {
        case .model, .explanation: method == .post
        case .models, .modelDetail, .liveness, .readiness, .page: method == .get || method == .head
        // Which of its endpoints serves what is its own matter.
        case .admin: true
        case .unknown: false
        }
    }

    /// Whether it is a page about the gateway.
    var isPage: Bool { if case .page = self { true } else { false } }

    /// Whether a client key is needed.
    var needsKey: Bool {
        switch self {
        case .model, .models, .modelDetail, .explanation, .unknown: true
        case .liveness, .readiness, .admin: false
        case .page(let page): page.access == .client
        }
    }
}
