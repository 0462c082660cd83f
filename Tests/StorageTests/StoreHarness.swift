import Cryptography
import EventLoop
import Foundation
import GRDB
import Gateway
import LoopTesting
import Storage
import Wire

/// The implementations that must pass the conformance suites; a further one is a further case.
enum Implementation: CaseIterable, Sendable {
    case memory, sqlite

    /// Runs a story with an empty store of this kind.
    func run(_ body: @escaping @Sendable (any DataStore, EventLoop) async throws -> Void) async throws {
        switch self {
        case .memory:
            try await withLoop { loop in try await body(MemoryStore(), loop) }
        case .sqlite:
            let folder = try DataFolder()
            try await withSQLite(folder) { store, loop in try await body(store, loop) }
        }
    }
}

/// A data directory of its own for one test, removed with it.
final class DataFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "best-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The directory that the store creates.
    var data: String { path + "/data" }
    var database: String { data + "/best.db" }

    /// Everything written below the folder.
    func contents() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            found[name] = FileManager.default.contents(atPath: path + "/" + name)
        }
        return found
    }
}

extension StoreOptions {
    /// Fast enough for tests.
    static var quick: StoreOptions {
        var options = StoreOptions()
        options.flushInterval = .milliseconds(50)
        options.busyTimeout = .milliseconds(200)
        options.longestRetryInterval = .seconds(1)
        return options
    }
}

/// Runs a story with an open SQLite store, and closes it.
func withSQLite(
    _ folder: DataFolder, options: StoreOptions = .quick, usage: UsageOptions = UsageOptions(), mayRepair: Bool = true,
    _ body: @escaping @Sendable (SQLiteStore, EventLoop) async throws -> Void
) async throws {
    var usage = usage
    // The records of tests are from 1970. Unless a test says otherwise they stay, however long it takes.
    if usage.keepSums == UsageOptions().keepSums { usage.keepSums = .seconds(100 * 366 * 24 * 3600) }
    try await withLoop { [usage] loop in
        let store = try SQLiteStore(directory: folder.data, options: options, usage: usage, on: loop, mayRepair: mayRepair)
        do {
            try await store.open()
            try await body(store, loop)
        } catch {
            store.detach()
            store.close()
            throw error
        }
        store.detach()
        store.close()
    }
}

/// A new key.
func newKey(_ name: String = "ann", at time: Int64 = 1_000) -> StoredKey {
    var generator = SystemRandomNumberGenerator()
    return StoredKey(ClientKey(using: &generator), name: name, createdAt: UnixTime(seconds: time))
}

/// A record of 10 + 5 tokens.
func record(
    _ key: String = "k", provider: String = "p", model: String = "m", at time: Int64 = 60_000, failed: Bool = false,
    source: UsageSource = .upstream, cost: Int64 = 7, by priceSource: PriceSource = .configured
) -> UsageRecord {
    var usage = Usage()
    (usage.inputTokens, usage.outputTokens, usage.totalTokens, usage.cachedTokens, usage.reasoningTokens) = (10, 5, 15, 2, 1)
    return UsageRecord(
        key: VirtualKey.ID(key), provider: provider, model: model, startedAt: UnixTime(seconds: time), status: failed ? 502 : 200, hasFailed: failed,
        usage: usage, source: source, cost: Money(nanodollars: cost), priceSource: priceSource)
}

/// The comparable facts about a key.
func facts(_ key: StoredKey) -> String {
    "\(key.id.value) \(key.name) \(key.prefix) \(key.digest.array) \(key.createdAt) \(key.expiresAt.map(\.description) ?? "-") "
        + "\(key.revokedAt.map(\.description) ?? "-") \(key.models) \(key.limits) \(key.weight) \(key.tags)"
}

extension Configuration {
    /// For reading the database of a running store: waits while the store writes.
    static var patient: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        return configuration
    }
}
