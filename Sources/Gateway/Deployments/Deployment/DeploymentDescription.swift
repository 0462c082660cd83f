/// What decides where requests go, besides what is measured.
struct DeploymentDescription {
    let provider: String, priority: Double, tier: ProviderTier?, model: ModelConfiguration, keyIndex: Int, abilities: Abilities
    let quality: QualityRating

    init(_ deployment: Deployment) {
        provider = deployment.provider.name
        priority = deployment.provider.configuration.basePriority
        tier = deployment.provider.configuration.tier
        model = deployment.model
        keyIndex = deployment.keyIndex
        abilities = deployment.abilities
        quality = deployment.standing.quality
    }

    func describes(_ deployment: Deployment) -> Bool {
        keyIndex == deployment.keyIndex && abilities == deployment.abilities && provider == deployment.provider.name
            && priority == deployment.provider.configuration.basePriority && tier == deployment.provider.configuration.tier
            && model == deployment.model && quality == deployment.standing.quality
    }
}
