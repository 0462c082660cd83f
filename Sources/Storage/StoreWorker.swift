internal import EventLoop
internal import GRDB
internal import Gateway
internal import Wire

/// The store's work, confined to its thread: opens the database, keeps it correct, writes what it is given, and
/// restores it when it is out of order.
///
/// Every key is also held here in memory. A database that was deleted, damaged or restored from an old copy
/// gets its missing keys from there, and of two versions of a key the one with more changes counts, so that no
/// revoked key comes back.
final class StoreWorker {
    /// How often the file is checked: whether it still exists, and whether another process has changed keys.
    static let lookInterval: Duration = .seconds(1)
    /// How often the tables are read from the disk instead of the cache.
    private static let probeInterval: Duration = .seconds(5)
    /// How often a small file is read completely for damage.
    private static let checkInterval: Duration = .seconds(60)
    /// How often old usage is removed, and how soon again while there is more.
    private static let purgeInterval: Duration = .seconds(300)
    private static let purgeAgainInterval: Duration = .seconds(1)
    /// How long writing usage waits for another program's lock; a change of a key waits longer.
    private static let usageBusyTimeout: Duration = .milliseconds(250)
    private static let isGone = "the database file is gone or another lies in its place"
    /// Records that are written without waiting for the interval to end.
    private static let recordsPerFlush = 1000

    let directory: String
    let options: StoreOptions
    let usageOptions: UsageOptions
    /// Whether a damaged database may be moved aside: the gateway may do so, a shell command that only reads
    /// may not.
    let mayRepair: Bool

    private let board: StatusBoard
    private let stateChanged: @Sendable (StoreStatus) -> Void
    private let keysChanged: @Sendable ([StoredKey]) -> Void
    private let firstKeyMade: @Sendable () -> Void
    private let notice: @Sendable (String) -> Void
    private let marker: KeyMarker
    /// Whether the marker exists.
    private var isMarked = false
    private var status: StoreStatus
    private var file: DatabaseFile?
    private var retry: RetrySchedule
    private var buffer: UsageBuffer
    private var checkpoints: [String: [UInt8]] = [:]
    private var known: [VirtualKey.ID: KeyVersion] = [:]
    private var version: Int64 = 0
    private var dataVersion: Int64 = 0
    private var hasLostKeys = false
    /// Whether it has been reported that rows are left out.
    private var hasRefusedRows = false
    private var refusal: StoreFailure?
    private var (nextFlush, nextLook, nextProbe, nextCheck, nextPurge) = (
        UnixTime(milliseconds: 0), UnixTime(milliseconds: 0), UnixTime(milliseconds: 0), UnixTime(milliseconds: 0), UnixTime(milliseconds: 0)
    )

    init(
        directory: String, options: StoreOptions, usage: UsageOptions, mayRepair: Bool, board: StatusBoard,
        stateChanged: @escaping @Sendable (StoreStatus) -> Void, keysChanged: @escaping @Sendable ([StoredKey]) -> Void,
        firstKeyMade: @escaping @Sendable () -> Void, notice: @escaping @Sendable (String) -> Void
    ) {
        self.directory = directory
        self.firstKeyMade = firstKeyMade
        marker = KeyMarker(in: directory)
        self.options = options
        usageOptions = usage
        self.mayRepair = mayRepair
        self.board = board
        self.stateChanged = stateChanged
        self.keysChanged = keysChanged
        self.notice = notice
        status = board.current
        retry = RetrySchedule(longest: options.longestRetryInterval)
        buffer = UsageBuffer(maximumRows: usage.keepRequests > .zero && usage.maximumRequests > 0 ? usage.bufferedRecords : 0)
    }

    // MARK: Turns

    /// When the thread is next needed if nothing is requested before.
    var nextTurn: UnixTime {
        // Before it is opened, and when it must not be, there is nothing to do.
        if status.state == .opening || refusal != nil { return UnixTime.now.advanced(by: StoreWorker.lookInterval) }
        if file == nil || status.state == .memoryOnly { return retry.next ?? nextLook }
        return hasWork ? min(nextFlush, nextLook) : nextLook
    }

    /// Does whatever is due.
    func turn(at now: UnixTime) {
        // A clock that was set back must not stop everything until it has caught up.
        if nextLook > now.advanced(by: StoreWorker.lookInterval) {
            (nextFlush, nextLook, nextProbe, nextCheck, nextPurge) = (now, now, now, now, now)
        }
        if status.state != .opening, now >= nextLook { lookForMarker() }
        if refusal == nil, status.state != .opening, retry.isDue(at: now) {
            if file == nil { try? open(at: now) }
            if file != nil, now >= nextLook { checkFile(at: now) }
            if file != nil, status.state == .memoryOnly || hasWork && (now >= nextFlush || buffer.count >= StoreWorker.recordsPerFlush) {
                flush(at: now)
            }
            if file != nil, status.state == .durable, now >= nextPurge { purge(at: now) }
        }
        publish()
    }

    /// Writes what it can and closes the database.
    func close(at now: UnixTime) {
        if refusal == nil, status.state != .opening {
            if file == nil { try? open(at: now) }
            if file != nil, hasWork { flush(at: now) }
        }
        file?.close()
        file = nil
        publish()
    }

    /// Takes records and checkpoints from the loop.
    func take(_ records: [UsageRecord], dropped: Int, _ checkpoints: [String: [UInt8]]) {
        buffer.append(records)
        if dropped > 0 { buffer.dropped(records: dropped) }
        self.checkpoints.merge(checkpoints) { $1 }
    }

    private var hasWork: Bool { buffer.count > 0 || !checkpoints.isEmpty }

    // MARK: Opening

    /// Opens the database, repairs it if it is damaged, and merges its keys with those in memory.
    ///
    /// - Throws: `.newerSchema`, after which nothing is tried again; `.unavailable` if it does not succeed now.
    func open(at now: UnixTime) throws(StoreFailure) {
        guard file == nil else { return }
        if let refusal { throw refusal }
        if status.state == .opening {
            status.keyHistory = marker.history
            isMarked = status.keyHistory == .held
        }
        do {
            do {
                try openOnce(at: now)
            } catch let trouble as StoreTrouble where trouble.kind == .corrupt && mayRepair {
                recordTrouble(trouble, at: now)
                guard let aside = DatabaseFile.moveAside(in: directory, at: now) else {
                    throw StoreTrouble(.corrupt, "\(trouble.detail); the file can't be moved aside")
                }
                if !status.hasLoadedKeys {
                    hasLostKeys = true
                    rememberFirstKey()
                }
                status.detail = "\(trouble.detail); the damaged database is kept as \(aside)"
                stateChanged(status)
                try openOnce(at: now)
            }
            succeeded(at: now)
        } catch let failure as StoreFailure {
            refusal = failure
            recordTrouble(StoreTrouble(.unavailable, failure.message), at: now)
            throw failure
        } catch {
            let trouble = StoreTrouble(error)
            if !status.hasLoadedKeys, trouble.kind != .corrupt, let keys = DatabaseFile.keysOfReadOnly(in: directory) { adopt(keys, notifying: true) }
            recordTrouble(trouble, at: now)
            throw unavailable(trouble)
        }
    }

    private func openOnce(at now: UnixTime) throws {
        DatabaseFile.removeOrphanedLog(in: directory)
        let file = try DatabaseFile(in: directory, busyTimeout: options.busyTimeout)
        do {
            try file.check()
            try reconcile(file)
            // Something must be written before the store can be called healthy again.
            if status.state == .memoryOnly {
                try file.write(outlivesPowerLoss: false, busyTimeout: StoreWorker.usageBusyTimeout) {
                    try KeyTable.writeCounter("checked", now.milliseconds, $0)
                }
            }
        } catch {
            // What is still readable in a damaged file is read before it is given up.
            if StoreTrouble(error).kind == .corrupt, !status.hasLoadedKeys, let keys = try? file.read(KeyTable.all) { adopt(keys, notifying: false) }
            file.close()
            throw error
        }
        self.file = file
        nextLook = now.advanced(by: StoreWorker.lookInterval)
        nextProbe = now.advanced(by: StoreWorker.probeInterval)
        nextCheck = now.advanced(by: StoreWorker.checkInterval)
    }

    /// Brings the keys of the database and those in memory to the same state.
    private func reconcile(_ file: DatabaseFile) throws {
        let stored = try file.read(KeyTable.all)
        let ids = Set(stored.map(\.key.id))
        var missing = known.values.filter { !ids.contains($0.key.id) }
        for version in stored {
            if let mine = known[version.key.id], mine.revision > version.revision { missing.append(mine) }
        }
        if !missing.isEmpty || hasLostKeys {
            try file.write(outlivesPowerLoss: true, busyTimeout: options.busyTimeout) { db in
                for version in missing { try KeyTable.put(version, db) }
                try KeyTable.advanceVersion(db)
                if hasLostKeys { try KeyTable.setMayHaveLost(known.isEmpty, db) }
            }
            hasLostKeys = false
        }
        let (keys, version, mayHaveLost, dataVersion) = try file.read { db in
            (try KeyTable.all(db), try KeyTable.version(db), try KeyTable.mayHaveLost(db), try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0)
        }
        (self.version, self.dataVersion, status.mayHaveLostKeys) = (version, dataVersion, mayHaveLost)
        if mayHaveLost { rememberFirstKey() }
        adopt(keys, notifying: true)
    }

    /// Takes keys into memory, and notifies the loop if any are new.
    private func adopt(_ keys: [KeyVersion], notifying: Bool) {
        var isNews = !status.hasLoadedKeys
        for version in keys {
            guard let mine = known[version.key.id] else {
                known[version.key.id] = version
                isNews = true
                continue
            }
            if version.revision > mine.revision { isNews = true }
            known[version.key.id] = KeyVersion.newer(version, mine)
        }
        status.hasLoadedKeys = true
        if !known.isEmpty { rememberFirstKey() }
        publish()
        if notifying, isNews { keysChanged(allKeys) }
    }

    /// Records that there has been a key, here and in the directory. If the marker can't be written now it is
    /// tried again; meanwhile the keys themselves are evidence.
    private func rememberFirstKey() {
        status.keyHistory = .held
        guard !isMarked else { return }
        isMarked = (try? marker.write()) != nil
    }

    /// Checks whether another process has made the first key, and writes a marker that could not be written
    /// before.
    private func lookForMarker() {
        if status.keyHistory == .held {
            // The directory may have been emptied or replaced.
            isMarked = marker.history == .held
            return rememberFirstKey()
        }
        guard status.keyHistory == .never, marker.history == .held else { return }
        isMarked = true
        status.keyHistory = .held
        publish()
        firstKeyMade()
    }

    /// Checks without waiting for the interval to end: another process has made a key.
    func checkAtOnce(at now: UnixTime) {
        lookForMarker()
        if file != nil { checkFile(at: now) }
    }

    private var allKeys: [StoredKey] {
        known.values.map(\.key).sorted { ($0.createdAt, $0.id.value) < ($1.createdAt, $1.id.value) }
    }

    // MARK: Trouble

    /// Records the trouble and closes what must be closed; the next try follows the schedule.
    private func fail(with trouble: StoreTrouble, at now: UnixTime) {
        switch trouble.kind {
        case .locked, .full:
            // The connection is good; it only needs the other program to finish, or space.
            recordTrouble(trouble, at: now)
        case .readOnly, .unavailable:
            file?.close()
            file = nil
            recordTrouble(trouble, at: now)
        case .corrupt, .deleted:
            file?.close()
            file = nil
            recordTrouble(trouble, at: now)
            if trouble.kind == .corrupt {
                guard mayRepair else { return }
                let aside = DatabaseFile.moveAside(in: directory, at: now)
                status.detail = "\(trouble.detail); the damaged database \(aside.map { "is kept as \($0)" } ?? "can't be moved aside")"
            }
            stateChanged(status)
            try? open(at: now)
        }
    }

    private func recordTrouble(_ trouble: StoreTrouble, at now: UnixTime) {
        retry.failed(at: now)
        let isNews = status.state != .memoryOnly || status.trouble != trouble.kind
        if status.state != .memoryOnly { status.since = now }
        status.state = .memoryOnly
        status.trouble = trouble.kind
        status.detail = trouble.detail
        publish()
        if isNews, trouble.kind != .corrupt, trouble.kind != .deleted { stateChanged(status) }
    }

    private func succeeded(at now: UnixTime) {
        retry.succeeded()
        guard status.state != .durable else { return }
        if status.state == .memoryOnly { status.recoveries += 1 }
        status.state = .durable
        status.trouble = nil
        status.detail = ""
        status.since = now
        publish()
        stateChanged(status)
    }

    private func publish() {
        status.waitingRecords = buffer.count
        status.droppedRecords = buffer.dropped
        status.droppedRows = buffer.droppedRows
        board.set(status)
    }

    private func unavailable(_ trouble: StoreTrouble) -> StoreFailure {
        StoreFailure(.unavailable, "the key store is out of order (\(trouble.kind.rawValue)): \(trouble.detail)")
    }

    // MARK: Checks

    /// Checks whether the file still exists and is intact, and whether another process has changed keys.
    private func checkFile(at now: UnixTime) {
        guard let file else { return }
        nextLook = now.advanced(by: StoreWorker.lookInterval)
        guard file.isInPlace else { return fail(with: StoreTrouble(.deleted, StoreWorker.isGone), at: now) }
        do {
            if now >= nextProbe {
                nextProbe = now.advanced(by: StoreWorker.probeInterval)
                file.dropCache()
                dataVersion = -1
            }
            let found = try file.read { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
            if found != dataVersion {
                dataVersion = found
                if try file.read(KeyTable.version) != version { try reconcile(file) }
            }
            if now >= nextCheck {
                nextCheck = now.advanced(by: StoreWorker.checkInterval)
                try file.check()
            }
        } catch {
            fail(with: StoreTrouble(error), at: now)
        }
    }

    // MARK: Usage

    private func flush(at now: UnixTime) {
        guard let file else { return }
        nextFlush = now.advanced(by: options.flushInterval * 0.5)
        guard file.isInPlace else { return fail(with: StoreTrouble(.deleted, StoreWorker.isGone), at: now) }
        var refused = 0
        do throws(StoreTrouble) {
            do throws(StoreTrouble) {
                try write(to: file, at: now) { db in
                    try UsageTable.insert(buffer.rows, db)
                    try UsageTable.add(buffer.sums, db)
                }
            } catch {
                guard error.isOfOneRow else { throw error }
                refused = try writeRowByRow(to: file, at: now)
            }
        } catch {
            return fail(with: error, at: now)
        }
        for (key, time) in lastUses { known[key]?.key.lastUsed = time }
        status.writtenRecords += buffer.count - refused
        buffer.removeAll()
        checkpoints.removeAll()
        succeeded(at: now)
    }

    /// Writes what is waiting, with usage written by `body`.
    private func write(to file: DatabaseFile, at now: UnixTime, usage body: (Database) throws -> Void) throws(StoreTrouble) {
        try file.write(outlivesPowerLoss: false, busyTimeout: StoreWorker.usageBusyTimeout) { db in
            try body(db)
            for (key, time) in lastUses where known[key] != nil { try KeyTable.touch(key, at: time, db) }
            for (name, bytes) in checkpoints { try CheckpointTable.put(name, bytes, at: now, db) }
            // As at opening: even if there is nothing else to write.
            if status.state == .memoryOnly { try KeyTable.writeCounter("checked", now.milliseconds, db) }
        }
    }

    /// Writes the waiting usage row by row, leaving out rows that the database rejects: one row must not keep
    /// all the others from being stored.
    ///
    /// - Returns: How many records are in no sum.
    private func writeRowByRow(to file: DatabaseFile, at now: UnixTime) throws(StoreTrouble) -> Int {
        var (rows, records) = (0, 0)
        var reason = ""
        // SQLite rolls back only the statement that fails (sqlite.org/lang_conflict.html, ABORT).
        func isTaken(_ statement: () throws -> Void) throws -> Bool {
            do {
                try statement()
                return true
            } catch {
                let trouble = StoreTrouble(error)
                guard trouble.isOfOneRow else { throw error }
                reason = trouble.detail
                return false
            }
        }
        try write(to: file, at: now) { db in
            for record in buffer.rows { if try !isTaken({ try UsageTable.insert([record], db) }) { rows += 1 } }
            for (group, sum) in buffer.sums { if try !isTaken({ try UsageTable.add([group: sum], db) }) { records += sum.requests } }
        }
        buffer.dropped(records: records, rows: rows)
        if !hasRefusedRows {
            hasRefusedRows = true
            notice("usage rows that the database rejects are left out, the rest is kept: \(reason); further such rows are only counted")
        }
        return records
    }

    private var lastUses: [VirtualKey.ID: UnixTime] {
        var times: [VirtualKey.ID: UnixTime] = [:]
        for (group, sum) in buffer.sums {
            guard let time = sum.lastUsed else { continue }
            times[group.key] = max(times[group.key] ?? time, time)
        }
        return times
    }

    private func purge(at now: UnixTime) {
        guard let file else { return }
        do {
            let hasMore = try file.write(outlivesPowerLoss: false, busyTimeout: StoreWorker.usageBusyTimeout) { db in
                try UsageTable.purge(usageOptions, at: now, db)
            }
            nextPurge = now.advanced(by: hasMore ? StoreWorker.purgeAgainInterval : StoreWorker.purgeInterval)
        } catch {
            fail(with: error, at: now)
        }
    }

    /// The sums of everything taken so far.
    func usage(_ query: UsageQuery, at now: UnixTime) throws(StoreFailure) -> [UsageRow] {
        try open(at: now)
        if hasWork { flush(at: now) }
        guard let file else { throw unavailable(StoreTrouble(status.trouble ?? .unavailable, status.detail)) }
        do {
            return try file.read { try UsageTable.rows(query, $0) }
        } catch {
            fail(with: error, at: now)
            throw unavailable(error)
        }
    }

    // MARK: Keys and checkpoints

    /// Every key.
    func keys(at now: UnixTime) throws(StoreFailure) -> [StoredKey] {
        if !status.hasLoadedKeys { try open(at: now) }
        return allKeys
    }

    /// Keeps a new key.
    func create(_ key: StoredKey, at now: UnixTime) throws(StoreFailure) {
        let isNew = try change(at: now) { db in
            guard try KeyTable.find(key.id, db) == nil else { return (false, nil) }
            // Before the key can be used: if a key without a marker were lost, the gateway would be left open.
            try marker.write()
            try KeyTable.setMayHaveLost(false, db)
            return (true, KeyVersion(key: key, revision: 1))
        }
        guard isNew else { throw StoreFailure(.idTaken, "there is a key of the id \(key.id.value)") }
        status.mayHaveLostKeys = false
        (status.keyHistory, isMarked) = (.held, true)
    }

    /// Changes a key that is not revoked.
    func edit(_ id: VirtualKey.ID, at now: UnixTime, _ body: (StoredKey) -> StoredKey) throws(StoreFailure) -> StoredKey? {
        try change(at: now) { db in
            guard let found = try KeyTable.find(id, db), found.key.revokedAt == nil else { return (nil, nil) }
            let changed = KeyVersion(key: body(found.key), revision: found.revision.addingClamped(1))
            return (changed.key, changed)
        }
    }

    /// The bytes last kept under a name.
    func restore(_ name: String, at now: UnixTime) throws(StoreFailure) -> [UInt8]? {
        if let bytes = checkpoints[name] { return bytes }
        try open(at: now)
        guard let file else { return nil }
        do {
            return try file.read { try CheckpointTable.find(name, $0) }
        } catch {
            fail(with: error, at: now)
            throw unavailable(error)
        }
    }

    /// Writes at once what is to be kept under a name. What can't be written now is written with what waits.
    func record(_ name: String, _ bytes: [UInt8], at now: UnixTime) throws(StoreFailure) {
        checkpoints[name] = bytes
        guard let file, status.state == .durable else { throw unavailable(StoreTrouble(status.trouble ?? .unavailable, status.detail)) }
        guard file.isInPlace else {
            let trouble = StoreTrouble(.deleted, StoreWorker.isGone)
            fail(with: trouble, at: now)
            throw unavailable(trouble)
        }
        do throws(StoreTrouble) {
            try file.write(outlivesPowerLoss: false, busyTimeout: StoreWorker.usageBusyTimeout) { try CheckpointTable.put(name, bytes, at: now, $0) }
            checkpoints[name] = nil
        } catch {
            fail(with: error, at: now)
            throw unavailable(error)
        }
    }

    /// Makes one change durable in the file that is at the path, or throws.
    private func change<T>(at now: UnixTime, _ body: (Database) throws -> (T, KeyVersion?)) throws(StoreFailure) -> T {
        var last = StoreTrouble(.unavailable, "it could not be opened")
        // The second try is for a file that was deleted or damaged and has just been replaced.
        for _ in 0..<3 {
            try open(at: now)
            guard let file else { break }
            do {
                let (result, version, numbers) = try file.write(outlivesPowerLoss: true, busyTimeout: options.busyTimeout) { db in
                    let before = try KeyTable.version(db)
                    let (result, version) = try body(db)
                    if let version {
                        try KeyTable.put(version, db)
                        try KeyTable.advanceVersion(db)
                    }
                    return (result, version, (before: before, after: try KeyTable.version(db)))
                }
                guard file.isInPlace else {
                    last = StoreTrouble(.deleted, StoreWorker.isGone)
                    fail(with: last, at: now)
                    continue
                }
                if let version { known[version.key.id] = version }
                // Another process's change in between is still to be read: `checkFile` sees the difference.
                if numbers.before == self.version { self.version = numbers.after } else { (nextLook, dataVersion) = (now, -1) }
                if status.state == .memoryOnly { retry.succeeded() }
                return result
            } catch {
                last = error
                fail(with: error, at: now)
                guard error.kind == .corrupt || error.kind == .deleted else { break }
            }
        }
        throw unavailable(last)
    }
}
