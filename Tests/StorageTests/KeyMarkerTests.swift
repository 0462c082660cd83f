import EventLoop
import Foundation
import GRDB
import Gateway
import LoopTesting
import Testing

@testable import Storage

/// A data directory remembers having held a key, whatever happens to its database.
@Suite(.timeLimit(.minutes(30))) struct KeyMarkerTests {
    private static func hasMarker(_ folder: DataFolder) -> Bool { FileManager.default.fileExists(atPath: folder.data + "/keys-required") }

    @Test func `a directory that never held a key is known as such, and one that can't be searched as unknown`() throws {
        let folder = try DataFolder()
        #expect(KeyMarker(in: folder.data).history == .never, "there is no directory yet")
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        #expect(KeyMarker(in: folder.data).history == .never)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: folder.path + "/nowhere")
        guard case .unknown = KeyMarker(in: folder.path + "/link").history else { return #expect(Bool(false), "a link that leads nowhere") }
        try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
        guard case .unknown = KeyMarker(in: folder.path + "/file").history else { return #expect(Bool(false), "a file is no directory") }
        guard geteuid() != 0 else { return }
        try #require(chmod(folder.data, 0) == 0)
        defer { chmod(folder.data, 0o700) }
        guard case .unknown = KeyMarker(in: folder.data).history else { return #expect(Bool(false), "it can't be searched") }
    }

    @Test(arguments: ["file", "folder", "link"]) func `anything at the marker's path counts`(kind: String) throws {
        let folder = try DataFolder()
        let place = folder.data + "/keys-required"
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        switch kind {
        case "file": try Data().write(to: URL(fileURLWithPath: place))
        case "folder": try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        default: try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: "/nowhere")
        }
        #expect(KeyMarker(in: folder.data).history == .held)
        try KeyMarker(in: folder.data).write()
    }

    @Test func `the first key leaves a marker readable only by its owner, and just opening leaves none`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in
            #expect(store.status.keyHistory == .never)
            _ = try await store.keys()
            _ = try await store.usage(UsageQuery())
            #expect(!Self.hasMarker(folder))
            try await store.create(newKey())
            #expect(store.status.keyHistory == .held)
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.data + "/keys-required")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let text = try String(contentsOfFile: folder.data + "/keys-required", encoding: .utf8)
        #expect(text.contains("server.authentication: none"))
    }

    @Test func `a key whose marker can't be written is not made`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in
            // The directory is replaced by one in which nothing can be created, while the database is open.
            try FileManager.default.moveItem(atPath: folder.data, toPath: folder.path + "/moved")
            try Data().write(to: URL(fileURLWithPath: folder.data))
            do throws(StoreFailure) {
                try await store.create(newKey())
                Issue.record("it was made")
            } catch {
                #expect(error.code == .unavailable)
            }
            try FileManager.default.removeItem(atPath: folder.data)
            try FileManager.default.moveItem(atPath: folder.path + "/moved", toPath: folder.data)
        }
    }

    @Test(arguments: ["no directory yet", "a directory"]) func `a store in memory learns of the first key that is kept in the gateway's directory`(
        before: String
    ) async throws {
        let folder = try DataFolder()
        if before == "a directory" { try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true) }
        try await withLoop { loop in
            let store = MemoryStore(directory: folder.data, on: loop)
            let made = Shared(0)
            store.observeFirstKey { made.update { $0 += 1 } }
            try await pause(.milliseconds(20), on: loop)
            #expect(made.value == 0 && store.status.keyHistory == .never)
            try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
            try KeyMarker(in: folder.data).write()
            try await eventually(on: loop, "the first key") { made.value == 1 }
            #expect(store.status.keyHistory == .held)
            store.detach()
            let next = MemoryStore(directory: folder.data, on: loop)
            #expect(next.status.keyHistory == .held)
            next.observeFirstKey { made.update { $0 += 1 } }
            next.detach()
            #expect(made.value == 1, "there is one first key")
        }
    }

    @Test(arguments: ["deleted", "damaged", "emptied", "replaced"]) func `the memory of a key outlives the database`(loss: String) async throws {
        let (folder, other) = (try DataFolder(), try DataFolder())
        try await withSQLite(folder) { store, _ in
            let key = newKey()
            try await store.create(key)
            _ = try await store.revoke(key.id, at: UnixTime(seconds: 1))
        }
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.database + suffix) }
        switch loss {
        case "deleted": try FileManager.default.removeItem(atPath: folder.database)
        case "damaged": try Data(repeating: 0x41, count: 65_536).write(to: URL(fileURLWithPath: folder.database))
        case "emptied": try Data().write(to: URL(fileURLWithPath: folder.database))
        default:
            try await withSQLite(other) { _, _ in }
            try Data(contentsOf: URL(fileURLWithPath: other.database)).write(to: URL(fileURLWithPath: folder.database))
        }
        try await withSQLite(folder) { store, _ in
            #expect(store.status.keyHistory == .held && store.status.state == .durable)
            let keys = try await store.keys()
            #expect(keys.isEmpty)
        }
    }

    @Test func `a database of a version without markers gets one as soon as it is opened`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in try await store.create(newKey()) }
        try FileManager.default.removeItem(atPath: folder.data + "/keys-required")
        try await withSQLite(folder) { store, _ in #expect(store.status.keyHistory == .held && Self.hasMarker(folder)) }
    }

    @Test func `keys that were lost with a damaged database of such a version are remembered too`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in try await store.create(newKey()) }
        try FileManager.default.removeItem(atPath: folder.data + "/keys-required")
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.database + suffix) }
        try Data(repeating: 0x41, count: 65_536).write(to: URL(fileURLWithPath: folder.database))
        try await withSQLite(folder) { store, _ in #expect(store.status.keyHistory == .held && Self.hasMarker(folder)) }
    }

    @Test func `a data directory that is deleted while in use gets its marker back with its database`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, loop in
            try await store.create(newKey())
            try FileManager.default.removeItem(atPath: folder.data)
            try await eventually(on: loop, within: .seconds(15), "the marker is there again") { Self.hasMarker(folder) }
        }
    }

    @Test func `another process's first key is reported at once, and only once`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, loop in
            var told = 0
            store.observeFirstKey { told += 1 }
            try await withOtherStore(folder, loop) { other in
                _ = try await other.keys()
                #expect(told == 0)
                try await other.create(newKey("ann"))
                try await other.create(newKey("bob"))
            }
            try await eventually(on: loop, within: .seconds(15), "the report") { told > 0 && store.status.keyHistory == .held }
            let keys = try await store.keys()
            #expect(told == 1 && (0...2).contains(keys.count))
        }
    }

    @Test func `a first key that was made between opening and watching is also reported`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, loop in
            try await withOtherStore(folder, loop) { try await $0.create(newKey()) }
            var told = 0
            store.observeFirstKey { told += 1 }
            #expect(told == 1 || store.status.keyHistory == .held)
        }
    }

    /// Runs a story with a second store in the same directory, as another program would have it.
    private func withOtherStore(_ folder: DataFolder, _ loop: EventLoop, _ body: (SQLiteStore) async throws -> Void) async throws {
        let other = try SQLiteStore(directory: folder.data, options: .quick, on: loop, mayRepair: false)
        defer {
            other.detach()
            other.close()
        }
        try await other.open()
        try await body(other)
    }
}
