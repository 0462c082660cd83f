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
        var seen: Set<String> = []
        for deployment in deployments where deployment.isChat && seen.insert("\(deployment.provider.name)/\(deployment.model.id)").inserted {
            chatModels += 1
            if deployment.standing.quality.general.evidence == 0 { unmatched += 1 }
        }
    }
}

extension Gateway {
    /// See `ModelCoverage`.
    public var modelCoverage: ModelCoverage { ModelCoverage(models.table.deployments) }
}
