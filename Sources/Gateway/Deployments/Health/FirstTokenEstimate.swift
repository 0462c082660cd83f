internal import EventLoop

/// How long a deployment takes to its first token: the 95th percentile of what was seen, as an online estimate that follows changes.
///
/// Stochastic approximation of a quantile on a logarithmic scale: a sample above it moves it up by nineteen times what one below moves it down.
struct FirstTokenEstimate: Sendable, Equatable {
    /// Samples before it is used.
    private static let leastSamples: UInt16 = 8
    /// An attempt is given up after so many times the estimate.
    private static let patience = 2.5

    /// The logarithm, to the base of 2, of the estimate in microseconds.
    private var level: Float = 0
    private(set) var samples: UInt16 = 0

    init() {}

    /// Takes a sample.
    mutating func record(microseconds: Int) {
        let value = FirstTokenEstimate.logarithm(Float(max(1, microseconds)))
        if samples < .max { samples += 1 }
        if samples == 1 {
            // Half as much again: a single sample is likelier in the middle than at the end.
            level = value + 0.5
            return
        }
        let step = max(0.1, 2 / Float(samples))
        level += value > level ? min(step * 0.95, value - level + 0.1) : -step * 0.05
    }

    /// The 95th percentile in microseconds; `nil` while there are too few samples.
    var percentile: Int? { samples < FirstTokenEstimate.leastSamples ? nil : Int(FirstTokenEstimate.power(level)) }

    /// After how long an attempt is given up.
    ///
    /// - Parameters:
    ///   - least: The bounds.
    ///   - unknown: What holds while there are too few samples.
    func timeout(least: LoopInterval, most: LoopInterval, unknown: LoopInterval) -> LoopInterval {
        guard let percentile else { return unknown }
        let wanted = UInt64(Double(percentile) * FirstTokenEstimate.patience * 1000)
        return LoopInterval(nanoseconds: min(max(wanted, least.nanoseconds), most.nanoseconds))
    }

    /// A logarithm that is straight between the powers of two; `power` undoes it exactly.
    private static func logarithm(_ value: Float) -> Float { Float(value.exponent) + value.significand - 1 }

    private static func power(_ level: Float) -> Float {
        let whole = level.rounded(.down)
        return Float(sign: .plus, exponent: Int(min(max(whole, 0), 62)), significand: 1 + level - whole)
    }
}
