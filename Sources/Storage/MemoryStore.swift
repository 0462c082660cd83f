public import Cryptography
public import EventLoop
public import Gateway

/// Keeps keys, usage and learned state for the life of the process, as `store.kind: memory` asks for.
public final class MemoryStore: DataStore {
    private var stored: [StoredKey] = []
    private var buffer = UsageBuffer(maximumRows: 0)
    private var checkpoints: [String: [UInt8]] = [:]
    private let since: UnixTime
    private var keyHistory: KeyHistory
    private let place: (directory: String, loop: EventLoop)?
    private var watch: MarkerWatch?

    /// Makes an empty store.
    public init(at now: UnixTime = .now) {
        since = now
        keyHistory = .never
        place = nil
    }

    /// Makes an empty store for a gateway whose data is in a directory. Choosing this store does not forget a
    /// key that another kind of store has kept there, or will keep.
    public init(at now: UnixTime = .now, directory: String, on loop: EventLoop) {
        since = now
        keyHistory = KeyMarker(in: directory).history
        place = (directory, loop)
    }

    /// Closes what belongs to the loop; called before the loop stops.
    public func detach() {
        watch?.close()
        watch = nil
    }

    /// It never keeps anything, which is not an error.
    public var status: StoreStatus {
        var status = StoreStatus(since: since)
        status.state = .memoryOnly
        status.detail = "nothing is kept, as configured"
        status.hasLoadedKeys = true
        status.keyHistory = keyHistory
        status.waitingRecords = buffer.count
        status.droppedRecords = buffer.dropped
        return status
    }

    /// Every key, the oldest first.
    public func keys() async throws(StoreFailure) -> [StoredKey] {
        stored.sorted { ($0.createdAt, $0.id.value) < ($1.createdAt, $1.id.value) }
    }

    /// Takes a new key.
    public func create(_ key: StoredKey) async throws(StoreFailure) {
        guard !stored.contains(where: { $0.id == key.id }) else { throw StoreFailure(.idTaken, "there is a key of the id \(key.id.value)") }
        stored.append(key)
        keyHistory = .held
    }

    /// Changes a key that is not revoked.
    public func update(_ id: VirtualKey.ID, _ change: KeyChange) async throws(StoreFailure) -> StoredKey? {
        edit(id) { $0 = change.applied(to: $0) }
    }

    /// Refuses a key for good.
    public func revoke(_ id: VirtualKey.ID, at now: UnixTime) async throws(StoreFailure) -> StoredKey? {
        edit(id) { $0.revokedAt = now }
    }

    /// Gives a key another secret.
    public func rotate(_ id: VirtualKey.ID, to digest: SecretDigest) async throws(StoreFailure) -> StoredKey? {
        edit(id) { $0.digest = digest }
    }

    /// These keys are never changed elsewhere, so `changed` is never called.
    public func observeKeys(_ changed: @escaping ([StoredKey]) -> Void) {}

    /// Calls `made` on the loop when another process keeps the first key in the gateway's directory. It is not
    /// one of these keys, but from then on keys are required.
    public func observeFirstKey(_ made: @escaping () -> Void) {
        watch?.close()
        watch = nil
        guard let place, keyHistory == .never else { return }
        watch = MarkerWatch(place.directory, on: place.loop) { [unowned self] in
            watch = nil
            keyHistory = .held
            made()
        }
    }

    /// Takes the record of one request.
    public func append(_ record: UsageRecord) {
        buffer.append([record])
        if let index = stored.firstIndex(where: { $0.id == record.key }) {
            stored[index].lastUsed = max(stored[index].lastUsed ?? record.startedAt, record.startedAt)
        }
    }

    /// The sums of the records taken.
    public func usage(_ query: UsageQuery) async throws(StoreFailure) -> [UsageRow] {
        let names = Dictionary(uniqueKeysWithValues: stored.map { ($0.id, $0.name) })
        var groups: [UsageBuffer.Group: UsageRow] = [:]
        for (group, sum) in buffer.sums {
            guard query.key == nil || query.key == group.key, query.from.map({ group.minute >= $0.minute }) ?? true,
                query.to.map({ group.minute < $0.minute }) ?? true
            else { continue }
            var row = UsageRow()
            if query.groups.contains(.key) { (row.key, row.name) = (group.key, names[group.key] ?? group.key.value) }
            if query.groups.contains(.provider) { row.provider = group.provider }
            if query.groups.contains(.model) { row.model = group.model }
            if query.groups.contains(.day) { row.day = group.minute.day }
            let place = UsageBuffer.Group(
                minute: row.day ?? UnixTime(milliseconds: 0), key: row.key ?? VirtualKey.ID(""), provider: row.provider ?? "", model: row.model ?? "")
            groups[place, default: row].add(sum)
        }
        return groups.sorted { left, right in
            let (a, b) = (left.key, right.key)
            return (a.key.value, a.provider, a.model, a.minute) < (b.key.value, b.provider, b.model, b.minute)
        }.map(\.value)
    }

    /// Keeps `bytes` under a name.
    public func checkpoint(_ name: String, _ bytes: [UInt8]) { checkpoints[name] = bytes }

    /// The bytes last kept under a name.
    public func restore(_ name: String) async throws(StoreFailure) -> [UInt8]? { checkpoints[name] }

    private func edit(_ id: VirtualKey.ID, _ body: (inout StoredKey) -> Void) -> StoredKey? {
        guard let index = stored.firstIndex(where: { $0.id == id && $0.revokedAt == nil }) else { return nil }
        body(&stored[index])
        return stored[index]
    }
}
