/// Limits on numbers that come from outside: a client, a provider, a header field, a file, a database, an
/// operator's call.
///
/// Each is clamped to its limit where it is read. Whatever is computed from it then fits an `Int`, by the table
/// below or because sums stop at `sum`; a trap there would end every client's requests.
///
/// | computed | most | fits |
/// |---|---|---|
/// | prompt + answer of one request | 2 × 10¹² | `sum` |
/// | the cost of one request, in billionths of a US dollar | 10²¹ | no: `Money` stops at 9.2 × 10¹⁸ |
/// | a timestamp in milliseconds | 2.5 × 10¹⁴ | `sum` |
/// | the longest wait in nanoseconds | 2.7 × 10¹⁵ | `UInt64` |
public enum ForeignNumber {
    /// Tokens of one request or answer, and any limit on tokens or requests: a hundred thousand times the largest context there is.
    public static let count = 1_000_000_000_000
    /// Choices of one request (`n`), and the index of one. OpenAI takes 128; a stream's progress tracks 64
    /// separately.
    public static let choices = 1_000_000
    /// Tokens of context; no model has a tenth of it.
    public static let contextLength = 1_000_000_000
    /// Seconds that a peer may ask to wait: 31 days, the longest window in which providers count.
    public static let seconds = 31 * 86_400
    /// US dollars for a million tokens; the most expensive model costs less than a thousandth of it.
    public static let price = 1_000_000.0
    /// US dollars of a budget: a ninth of where `Money` ends.
    public static let dollars = 1_000_000_000.0
    /// Seconds since 1970, up to the last second of the year 9999, after which RFC 3339 has no form.
    public static let timestamps = 0...253_402_300_799
    /// The same in milliseconds.
    public static let epochMilliseconds = 253_402_300_799_999
    /// Where sums of counts stop: 2⁵³ − 1, the largest whole number that every reader of JSON holds exactly (RFC 7493 §2.2).
    public static let sum = 9_007_199_254_740_991
    /// A measured figure from a leaderboard, a catalogue or a snapshot; differences, and products by a price or
    /// a percentage, stay finite.
    public static let figure = 1e15
    /// A score; in thousandths, as `x-best-score` gives it, an `Int` holds it a thousandfold.
    public static let score = 1e12
}

extension FixedWidthInteger {
    /// The sum; a result that does not fit becomes the largest or smallest number of the type.
    @inlinable
    public func addingClamped(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The whole part of `value`; a value that does not fit becomes the largest or smallest number of the type,
    /// and NaN becomes 0.
    public init(clamping value: Double) {
        self = Self(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
    }
}

extension Int {
    /// The product; a result that does not fit becomes the largest or smallest number of the type.
    public func multipliedClamped(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    /// The sum of two counts, at most `ForeignNumber.sum`.
    @inlinable
    public func addingCount(_ other: Int) -> Int { Swift.min(addingClamped(other), ForeignNumber.sum) }
}

extension Comparable {
    /// The value, or the nearer end of `range` if it lies outside. Not for NaN.
    @inlinable
    public func clamped(to range: ClosedRange<Self>) -> Self { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}

extension RawSpan {
    /// The value of one or more decimal digits and nothing else, at most `limit`; `nil` for any other text.
    public func decimalValue(atMost limit: Int) -> Int? {
        guard byteCount > 0 else { return nil }
        var value = 0
        for offset in 0..<byteCount {
            let digit = Int(self[byte: offset]) - 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            // Once at the limit it stays there; the rest is checked only for being digits.
            value = overflow ? limit : Swift.min(product.addingClamped(digit), limit)
        }
        return value
    }
}
