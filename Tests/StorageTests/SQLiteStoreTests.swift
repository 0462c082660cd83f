import Cryptography
import EventLoop
import Foundation
import GRDB
import Gateway
import LoopTesting
import Testing

@testable import Storage

/// What is particular to the SQLite store: it survives its process and every kind of trouble with its file.
@Suite struct SQLiteStoreTests {
    /// Another program's connection to the database.
    private static func outsider(_ folder: DataFolder) throws -> DatabaseQueue { try DatabaseQueue(path: folder.database, configuration: .patient) }

    private static func count(_ folder: DataFolder, _ sql: String) throws -> Int {
        try outsider(folder).read { try Int.fetchOne($0, sql: sql) ?? 0 }
    }

    @Test func `keys, usage and checkpoints are there after a restart`() async throws {
        let folder = try DataFolder()
        let (ann, bob) = (newKey("ann", at: 1), newKey("bob", at: 2))
        let now = UnixTime.now.seconds  // usage of 1970 would be removed as too old
        try await withSQLite(folder) { store, _ in
            try await store.create(ann)
            try await store.create(bob)
            _ = try await store.revoke(bob.id, at: UnixTime(seconds: 9))
            store.append(record(ann.id.value, at: now))
            store.checkpoint("health", [7])
            try await store.record("sent", [8])
        }
        try await withSQLite(folder) { store, _ in
            #expect(store.status.state == .durable && store.status.hasLoadedKeys && !store.status.mayHaveLostKeys)
            let keys = try await store.keys()
            #expect(keys.map(\.name) == ["ann", "bob"] && keys[1].revokedAt == UnixTime(seconds: 9) && keys[0].lastUsed == UnixTime(seconds: now))
            #expect(try await store.usage(UsageQuery()).map(\.requests) == [1])
            #expect(try await store.restore("health") == [7])
            #expect(try await store.restore("sent") == [8])
        }
    }

    @Test func `a checkpoint takes the place of a record of its name that lies in the box`() {
        let thread = StoreThread(maximumRecords: 1)
        let recording = StoreThread.Recording([1])
        #expect(thread.post(recording, as: "sent") { _ in })
        thread.post(checkpoint: "other", [2])
        #expect(recording.bytes == [1])
        thread.post(checkpoint: "sent", [3])
        #expect(recording.bytes == [3])
    }

    @Test func `keys of a database from before there were weights have the default weight`() async throws {
        let folder = try DataFolder()
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: folder.database, configuration: .patient)
        try Schema.migrator.migrate(queue, upTo: "0003 checkpoints")
        let old = newKey("old")
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO keys (id, name, prefix, digest, created_at, models, tags, budget_period, revision)
                    VALUES (?, 'old', ?, ?, 1000, '[]', '[]', 'month', 1)
                    """, arguments: [old.id.value, old.prefix, Data(old.digest.array)])
        }
        try queue.close()
        try await withSQLite(folder) { store, _ in
            #expect(store.status.state == .durable)
            let before = try await store.keys().map(\.weight)
            var change = KeyChange()
            change.weight = 5
            let changed = try await store.update(old.id, change)
            #expect(before == [1] && changed?.weight == 5)
        }
        try await withSQLite(folder) { store, _ in
            let after = try await store.keys().map(\.weight)
            #expect(after == [5])
        }
    }

    @Test func `the directory is 0700 and every file in it 0600`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, loop in
            try await store.create(newKey())
            func mode(_ path: String) throws -> Int {
                try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
            }
            #expect(try mode(folder.data) == 0o700)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.data)
            #expect(names.sorted() == ["best.db", "best.db-shm", "best.db-wal", "keys-required"])
            for name in names { #expect(try mode(folder.data + "/" + name) == 0o600) }
        }
    }

    @Test func `a key is in the database's log, without its secret, before its creation is answered`() async throws {
        let folder = try DataFolder()
        var generator = SystemRandomNumberGenerator()
        let key = ClientKey(using: &generator)
        try await withSQLite(folder) { store, _ in
            try await store.create(StoredKey(key, name: "ann", createdAt: .now))
            let secret = key.plaintext.reveal { Data($0.split(separator: "-").last!.utf8) }
            let files = try folder.contents()
            #expect(files.values.contains { $0.range(of: Data(key.id.value.utf8)) != nil })
            #expect(!files.values.contains { $0.range(of: secret) != nil })
        }
    }

    @Test func `usage is written within a second without being asked for`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder, options: StoreOptions()) { store, loop in
            store.append(record())
            #expect(store.status.waitingRecords == 1)
            try await eventually(on: loop, "the record is written") { store.status.writtenRecords == 1 }
            #expect(store.status.waitingRecords == 0)
            #expect(try Self.count(folder, "SELECT count(*) FROM usage_requests") == 0, "rows are kept only if configured")
            #expect(try Self.count(folder, "SELECT requests FROM usage_minutes") == 1)
        }
    }

    @Test func `rows of requests are kept as long as configured, sums longer`() async throws {
        let folder = try DataFolder()
        var usage = UsageOptions()
        usage.keepRequests = .seconds(3600)
        let now = UnixTime.now.seconds
        try await withSQLite(folder, usage: usage) { store, loop in
            store.append(record("old", at: now - 7200))
            store.append(record("new", at: now))
            try await eventually(on: loop, "both are written") { store.status.writtenRecords == 2 }
        }
        // Rows are removed when the store has been opened, and every few minutes.
        try await withSQLite(folder, usage: usage) { store, loop in
            try await eventually(on: loop, "the old row is gone") {
                (try? Self.count(folder, "SELECT count(*) FROM usage_requests WHERE key = 'old'")) == 0
            }
            #expect(try Self.count(folder, "SELECT count(*) FROM usage_requests") == 1)
            #expect(try await store.usage(UsageQuery()).map(\.requests) == [1, 1])
        }
    }

    @Test func `no more rows of requests are kept than configured`() async throws {
        let folder = try DataFolder()
        var usage = UsageOptions()
        usage.keepRequests = .seconds(3600)
        usage.maximumRequests = 100
        for _ in 0..<2 {
            try await withSQLite(folder, usage: usage) { store, loop in
                for _ in 0..<150 { store.append(record(at: UnixTime.now.seconds)) }
                _ = try await store.usage(UsageQuery())
            }
        }
        try await withSQLite(folder, usage: usage) { store, loop in
            try await eventually(on: loop, "the rows are cut") { (try? Self.count(folder, "SELECT count(*) FROM usage_requests")) == 100 }
        }
    }

    @Test func `a database of a newer version is refused and left as it is`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in try await store.create(newKey()) }
        try await Self.outsider(folder).write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9999 of tomorrow')") }
        do {
            try await withSQLite(folder) { _, _ in Issue.record("it was opened") }
        } catch let failure as StoreFailure {
            #expect(failure.code == .newerSchema && failure.message.contains("newer version") && failure.message.contains(folder.database))
        }
        #expect(try Self.count(folder, "SELECT count(*) FROM keys") == 1)
    }

    @Test func `keys that another process makes and revokes are noticed`() async throws {
        let folder = try DataFolder()
        let (mine, theirs) = (newKey("mine", at: 1), newKey("theirs", at: 2))
        try await withSQLite(folder) { store, loop in
            var news: [[String]] = []
            store.observeKeys { keys in news.append(keys.map { "\($0.name)\($0.revokedAt == nil ? "" : " revoked")" }) }
            try await store.create(mine)
            let other = try SQLiteStore(directory: folder.data, options: .quick, on: loop, mayRepair: false)
            try await other.open()
            try await other.create(theirs)
            try await eventually(on: loop, "the new key arrives") { news.last == ["mine", "theirs"] }
            _ = try await other.revoke(mine.id, at: .now)
            try await eventually(on: loop, "the revocation arrives") { news.last == ["mine revoked", "theirs"] }
            // Its own changes are not reported.
            let count = news.count
            try await store.create(newKey("third", at: 3))
            other.append(record())
            _ = try await other.usage(UsageQuery())
            try await pause(.milliseconds(1200), on: loop)
            #expect(news.count == count)
            other.detach()
            other.close()
        }
    }
}
