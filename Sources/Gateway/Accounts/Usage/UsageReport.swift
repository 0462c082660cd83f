public import Wire

/// The rows of an answer about usage, as `GET /admin/usage` and `best usage` show them.
public struct UsageReport: Sendable {
    private let query: UsageQuery
    private let rows: [UsageRow]

    /// Makes a report of what `query` was answered with.
    public init(_ rows: [UsageRow], to query: UsageQuery) {
        self.query = query
        self.rows = rows
    }

    /// The same rows with one for each active key that has none, where keys are told apart: a key that was never used is one to know of, too.
    ///
    /// - Parameters:
    ///   - keys: Every key of the store.
    ///   - tokens: The static tokens.
    public func naming(_ keys: [StoredKey], tokens: [VirtualKey] = [], at now: UnixTime) -> UsageReport {
        guard query.groups.contains(.key) else { return self }
        let known = Set(rows.compactMap(\.key))
        let active =
            tokens.map { (id: $0.id, name: $0.name, lastUsed: UnixTime?.none) }
            + keys.filter { $0.isActive(at: now) }.map { (id: $0.id, name: $0.name, lastUsed: $0.lastUsed) }
        let unused = active.filter { !known.contains($0.id) && (query.key == nil || query.key == $0.id) }
        guard !unused.isEmpty else { return self }
        let added = unused.map { key in
            var row = UsageRow()
            (row.key, row.name) = (key.id, key.name)
            // Older sums are removed after a while.
            if query.from == nil, query.to == nil { row.lastUsed = key.lastUsed }
            if query.groups.contains(.provider) { row.provider = "" }
            if query.groups.contains(.model) { row.model = "" }
            return row
        }
        // In the order of keys, as the others are.
        let all = (rows + added).enumerated().sorted { ($0.element.key?.value ?? "", $0.offset) < ($1.element.key?.value ?? "", $1.offset) }
        return UsageReport(all.map(\.element), to: query)
    }

    /// The rows.
    public var content: [UsageRow] { rows }

    /// Appends `{"data": [{…}], "from": …, "to": …}`: each row with the names of its group, then the sums; times in RFC 3339, cost in US dollars.
    public func appendJSON(to body: inout ByteBuffer) {
        body.append("{\"data\":[")
        for (index, row) in rows.enumerated() {
            if index > 0 { body.append(",") }
            body.append("{")
            for (place, (name, cell)) in zip(UsageReport.names(query.groups), UsageReport.cells(row, query.groups)).enumerated() {
                if place > 0 { body.append(",") }
                body.append(jsonString: name)
                body.append(":")
                switch cell {
                case .text(let text): body.append(jsonString: text)
                case .number(let number): body.append(utf8: number)
                case .none: body.append("null")
                }
            }
            body.append("}")
        }
        body.append("],\"from\":")
        UsageReport.append(query.from?.minute, to: &body)
        body.append(",\"to\":")
        UsageReport.append(query.to?.minute, to: &body)
        body.append("}")
    }

    /// Appends the rows as comma-separated values with a line of names (RFC 4180).
    public func appendCSV(to body: inout ByteBuffer) {
        body.append(utf8: UsageReport.names(query.groups).joined(separator: ","))
        body.append("\r\n")
        for row in rows {
            for (index, cell) in UsageReport.cells(row, query.groups).enumerated() {
                if index > 0 { body.append(",") }
                switch cell {
                case .text(let text): body.append(utf8: UsageReport.quoted(text.printable))
                case .number(let number): body.append(utf8: number)
                case .none: break
                }
            }
            body.append("\r\n")
        }
    }

    private enum Cell {
        case text(String)
        /// A number as it is spelt.
        case number(String)
        case none
    }

    private static func names(_ groups: Set<UsageQuery.Grouping>) -> [String] {
        (groups.contains(.key) ? ["key_id", "name"] : []) + (groups.contains(.provider) ? ["provider"] : [])
            + (groups.contains(.model) ? ["model"] : [])
            + (groups.contains(.day) ? ["day"] : []) + [
                "requests", "failed_requests", "estimated_requests", "input_tokens", "output_tokens", "total_tokens", "cached_tokens",
                "reasoning_tokens", "cost", "cost_configured", "cost_provider", "cost_catalogue", "unpriced_requests", "last_used",
            ]
    }

    private static func cells(_ row: UsageRow, _ groups: Set<UsageQuery.Grouping>) -> [Cell] {
        var cells: [Cell] = []
        if groups.contains(.key) { cells += [.text(row.key?.value ?? ""), .text(row.name ?? "")] }
        if groups.contains(.provider) { cells.append(.text(row.provider ?? "")) }
        if groups.contains(.model) { cells.append(.text(row.model ?? "")) }
        if groups.contains(.day) { cells.append(row.day.map { .text($0.dayText) } ?? .none) }
        cells += [
            row.requests, row.failedRequests, row.estimatedRequests, row.usage.inputTokens, row.usage.outputTokens, row.usage.totalTokens,
            row.usage.cachedTokens, row.usage.reasoningTokens,
        ].map { .number(String($0)) }
        cells += [row.cost, row.costConfigured, row.costByProvider, row.costByCatalogue].map { .number($0.description) }
        cells.append(.number(String(row.unpricedRequests)))
        cells.append(row.lastUsed.map { .text($0.description) } ?? .none)
        return cells
    }

    /// A field that holds a separator is quoted; one that a spreadsheet would take for a formula is made plain text.
    private static func quoted(_ text: String) -> String {
        var text = text
        if let first = text.first, "=+-@\t\r".contains(first) { text = "'" + text }
        guard text.contains(where: { "\",\r\n".contains($0) || $0 == "\r\n" }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }

    private static func append(_ time: UnixTime?, to body: inout ByteBuffer) {
        if let time { body.append(jsonString: time.description) } else { body.append("null") }
    }
}
