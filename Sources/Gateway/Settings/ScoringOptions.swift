/// How models are put in order: section `scoring` of `best.yaml`.
public struct ScoringOptions: Sendable, Equatable {
    /// By what models are put in order.
    public var mode = ScoringMode.ability
    /// What ids stand for where their names do not say: each `id = model`, the model by any name of it.
    public var aliases: [String] = []
    /// The weights of the profiles.
    public var profiles = ScoringProfiles()
    /// How many standard deviations are taken off a model's quality, so that what is known little must promise more. 0.5 (`scoring.md` 3.4: the
    /// mean less k deviations); 0 to 3.
    public var caution = 0.5
    /// After how long a measurement counts half. 30 min (`scoring.md` 3.6); 1 min to 24 h.
    public var halfLife = Duration.seconds(1800)
    /// How models are tried that might have become better.
    public var exploration = ExplorationOptions()
    /// Whether and how long a conversation stays where it is.
    public var affinity = AffinityOptions()
    /// The weights of the original project's formula.
    public var original = OriginalWeights()

    /// Makes the defaults.
    public init() {}
}
