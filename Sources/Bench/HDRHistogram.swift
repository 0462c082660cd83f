/// A histogram of whole numbers that keeps a fixed number of significant decimal digits, however large or small
/// the values are.
///
/// The layout is that of Gil Tene's HdrHistogram (hdrhistogram.org): values are sorted into buckets whose width
/// doubles from one to the next, each divided into as many equal cells as the digits need. So a value between 1
/// and 2⁶⁴−1 is recovered with a relative error below 10^−digits, recording is a shift and an addition, and two
/// histograms with the same digits add up cell by cell.
///
/// | digits | cells per doubling | largest relative error | memory up to 100 s in nanoseconds |
/// | --- | --- | --- | --- |
/// | 2 | 128 | 0.8 % | 31 KB |
/// | 3 | 1,024 | 0.1 % | 225 KB |
/// | 4 | 16,384 | 0.006 % | 3.1 MB |
///
/// ```swift
/// var times = HDRHistogram(significantDigits: 3)
/// for microseconds in 1...1000 { times.record(UInt64(microseconds)) }
/// let median = times.percentile(50)  // 500
/// let slowest = times.percentile(100)  // 1000
/// ```
public struct HDRHistogram: Equatable, Sendable {
    /// The significant decimal digits that are kept, 1...5.
    public let significantDigits: Int
    /// log2 of half the cells of a bucket.
    private let halfMagnitude: Int
    /// The cells, grown to the largest value so far.
    private var cells: [UInt64] = []

    /// How many values were recorded.
    public private(set) var count: UInt64 = 0
    /// The smallest value, exact; 0 when there is none.
    public var minimum: UInt64 { count == 0 ? 0 : least }
    /// The largest value, exact; 0 when there is none.
    public private(set) var maximum: UInt64 = 0
    /// The sum of the exact values; as a floating-point number it cannot overflow.
    private var sum: Double = 0
    private var least = UInt64.max

    /// Makes an empty histogram that keeps `significantDigits` decimal digits, 1...5.
    public init(significantDigits: Int = 3) {
        precondition((1...5).contains(significantDigits), "a histogram keeps 1 to 5 digits")
        self.significantDigits = significantDigits
        var needed = 2
        for _ in 0..<significantDigits { needed *= 10 }
        // The number of cells is the next power of two: 32, 256, 2,048, 32,768 or 262,144.
        halfMagnitude = Int.bitWidth - (needed - 1).leadingZeroBitCount - 1
    }

    /// Makes room for values up to `value`, so that recording them allocates nothing.
    public mutating func reserve(upTo value: UInt64) {
        grow(to: index(of: value))
    }

    /// Counts `value`.
    @inline(__always)
    public mutating func record(_ value: UInt64) {
        record(value, times: 1)
    }

    /// Counts `value` `times` times.
    public mutating func record(_ value: UInt64, times: UInt64) {
        guard times > 0 else { return }
        let index = index(of: value)
        if index >= cells.count { grow(to: index) }
        cells[index] &+= times
        count &+= times
        sum += Double(value) * Double(times)
        if value > maximum { maximum = value }
        if value < least { least = value }
    }

    /// Adds the counts of another histogram with the same number of digits.
    public mutating func merge(_ other: HDRHistogram) {
        precondition(other.significantDigits == significantDigits, "histograms of different digits don't add up")
        guard other.count > 0 else { return }
        grow(to: other.cells.count - 1)
        for index in other.cells.indices { cells[index] &+= other.cells[index] }
        count &+= other.count
        sum += other.sum
        maximum = max(maximum, other.maximum)
        least = min(least, other.least)
    }

    /// The value that `percent` of the values do not exceed: the largest that shares the cell of the value with
    /// that rank, so that it is never below the true one, and at most 10^−digits of it above.
    ///
    /// - Parameter percent: 0...100; 0 is the minimum.
    public func percentile(_ percent: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        guard percent > 0 else { return minimum }
        let rank = HDRHistogram.rank(of: percent, among: count)
        var seen: UInt64 = 0
        for index in cells.indices where cells[index] > 0 {
            seen &+= cells[index]
            if seen >= rank { return min(highest(at: index), maximum) }
        }
        return maximum
    }

    /// The mean of the exact values; 0 when there is none.
    public var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// The standard deviation, computed from the middles of the cells; 0 when there is no value.
    public var standardDeviation: Double {
        guard count > 0 else { return 0 }
        let mean = mean
        var squares = 0.0
        for index in cells.indices where cells[index] > 0 {
            let middle = Double(lowest(at: index)) / 2 + Double(highest(at: index)) / 2
            squares += (middle - mean) * (middle - mean) * Double(cells[index])
        }
        return (squares / Double(count)).squareRoot()
    }

    /// The rank, from 1, of the value at `percent` of `count` sorted ones: the nearest-rank definition.
    static func rank(of percent: Double, among count: UInt64) -> UInt64 {
        let exact = min(100, percent) / 100 * Double(count)
        // In binary, 99.9 / 100 × 1,000 is slightly above 999.
        let nearest = exact.rounded()
        let rank = abs(exact - nearest) <= 1e-9 * Double(count) ? nearest : exact.rounded(.up)
        return min(count, max(1, UInt64(rank)))
    }

    // MARK: Cells

    /// The bucket is the number of bits by which a value is longer than a bucket's cells; within it the leading
    /// bits select the cell.
    @inline(__always)
    private func index(of value: UInt64) -> Int {
        let cellMask = (UInt64(2) << UInt64(halfMagnitude)) - 1
        let bucket = UInt64.bitWidth - (value | cellMask).leadingZeroBitCount - halfMagnitude - 1
        return bucket << halfMagnitude + Int(truncatingIfNeeded: value >> UInt64(bucket))
    }

    private func bucketAndCell(at index: Int) -> (bucket: Int, cell: UInt64) {
        let half = 1 << halfMagnitude
        guard index >= 2 * half else { return (0, UInt64(index)) }
        let bucket = index >> halfMagnitude - 1
        return (bucket, UInt64(index - bucket << halfMagnitude))
    }

    private func lowest(at index: Int) -> UInt64 {
        let (bucket, cell) = bucketAndCell(at: index)
        return cell << UInt64(bucket)
    }

    private func highest(at index: Int) -> UInt64 {
        let (bucket, _) = bucketAndCell(at: index)
        return lowest(at: index) + ((1 << UInt64(bucket)) - 1)
    }

    private mutating func grow(to index: Int) {
        guard index >= cells.count else { return }
        cells.append(contentsOf: repeatElement(0, count: index + 1 - cells.count))
    }

    /// Equal when they counted the same values; how far the cells have grown does not matter.
    public static func == (left: Self, right: Self) -> Bool {
        guard left.significantDigits == right.significantDigits, left.count == right.count, left.maximum == right.maximum,
            left.minimum == right.minimum
        else { return false }
        let shared = min(left.cells.count, right.cells.count)
        return left.cells[..<shared] == right.cells[..<shared] && left.cells[shared...].allSatisfy { $0 == 0 }
            && right.cells[shared...].allSatisfy { $0 == 0 }
    }
}
