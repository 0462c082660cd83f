public import Wire

/// Knows how good models are: the boards and the fit stand behind it. Called on the loop; it answers from memory, and at once.
public protocol QualitySource: AnyObject {
    /// The identity of what it knows now; another one after each change, so that scores made of it can be told apart.
    var snapshot: String { get }
    /// Rates a model of a provider's, by that name, as far as it is known now; to be called on any thread. A rating may take long: patterns that the
    /// operator wrote are looked for in names that a provider chose.
    var rater: @Sendable (_ model: ModelConfiguration, _ provider: String) -> QualityRating { get }
    /// The canonical name of whatever a client calls a model; `nil` when it means nothing.
    func canonicalName(of text: String) -> String?
    /// Tells the evidence behind a canonical model's quality, for people to read, as far as it is known now; to be called on any thread.
    var evidence: @Sendable (_ canonical: String) -> [QualityEvidence] { get }
}

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

/// One row of a board that speaks of a model.
public struct QualityEvidence: Sendable, Equatable {
    /// The board's name.
    public var board: String
    /// The model as the board calls it.
    public var row: String
    /// The board's own figure.
    public var value: Double
    /// How much it counts in the fit.
    public var weight: Double
    /// How old the board's data are.
    public var age: Duration?

    /// Makes a piece of evidence.
    public init(board: String, row: String, value: Double, weight: Double, age: Duration?) {
        self.board = board
        self.row = row
        self.value = value
        self.weight = weight
        self.age = age
    }
}
