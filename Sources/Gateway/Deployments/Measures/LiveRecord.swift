internal import EventLoop
internal import Glibc

/// What was measured of a deployment, or of all of a provider's together.
struct LiveRecord: Equatable, Sendable {
    /// The tokens of a typical answer.
    static let typicalOutput = 400.0
    /// Seconds to the first token of a deployment of which nothing is known: ln 1.
    private static let unknownDelay = 0.0
    /// Tokens a second of a deployment of which nothing is known: ln 60, the median of models.dev's and the providers' own figures.
    private static let unknownRate = 4.094_344_562_222_1
    /// The fewest tokens that tell a rate.
    private static let fewestTokens = 16.0
    /// The least time for a token that is believed: 100,000 a second, thirty times what the fastest providers reach.
    private static let quickestToken = 1e-5

    private(set) var success = DecayedSuccess()
    /// Seconds to the first token, by the prompt's size.
    private(set) var delays = InlineArray<3, DecayedMean>(repeating: DecayedMean())
    /// Seconds for a token after the first.
    private(set) var pace = DecayedMean()
    /// When a request was sent last.
    private(set) var triedAt = LoopInstant(nanoseconds: 0)

    /// Whether it was measured how long anything takes.
    var isTimed: Bool { timings > 0 }

    /// How many measurements there are of how long answers take, up to ten.
    var timings: Double { PromptSize.allCases.reduce(0) { max($0, delays[$1.rawValue].weight) } }

    /// Whether anything was measured.
    var isKnown: Bool { success.updatedAt.nanoseconds > 0 }

    /// One request that has an end.
    struct Outcome: Equatable, Sendable {
        /// Whether the client got what it asked for; `nil` when the request says nothing about the deployment's reliability.
        var isSuccess: Bool?
        var size: PromptSize
        var startedAt: LoopInstant
        /// Microseconds to the first content; for an answer that comes whole, to its end.
        var firstContent: Int?
        /// Microseconds to the end.
        var total: Int
        var isStream: Bool
        var outputTokens: Int?
    }

    mutating func record(_ outcome: Outcome, at now: LoopInstant, decay: Decay) {
        triedAt = max(triedAt, outcome.startedAt)
        if let isSuccess = outcome.isSuccess { success.record(isSuccess, at: now, decay: decay) }
        guard let first = outcome.firstContent else { return }
        let seconds = max(Double(first), 1) / 1_000_000
        let tokens = Double(outcome.outputTokens ?? 0)
        if outcome.isStream {
            delays[outcome.size.rawValue].record(seconds, at: now, decay: decay)
            let rest = Double(max(outcome.total - first, 1)) / 1_000_000
            if tokens >= LiveRecord.fewestTokens { pace.record(max(rest / tokens, LiveRecord.quickestToken), at: now, decay: decay) }
        } else if tokens >= LiveRecord.fewestTokens {
            // The time of a whole answer is the delay and the tokens' time; without a better idea it is divided as it is known so far.
            let delay = exp(delay(outcome.size, prior: nil, at: now, decay: decay))
            let share = delay / (delay + tokens * exp(pace(prior: nil, at: now, decay: decay)))
            delays[outcome.size.rawValue].record(max(seconds * share, 1e-6), at: now, decay: decay)
            pace.record(max(seconds * (1 - share) / tokens, LiveRecord.quickestToken), at: now, decay: decay)
        } else {
            delays[outcome.size.rawValue].record(seconds, at: now, decay: decay)
        }
    }

    /// A request was begun.
    mutating func began(at now: LoopInstant) {
        triedAt = max(triedAt, now)
    }

    /// ln(seconds to the first token).
    func delay(_ size: PromptSize, prior: LiveRecord?, at now: LoopInstant, decay: Decay) -> Double {
        // What other sizes say, corrected, is believed before anything of this size is known.
        var known = prior?.delay(size, prior: nil, at: now, decay: decay) ?? LiveRecord.unknownDelay + size.typicalDelay
        for other in PromptSize.allCases where other != size && delays[other.rawValue].weight > 0 {
            known =
                delays[other.rawValue].estimate(prior: known - size.typicalDelay + other.typicalDelay, at: now, decay: decay)
                + size.typicalDelay - other.typicalDelay
        }
        return delays[size.rawValue].estimate(prior: known, at: now, decay: decay)
    }

    /// ln(seconds for a token).
    func pace(prior: LiveRecord?, at now: LoopInstant, decay: Decay) -> Double {
        pace.estimate(prior: prior?.pace(prior: nil, at: now, decay: decay) ?? -LiveRecord.unknownRate, at: now, decay: decay)
    }

    /// The seconds until a typical answer is whole.
    func seconds(_ size: PromptSize, prior: LiveRecord?, at now: LoopInstant, decay: Decay) -> Double {
        exp(delay(size, prior: prior, at: now, decay: decay)) + LiveRecord.typicalOutput * exp(pace(prior: prior, at: now, decay: decay))
    }

    /// The seconds it once took; of a deployment of which nothing is known twice the usual speed can be hoped for.
    func hopedSeconds(_ size: PromptSize) -> Double {
        let delay = delays[size.rawValue].lowest
        return (delay.isFinite ? exp(delay) : exp(LiveRecord.unknownDelay + size.typicalDelay) / 2)
            + LiveRecord.typicalOutput * (pace.lowest.isFinite ? exp(pace.lowest) : exp(-LiveRecord.unknownRate) / 2)
    }

    /// The probability of success.
    func successProbability(prior: LiveRecord?, at now: LoopInstant, decay: Decay) -> Double {
        let believed = prior?.success.estimate(prior: DecayedSuccess.prior, at: now, decay: decay) ?? DecayedSuccess.prior
        return success.estimate(prior: believed, at: now, decay: decay)
    }

    static func == (left: Self, right: Self) -> Bool {
        for size in PromptSize.allCases where left.delays[size.rawValue] != right.delays[size.rawValue] { return false }
        return left.success == right.success && left.pace == right.pace && left.triedAt == right.triedAt
    }
}
