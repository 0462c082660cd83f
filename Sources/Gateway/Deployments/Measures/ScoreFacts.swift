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

extension QualityRating.Ability {
    /// The ability less the caution for what is not known.
    func cautious(_ options: ScoringOptions) -> Double { mean - options.caution * deviation }
}
