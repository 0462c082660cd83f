/// The time over which a provider counts a limit, as far as its answer tells.
public enum RateWindow: UInt8, Comparable, Hashable, Sendable {
    /// The answer does not say.
    case unknown
    /// A minute or less.
    case minute
    /// More than a minute, at most some hours.
    case hour
    /// A day.
    case day
    /// A week: what plans of accounts have.
    case week
    /// A month: what trial keys have.
    case month

    /// Orders by length; what is not known comes first.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
