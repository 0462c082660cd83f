/// The last sixteen ranges that were added, for a scan that comes across many.
public struct LastRanges: Sendable {
    private static let most = 16

    private var bounds = InlineArray<16, (lower: UInt32, upper: UInt32)>(repeating: (0, 0))
    private var total = 0

    /// Makes an empty list.
    public init() {}

    /// How many there are.
    public var count: Int { min(total, LastRanges.most) }

    /// One range, counted from the last, which is 0.
    public subscript(fromLast place: Int) -> Range<Int> {
        precondition(place >= 0 && place < count, "there are no so many ranges")
        let (lower, upper) = bounds[(total - 1 - place) % LastRanges.most]
        return Int(lower)..<Int(upper)
    }

    /// Adds a range, replacing the oldest where there are sixteen.
    mutating func append(_ range: Range<Int>) {
        bounds[total % LastRanges.most] = (UInt32(clamping: range.lowerBound), UInt32(clamping: range.upperBound))
        total += 1
    }
}
