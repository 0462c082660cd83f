internal import Glibc

/// A size in tokens that is fixed, or drawn for each request.
///
/// | text | meaning |
/// | --- | --- |
/// | `256` | always 256 |
/// | `uniform:100-400` | between 100 and 400, all equally likely |
/// | `normal:256/64` | normal with mean 256 and standard deviation 64, cut at the ends |
/// | `lognormal:200/0.8` | log-normal with median 200 and sigma 0.8: many short ones, a few long ones |
public struct SizeDistribution: Equatable, Sendable, CustomStringConvertible {
    /// The range to which a draw is cut: a million tokens are four megabytes of text.
    public static let range = 1...1_000_000

    private enum Shape: Equatable {
        case constant(Int)
        case uniform(Int, Int)
        case normal(mean: Double, deviation: Double)
        case logNormal(median: Double, sigma: Double)
    }

    private let shape: Shape
    /// The text form it was read from.
    public let description: String

    /// Always `size`, which must be in `range`.
    public static func constant(_ size: Int) -> Self {
        precondition(range.contains(size))
        return Self(.constant(size), "\(size)")
    }

    private init(_ shape: Shape, _ description: String) {
        self.shape = shape
        self.description = description
    }

    /// Reads the text form.
    ///
    /// - Returns: `nil` if `text` is none of the forms in the table, or a size is outside `range`.
    public init?(_ text: String) {
        description = text
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            guard let size = SizeDistribution.size(text[...]) else { return nil }
            shape = .constant(size)
            return
        }
        let separator: Character = parts[0] == "uniform" ? "-" : "/"
        let numbers = parts[1].split(separator: separator, omittingEmptySubsequences: false)
        guard numbers.count == 2 else { return nil }
        switch parts[0] {
        case "uniform":
            guard let low = SizeDistribution.size(numbers[0]), let high = SizeDistribution.size(numbers[1]), low <= high else { return nil }
            shape = .uniform(low, high)
        case "normal":
            guard let mean = SizeDistribution.number(numbers[0]), let deviation = SizeDistribution.number(numbers[1]), mean >= 1 else { return nil }
            shape = .normal(mean: mean, deviation: deviation)
        case "lognormal":
            guard let median = SizeDistribution.number(numbers[0]), let sigma = SizeDistribution.number(numbers[1]), median >= 1, sigma <= 10
            else { return nil }
            shape = .logNormal(median: median, sigma: sigma)
        default:
            return nil
        }
    }

    /// Whether every draw gives the same size.
    public var isConstant: Bool { if case .constant = shape { true } else { false } }

    /// Draws a size within `range`.
    public func draw(using random: inout LoadRandom) -> Int {
        switch shape {
        case .constant(let size): size
        case .uniform(let low, let high): low + Int(Double(high - low + 1) * random.unit())
        case .normal(let mean, let deviation): SizeDistribution.cut(mean + deviation * random.normal())
        case .logNormal(let median, let sigma): SizeDistribution.cut(median * exp(sigma * random.normal()))
        }
    }

    private static func cut(_ value: Double) -> Int {
        Int(min(max(value.rounded(), Double(range.lowerBound)), Double(range.upperBound)))
    }

    private static func size(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let size = Int(text) else { return nil }
        return range.contains(size) ? size : nil
    }

    /// A plain decimal number; `Double.init` alone would also accept `nan`, signs and hexadecimal digits.
    private static func number(_ text: Substring) -> Double? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 || $0 == UInt8(ascii: ".") }), let value = Double(text) else { return nil }
        return value <= Double(range.upperBound) ? value : nil
    }
}
