/// A histogram's statistics, in a unit for people to read.
public struct HistogramSummary: Equatable, Sendable {
    /// The percentiles that are given, with their names in files.
    public static let percentiles: [(name: String, percent: Double)] = [
        ("p50", 50), ("p75", 75), ("p90", 90), ("p95", 95), ("p99", 99), ("p99_9", 99.9),
    ]

    /// How many values were recorded.
    public let count: UInt64
    /// Minimum, mean, standard deviation, the percentiles and maximum, with their names in files.
    public let statistics: [(name: String, value: Double)]

    /// Summarizes a histogram.
    ///
    /// - Parameter unit: How many of the histogram's units make one of the summary's: 1e6 for milliseconds from
    ///   nanoseconds.
    public init(_ histogram: HDRHistogram, unit: Double) {
        count = histogram.count
        var all: [(name: String, value: Double)] = [
            ("min", Double(histogram.minimum) / unit), ("mean", histogram.mean / unit), ("stddev", histogram.standardDeviation / unit),
        ]
        for (name, percent) in HistogramSummary.percentiles { all.append((name, Double(histogram.percentile(percent)) / unit)) }
        all.append(("max", Double(histogram.maximum) / unit))
        statistics = all
    }

    /// The statistic of that name.
    public subscript(name: String) -> Double? { statistics.first { $0.name == name }?.value }

    /// Equal when all numbers are.
    public static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.statistics.elementsEqual(right.statistics) { $0.name == $1.name && $0.value == $1.value }
    }
}
