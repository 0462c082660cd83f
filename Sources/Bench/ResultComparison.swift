/// Two results side by side, to see whether a change made things better or worse.
public struct ResultComparison: Sendable, Equatable {
    /// One number in both results.
    public struct Row: Sendable, Equatable {
        /// What it is, such as `gateway: whole answer p50 (ms)`.
        public let name: String
        /// The number in the first and in the second result.
        public let first, second: Double
        /// Whether more is worse, as with times; otherwise less is.
        public let moreIsWorse: Bool

        /// The change from the first to the second in per cent; `nil` if the first is 0 and the second is not.
        public var change: Double? {
            guard first != 0 else { return second == 0 ? 0 : nil }
            return (second - first) / first * 100
        }

        /// By how many per cent it became worse; 0 if it became better.
        public var worsening: Double {
            guard let change else { return moreIsWorse ? .infinity : 0 }
            return max(0, moreIsWorse ? change : -change)
        }
    }

    /// The quantities compared, and whether more of each is worse.
    private static let quantities: [(path: String, title: String, moreIsWorse: Bool)] = [
        ("answers_per_s", "answers/s", false), ("events_per_s", "events/s", false), ("tokens_per_s", "tokens/s", false), ("failed", "failed", true),
        ("first_token_ms.p50", "first token p50 (ms)", true), ("first_token_ms.p90", "first token p90 (ms)", true),
        ("first_token_ms.p99", "first token p99 (ms)", true), ("inter_token_ms.p50", "between tokens p50 (ms)", true),
        ("inter_token_ms.p99", "between tokens p99 (ms)", true), ("latency_ms.p50", "whole answer p50 (ms)", true),
        ("latency_ms.p90", "whole answer p90 (ms)", true), ("latency_ms.p99", "whole answer p99 (ms)", true),
        ("transit_ms.p50", "event transit p50 (ms)", true), ("transit_ms.p99", "event transit p99 (ms)", true),
    ]

    /// The numbers that both results have.
    public let rows: [Row]
    /// Differences in the load that was asked for, in words; they may explain different numbers.
    public let differences: [String]

    /// Compares targets of the same name, or the only target of each result, whatever their names. In a run
    /// with `--direct`, the gateway corresponds to another run's only target.
    public init(_ first: ResultFile, _ second: ResultFile) {
        var pairs = first.targets.filter(second.targets.contains).map { ($0, $0) }
        if pairs.isEmpty, first.targets.count == 1, second.targets.count == 1 { pairs = [(first.targets[0], second.targets[0])] }
        if pairs.isEmpty, first.targets == ["target"], second.targets.contains("gateway") { pairs = [("target", "gateway")] }
        if pairs.isEmpty, second.targets == ["target"], first.targets.contains("gateway") { pairs = [("gateway", "target")] }
        var rows: [Row] = []
        for (left, right) in pairs {
            for (path, title, moreIsWorse) in ResultComparison.quantities {
                guard let a = first.numbers["targets.\(left).\(path)"], let b = second.numbers["targets.\(right).\(path)"] else { continue }
                // Without streams there are no events to compare.
                if a == 0, b == 0, path != "failed" { continue }
                rows.append(Row(name: "\(left): \(title)", first: a, second: b, moreIsWorse: moreIsWorse))
            }
        }
        self.rows = rows
        differences = ResultComparison.differences(first, second)
    }

    /// The rows that became worse by more than `percent`.
    public func regressions(above percent: Double) -> [Row] { rows.filter { $0.worsening > percent } }

    /// The table's lines.
    public var lines: [String] {
        var table = TextTable(["", "first", "second", "change"])
        for row in rows {
            let change = row.change.map { ($0 > 0 ? "+" : "") + NumberText.fixed($0, 1) + " %" } ?? "new"
            table.add([row.name, NumberText.short(row.first), NumberText.short(row.second), change])
        }
        return differences.map { "note: " + $0 } + table.lines
    }

    private static func differences(_ first: ResultFile, _ second: ResultFile) -> [String] {
        let names = [first, second].flatMap { Array($0.numbers.keys) + Array($0.texts.keys) }.filter { $0.hasPrefix("load.") }
        return Set(names).sorted().compactMap { name in
            let (a, b) = (text(name, in: first), text(name, in: second))
            return a == b ? nil : "\(name.dropFirst(5)) was \(a) in the first and \(b) in the second"
        }
    }

    private static func text(_ name: String, in file: ResultFile) -> String {
        file.texts[name] ?? file.numbers[name].map(ResultJSON.number) ?? "not given"
    }
}
