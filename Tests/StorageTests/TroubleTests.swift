import Cryptography
import EventLoop
import Foundation
import GRDB
import Gateway
import LoopTesting
import Testing

@testable import Storage

/// The database is locked, deleted, damaged, restored from an old copy or not writable: the store reports it
/// and recovers by itself.
@Suite struct TroubleTests {
    private static func spoil(_ path: String, bytes: Int = 8192) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data((0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }))
        try handle.close()
    }

    /// Another program's connection, which may keep a transaction open.
    private static func locker(_ folder: DataFolder) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: folder.database, configuration: configuration)
    }

    private static func files(_ folder: DataFolder) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.data) }

    @Test func `while another program holds the lock, usage waits and a change of a key fails with the reason`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, loop in
            try await store.create(newKey("before"))
            var told: [StoreStatus.State] = []
            store.statusChanged = { told.append($0.state) }
            let outsider = try Self.locker(folder)
            try await outsider.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            store.append(record())
            try await eventually(on: loop, "the lock is noticed") { store.status.trouble == .locked }
            #expect(store.status.state == .memoryOnly && store.status.waitingRecords == 1)
            do {
                try await store.create(newKey("meanwhile"))
                Issue.record("a key was kept in a locked database")
            } catch let failure as StoreFailure {
                #expect(failure.code == .unavailable && failure.message.contains("locked"))
            }
            #expect(try await store.keys().map(\.name) == ["before"])
            try await outsider.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            try await eventually(on: loop, "the store is back") { store.status.state == .durable }
            #expect(store.status.writtenRecords == 1 && store.status.waitingRecords == 0 && store.status.recoveries == 1)
            #expect(told == [.memoryOnly, .durable])
        }
    }

    @Test func `a deleted database is made again with the keys and the usage in memory`() async throws {
        let folder = try DataFolder()
        let (ann, bob) = (newKey("ann", at: 1), newKey("bob", at: 2))
        try await withSQLite(folder) { store, loop in
            try await store.create(ann)
            try await store.create(bob)
            _ = try await store.revoke(bob.id, at: UnixTime(seconds: 5))
            for name in try Self.files(folder) { try FileManager.default.removeItem(atPath: folder.data + "/" + name) }
            store.append(record(at: UnixTime.now.seconds))
            try await eventually(on: loop, "the loss is noticed and mended") { store.status.recoveries == 1 }
            #expect(store.status.state == .durable)
        }
        try await withSQLite(folder) { store, _ in
            let keys = try await store.keys()
            #expect(keys.map(\.name) == ["ann", "bob"] && keys[1].revokedAt == UnixTime(seconds: 5))
            #expect(try await store.usage(UsageQuery()).map(\.requests) == [1])
        }
    }

    @Test func `a key made right after the database was deleted is in the new one`() async throws {
        let folder = try DataFolder()
        let (first, second) = (newKey("first", at: 1), newKey("second", at: 2))
        try await withSQLite(folder) { store, loop in
            try await store.create(first)
            try FileManager.default.removeItem(atPath: folder.data)
            try await store.create(second)
            let names = try await DatabaseQueue(path: folder.database, configuration: .patient).read {
                try String.fetchAll($0, sql: "SELECT name FROM keys ORDER BY created_at")
            }
            #expect(names == ["first", "second"])
        }
    }

    @Test func `a database damaged while in use is moved aside and made again`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, loop in
            for number in 1...3 { try await store.create(newKey("key \(number)", at: Int64(number))) }
            // So that the pages are in the file and not in its log.
            try await DatabaseQueue(path: folder.database, configuration: .patient).writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            try Self.spoil(folder.database)
            var details: [String] = []
            store.statusChanged = { details.append($0.detail) }
            try await eventually(on: loop, within: .seconds(15), "the damage is noticed and mended") {
                store.append(record())
                return store.status.recoveries == 1
            }
            #expect(details.contains { $0.contains("best.db.damaged-") })
            #expect(try Self.files(folder).contains { $0.hasPrefix("best.db.damaged-") })
            let names = try await DatabaseQueue(path: folder.database, configuration: .patient).read {
                try String.fetchAll($0, sql: "SELECT name FROM keys ORDER BY created_at")
            }
            #expect(names == ["key 1", "key 2", "key 3"])
        }
    }

    @Test func `a database that is unreadable at the start is moved aside, and the store knows that keys may be lost`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in try await store.create(newKey()) }
        try Self.spoil(folder.database, bytes: 65_536)
        try await withSQLite(folder) { store, _ in
            #expect(store.status.state == .durable && store.status.mayHaveLostKeys)
            let keys = try await store.keys()
            #expect(keys.isEmpty)
        }
        // It remembers this at the next start, until a key is made.
        try await withSQLite(folder) { store, _ in
            #expect(store.status.mayHaveLostKeys)
            try await store.create(newKey())
        }
        try await withSQLite(folder) { store, _ in #expect(!store.status.mayHaveLostKeys) }
    }

    @Test func `the keys of a database that is damaged elsewhere are saved`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in
            try await store.create(newKey("ann"))
            for number in 0..<3000 { store.append(record("key \(number)", model: "a model with quite a long name, number \(number)")) }
            _ = try await store.usage(UsageQuery())
        }
        // The end of the file holds usage.
        let size = try #require(FileManager.default.attributesOfItem(atPath: folder.database)[.size] as? Int)
        let handle = try #require(FileHandle(forWritingAtPath: folder.database))
        try handle.seek(toOffset: UInt64(size - 20 * 4096))
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 16 * 4096))
        try handle.close()
        try await withSQLite(folder) { store, _ in
            #expect(store.status.state == .durable && !store.status.mayHaveLostKeys)
            let (keys, files) = (try await store.keys(), try Self.files(folder))
            #expect(keys.map(\.name) == ["ann"])
            #expect(files.contains { $0.hasPrefix("best.db.damaged-") })
        }
    }

    @Test func `a file that is not a database is moved aside by the gateway, and left alone by a mere reader`() async throws {
        let folder = try DataFolder()
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        try Data(repeating: 0x41, count: 10_000).write(to: URL(fileURLWithPath: folder.database))
        try await withSQLite(folder, mayRepair: false) { store, _ in
            #expect(store.status.trouble == .corrupt && store.status.state == .memoryOnly)
            let files = try Self.files(folder)
            #expect(files == ["best.db"])
        }
        try await withSQLite(folder) { store, _ in #expect(store.status.state == .durable) }
    }

    @Test func `an old copy in the database's place does not bring back a revoked key or an old secret`() async throws {
        let folder = try DataFolder()
        let (ann, bob, next) = (newKey("ann", at: 1), newKey("bob", at: 2), newKey())
        try await withSQLite(folder) { store, loop in
            try await store.create(ann)
            try await store.create(bob)
            let copy = folder.path + "/copy.db"
            try await DatabaseQueue(path: folder.database, configuration: .patient).write { try $0.execute(sql: "SELECT 1") }
            try await DatabaseQueue(path: folder.database, configuration: .patient).vacuum(into: copy)
            _ = try await store.revoke(ann.id, at: UnixTime(seconds: 5))
            _ = try await store.rotate(bob.id, to: next.digest)
            _ = rename(copy, folder.database)
            try await eventually(on: loop, "the exchange is noticed and repaired") { store.status.recoveries == 1 }
        }
        try await withSQLite(folder) { store, _ in
            let keys = try await store.keys()
            #expect(keys.first?.revokedAt == UnixTime(seconds: 5) && keys.last?.digest.matches(next.digest) == true)
        }
    }

    @Test func `a data directory that can't be made is reported, and the store works as soon as it can`() async throws {
        let folder = try DataFolder()
        try Data().write(to: URL(fileURLWithPath: folder.data))
        try await withSQLite(folder) { store, loop in
            #expect(store.status.state == .memoryOnly && store.status.trouble == .unavailable && !store.status.hasLoadedKeys)
            store.append(record())
            try FileManager.default.removeItem(atPath: folder.data)
            try await eventually(on: loop, "the store opens") { store.status.state == .durable && store.status.writtenRecords == 1 }
            #expect(store.status.hasLoadedKeys)
        }
    }

    @Test func `a long outage drops the oldest rows, but nothing from the sums`() async throws {
        let folder = try DataFolder()
        var usage = UsageOptions()
        usage.keepRequests = .seconds(3600)
        usage.bufferedRecords = 1000
        try await withSQLite(folder, usage: usage) { store, loop in
            let outsider = try Self.locker(folder)
            try await outsider.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            store.append(record())
            try await eventually(on: loop, "the lock is noticed") { store.status.trouble == .locked }
            for _ in 0..<10 {
                let before = store.status.waitingRecords
                for _ in 0..<500 { store.append(record()) }
                // The thread may be waiting for the lock: the contents of the box are bounded, too.
                try await eventually(on: loop, "the records are taken in") {
                    store.status.waitingRecords >= before + 500 || store.status.droppedRecords > 0
                }
                try await eventually(on: loop, "the box is empty") { store.waitingInBox == 0 }
            }
            #expect(store.status.droppedRows + store.status.droppedRecords >= 3000)
            try await outsider.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            // On a busy machine the last of them may be taken only after the store is back.
            try await eventually(on: loop, "each record is written or dropped") {
                store.status.state == .durable && store.status.writtenRecords + store.status.droppedRecords == 5001
            }
            let requests = try await store.usage(UsageQuery()).map(\.requests)
            #expect(requests == [store.status.writtenRecords], "\(requests) of \(store.status.writtenRecords), \(store.status)")
        }
    }
}
