internal import Wire

/// Why a deployment can't take a request, whatever its score and whoever asks; what the client's key does not allow is not even named.
enum FilterReason: Equatable, Sendable {
    case endpoint(Endpoint)
    case endpointMissing(Endpoint)
    case context(has: Int, needs: Int)
    case tools
    case images
    case audio
    case files
    case json
    case schemas
    case unstated
    case notChosen
    case ignored
    case price

    /// The reason in a word, for programs.
    var name: StaticString {
        switch self {
        case .endpoint: "wrong_endpoint"
        case .endpointMissing: "endpoint_missing"
        case .context: "context_too_small"
        case .tools: "no_tools"
        case .images: "no_images"
        case .audio: "no_audio"
        case .files: "no_files"
        case .json: "no_json"
        case .schemas: "no_schemas"
        case .unstated: "parameter_not_stated"
        case .notChosen: "provider_not_chosen"
        case .ignored: "provider_ignored"
        case .price: "too_expensive"
        }
    }

    /// The reason in words, for people.
    var text: String {
        switch self {
        case .endpoint(let endpoint): "the model does not serve \(endpoint.path)"
        case .endpointMissing(let endpoint): "the provider has no \(endpoint.path), by `endpoints` of its configuration or by its own answers"
        case .context(let has, let needs): "a context of \(has) tokens is too small for about \(needs)"
        case .tools: "the provider says that it takes no tools"
        case .images: "the model takes no pictures"
        case .audio: "the model takes no sound"
        case .files: "the model takes no documents"
        case .json: "the provider says that it takes no response_format"
        case .schemas: "the provider says that it takes no JSON schema"
        case .unstated: "the provider does not say that it knows every parameter of the request, and `provider.require_parameters` asks for that"
        case .notChosen: "`provider` of the request does not choose it"
        case .ignored: "`provider.ignore` of the request names it"
        case .price: "it costs more than `provider.max_price` of the request, or nobody says what it costs"
        }
    }
}

extension RequestNeeds {
    /// Why a deployment can't take the request; `nil` when it can.
    func reason(against deployment: Deployment, _ ranking: Ranking) -> FilterReason? {
        let abilities = deployment.abilities
        if !abilities.can.isSuperset(of: self.abilities) {
            if let endpoints = deployment.provider.configuration.endpoints, !endpoints.contains(endpoint) { return .endpointMissing(endpoint) }
            return missing(abilities.can)
        }
        if tokens > abilities.contextLength { return .context(has: abilities.contextLength, needs: tokens) }
        guard maximumPromptPrice != nil || maximumCompletionPrice != nil else { return nil }
        guard let prices = ranking.prices(of: deployment) else { return .price }
        return prices.prompt > maximumPromptPrice ?? .infinity || prices.completion > maximumCompletionPrice ?? .infinity ? .price : nil
    }

    private func missing(_ can: Abilities.Needs) -> FilterReason {
        let missing = abilities.subtracting(can)
        if missing.contains(.endpoint(endpoint)) { return .endpoint(endpoint) }
        if missing.contains(.tools) { return .tools }
        if missing.contains(.images) { return .images }
        if missing.contains(.audio) { return .audio }
        if missing.contains(.files) { return .files }
        if missing.contains(.json) { return .json }
        if missing.contains(.schemas) { return .schemas }
        return .unstated
    }
}
