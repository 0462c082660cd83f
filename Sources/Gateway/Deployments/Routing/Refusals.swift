/// Why deployments can't take a request, as far as it decides what the client is told when none can.
struct Refusals {
    /// The largest context of those whose context is too small.
    private(set) var largestContext: Int?
    /// The first reason that lies in `provider` of the request.
    private var choice: FilterReason?
    /// The first reason other than that the model is for another endpoint.
    private var other: FilterReason?
    /// Whether some provider lacks the endpoint.
    private var lacksEndpoint = false
    private var isEmpty = true

    mutating func note(_ reason: FilterReason) {
        isEmpty = false
        switch reason {
        case .endpoint: return
        case .endpointMissing:
            lacksEndpoint = true
            return
        case .context(let has, _): largestContext = max(largestContext ?? 0, has)
        case .notChosen, .ignored, .price, .unstated: choice = choice ?? reason
        case .tools, .images, .audio, .files, .json, .schemas: break
        }
        other = other ?? reason
    }

    /// What the client is told when nobody can take the request: the reason of whoever comes nearest.
    func error(_ name: String, _ needs: RequestNeeds) -> GatewayError {
        // What the key does not allow is as good as not there, unless there is nothing else.
        if isEmpty { return .modelNotAllowed(name) }
        if let largestContext {
            return GatewayError(
                400, .invalidRequest, code: "context_length_exceeded", param: "messages",
                "This model's maximum context length is \(largestContext) tokens, and the request takes about \(needs.tokens)",
                shouldRetry: false)
        }
        if let choice {
            return GatewayError(
                404, .invalidRequest, code: "model_not_found", param: "provider", "no provider that `provider` allows can take this: \(choice.text)")
        }
        if other == nil, lacksEndpoint { return .endpointNotServed(needs.endpoint, name) }
        guard let other else { return .badRequest("the model `\(name)` does not serve \(needs.endpoint.path)", param: "model") }
        let param: String? =
            switch other {
            case .tools: "tools"
            case .json, .schemas: "response_format"
            case .images, .audio, .files: "messages"
            case .endpoint, .endpointMissing, .context, .unstated, .notChosen, .ignored, .price: "model"
            }
        return .badRequest("no deployment of `\(name)` can take the request: \(other.text)", param: param)
    }
}
