internal import EventLoop

/// The probability of success as a Beta posterior in which old outcomes count less.
struct DecayedSuccess: Equatable, Sendable {
    /// What is believed of a provider nothing is known of: 19 successes and 1 failure (`scoring.md` 3.6).
    static let priorSuccesses = 19.0
    /// See `priorSuccesses`.
    static let priorFailures = 1.0
    /// The most that all outcomes weigh together: one failure more is then seen at once, and ten halve the distance.
    static let maximumWeight = 30.0
    /// The most that outcomes from before a silence weigh.
    static let weightAfterSilence = 2.0

    private(set) var successes = 0.0
    private(set) var failures = 0.0
    private(set) var updatedAt = LoopInstant(nanoseconds: 0)

    /// Takes an outcome.
    mutating func record(_ isSuccess: Bool, at now: LoopInstant, decay: Decay) {
        fade(at: now, decay: decay)
        let limit = decay.isSilence(since: updatedAt, at: now) ? DecayedSuccess.weightAfterSilence : DecayedSuccess.maximumWeight - 1
        let total = successes + failures
        if total > limit {
            successes *= limit / total
            failures *= limit / total
        }
        if isSuccess { successes += 1 } else { failures += 1 }
        updatedAt = now
    }

    /// The probability, when `prior` was believed before with the weight of the first belief.
    func estimate(prior: Double, at now: LoopInstant, decay: Decay) -> Double {
        let successes = decay.weight(successes, since: updatedAt, at: now)
        let failures = decay.weight(failures, since: updatedAt, at: now)
        let weight = DecayedSuccess.priorSuccesses + DecayedSuccess.priorFailures
        return (weight * prior + successes) / (weight + successes + failures)
    }

    /// What is believed without any outcome.
    static var prior: Double { priorSuccesses / (priorSuccesses + priorFailures) }

    private mutating func fade(at now: LoopInstant, decay: Decay) {
        successes = decay.weight(successes, since: updatedAt, at: now)
        failures = decay.weight(failures, since: updatedAt, at: now)
    }
}
