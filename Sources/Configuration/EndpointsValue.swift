internal import Gateway

/// Reads which endpoints a provider serves: their paths without `/v1/` in front, `chat/completions`.
enum EndpointsValue {
    /// The endpoints; `nil` where the key is missing, or after a report.
    static func read(_ value: ConfigurationValue?) -> Set<Endpoint>? {
        guard let elements = value?.elements(orSingle: true) else { return nil }
        let names = Endpoint.allCases.map { String($0.path.dropFirst()) }
        let known = elements.map { element -> Endpoint? in
            if case .scalar(let text, _) = element.node.content, let endpoint = endpoint(of: text) { return endpoint }
            _ = element.choice(of: names)
            return nil
        }
        return known.contains(nil) ? nil : Set(known.compactMap { $0 })
    }

    /// The endpoint of a path, also with `/v1/` in front, or of the name that logs and metrics have for it.
    private static func endpoint(of text: String) -> Endpoint? {
        var path = text[...]
        if path.hasPrefix("/") { path = path.dropFirst() }
        if path.hasPrefix("v1/") { path = path.dropFirst(3) }
        return Endpoint.allCases.first { $0.path.dropFirst() == path || "\($0.name)" == path }
    }
}
