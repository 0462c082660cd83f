internal import Cryptography
internal import Foundation
internal import GRDB
internal import Gateway

/// A key with the number of its last change.
struct KeyVersion {
    var key: StoredKey
    var revision: Int64

    /// The version that counts, of two of the same key.
    static func newer(_ left: KeyVersion, _ right: KeyVersion) -> KeyVersion { left.revision >= right.revision ? left : right }
}

/// The statements on `keys`.
enum KeyTable {
    private static let columns = """
        id, name, prefix, digest, created_at, expires_at, revoked_at, last_used, models, tags, requests_per_minute, requests_per_day, \
        tokens_per_minute, tokens_per_day, concurrency, budget, budget_period, weight, revision
        """

    /// Every key, the oldest first; also of a database that an earlier version wrote and that can't be brought up to date because it is read-only.
    static func all(_ db: Database) throws -> [KeyVersion] {
        try Row.fetchAll(db, sql: "SELECT * FROM keys ORDER BY created_at, id").map(decode)
    }

    static func find(_ id: VirtualKey.ID, _ db: Database) throws -> KeyVersion? {
        try Row.fetchOne(db, sql: "SELECT \(columns) FROM keys WHERE id = ?", arguments: [id.value]).map(decode)
    }

    /// Puts a key in, in place of the one of this id.
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

    /// Notes when a key was used last.
    static func touch(_ id: VirtualKey.ID, at time: UnixTime, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE keys SET last_used = max(coalesce(last_used, 0), ?) WHERE id = ?")
            .execute(arguments: [time.milliseconds, id.value])
    }

    /// A number that grows with each change of any key, by whichever process.
    static func version(_ db: Database) throws -> Int64 { try counter("keys", db) }

    static func advanceVersion(_ db: Database) throws { try setCounter("keys", version(db) + 1, db) }

    /// Whether keys were lost with a damaged database, and none has been made since.
    static func mayHaveLost(_ db: Database) throws -> Bool { try counter("lost_keys", db) != 0 }

    static func setMayHaveLost(_ lost: Bool, _ db: Database) throws { try setCounter("lost_keys", lost ? 1 : 0, db) }

    /// Writes a number for the sake of writing.
    static func note(_ name: String, _ value: Int64, _ db: Database) throws { try setCounter(name, value, db) }

    private static func counter(_ name: String, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT value FROM counters WHERE name = ?", arguments: [name]) ?? 0
    }

    private static func setCounter(_ name: String, _ value: Int64, _ db: Database) throws {
        try db.execute(sql: "INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)", arguments: [name, value])
    }

    private static func decode(_ row: Row) throws -> KeyVersion {
        guard let digest = SecretDigest(bytes: [UInt8](row["digest"] as Data)), let period = KeyLimits.BudgetPeriod(rawValue: row["budget_period"])
        else { throw StoreTrouble(.corrupt, "the row of a key is damaged") }
        var key = StoredKey(
            id: VirtualKey.ID(row["id"]), name: row["name"], prefix: row["prefix"], digest: digest,
            createdAt: UnixTime(milliseconds: row["created_at"]))
        key.expiresAt = time(row["expires_at"])
        key.revokedAt = time(row["revoked_at"])
        key.lastUsed = time(row["last_used"])
        key.models = try words(row["models"])
        key.tags = try words(row["tags"])
        key.limits.requestsPerMinute = row["requests_per_minute"]
        key.limits.requestsPerDay = row["requests_per_day"]
        key.limits.tokensPerMinute = row["tokens_per_minute"]
        key.limits.tokensPerDay = row["tokens_per_day"]
        key.limits.concurrency = row["concurrency"]
        key.limits.budget = (row["budget"] as Int64?).map(Money.init(nanodollars:))
        key.limits.budgetPeriod = period
        let weight: Int = row.hasColumn("weight") ? row["weight"] : KeyGrant.usualWeight
        guard StoredKey.weights.contains(weight) else { throw StoreTrouble(.corrupt, "the row of a key is damaged") }
        key.weight = weight
        return KeyVersion(key: key, revision: row["revision"])
    }

    private static func time(_ milliseconds: Int64?) -> UnixTime? { milliseconds.map(UnixTime.init(milliseconds:)) }

    private static func list(_ words: [String]) throws -> String { String(decoding: try JSONEncoder().encode(words), as: UTF8.self) }

    private static func words(_ text: String) throws -> [String] {
        do { return try JSONDecoder().decode([String].self, from: Data(text.utf8)) } catch {
            throw StoreTrouble(.corrupt, "the row of a key is damaged")
        }
    }
}
