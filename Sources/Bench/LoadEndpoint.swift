/// The API that a load run calls, identified by the end of the path.
public enum LoadEndpoint: String, Sendable, CaseIterable {
    /// `POST …/chat/completions`
    case chat = "/chat/completions"
    /// `POST …/completions`
    case completions = "/completions"
    /// `POST …/embeddings`
    case embeddings = "/embeddings"

    /// Finds the endpoint and the whole path for the path of a URL.
    ///
    /// | path of the URL | what is called |
    /// | --- | --- |
    /// | none or `/` | `/v1/chat/completions` |
    /// | `/v1`, `/openai/v1` … | the path and `/chat/completions` |
    /// | ends in one of the three | the path as it is |
    public static func resolve(path: String) -> (endpoint: LoadEndpoint, path: String) {
        for endpoint in allCases where path.hasSuffix(endpoint.rawValue) { return (endpoint, path) }
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        return (.chat, (base.isEmpty ? "/v1" : base) + LoadEndpoint.chat.rawValue)
    }

    /// Whether its answers can be streams.
    public var streams: Bool { self != .embeddings }
}
