/// The time that the gateway adds, compared with the direct way. Differences are in nanoseconds, negative where
/// the gateway was faster.
public struct AddedTime: Sendable, Equatable {
    /// The quantity's name in tables.
    public let name: String
    /// The differences of the percentiles of all stretches together.
    public let p50, p90, p99: Double
    /// The difference of the medians in each pair of adjacent stretches, sorted: shows how far it can be
    /// trusted.
    public let pairs: [Double]

    /// Compares two histograms; `nil` when one is empty.
    init?(_ name: String, _ first: HDRHistogram, over second: HDRHistogram, pairs: [(HDRHistogram, HDRHistogram)]) {
        guard first.count > 0, second.count > 0 else { return nil }
        func difference(_ percent: Double, _ pair: (HDRHistogram, HDRHistogram)) -> Double {
            Double(pair.0.percentile(percent)) - Double(pair.1.percentile(percent))
        }
        self.name = name
        p50 = difference(50, (first, second))
        p90 = difference(90, (first, second))
        p99 = difference(99, (first, second))
        self.pairs = pairs.filter { $0.0.count > 0 && $0.1.count > 0 }.map { difference(50, $0) }.sorted()
    }

    /// The median of the pairs' differences.
    public var medianOfPairs: Double { AddedTime.median(pairs) }

    /// The median of sorted numbers, the mean of the middle two if there are two; 0 for an empty list.
    static func median(_ sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
