internal import Cryptography
internal import Foundation
internal import GRDB
internal import Gateway
internal import Wire

/// A key with the number of its last change.
struct KeyVersion {
    var key: StoredKey
    var revision: Int64

    /// The newer of two versions of the same key.
    static func newer(_ left: KeyVersion, _ right: KeyVersion) -> KeyVersion { left.revision >= right.revision ? left : right }
}

/// The statements on `keys`.
enum KeyTable {
    private static let columns = """
        id, name, prefix, digest, created_at, expires_at, revoked_at, last_used, models, tags, requests_per_minute, requests_per_day, \
        tokens_per_minute, tokens_per_day, concurrency, budget, budget_period, weight, revision
        """

    /// Every key, the oldest first; works also for a database of an earlier version that can't be brought up to
    /// date because it is read-only.
    static func all(_ db: Database) throws -> [KeyVersion] {
        try Row.fetchAll(db, sql: "SELECT * FROM keys ORDER BY created_at, id").map(decode)
    }

    static func find(_ id: VirtualKey.ID, _ db: Database) throws -> KeyVersion? {
        try Row.fetchOne(db, sql: "SELECT \(columns) FROM keys WHERE id = ?", arguments: [id.value]).map(decode)
    }

    /// Inserts a key, replacing any with the same id.
    static func put(_ version: KeyVersion, _ db: Database) throws {
        let key = version.key
        let marks = Array(repeating: "?", count: 19).joined(separator: ", ")
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO keys (\(columns)) VALUES (\(marks))")
        let values: [(any DatabaseValueConvertible)?] = [
            key.id.value, key.name, key.prefix, Data(key.digest.array), key.createdAt.milliseconds, key.expiresAt?.milliseconds,
            key.revokedAt?.milliseconds, key.lastUsed?.milliseconds, try list(key.models), try list(key.tags), key.limits.requestsPerMinute,
            key.limits.requestsPerDay, key.limits.tokensPerMinute, key.limits.tokensPerDay, key.limits.concurrency, key.limits.budget?.nanodollars,
            key.limits.budgetPeriod.rawValue, key.weight, version.revision,
        ]
        try statement.execute(arguments: StatementArguments(values))
    }

    /// Records when a key was last used.
    static func touch(_ id: VirtualKey.ID, at time: UnixTime, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE keys SET last_used = max(coalesce(last_used, 0), ?) WHERE id = ?")
            .execute(arguments: [time.milliseconds, id.value])
    }

    /// A number that grows with each change of any key, by any process.
    static func version(_ db: Database) throws -> Int64 { try counter("keys", db) }

    static func advanceVersion(_ db: Database) throws { try setCounter("keys", version(db) &+ 1, db) }

    /// Whether keys were lost with a damaged database, and none has been made since.
    static func mayHaveLost(_ db: Database) throws -> Bool { try counter("lost_keys", db) != 0 }

    static func setMayHaveLost(_ lost: Bool, _ db: Database) throws { try setCounter("lost_keys", lost ? 1 : 0, db) }

    /// Writes a number, only to see that writing works.
    static func writeCounter(_ name: String, _ value: Int64, _ db: Database) throws { try setCounter(name, value, db) }

    private static func counter(_ name: String, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT value FROM counters WHERE name = ?", arguments: [name]) ?? 0
    }

    private static func setCounter(_ name: String, _ value: Int64, _ db: Database) throws {
        try db.execute(sql: "INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)", arguments: [name, value])
    }

    /// Reads a row. Numbers that could not have been set through the program are clamped, since a file may be
    /// edited or damaged: a negative limit becomes zero.
    private static func decode(_ row: Row) throws -> KeyVersion {
        do {
            return try read(row)
        } catch is RowDecodingError {
            throw damaged
        }
    }

    private static func read(_ row: Row) throws -> KeyVersion {
        guard let digest = SecretDigest(bytes: [UInt8](try row.decode(Data.self, forColumn: "digest"))),
            let period = KeyLimits.BudgetPeriod(rawValue: try row.decode(forColumn: "budget_period"))
        else { throw damaged }
        var key = StoredKey(
            id: VirtualKey.ID(try row.decode(forColumn: "id")), name: try row.decode(forColumn: "name"),
            prefix: try row.decode(forColumn: "prefix"), digest: digest, createdAt: UnixTime(clamping: try row.decode(forColumn: "created_at")))
        key.expiresAt = try time("expires_at", row)
        key.revokedAt = try time("revoked_at", row)
        key.lastUsed = try time("last_used", row)
        key.models = try words(row.decode(forColumn: "models"))
        key.tags = try words(row.decode(forColumn: "tags"))
        key.limits.requestsPerMinute = try limit("requests_per_minute", row)
        key.limits.requestsPerDay = try limit("requests_per_day", row)
        key.limits.tokensPerMinute = try limit("tokens_per_minute", row)
        key.limits.tokensPerDay = try limit("tokens_per_day", row)
        key.limits.concurrency = try limit("concurrency", row)
        key.limits.budget = try row.decode(Int64?.self, forColumn: "budget").map { max(.zero, Money(nanodollars: $0)) }
        key.limits.budgetPeriod = period
        key.weight = row.hasColumn("weight") ? try row.decode(Int.self, forColumn: "weight").clamped(to: StoredKey.weights) : KeyGrant.usualWeight
        return KeyVersion(key: key, revision: try row.decode(forColumn: "revision"))
    }

    private static let damaged = StoreTrouble(.corrupt, "the row of a key is damaged")

    private static func time(_ column: String, _ row: Row) throws -> UnixTime? {
        try row.decode(Int64?.self, forColumn: column).map(UnixTime.init(clamping:))
    }

    private static func limit(_ column: String, _ row: Row) throws -> Int? {
        try row.decode(Int?.self, forColumn: column).map { $0.clamped(to: 0...ForeignNumber.count) }
    }

    private static func list(_ words: [String]) throws -> String { String(decoding: try JSONEncoder().encode(words), as: UTF8.self) }

    private static func words(_ text: String) throws -> [String] {
        do { return try JSONDecoder().decode([String].self, from: Data(text.utf8)) } catch {
            throw damaged
        }
    }
}
