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

/// How much is risked to find out that a deployment has become better: a few requests go to one that was not asked for a while and would be
/// first if it were as good as it once was.
public struct ExplorationOptions: Sendable, Equatable {
    /// Whether it is done at all; without it the order follows from the measurements alone.
    public var enabled = true
    /// The most of all requests that may be spent on it. 0.02; 0 to 0.5.
    public var share = 0.02
    /// How long a deployment that did not do well is left alone before it is tried again. 60 s; 1 s to 24 h.
    public var interval = Duration.seconds(60)

    /// Makes the defaults.
    public init() {}
}

/// Whether a conversation stays on its deployment, which keeps the provider's prompt cache warm and the model's manner the same.
public struct AffinityOptions: Sendable, Equatable {
    /// Whether it does.
    public var enabled = true
    /// The most conversations remembered; the one unused for longest is forgotten first. 10,000, about 0.5 MB; 1 to 10,000,000.
    public var capacity = 10_000
    /// After how long without a request a conversation is forgotten. 30 min, longer than providers keep a prompt cache; 1 s to 24 h.
    public var lifetime = Duration.seconds(1800)
    /// How much better another deployment's score may be before the conversation moves. 1.0; 0 to 1000.
    public var tolerance = 1.0

    /// Makes the defaults.
    public init() {}
}
