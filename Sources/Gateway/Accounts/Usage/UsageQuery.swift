/// A question to the books: which requests, and by what their sums are told apart.
public struct UsageQuery: Sendable {
    /// What sums are told apart by.
    public enum Grouping: String, CaseIterable, Hashable, Sendable {
        /// The client key.
        case key
        /// The provider's id of the model.
        case model
        /// The provider.
        case provider
        /// The day (UTC) the request began.
        case day
    }

    /// The first minute that counts; `nil` is from the beginning. The books are kept by the minute, so the rest of the moment is ignored.
    public var from: UnixTime?
    /// The first minute that does not count any more; `nil` is without end.
    public var to: UnixTime?
    /// One row for each combination; empty is one row for everything.
    public var groups: Set<Grouping> = [.key]
    /// Only this key's requests; `nil` is every key's.
    public var key: VirtualKey.ID?

    /// Makes the question for every key's sums of all time.
    public init() {}
}
