public import Wire

/// How good a model is, as far as public evidence tells.
public struct QualityRating: Sendable, Equatable {
    /// An ability on the scale of the fit, where models are spread around 0 with a deviation of about 1.
    public struct Ability: Sendable, Equatable {
        /// The mean.
        public var mean: Double
        /// The standard deviation: how little is known.
        public var deviation: Double
        /// How many boards have the model.
        public var evidence: Int

        /// Makes an ability.
        public init(mean: Double, deviation: Double, evidence: Int) {
            self.mean = mean
            self.deviation = deviation
            self.evidence = evidence
        }

        /// What is taken for a model of which nothing is known.
        public static let unknown = Ability(mean: -1, deviation: 1, evidence: 0)
    }

    /// The name that stands for the model, whatever its providers call it; `nil` when it was not recognised.
    public var canonical: String?
    /// Whether it is made for chat; `nil` when that is not known.
    public var isChat: Bool?
    /// The ability in general.
    public var general = Ability.unknown
    /// The ability in a kind of work, where boards support it.
    public var tasks: [ScoringProfile.TaskClass: Ability] = [:]
    /// The user's thumb on the scale (`model-adjustments.yaml`), bounded: added to the score, normally in `-1...1`.
    public var adjustment = 0.0
    /// The score by the original project's formula, less the provider's factor.
    public var original: Double?
    /// Tokens of context, prices, and what it takes, for providers that do not say.
    public var contextLength: Int?
    /// The most tokens it gives in an answer; see `contextLength`.
    public var maximumOutputTokens: Int?
    /// What catalogues say it charges; see `contextLength`.
    public var prices = TokenPrices()
    /// See `contextLength`.
    public var inputModalities: Set<Modality>?

    /// Makes the quality of a model of which nothing is known.
    public init() {}

    /// The ability that counts for a kind of work.
    public func ability(_ task: ScoringProfile.TaskClass) -> Ability { tasks[task] ?? general }
}
