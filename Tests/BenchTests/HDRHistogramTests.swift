import Testing

@testable import Bench

@Suite struct HDRHistogramTests {
    /// Data of every shape that times have: small, large, spread over decades, heaped, equal.
    static func data(_ shape: Int, seed: UInt64) -> [UInt64] {
        var random = LoadRandom(seed: seed)
        return (0..<2000).map { number in
            switch shape {
            case 0: random.next() % 100
            case 1: random.next() % 10_000_000
            case 2: UInt64(1) << (random.next() % 63)
            case 3: UInt64(random.exponential() * 1e6)
            case 4: number % 100 == 0 ? 5_000_000_000 : 1_000_000 + random.next() % 1000
            default: 42
            }
        }
    }

    /// The value with the nearest rank, from the sorted values themselves; the percentage is in thousandths, so that the rank is exact.
    static func exact(_ thousandths: Int, of sorted: [UInt64]) -> UInt64 {
        let rank = max(1, (thousandths * sorted.count + 99_999) / 100_000)
        return sorted[rank - 1]
    }

    @Test(arguments: 1...5, 0...5)
    func `every percentile is exact, or above the exact one by less than the digits allow`(digits: Int, shape: Int) {
        for seed in UInt64(1)...2 {
            let values = HDRHistogramTests.data(shape, seed: seed)
            var histogram = HDRHistogram(significantDigits: digits)
            for value in values { histogram.record(value) }
            let sorted = values.sorted()
            var tolerance = 1.0
            for _ in 0..<digits { tolerance /= 10 }
            var worst: (thousandths: Int, excess: Double)?
            for thousandths in stride(from: 0, through: 100_000, by: digits > 3 ? 5000 : 500) {
                let found = histogram.percentile(Double(thousandths) / 1000)
                let wanted = thousandths == 0 ? sorted[0] : HDRHistogramTests.exact(thousandths, of: sorted)
                guard found >= wanted, Double(found - wanted) <= tolerance * Double(wanted) else {
                    worst = (thousandths, Double(found) - Double(wanted))
                    break
                }
            }
            #expect(worst == nil, "\(String(describing: worst))")
            #expect(histogram.minimum == sorted.first && histogram.maximum == sorted.last && histogram.count == UInt64(sorted.count))
            let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
            #expect(abs(histogram.mean - mean) <= mean * 1e-12)
            let deviation = (values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)).squareRoot()
            #expect(abs(histogram.standardDeviation - deviation) <= (deviation + mean) * tolerance)
        }
    }

    @Test func `numbers up to a hundred thousand are recovered within a thousandth`() {
        var wrong: [UInt64] = []
        // Every number of the first doubling and half of the next, then every 97th, which covers every part of
        // a cell.
        for value in Array(UInt64(0)..<3000) + stride(from: 3000, to: 100_000, by: 97) {
            var histogram = HDRHistogram()
            histogram.record(value)
            histogram.record(value + value / 2 + 10)  // so that the maximum doesn't hide the cell
            let found = histogram.percentile(50)
            if found < value || (found - value) * 1000 > value { wrong.append(value) }
        }
        #expect(wrong.isEmpty)
    }

    @Test(arguments: 0...63)
    func `numbers around every power of two are recovered`(power: Int) {
        let base = UInt64(1) << UInt64(power)
        for value in [base - 1, base, base + 1, base &* 2 &- 1] {
            var histogram = HDRHistogram()
            histogram.record(value)
            #expect(histogram.percentile(50) == value && histogram.minimum == value && histogram.maximum == value)
            histogram.record(.max)
            let found = histogram.percentile(50)
            #expect(found >= value && found - value <= value / 1000)
        }
    }

    @Test func `merged histograms are the histogram of all values`() {
        for shape in 0...5 {
            var whole = HDRHistogram()
            var merged = HDRHistogram()
            for seed in UInt64(1)...4 {
                var part = HDRHistogram()
                for value in HDRHistogramTests.data(shape, seed: seed) {
                    part.record(value)
                    whole.record(value)
                }
                merged.merge(part)
            }
            #expect(merged == whole)
            #expect(abs(merged.mean - whole.mean) <= whole.mean * 1e-12)
        }
    }

    @Test func `merging into an empty one, or from an empty one, changes nothing`() {
        var some = HDRHistogram()
        some.record(7, times: 3)
        var copy = some
        copy.merge(HDRHistogram())
        #expect(copy == some)
        var empty = HDRHistogram()
        empty.merge(some)
        #expect(empty == some)
    }

    @Test func `a value counted many times is as many values`() {
        var once = HDRHistogram()
        var many = HDRHistogram()
        for _ in 0..<1000 { once.record(123_456) }
        many.record(123_456, times: 1000)
        many.record(99, times: 0)
        #expect(once == many && many.minimum == 123_456)
    }

    @Test func `an empty histogram is all zeros`() {
        let histogram = HDRHistogram()
        #expect(histogram.count == 0 && histogram.minimum == 0 && histogram.maximum == 0 && histogram.mean == 0)
        #expect(histogram.percentile(50) == 0 && histogram.standardDeviation == 0)
    }

    @Test func `reserved room makes no difference`() {
        var reserved = HDRHistogram()
        reserved.reserve(upTo: 100_000_000_000)
        var plain = HDRHistogram()
        #expect(reserved == plain)
        reserved.record(5)
        #expect(reserved != plain)
        plain.record(5)
        #expect(reserved == plain)
    }

    @Test(arguments: [(99.9, 1000, 999), (99.9, 1001, 1000), (50, 1, 1), (0.001, 10, 1), (100, 7, 7), (50, 4, 2), (50, 5, 3), (33.3, 1000, 333)])
    func `the rank is the nearest one, free of binary rounding`(percent: Double, count: UInt64, rank: UInt64) {
        #expect(HDRHistogram.rank(of: percent, among: count) == rank)
    }

    @Test func `a summary gives each statistic in the unit asked for`() {
        var histogram = HDRHistogram()
        for milliseconds in UInt64(1)...1000 { histogram.record(milliseconds * 1_000_000) }
        let summary = HistogramSummary(histogram, unit: 1e6)
        #expect(summary.count == 1000 && summary["min"] == 1 && summary["max"] == 1000 && summary["mean"] == 500.5)
        for (name, exact) in [("p50", 500.0), ("p75", 750), ("p90", 900), ("p95", 950), ("p99", 990), ("p99_9", 999)] {
            #expect(summary[name].map { $0 >= exact && $0 <= exact * 1.001 } == true)
        }
    }
}
