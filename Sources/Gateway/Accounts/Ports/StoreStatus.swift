/// How the store is, for `/readyz`, metrics and people.
public struct StoreStatus: Equatable, Sendable {
    /// Whether what is taken is also kept.
    public enum State: String, CaseIterable, Sendable {
        /// Not opened yet.
        case opening
        /// What is taken is durable.
        case durable
        /// The gateway serves from memory; nothing is kept until the store is back.
        case memoryOnly = "memory_only"
    }

    /// What is wrong, in a word that can be a metric's label.
    public enum Trouble: String, CaseIterable, Sendable {
        /// Another program holds the database's lock.
        case locked
        /// No space is left, or a quota is used up.
        case full
        /// It can be read but not written.
        case readOnly = "read_only"
        /// What is in it is not what was written.
        case corrupt
        /// The file is gone, or another lies in its place.
        case deleted
        /// It can't be opened, read or written for another reason.
        case unavailable
    }

    /// Whether what is taken is also kept.
    public var state = State.opening
    /// What is wrong; `nil` while nothing is.
    public var trouble: Trouble?
    /// What is wrong, in the words of the system: lower case, no secret.
    public var detail = ""
    /// Since when `state` is what it is.
    public var since: UnixTime
    /// Whether the keys have been read since the start. While they have not, a key that is not known may still be good.
    public var hasLoadedKeys = false
    /// Whether a key was ever kept. It never goes back to `never`.
    public var keyHistory = KeyHistory.unknown("the store is not open yet")
    /// Whether keys were lost with a damaged database before they could be read, and none was made since: having no keys then does not mean that
    /// none are wanted.
    public var mayHaveLostKeys = false
    /// Usage records taken and not yet kept.
    public var waitingRecords = 0
    /// Usage records kept.
    public var writtenRecords = 0
    /// Usage records that had to be dropped: neither kept nor waiting any more.
    public var droppedRecords = 0
    /// Usage records whose sums are kept or waiting, but which had to be dropped as rows of their own.
    public var droppedRows = 0
    /// How often the store came back from a trouble by itself.
    public var recoveries = 0

    /// Makes the status of a store that is not open yet.
    public init(since: UnixTime) { self.since = since }
}
