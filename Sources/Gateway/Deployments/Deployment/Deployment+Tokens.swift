internal import Wire

extension TokenNeed {
    /// The tokens it takes of a deployment when a client asks.
    func tokens(of deployment: Deployment, for client: ClientTag) -> TokenDemand {
        guard self != .none else { return .none }
        let usage = deployment.learned.tokens(for: client).expected(
            bytes: bytes, media: media, outputLimit: outputLimit, contextLength: deployment.model.contextLength)
        return TokenDemand(need: self, expected: usage.totalTokens)
    }
}
