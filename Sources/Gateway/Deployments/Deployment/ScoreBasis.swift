internal import Glibc

/// What a deployment's score under a profile is made of, as plain values that can leave the loop.
struct ScoreBasis: Sendable {
    let facts: ScoreFacts
    /// The ability that counts under the profile.
    let ability: QualityRating.Ability
    let adjustment: Double
    /// The points of the original project's formula.
    let original: Double
    let priority: Double
    let factor: Double

    /// What the present scores of a deployment are made of.
    init(_ deployment: Deployment, _ task: ScoringProfile.TaskClass) {
        facts = deployment.standing.facts
        ability = deployment.standing.quality.ability(task)
        adjustment = deployment.standing.quality.adjustment
        original = deployment.standing.quality.original ?? 0
        priority = deployment.model.priority ?? 0
        factor = deployment.provider.configuration.basePriority
    }

    /// The terms of the score.
    func terms(_ profile: ScoringProfile, _ size: PromptSize, _ options: ScoringOptions) -> [ScoreTerm] {
        if options.mode == .original { return [ScoreTerm(kind: .original, raw: original, normalised: original, weight: factor)] }
        let normalised = NormalisedFacts(facts, size: size, priority: priority, factor: factor, adjustment: adjustment)
        return normalised.terms(cautious: ability.cautious(options), facts, size: size, factor: factor, profile)
    }
}
