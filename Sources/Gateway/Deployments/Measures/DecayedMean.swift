internal import EventLoop
internal import Glibc

/// A mean of logarithms in which old measurements count less: for times and rates, which are spread over orders of magnitude.
///
/// The weight of all measurements together is capped, so that a change shows after a few new ones however many old ones there are. After a
/// silence the old ones count as two: a deployment that is tried again may have changed.
struct DecayedMean: Equatable, Sendable {
    /// The most that all measurements weigh together; each new one then moves the mean by a tenth.
    static let maximumWeight = 10.0
    /// The most that measurements from before a silence weigh.
    static let weightAfterSilence = 2.0

    /// The mean of ln(value).
    private(set) var mean = 0.0
    /// How far the logarithms lie from their mean: the mean square.
    private(set) var variance = 0.0
    /// How many measurements it is worth, at `updatedAt`.
    private(set) var weight = 0.0
    private(set) var updatedAt = LoopInstant(nanoseconds: 0)
    /// The lowest mean there was: what can be hoped for. Infinite when nothing is known.
    private(set) var lowest = Double.infinity

    /// Takes a measurement.
    ///
    /// - Parameter value: Greater than 0.
    mutating func record(_ value: Double, at now: LoopInstant, decay: Decay) {
        weight = min(decay.weight(weight, since: updatedAt, at: now), DecayedMean.maximumWeight - 1)
        if decay.isSilence(since: updatedAt, at: now) { weight = min(weight, DecayedMean.weightAfterSilence) }
        let distance = log(value) - mean
        variance = weight / (weight + 1) * (variance + distance * distance / (weight + 1))
        mean = (mean * weight + log(value)) / (weight + 1)
        weight += 1
        updatedAt = now
        lowest = min(lowest, mean)
    }

    /// How far the mean may be off, as a mean square: by how much the measurements differ and how many there are. A few that happen to agree prove little.
    func doubt(at now: LoopInstant, decay: Decay) -> Double {
        let weight = decay.weight(weight, since: updatedAt, at: now)
        return (variance * weight + DecayedMean.usualVariance) / ((weight + 1) * max(weight, 0.1))
    }

    /// What measurements of the same thing differ by before any are there: a third up or down.
    private static let usualVariance = 0.09

    /// The mean together with what was believed before, which counts as one measurement.
    func estimate(prior: Double, at now: LoopInstant, decay: Decay) -> Double {
        let weight = decay.weight(weight, since: updatedAt, at: now)
        return (mean * weight + prior) / (weight + 1)
    }
}

/// How measurements lose weight with time.
struct Decay: Equatable, Sendable {
    private let perNanosecond: Double
    private let silence: UInt64

    /// - Parameters:
    ///   - halfLife: After how long a measurement counts half.
    ///   - silence: How long without a measurement makes those before it doubtful.
    init(halfLife: Duration, silence: Duration) {
        perNanosecond = -0.693_147_180_559_945_3 / Double(max(1, LoopInterval(halfLife).nanoseconds))
        self.silence = LoopInterval(silence).nanoseconds
    }

    /// What a weight is worth later.
    func weight(_ weight: Double, since then: LoopInstant, at now: LoopInstant) -> Double {
        guard weight > 0, now > then else { return weight }
        return weight * exp(perNanosecond * Double(now.nanoseconds - then.nanoseconds))
    }

    func isSilence(since then: LoopInstant, at now: LoopInstant) -> Bool {
        now.nanoseconds > then.nanoseconds && now.nanoseconds - then.nanoseconds >= silence
    }
}
