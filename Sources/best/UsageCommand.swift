internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Storage
internal import Wire

/// `best usage`: what keys used, from the gateway's store.
struct UsageCommand: StoreReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show what was used: requests, tokens and cost.",
        discussion: """
            Reads the gateway's own store in the data directory, also while the gateway runs; what it shows is at most a second old. It changes nothing: \
            whoever may read the directory may ask. Every key in use has a row, also one that was never used.

            Examples:
              best usage                                     each key since the beginning
              best usage --from 2026-11-01 --group-by day,model
              best usage --group-by key,provider --csv > usage.csv
            """)

    @Option(help: ArgumentHelp("From this minute on: a day like 2026-11-22, a moment of RFC 3339, or seconds since 1970.", valueName: "time"))
    var from: Moment?
    @Option(help: ArgumentHelp("Up to, not with, this minute.", valueName: "time"))
    var to: Moment?
    @Option(help: ArgumentHelp("What is told apart: any of key, model, provider, day, separated by commas; or none.", valueName: "groups"))
    var groupBy = Groups(["key"])
    @Option(help: ArgumentHelp("Only this key's.", valueName: "id"))
    var key: String?
    @OptionGroup var place: ConfigurationArguments
    @Flag(help: "Print JSON: {\"data\": [...], \"from\", \"to\"}.") var json = false
    @Flag(help: "Print comma-separated values.") var csv = false

    /// A time on the command line.
    struct Moment: ExpressibleByArgument {
        let time: UnixTime

        init?(argument: String) {
            guard let time = UnixTime(parsing: argument) else { return nil }
            self.time = time
        }
    }

    /// A list of groupings on the command line.
    struct Groups: ExpressibleByArgument, CustomStringConvertible {
        let groups: Set<UsageQuery.Grouping>

        init(_ names: [String]) { groups = Set(names.compactMap(UsageQuery.Grouping.init)) }

        init?(argument: String) {
            let names = argument.split(separator: ",").map(String.init)
            self.init(names)
            guard argument == "none" || !names.isEmpty && names.allSatisfy({ UsageQuery.Grouping(rawValue: $0) != nil }) else { return nil }
        }

        var description: String {
            groups.isEmpty ? "none" : UsageQuery.Grouping.allCases.filter(groups.contains).map(\.rawValue).joined(separator: ",")
        }
    }

    func validate() throws {
        guard !(json && csv) else { throw ValidationError("choose --json or --csv") }
        if let from, let to, to.time <= from.time { throw ValidationError("--to must be after --from") }
    }

    func work(on store: StoreReader) throws {
        var query = UsageQuery()
        (query.from, query.to, query.groups, query.key) = (from?.time, to?.time, groupBy.groups, key.map(KeysCommand.id))
        let report = UsageReport(try store.usage(query), to: query).naming(store.keys, tokens: place.load().readable.server.tokenKeys, at: .now)
        let rows = report.content
        var body = ByteBuffer()
        if json {
            report.appendJSON(to: &body)
            Terminal.out(body.bytes.text)
        } else if csv {
            report.appendCSV(to: &body)
            Terminal.out(body.bytes.text, newline: false)
        } else if rows.isEmpty {
            Terminal.say("nothing was used in that time")
        } else {
            for line in table(rows).lines { Terminal.out(line) }
            if let remark = Self.remark(rows) { Terminal.say(remark) }
        }
    }

    /// By whose prices the cost is; `nil` where there is none and none is missing.
    private static func remark(_ rows: [UsageRow]) -> String? {
        var total = UsageRow()
        for row in rows { total.add(row) }
        var parts: [String] = []
        if total.costConfigured > .zero { parts.append("\(total.costConfigured) by configured prices") }
        if total.costByProvider > .zero { parts.append("\(total.costByProvider) by providers' lists") }
        if total.costByCatalogue > .zero { parts.append("\(total.costByCatalogue) by catalogues") }
        if total.unpricedRequests > 0 {
            parts.append("nobody says what \(total.unpricedRequests) request\(total.unpricedRequests == 1 ? "" : "s") cost")
        }
        return parts.isEmpty ? nil : "cost: \(parts.joined(separator: ", "))"
    }

    private func table(_ rows: [UsageRow]) -> TextTable {
        let groups = groupBy.groups
        var columns: [String] = []
        if groups.contains(.key) { columns += ["KEY", "NAME"] }
        if groups.contains(.provider) { columns.append("PROVIDER") }
        if groups.contains(.model) { columns.append("MODEL") }
        if groups.contains(.day) { columns.append("DAY") }
        var table = TextTable(columns + ["REQUESTS>", "FAILED>", "INPUT>", "OUTPUT>", "TOTAL>", "COST (USD)>", "LAST USED"])
        var total = UsageRow()
        for row in rows {
            total.add(row)
            table.add(Self.head(row, groups) + Self.sums(row))
        }
        if rows.count > 1 { table.add(columns.enumerated().map { $0.offset == 0 ? "total" : "" } + Self.sums(total)) }
        return table
    }

    private static func head(_ row: UsageRow, _ groups: Set<UsageQuery.Grouping>) -> [String] {
        var cells: [String] = []
        if groups.contains(.key) { cells += [row.key?.value ?? "", row.name ?? ""] }
        if groups.contains(.provider) { cells.append(row.provider ?? "") }
        if groups.contains(.model) { cells.append(row.model ?? "") }
        if groups.contains(.day) { cells.append(row.day?.dayText ?? "") }
        return cells
    }

    private static func sums(_ row: UsageRow) -> [String] {
        [row.requests, row.failedRequests, row.usage.inputTokens, row.usage.outputTokens, row.usage.totalTokens].map(String.init)
            + [row.cost.description, row.lastUsed?.description ?? ""]
    }
}
