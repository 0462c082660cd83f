public import Cryptography
public import EventLoop
public import Gateway

/// Keeps keys, usage and learned state in a SQLite database in the data directory, written by a thread of its
/// own.
///
/// The loop never waits: a usage record is appended to an array, which is handed to the thread in batches;
/// everything else suspends its task. While the database is out of order the gateway serves from memory; the
/// store reports this and recovers by itself.
///
/// ```swift
/// let store = try SQLiteStore(directory: directory, on: loop)
/// try await store.open()
/// let keys = try await store.keys()  // the oldest first; none in a new directory
/// ```
public final class SQLiteStore: DataStore {
    /// Records handed to the thread at a time.
    private static let recordsPerBatch = 512

    private let loop: EventLoop
    private let thread: StoreThread
    private let board = StatusBoard(StoreStatus(since: .now))
    private let timer: LoopTimer
    private let owner = Owner()
    private let handOffInterval: LoopInterval
    private var pending: [UsageRecord] = []
    private var keysObserver: (([StoredKey]) -> Void)?
    private var firstKeyObserver: (() -> Void)?
    private let directory: String
    /// Watches for the marker of a first key made by another process; only while there has been none.
    private var markerWatcher: DirectoryWatcher?
    /// Called on the loop when the state or the trouble has changed.
    public var statusChanged: ((StoreStatus) -> Void)?
    /// Called on the loop with anything else an operator should know.
    public var noticed: ((String) -> Void)?

    /// Starts the store's thread; `open()` opens the database.
    ///
    /// - Parameters:
    ///   - directory: The data directory; created (0700) if it does not exist.
    ///   - loop: The loop on which the store is called and answers.
    ///   - mayRepair: Whether a damaged database may be moved aside and replaced.
    public init(
        directory: String, options: StoreOptions = StoreOptions(), usage: UsageOptions = UsageOptions(), on loop: EventLoop, mayRepair: Bool = true
    ) throws(UVError) {
        self.loop = loop
        self.directory = directory
        thread = StoreThread(maximumRecords: usage.bufferedRecords)
        // Half of the time passes on the loop, half on the thread.
        handOffInterval = LoopInterval(options.flushInterval * 0.5)
        timer = try LoopTimer(on: loop) { [owner] _ in owner.store?.handOff() }
        owner.store = self
        let me = LoopConfined(owner)
        let board = board
        thread.start {
            StoreWorker(
                directory: directory, options: options, usage: usage, mayRepair: mayRepair, board: board,
                stateChanged: { status in Task(executorPreference: loop) { me.value.store?.statusChanged?(status) } },
                keysChanged: { keys in Task(executorPreference: loop) { me.value.store?.keysObserver?(keys) } },
                firstKeyMade: { Task(executorPreference: loop) { me.value.store?.firstKeyWasMade() } },
                notice: { text in Task(executorPreference: loop) { me.value.store?.noticed?(text) } })
        }
    }

    /// Leads from the thread and the timer to the store; cut by `close()`.
    private final class Owner {
        var store: SQLiteStore?
    }

    /// Opens the database and reads the keys.
    ///
    /// - Throws: `.newerSchema`. Any other trouble is in `status` when this returns; the store keeps trying.
    public func open() async throws(StoreFailure) {
        do {
            try await ask { worker throws(StoreFailure) in try worker.open(at: .now) }
        } catch {
            if error.code == .newerSchema { throw error }
        }
    }

    /// Ends the store: writes what is waiting, and blocks the calling thread until that is done or its patience
    /// is over. Called once the loop has ended or nothing more is appended.
    ///
    /// - Returns: Whether everything was done in time.
    @discardableResult
    public func close(patience: Duration = .seconds(5)) -> Bool {
        handOff()
        owner.store = nil
        return thread.end(patience: patience)
    }

    /// Closes what belongs to the loop; called before the loop stops. Later records are kept by `close()`.
    public func detach() {
        timer.close()
        markerWatcher?.close()
        markerWatcher = nil
    }

    // MARK: DataStore

    /// The current state of the store.
    public var status: StoreStatus {
        var status = board.current
        status.waitingRecords += pending.count + thread.waitingRecords
        return status
    }

    /// Every key, revoked and expired ones too, the oldest first.
    public func keys() async throws(StoreFailure) -> [StoredKey] {
        try await ask { worker throws(StoreFailure) in try worker.keys(at: .now) }
    }

    /// Keeps a new key.
    public func create(_ key: StoredKey) async throws(StoreFailure) {
        try await ask { worker throws(StoreFailure) in try worker.create(key, at: .now) }
    }

    /// Changes a key that is not revoked.
    public func update(_ id: VirtualKey.ID, _ change: KeyChange) async throws(StoreFailure) -> StoredKey? {
        try await ask { worker throws(StoreFailure) in try worker.edit(id, at: .now) { change.applied(to: $0) } }
    }

    /// Refuses a key for good.
    public func revoke(_ id: VirtualKey.ID, at now: UnixTime) async throws(StoreFailure) -> StoredKey? {
        try await ask { worker throws(StoreFailure) in
            try worker.edit(id, at: .now) { key in
                var key = key
                key.revokedAt = now
                return key
            }
        }
    }

    /// Gives a key another secret.
    public func rotate(_ id: VirtualKey.ID, to digest: SecretDigest) async throws(StoreFailure) -> StoredKey? {
        try await ask { worker throws(StoreFailure) in
            try worker.edit(id, at: .now) { key in
                var key = key
                key.digest = digest
                return key
            }
        }
    }

    /// Calls `changed` on the loop with every key when keys have changed elsewhere.
    public func observeKeys(_ changed: @escaping ([StoredKey]) -> Void) { keysObserver = changed }

    /// Calls `made` on the loop when another process makes the first key.
    public func observeFirstKey(_ made: @escaping () -> Void) {
        firstKeyObserver = made
        guard board.current.keyHistory == .never, markerWatcher == nil else { return }
        // If the directory can't be watched, the thread's own check finds the marker within a second.
        markerWatcher = try? DirectoryWatcher(directory, on: loop) { [owner] name in
            if name == KeyMarker.name { owner.store?.markerAppeared() }
        }
        // It may have appeared since the database was opened.
        if KeyMarker(in: directory).history == .held { markerAppeared() }
    }

    private func markerAppeared() {
        firstKeyWasMade()
        _ = thread.post { $0.checkAtOnce(at: .now) }
    }

    private func firstKeyWasMade() {
        markerWatcher?.close()
        markerWatcher = nil
        // There is one first key; the watch and the thread's check may both have found it.
        let made = firstKeyObserver
        firstKeyObserver = nil
        made?()
    }

    /// Takes the record of one request.
    public func append(_ record: UsageRecord) {
        pending.append(record)
        if pending.count >= SQLiteStore.recordsPerBatch {
            handOff()
        } else if !timer.isArmed {
            timer.arm(after: handOffInterval)
        }
    }

    /// The sums of everything in the ledger so far.
    public func usage(_ query: UsageQuery) async throws(StoreFailure) -> [UsageRow] {
        handOff()
        return try await ask { worker throws(StoreFailure) in try worker.usage(query, at: .now) }
    }

    /// Keeps `bytes` under a name.
    public func checkpoint(_ name: String, _ bytes: [UInt8]) { thread.post(checkpoint: name, bytes) }

    /// Keeps `bytes` under a name, and returns when the database has them.
    public func record(_ name: String, _ bytes: [UInt8]) async throws(StoreFailure) {
        let recording = StoreThread.Recording(bytes)
        try await ask(by: { thread.post(recording, as: name, $0) }) { worker throws(StoreFailure) in
            try worker.record(name, recording.bytes, at: .now)
        }
    }

    /// The bytes last kept under a name.
    public func restore(_ name: String) async throws(StoreFailure) -> [UInt8]? {
        try await ask { worker throws(StoreFailure) in try worker.restore(name, at: .now) }
    }

    // MARK: The way to the thread

    /// Records that the thread has not taken yet.
    var waitingInBox: Int { thread.waitingRecords }

    private func handOff() {
        guard !pending.isEmpty else { return }
        thread.post(pending)
        let count = pending.count
        pending = []
        // The next batch will be about as large as this one.
        pending.reserveCapacity(min(SQLiteStore.recordsPerBatch, count + 16))
    }

    private func ask<T: Sendable>(_ job: @escaping @Sendable (StoreWorker) throws(StoreFailure) -> T) async throws(StoreFailure) -> T {
        try await ask(by: { thread.post($0) }, job)
    }

    private func ask<T: Sendable>(
        by post: (@escaping StoreThread.Job) -> Bool, _ job: @escaping @Sendable (StoreWorker) throws(StoreFailure) -> T
    ) async throws(StoreFailure) -> T {
        let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<T, StoreFailure>, Never>) in
            let isTaken = post { worker in
                do throws(StoreFailure) {
                    continuation.resume(returning: .success(try job(worker)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isTaken { continuation.resume(returning: .failure(StoreFailure(.unavailable, "the store is closed"))) }
        }
        return try result.get()
    }
}
