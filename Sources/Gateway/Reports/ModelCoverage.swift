/// For how many of the chat models that can be asked for there is public evidence of their quality.
public struct ModelCoverage: Sendable, Equatable {
    /// Chat models, each provider's counted for itself.
    public var chatModels = 0
    /// Those that no board has, so that only their description speaks for them.
    public var unmatched = 0

    /// The share with evidence; `nil` without a chat model.
    public var ratio: Double? { chatModels > 0 ? 1 - Double(unmatched) / Double(chatModels) : nil }

    /// Counts.
    init(_ deployments: [Deployment]) {
        var last: Deployment?
        for deployment in deployments {
            defer { last = deployment }
            // The keys of a provider have the same models, one beside the other.
            if let last, last.provider === deployment.provider, last.model.id == deployment.model.id { continue }
            guard deployment.isChat else { continue }
            chatModels += 1
            if deployment.standing.quality.general.evidence == 0 { unmatched += 1 }
        }
    }
}
