internal import Glibc

/// What a deployment's score is made of: its state at the moment the scores were made, before any weight.
struct ScoreFacts: Equatable, Sendable {
    /// What a model of unknown price is taken to cost, in US dollars for a million tokens of prompt and of completion: a small open model's.
    static let unknownPrices = (prompt: 0.5, completion: 1.5)

    /// The probability that a request succeeds.
    var success = DecayedSuccess.prior
    /// Seconds until a typical answer is whole, by the prompt's size.
    var seconds = InlineArray<3, Double>(repeating: 1)
    /// US dollars for a typical request, by the prompt's size.
    var dollars = InlineArray<3, Double>(repeating: 0)
    /// Whether the provider, the file or the snapshot says what it costs.
    var isPriceKnown = false
    /// What is left of the provider's limits: 1 until a tenth is left, 0 when nothing is.
    var headroom = 1.0

    static func == (left: Self, right: Self) -> Bool {
        for size in 0..<3 where left.seconds[size] != right.seconds[size] || left.dollars[size] != right.dollars[size] { return false }
        return left.success == right.success && left.headroom == right.headroom && left.isPriceKnown == right.isPriceKnown
    }
}

/// One term of a score: a fact, the fact on a common scale, and how much it counts.
struct ScoreTerm: Equatable, Sendable {
    /// What it is about.
    enum Kind: Int, CaseIterable, Sendable {
        case quality, success, speed, price, quota, priority, providerFactor, adjustment, original

        var name: StaticString {
            switch self {
            case .quality: "quality"
            case .success: "success"
            case .speed: "speed"
            case .price: "price"
            case .quota: "quota"
            case .priority: "priority"
            case .providerFactor: "base_priority"
            case .adjustment: "adjustment"
            case .original: "original"
            }
        }

        /// What the raw figure is.
        var unit: StaticString {
            switch self {
            case .quality: "ability, less the caution for what is not known"
            case .success: "probability"
            case .speed: "seconds for a typical answer"
            case .price: "US dollars for a typical request"
            case .quota: "share of the headroom"
            case .priority, .adjustment: "points"
            case .providerFactor: "factor"
            case .original: "points of the original formula"
            }
        }
    }

    let kind: Kind
    let raw: Double
    let normalised: Double
    let weight: Double

    var product: Double { normalised * weight }
}

/// What a deployment brings to every score, on the common scale: the facts that no profile changes.
///
/// The score and its explanation are both made of these, in the same order, so they can't differ.
struct NormalisedFacts {
    var success: Double
    var speed: Double
    var price: Double
    var quota: Double
    var priority: Double
    var providerFactor: Double
    var adjustment: Double

    init(_ facts: ScoreFacts, size: PromptSize, priority: Double, factor: Double, adjustment: Double) {
        success = log(facts.success)
        speed = -log(1 + facts.seconds[size.rawValue] / 2)
        price = -log(1 + facts.dollars[size.rawValue] / 0.0001)
        quota = log(max(facts.headroom, 0.02))
        self.priority = priority
        // A factor on the score, whose speed, price and success are logarithms already.
        providerFactor = log(max(factor, 1e-6))
        self.adjustment = adjustment
    }

    /// A quality, less the caution for what is not known, on the scale of 0 to 1.
    static func quality(_ cautious: Double) -> Double { 1 / (1 + exp(-cautious)) }

    /// The score under a profile.
    @inline(__always)
    func score(quality: Double, _ profile: ScoringProfile) -> Double {
        var sum = quality * profile.quality
        sum += success * profile.success
        sum += speed * profile.speed
        sum += price * profile.price
        sum += quota * profile.quota
        sum += priority
        sum += providerFactor
        return sum + adjustment
    }

    /// The terms of that score.
    func terms(cautious: Double, _ facts: ScoreFacts, size: PromptSize, factor: Double, _ profile: ScoringProfile) -> [ScoreTerm] {
        [
            ScoreTerm(kind: .quality, raw: cautious, normalised: NormalisedFacts.quality(cautious), weight: profile.quality),
            ScoreTerm(kind: .success, raw: facts.success, normalised: success, weight: profile.success),
            ScoreTerm(kind: .speed, raw: facts.seconds[size.rawValue], normalised: speed, weight: profile.speed),
            ScoreTerm(kind: .price, raw: facts.dollars[size.rawValue], normalised: price, weight: profile.price),
            ScoreTerm(kind: .quota, raw: facts.headroom, normalised: quota, weight: profile.quota),
            ScoreTerm(kind: .priority, raw: priority, normalised: priority, weight: 1),
            ScoreTerm(kind: .providerFactor, raw: factor, normalised: providerFactor, weight: 1),
            ScoreTerm(kind: .adjustment, raw: adjustment, normalised: adjustment, weight: 1),
        ]
    }
}

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

extension QualityRating.Ability {
    /// The ability less the caution for what is not known.
    func cautious(_ options: ScoringOptions) -> Double { mean - options.caution * deviation }
}
