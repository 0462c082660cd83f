/// Durations counted in buckets, so that a month of them takes no more memory than a minute.
public struct DurationHistogram: Sendable {
    /// The upper ends of the buckets in microseconds, ascending; one more bucket takes what is longer.
    public let bounds: [Int]
    /// How many durations fell into each bucket; one more than `bounds`.
    public private(set) var counts: [Int]
    /// How many there were.
    public private(set) var count = 0
    /// Their sum in microseconds.
    public private(set) var sum = 0
    /// The shortest in microseconds; 0 when there were none.
    public private(set) var least = 0
    /// The longest in microseconds; 0 when there were none.
    public private(set) var most = 0

    /// Makes an empty histogram.
    public init(_ bounds: [Int]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Counts a duration; a negative one counts as 0.
    public mutating func record(microseconds: Int) {
        let value = max(0, microseconds)
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        counts[bucket] += 1
        least = count == 0 ? value : min(least, value)
        most = max(most, value)
        count += 1
        sum &+= value
    }

    /// The duration that a share of all durations does not exceed, in microseconds: interpolated inside of its bucket, never outside of what was seen.
    ///
    /// - Parameter share: In `0...1`.
    /// - Returns: `nil` when there were none.
    public func quantile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = share * Double(count)
        var below = 0
        for (bucket, inside) in counts.enumerated() where inside > 0 {
            if Double(below + inside) >= rank {
                let low = max(bucket == 0 ? 0 : bounds[bucket - 1], least)
                let high = min(bucket == bounds.count ? most : bounds[bucket], most)
                let place = max(0, rank - Double(below)) / Double(inside)
                return Double(low) + Double(max(0, high - low)) * place
            }
            below += inside
        }
        return Double(most)
    }

    /// Adds what another histogram of the same buckets has counted.
    public mutating func merge(_ other: DurationHistogram) {
        precondition(bounds == other.bounds, "histograms of different buckets can't be added")
        guard other.count > 0 else { return }
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        least = count == 0 ? other.least : min(least, other.least)
        most = max(most, other.most)
        count += other.count
        sum &+= other.sum
    }
}

extension DurationHistogram {
    /// Whole requests and attempts: OpenTelemetry's `gen_ai.client.operation.duration`, 10 ms to 82 s, and two above for slow free tiers.
    public static let requests = [
        10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 2_560_000, 5_120_000, 10_240_000, 20_480_000, 40_960_000, 81_920_000,
        163_840_000, 600_000_000,
    ]
    /// Time to the first token: OpenTelemetry's `gen_ai.server.time_to_first_token`, 1 ms to 10 s, and up to 120 s: free tiers answer after a minute.
    public static let firstToken = [
        1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 250_000, 500_000, 750_000, 1_000_000, 2_500_000, 5_000_000, 7_500_000,
        10_000_000, 30_000_000, 60_000_000, 120_000_000,
    ]
    /// Time between tokens: OpenTelemetry's `gen_ai.server.time_per_output_token`, 10 ms to 2.5 s, and two below for fast providers.
    public static let betweenTokens = [
        1_000, 5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 500_000, 750_000, 1_000_000, 2_500_000,
    ]
    /// The gateway's own share of a request: 10 µs to 250 ms.
    public static let overhead = [
        10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000,
    ]
}
