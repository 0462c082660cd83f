internal import Glibc

/// A quantity that is fixed or drawn each time: a latency, a rate, a length.
///
/// | text | meaning |
/// | --- | --- |
/// | `50` | always 50 |
/// | `uniform:10-90` | between 10 and 90, all equally likely |
/// | `exp:50` | exponential with mean 50 |
/// | `lognormal:50/0.5` | log-normal with median 50 and sigma 0.5, the usual shape of latencies |
public struct MockDistribution: Equatable, Sendable {
    private enum Shape: Equatable {
        case constant(Double)
        case uniform(Double, Double)
        case exponential(Double)
        case logNormal(median: Double, sigma: Double)
    }

    /// The largest parameter, in the quantity's unit; a thousand million milliseconds are eleven days.
    static let largest = 1e9

    private let shape: Shape

    private init(_ shape: Shape) { self.shape = shape }

    /// Always `value`, which is not negative.
    public static func constant(_ value: Double) -> Self { Self(.constant(max(0, value))) }

    /// Parses the text form.
    ///
    /// - Returns: `nil` when `text` is none of the forms in the table, or a number is negative, infinite or above a thousand million.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            guard let value = MockDistribution.number(text) else { return nil }
            self = .constant(value)
            return
        }
        switch parts[0] {
        case "exp":
            guard let mean = MockDistribution.number(parts[1]) else { return nil }
            shape = .exponential(mean)
        case "uniform":
            guard let (low, high) = MockDistribution.pair(parts[1], separator: "-"), low <= high else { return nil }
            shape = .uniform(low, high)
        case "lognormal":
            guard let (median, sigma) = MockDistribution.pair(parts[1], separator: "/"), sigma <= 10 else { return nil }
            shape = .logNormal(median: median, sigma: sigma)
        default:
            return nil
        }
    }

    /// The value when it is always the same one.
    var fixed: Double? {
        if case .constant(let value) = shape { value } else { nil }
    }

    /// Whether the value is always 0.
    var isZero: Bool { fixed == 0 }

    /// Draws a value, never negative and never above a thousand million.
    @inline(__always)
    func sample(using random: inout MockRandom) -> Double {
        if case .constant(let value) = shape { return value }
        return draw(using: &random)
    }

    private func draw(using random: inout MockRandom) -> Double {
        let value =
            switch shape {
            case .constant(let value): value
            case .uniform(let low, let high): low + (high - low) * random.unit()
            case .exponential(let mean): -log(1 - random.unit()) * mean
            case .logNormal(let median, let sigma): median * exp(sigma * random.normal())
            }
        return min(value, MockDistribution.largest)
    }

    /// A plain decimal number in range; `Double.init` alone would also accept `nan` and hexadecimal digits.
    static func number(_ text: some StringProtocol) -> Double? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 || $0 == UInt8(ascii: ".") }), let value = Double(text) else { return nil }
        return value <= largest ? value : nil
    }

    private static func pair(_ text: some StringProtocol, separator: Character) -> (Double, Double)? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = number(parts[0]), let second = number(parts[1]) else { return nil }
        return (first, second)
    }
}
