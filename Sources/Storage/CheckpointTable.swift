internal import Foundation
internal import GRDB
internal import Gateway

/// The statements on `checkpoints`.
enum CheckpointTable {
    static func put(_ name: String, _ bytes: [UInt8], at now: UnixTime, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO checkpoints (name, saved_at, data) VALUES (?, ?, ?)")
            .execute(arguments: [name, now.milliseconds, Data(bytes)])
    }

    static func find(_ name: String, _ db: Database) throws -> [UInt8]? {
        try Data.fetchOne(db, sql: "SELECT data FROM checkpoints WHERE name = ?", arguments: [name]).map { [UInt8]($0) }
    }
}
