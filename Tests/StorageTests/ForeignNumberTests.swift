import EventLoop
import Foundation
import GRDB
import Gateway
import LoopTesting
import Testing
import Wire

@testable import Storage

/// Rows that the database rejects, and numbers in it that no gateway has written.
@Suite struct ForeignNumberTests {
    /// Changes the database behind the store's back, between the store's own changes.
    private static func change(_ folder: DataFolder, _ sql: String) async throws {
        try await DatabaseQueue(path: folder.database, configuration: .patient).write { try $0.execute(sql: sql) }
    }

    private static func keptRows() -> UsageOptions {
        var usage = UsageOptions()
        usage.keepRequests = .seconds(100 * 365 * 86_400)
        return usage
    }

    @Test func `a row that the database rejects is left out with one notice, and the rest of its batch is kept`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder, usage: Self.keptRows()) { store, loop in
            var notices: [String] = []
            store.noticed = { notices.append($0) }
            for table in ["usage_minutes", "usage_requests"] {
                let condition = "NEW.model = 'bad' BEGIN SELECT RAISE(ABORT, 'not this one'); END"
                try await Self.change(folder, "CREATE TRIGGER refuse_\(table) BEFORE INSERT ON \(table) WHEN \(condition)")
            }
            for _ in 0..<2 {
                for model in ["m", "bad", "n", "bad", "m"] { store.append(record("ann", model: model)) }
                store.checkpoint("limits", [1])
                let rows = try await store.usage(UsageQuery())
                #expect(rows.map(\.requests).max() ?? 0 >= 3)
            }
            #expect(store.status.state == .durable && store.status.trouble == nil)
            #expect(store.status.droppedRecords == 4 && store.status.droppedRows == 4 && store.status.writtenRecords == 6)
            #expect(try await store.usage(UsageQuery()).map(\.requests) == [6])
            let counts = try await DatabaseQueue(path: folder.database, configuration: .patient).read { db in
                try Int.fetchAll(db, sql: "SELECT count(*) FROM usage_requests GROUP BY model ORDER BY model")
            }
            #expect(counts == [4, 2])
            try await eventually(on: loop, "the notice") { !notices.isEmpty }
            #expect(notices.count == 1 && notices[0].contains("not this one") && notices[0].contains("left out"))
            #expect(try await store.restore("limits") == [1])
        }
    }

    @Test func `sums that another version left at the end of their columns are added to and read`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in
            store.append(record("ann"))
            store.append(record("bob", at: 120_000))
            _ = try await store.usage(UsageQuery())
            let columns = ["requests", "failed", "estimated", "input", "output", "total", "cached", "reasoning", "cost", "last_used"]
            for value in ["9223372036854775807", "-9223372036854775808", "-1"] {
                try await Self.change(folder, "UPDATE usage_minutes SET " + columns.map { "\($0) = \(value)" }.joined(separator: ", "))
                for _ in 0..<3 {
                    store.append(record("ann"))
                    let rows = try await store.usage(UsageQuery())
                    #expect(rows.count == 2 && store.status.state == .durable)
                    for row in rows {
                        let counts = [row.requests, row.failedRequests, row.estimatedRequests, row.usage.inputTokens, row.usage.totalTokens]
                        #expect(counts.allSatisfy { (0...ForeignNumber.sum).contains($0) } && row.cost >= .zero, "\(value)")
                        #expect((row.lastUsed?.description.count ?? 0) == 20)
                    }
                    var total = UsageQuery()
                    total.groups = []
                    #expect(try await store.usage(total).first?.requests ?? -1 >= 0)
                }
            }
            try await Self.change(folder, "UPDATE OR IGNORE usage_minutes SET minute = -9223372036854775808")
            var days = UsageQuery()
            days.groups = [.day, .key]
            let rows = try await store.usage(days)
            #expect(rows.contains { $0.day?.dayText == "1970-01-01" })
        }
    }

    @Test func `a key with forged numbers can be shown, changed and revoked, and stays so`() async throws {
        let folder = try DataFolder()
        let key = newKey("ann")
        try await withSQLite(folder) { store, _ in try await store.create(key) }
        for value in ["9223372036854775807", "-9223372036854775808"] {
            let columns = [
                "created_at", "expires_at", "last_used", "requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day",
                "concurrency",
                "budget", "revision",
            ]
            try await Self.change(folder, "UPDATE keys SET " + columns.map { "\($0) = \(value)" }.joined(separator: ", "))
            try await Self.change(folder, "UPDATE counters SET value = \(value)")
            try await withSQLite(folder) { store, _ in
                let found = try #require(try await store.keys().first)
                let limits = [found.limits.requestsPerMinute, found.limits.tokensPerDay, found.limits.concurrency]
                #expect(limits.allSatisfy { (0...ForeignNumber.count).contains($0 ?? -1) } && found.limits.budget ?? Money(nanodollars: -1) >= .zero)
                var body = ByteBuffer()
                found.appendJSON(to: &body)
                #expect(body.bytes.text.contains("\"created_at\":\"\(value.hasPrefix("-") ? "1970-01-01T00" : "9999-12-31T23")"))
                var change = KeyChange()
                for name in ["bob", "cid"] {
                    change.name = name
                    #expect(try await store.update(key.id, change)?.name == name)
                }
            }
        }
        try await withSQLite(folder) { store, _ in _ = try await store.revoke(key.id, at: UnixTime(seconds: 5)) }
        try await withSQLite(folder) { store, _ in
            let keys = try await store.keys()
            #expect(keys.first?.revokedAt == UnixTime(seconds: 5))
        }
    }

    @Test func `a table with unknown columns counts as damage and does not end the program`() async throws {
        let folder = try DataFolder()
        try await withSQLite(folder) { store, _ in
            try await store.create(newKey("ann"))
            store.append(record())
            _ = try await store.usage(UsageQuery())
        }
        try await Self.change(
            folder, "ALTER TABLE keys RENAME TO old; CREATE TABLE keys AS SELECT * FROM old; UPDATE keys SET created_at = 'x', name = NULL")
        try await Self.change(
            folder,
            "ALTER TABLE usage_minutes RENAME TO old_minutes; CREATE TABLE usage_minutes AS SELECT * FROM old_minutes; UPDATE usage_minutes SET minute = 'x'"
        )
        try await withSQLite(folder, mayRepair: false) { store, _ in
            #expect(store.status.trouble == .corrupt && store.status.detail.contains("the row of a key is damaged"))
        }
    }
}
