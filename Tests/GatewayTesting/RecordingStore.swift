public import Cryptography
public import Gateway

/// A store in memory that remembers each record by itself.
public final class RecordingStore: DataStore {
    private var stored: [StoredKey] = []
    private var observer: ([StoredKey]) -> Void = { _ in }
    private var firstKeyObserver: () -> Void = {}
    /// Whether a key was ever kept.
    public var keyHistory = KeyHistory.never
    /// The usage records, in order.
    public private(set) var records: [UsageRecord] = []
    /// What the next calls about keys and usage fail with, one call after the other.
    public var failures: [StoreFailure] = []
    /// What questions about usage are answered with.
    public var usageRows: [UsageRow] = []
    /// The questions about usage so far, in order.
    public private(set) var usageQueries: [UsageQuery] = []
    /// What was kept, by name.
    public var checkpoints: [String: [UInt8]] = [:]

    /// Makes an empty store.
    public init() {}

    /// In memory, and in order.
    public var status: StoreStatus {
        var status = StoreStatus(since: UnixTime(milliseconds: 0))
        status.state = .memoryOnly
        status.hasLoadedKeys = true
        status.keyHistory = keyHistory
        return status
    }

    /// Every key.
    public func keys() async throws(StoreFailure) -> [StoredKey] {
        try fail()
        return stored
    }

    /// Takes a new key.
    public func create(_ key: StoredKey) async throws(StoreFailure) {
        try fail()
        guard !stored.contains(where: { $0.id == key.id }) else { throw StoreFailure(.idTaken, "there is a key of the id \(key.id.value)") }
        put(key)
    }

    /// Takes a key that is new or has changed.
    public func put(_ key: StoredKey) {
        stored.removeAll { $0.id == key.id }
        stored.append(key)
        keyHistory = .held
    }

    /// Changes a key.
    public func update(_ id: VirtualKey.ID, _ change: KeyChange) async throws(StoreFailure) -> StoredKey? {
        try fail()
        return edit(id) { $0 = change.applied(to: $0) }
    }

    /// Refuses a key for good.
    public func revoke(_ id: VirtualKey.ID, at now: UnixTime) async throws(StoreFailure) -> StoredKey? {
        try fail()
        return edit(id) { $0.revokedAt = now }
    }

    /// Gives a key another secret.
    public func rotate(_ id: VirtualKey.ID, to digest: SecretDigest) async throws(StoreFailure) -> StoredKey? {
        try fail()
        return edit(id) { $0.digest = digest }
    }

    /// Takes the observer of keys.
    public func observeKeys(_ changed: @escaping ([StoredKey]) -> Void) { observer = changed }

    /// Tells of keys as if another process had changed them.
    public func tellOfKeys() { observer(stored) }

    /// Takes the observer of another process's first key.
    public func observeFirstKey(_ made: @escaping () -> Void) { firstKeyObserver = made }

    /// Tells of a first key as if another process had made it.
    public func tellOfFirstKey() {
        keyHistory = .held
        firstKeyObserver()
    }

    /// Takes a record.
    public func append(_ record: UsageRecord) { records.append(record) }

    /// Sums nothing, but answers with `usageRows`: what was recorded is in `records`.
    public func usage(_ query: UsageQuery) async throws(StoreFailure) -> [UsageRow] {
        try fail()
        usageQueries.append(query)
        return usageRows
    }

    /// Keeps bytes under a name.
    public func checkpoint(_ name: String, _ bytes: [UInt8]) { checkpoints[name] = bytes }

    /// What was kept.
    public func restore(_ name: String) async throws(StoreFailure) -> [UInt8]? { checkpoints[name] }

    private func fail() throws(StoreFailure) {
        if !failures.isEmpty { throw failures.removeFirst() }
    }

    private func edit(_ id: VirtualKey.ID, _ body: (inout StoredKey) -> Void) -> StoredKey? {
        guard let index = stored.firstIndex(where: { $0.id == id && $0.revokedAt == nil }) else { return nil }
        body(&stored[index])
        return stored[index]
    }
}
