internal import Glibc

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
