internal import GRDB
internal import Gateway

/// The tables, as numbered steps that are only ever added to: what a released version has made is never
/// changed, only followed by another step.
enum Schema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001 keys") { db in
            try db.execute(
                sql: """
                    CREATE TABLE keys (
                      id TEXT PRIMARY KEY, name TEXT NOT NULL, prefix TEXT NOT NULL,
                      digest BLOB NOT NULL,              -- SHA-256 of the secret
                      created_at INTEGER NOT NULL,       -- milliseconds since 1970, as every time here
                      expires_at INTEGER, revoked_at INTEGER, last_used INTEGER,
                      models TEXT NOT NULL, tags TEXT NOT NULL,  -- JSON lists of text
                      requests_per_minute INTEGER, requests_per_day INTEGER, tokens_per_minute INTEGER, tokens_per_day INTEGER,
                      concurrency INTEGER, budget INTEGER,       -- billionths of a US dollar
                      budget_period TEXT NOT NULL,
                      revision INTEGER NOT NULL          -- grows with each change; of two versions of a key the higher one counts
                    ) STRICT;
                    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("0002 usage") { db in
            try db.execute(
                sql: """
                    CREATE TABLE usage_minutes (
                      minute INTEGER NOT NULL, key TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
                      requests INTEGER NOT NULL, failed INTEGER NOT NULL, estimated INTEGER NOT NULL,
                      input INTEGER NOT NULL, output INTEGER NOT NULL, total INTEGER NOT NULL, cached INTEGER NOT NULL, reasoning INTEGER NOT NULL,
                      cost INTEGER NOT NULL, last_used INTEGER NOT NULL,
                      PRIMARY KEY (minute, key, provider, model)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE usage_requests (
                      id INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, key TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
                      status INTEGER NOT NULL, failed INTEGER NOT NULL, source TEXT NOT NULL,
                      input INTEGER NOT NULL, output INTEGER NOT NULL, total INTEGER NOT NULL, cached INTEGER NOT NULL, reasoning INTEGER NOT NULL,
                      cost INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("0003 checkpoints") { db in
            try db.execute(sql: "CREATE TABLE checkpoints (name TEXT PRIMARY KEY, saved_at INTEGER NOT NULL, data BLOB NOT NULL) STRICT")
        }
        migrator.registerMigration("0004 weights") { db in
            try db.execute(sql: "ALTER TABLE keys ADD COLUMN weight INTEGER NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000)")
        }
        migrator.registerMigration("0005 sources of prices") { db in
            try db.execute(
                sql: """
                    ALTER TABLE usage_minutes ADD COLUMN cost_provider INTEGER NOT NULL DEFAULT 0;   -- the parts of cost by whose prices it is
                    ALTER TABLE usage_minutes ADD COLUMN cost_catalogue INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE usage_minutes ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0;        -- requests whose price nobody says
                    ALTER TABLE usage_requests ADD COLUMN price_source TEXT NOT NULL DEFAULT 'configured';
                    """)
        }
        return migrator
    }()

    /// Brings the tables of an open database up to date.
    ///
    /// - Throws: `StoreFailure.newerSchema` if a newer version of the program has used the database; otherwise
    ///   whatever SQLite throws.
    static func prepare(_ queue: DatabaseQueue, at path: String) throws {
        if try queue.read({ try migrator.hasBeenSuperseded($0) }) {
            throw superseded(path)
        }
        guard try queue.read({ try !migrator.hasCompletedMigrations($0) }) else { return }
        try migrator.migrate(queue)
    }

    /// The error for a database that a newer version of the program has used.
    static func superseded(_ path: String) -> StoreFailure {
        StoreFailure(
            .newerSchema,
            "the database \(path) was written by a newer version of best than \(BuildInformation.version); run that version, or use another data directory"
        )
    }
}
