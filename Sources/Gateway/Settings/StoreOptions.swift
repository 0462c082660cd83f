/// Where keys, usage and what was learnt are kept.
public struct StoreOptions: Sendable {
    /// What keeps them.
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// A SQLite database in the data directory.
        case sqlite
        /// Nothing outlives the process: for trials, and where nothing may be written.
        case memory
    }

    /// What keeps them.
    public var kind = Kind.sqlite
    /// How long usage waits at most before it is written, 50 ms to 10 s. The issue allows a second; half of it leaves room for a slow disk.
    public var flushInterval: Duration = .milliseconds(500)
    /// How long a change of a key waits for another program's lock on the database, 100 ms to 60 s.
    public var busyTimeout: Duration = .seconds(5)
    /// The longest pause between two tries to bring the store back, 1 s to 10 min; the first comes after a quarter of a second, each next after twice
    /// the time.
    public var longestRetryInterval: Duration = .seconds(10)

    /// Makes the defaults.
    public init() {}
}
