internal import Wire

/// What a deployment is called, apart from the loop that it belongs to.
struct DeploymentNames: Sendable {
    let id: String
    let aliases: [String]
    /// The name that boards know the model by; `nil` where none does.
    let canonical: String?
    /// What stands before the id in `provider/id`, as UTF-8.
    let prefix: [UInt8]
    /// Whether the operator says which models the provider has, and the provider does not.
    let isConfigured: Bool
    let keyIndex: Int

    init(_ deployment: Deployment) {
        id = deployment.model.id
        aliases = deployment.model.aliases
        canonical = deployment.standing.quality.canonical
        prefix = deployment.provider.prefix
        isConfigured = deployment.provider.hasConfiguredModels
        keyIndex = deployment.keyIndex
    }
}
