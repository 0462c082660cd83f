import Foundation
import GRDB
import Gateway
import LoopTesting
import Testing

@testable import Storage

/// Reading a store that must not be changed.
@Suite struct StoreReaderTests {
    private func filled(_ folder: DataFolder) async throws -> StoredKey {
        let key = newKey("ann")
        try await withSQLite(folder) { store, _ in
            try await store.create(key)
            store.append(record(key.id.value, cost: 5, by: .catalogue))
        }
        return key
    }

    @Test func `keys and usage are read, and nothing is changed`() async throws {
        let folder = try DataFolder()
        let key = try await filled(folder)
        let before = try folder.contents()[String("data/best.db")]
        let reader = try StoreReader(directory: folder.data)
        #expect(reader.exists && reader.keys.map(\.id) == [key.id])
        #expect(try reader.usage(UsageQuery()).map(\.costByCatalogue) == [Money(nanodollars: 5)])
        #expect(try folder.contents()["data/best.db"] == before)
    }

    @Test func `a missing directory, or one without a database, has no store and stays so`() throws {
        let folder = try DataFolder()
        for directory in [folder.data, folder.path] {
            let reader = try StoreReader(directory: directory)
            #expect(!reader.exists && reader.keys.isEmpty)
            #expect(try reader.usage(UsageQuery()).isEmpty)
        }
        #expect(try folder.contents().isEmpty)
    }

    @Test func `a directory that can only be read is enough`() async throws {
        let folder = try DataFolder()
        _ = try await filled(folder)
        // Without its log, as in a copy or after a gateway has ended.
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.database + suffix) }
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: folder.database)
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.data)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.data) }
        let reader = try StoreReader(directory: folder.data)
        #expect(reader.keys.map(\.name) == ["ann"])
        #expect(try reader.usage(UsageQuery()).count == 1)
    }

    @Test func `a database of an earlier version is read as it is`() async throws {
        let folder = try DataFolder()
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        // From today: old usage would be removed.
        let minute = UnixTime.now.minute
        let queue = try DatabaseQueue(path: folder.database)
        try Schema.migrator.migrate(queue, upTo: "0004 weights")
        try await queue.write { db in
            try db.execute(
                sql: "INSERT INTO usage_minutes VALUES (?, 'k', 'p', 'm', 3, 1, 0, 10, 5, 15, 0, 0, 42, 9000)", arguments: [minute.milliseconds])
        }
        try queue.close()
        let row = try #require(try StoreReader(directory: folder.data).usage(UsageQuery()).first)
        #expect(row.requests == 3 && row.cost == Money(nanodollars: 42) && row.costConfigured == Money(nanodollars: 42) && row.unpricedRequests == 0)
        // The gateway then brings it up to date.
        try await withSQLite(folder) { store, _ in
            store.append(record("k", at: minute.seconds, cost: 8, by: .provider))
            let sums = try await store.usage(UsageQuery())
            #expect(sums.map(\.cost) == [Money(nanodollars: 50)] && sums.map(\.costByProvider) == [Money(nanodollars: 8)])
        }
    }

    @Test func `a file that is not a database is reported as unreadable`() throws {
        let folder = try DataFolder()
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        try Data("no database".utf8).write(to: URL(fileURLWithPath: folder.database))
        #expect(throws: StoreFailure.self) { try StoreReader(directory: folder.data) }
    }
}
