internal import GRDB
internal import Gateway
internal import Wire

/// The statements on `usage_minutes` and `usage_requests`.
enum UsageTable {
    /// Rows inserted with one statement, which costs a third of a statement for each.
    private static let rowsPerStatement = 64
    /// Old rows removed in one transaction, so that none takes long.
    private static let rowsPerPurge = 20_000

    /// Where a sum of money stops, in billionths of a US dollar: two of these still fit the column's 64 bits.
    private static let mostMoney = Int64.max / 2

    /// Adds sums to the existing ones. A sum stops at its limit: one that SQLite can't keep as an integer would
    /// make the row invalid.
    static func add(_ sums: [UsageBuffer.Group: UsageRow], _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO usage_minutes (minute, key, provider, model, \((counts + amounts).joined(separator: ", ")), last_used)
                VALUES (\(Array(repeating: "?", count: 5 + counts.count + amounts.count).joined(separator: ", ")))
                ON CONFLICT DO UPDATE SET \(counts.map { "\($0) = min(\($0) + excluded.\($0), \(ForeignNumber.sum))" }.joined(separator: ", ")),
                  \(amounts.map { "\($0) = min(\($0) + excluded.\($0), \(mostMoney))" }.joined(separator: ", ")),
                  last_used = max(last_used, excluded.last_used)
                """)
        for (group, sum) in sums {
            let values: [any DatabaseValueConvertible] = [
                group.minute.milliseconds, group.key.value, group.provider, group.model, sum.requests, sum.failedRequests, sum.estimatedRequests,
                sum.usage.inputTokens, sum.usage.outputTokens, sum.usage.totalTokens, sum.usage.cachedTokens, sum.usage.reasoningTokens,
                sum.unpricedRequests,
                min(sum.cost.nanodollars, mostMoney), min(sum.costByProvider.nanodollars, mostMoney), min(sum.costByCatalogue.nanodollars, mostMoney),
                (sum.lastUsed ?? group.minute).milliseconds,
            ]
            try statement.execute(arguments: StatementArguments(values))
        }
    }

    /// The columns that hold counts.
    private static let counts = ["requests", "failed", "estimated", "input", "output", "total", "cached", "reasoning", "unpriced"]
    /// The columns that hold money.
    private static let amounts = ["cost", "cost_provider", "cost_catalogue"]

    /// Inserts the rows of requests.
    static func insert(_ records: [UsageRecord], _ db: Database) throws {
        var rest = records[...]
        while !rest.isEmpty {
            let count = rest.count >= rowsPerStatement ? rowsPerStatement : 1
            let statement = try db.cachedStatement(sql: count == 1 ? insertOne : insertMany)
            var values: [DatabaseValue] = []
            values.reserveCapacity(count * 14)
            for record in rest.prefix(count) {
                values.append(record.startedAt.milliseconds.databaseValue)
                values.append(record.key.value.databaseValue)
                values.append(record.provider.databaseValue)
                values.append(record.model.databaseValue)
                values.append(record.status.databaseValue)
                values.append(record.hasFailed.databaseValue)
                values.append(record.source.rawValue.databaseValue)
                values.append(record.usage.inputTokens.databaseValue)
                values.append(record.usage.outputTokens.databaseValue)
                values.append(record.usage.totalTokens.databaseValue)
                values.append(record.usage.cachedTokens.databaseValue)
                values.append(record.usage.reasoningTokens.databaseValue)
                values.append(record.cost.nanodollars.databaseValue)
                values.append(record.priceSource.rawValue.databaseValue)
            }
            try statement.execute(arguments: StatementArguments(values))
            rest = rest.dropFirst(count)
        }
    }

    private static let insertHead =
        "INSERT INTO usage_requests (started_at, key, provider, model, status, failed, source, input, output, total, cached, reasoning, cost, price_source) VALUES "
    private static let marks = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    private static let insertOne = insertHead + marks
    private static let insertMany = insertHead + Array(repeating: marks, count: rowsPerStatement).joined(separator: ", ")

    /// The sums that a query asks for.
    static func rows(_ query: UsageQuery, _ db: Database) throws -> [UsageRow] {
        let columns = UsageQuery.Grouping.allCases.filter(query.groups.contains).map(column)
        let head = columns.isEmpty ? "" : columns.map { "\($0.sql) AS \($0.name)" }.joined(separator: ", ") + ", "
        let tail = columns.isEmpty ? "" : "GROUP BY \(columns.map(\.name).joined(separator: ", ")) "
        let order = ["k", "p", "m", "d"].filter { name in columns.contains { $0.name == name } }.joined(separator: ", ")
        // A database of an earlier version that is only read may lack columns.
        let there = Set(try db.columns(in: "usage_minutes").map(\.name))
        func total(_ columns: [String], atMost limit: Int64) -> String {
            columns.map { "\(there.contains($0) ? sum(of: $0, atMost: limit) : "0") AS \($0)" }.joined(separator: ", ")
        }
        let sql = """
            SELECT \(head)count(*) AS minutes, \(total(counts, atMost: Int64(ForeignNumber.sum))),
              \(total(amounts, atMost: mostMoney)), max(u.last_used) AS last_used\
            \(query.groups.contains(.key) ? ", coalesce(min(keys.name), u.key) AS name" : "")
            FROM usage_minutes u \(query.groups.contains(.key) ? "LEFT JOIN keys ON keys.id = u.key" : "")
            WHERE minute >= ? AND minute < ? \(query.key == nil ? "" : "AND u.key = ?")
            \(tail)\(order.isEmpty ? "" : " ORDER BY \(order)")
            """
        var arguments: StatementArguments = [(query.from?.minute.milliseconds ?? .min), (query.to?.minute.milliseconds ?? .max)]
        if let key = query.key { arguments += [key.value] }
        return try Row.fetchAll(db, sql: sql, arguments: arguments).compactMap { try decode($0, query.groups) }
    }

    /// A sum that can't overflow, which makes `sum()` fail: `total()` adds in floating point, exactly as long
    /// as the sum is below 2⁵³ (sqlite.org/lang_aggfunc.html#sumunc), which for money means to the billionth
    /// below 9 million US dollars.
    private static func sum(of column: String, atMost limit: Int64) -> String { "CAST(min(total(max(\(column), 0)), \(limit)) AS INTEGER)" }

    private static func column(_ grouping: UsageQuery.Grouping) -> (name: String, sql: String) {
        switch grouping {
        case .key: ("k", "u.key")
        case .model: ("m", "model")
        case .provider: ("p", "provider")
        case .day: ("d", "minute - minute % 86400000")
        }
    }

    private static func decode(_ row: Row, _ groups: Set<UsageQuery.Grouping>) throws -> UsageRow? {
        // Without groups there is a row even if nothing was summed.
        guard try row.decode(Int.self, forColumn: "minutes") > 0 else { return nil }
        var sum = UsageRow()
        if groups.contains(.key) {
            sum.key = VirtualKey.ID(try row.decode(forColumn: "k"))
            sum.name = try row.decode(forColumn: "name")
        }
        if groups.contains(.provider) { sum.provider = try row.decode(forColumn: "p") }
        if groups.contains(.model) { sum.model = try row.decode(forColumn: "m") }
        if groups.contains(.day) { sum.day = UnixTime(clamping: try row.decode(forColumn: "d")) }
        sum.requests = try row.decode(forColumn: "requests")
        sum.failedRequests = try row.decode(forColumn: "failed")
        sum.estimatedRequests = try row.decode(forColumn: "estimated")
        sum.usage.inputTokens = try row.decode(forColumn: "input")
        sum.usage.outputTokens = try row.decode(forColumn: "output")
        sum.usage.totalTokens = try row.decode(forColumn: "total")
        sum.usage.cachedTokens = try row.decode(forColumn: "cached")
        sum.usage.reasoningTokens = try row.decode(forColumn: "reasoning")
        sum.unpricedRequests = try row.decode(forColumn: "unpriced")
        sum.cost = Money(nanodollars: try row.decode(forColumn: "cost"))
        sum.costByProvider = Money(nanodollars: try row.decode(forColumn: "cost_provider"))
        sum.costByCatalogue = Money(nanodollars: try row.decode(forColumn: "cost_catalogue"))
        sum.lastUsed = UnixTime(clamping: try row.decode(forColumn: "last_used"))
        return sum
    }

    /// Removes a bounded part of the rows that are past their retention time.
    ///
    /// - Returns: Whether there may be more.
    static func purge(_ options: UsageOptions, at now: UnixTime, _ db: Database) throws -> Bool {
        let oldest = now.advanced(by: .zero - options.keepRequests).milliseconds
        // Rows are in the order in which requests ended, so the old ones come first; no index is needed.
        try db.execute(
            sql: """
                DELETE FROM usage_requests WHERE id IN (SELECT id FROM
                  (SELECT id, started_at FROM usage_requests ORDER BY id LIMIT \(rowsPerPurge))
                  WHERE started_at < ? OR id <= (SELECT max(id) FROM usage_requests) - ?)
                """, arguments: [oldest, options.maximumRequests])
        let rows = db.changesCount
        try db.execute(
            sql: """
                DELETE FROM usage_minutes WHERE (minute, key, provider, model) IN
                  (SELECT minute, key, provider, model FROM usage_minutes WHERE minute < ? LIMIT \(rowsPerPurge))
                """, arguments: [now.advanced(by: .zero - options.keepSums).milliseconds])
        return rows == rowsPerPurge || db.changesCount == rowsPerPurge
    }
}
