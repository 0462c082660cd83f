/// A run's result for people to read.
public struct LoadReport {
    /// From this share of a core on, the measurements may show the generator's own limit.
    static let busyShare = 0.9

    /// The shortest run, in seconds, whose processor time is worth reporting.
    private static let leastSeconds = 0.5

    private let result: LoadResult

    /// Makes the report of a result.
    public init(_ result: LoadResult) { self.result = result }

    /// The lines.
    public var lines: [String] {
        var lines = [description]
        if result.wasInterrupted { lines.append("interrupted: these are the answers so far") }
        for target in result.targets {
            lines.append("")
            lines += section(target)
        }
        let added = addedTable
        if !added.isEmpty { lines += ["", "added by \(result.targets[0].name), against \(result.targets[1].name):"] + added.lines }
        return lines
    }

    /// The load that was asked for, in one line.
    private var description: String {
        let mode =
            switch result.load.mode {
            case .closed(let concurrency): "closed loop, \(concurrency) at once"
            case .open(let rate, let arrivals, let maximum):
                "open loop, \(NumberText.short(rate)) requests/s (\(arrivals.rawValue)), at most \(maximum) connections; times count from the intended start"
            }
        let length =
            switch result.load.length {
            case .duration(let duration): "\(LoadReport.text(duration))"
            case .requests(let count): "\(count) requests"
            }
        let warmUp = result.load.warmUp == .zero ? "" : " after \(LoadReport.text(result.load.warmUp)) of warm-up"
        let stretches = result.targets[0].stretches.count
        return "\(mode); \(length)\(warmUp)\(stretches > 1 ? ", in \(stretches) alternating pairs" : "")"
    }

    private func section(_ target: LoadResult.Target) -> [String] {
        let m = target.measurement
        var lines = ["\(target.name): \(target.url)"]
        lines.append("  \(m.succeeded) of \(m.requests) requests answered well, \(m.failed) failed, in \(NumberText.short(m.seconds)) s")
        var rates = ["\(NumberText.fixed(m.requestRate, m.requestRate < 100 ? 2 : 0, grouped: true)) answers/s"]
        if m.chunksInWindow > 0 { rates.append("\(NumberText.fixed(m.chunkRate, 0, grouped: true)) events/s") }
        if m.tokensInWindow > 0 {
            rates.append("\(NumberText.fixed(m.outputTokenRate, 0, grouped: true)) tokens/s\(m.hasUsage ? "" : " (events counted)")")
        }
        lines.append("  " + rates.joined(separator: ", "))
        for failure in m.failures.sorted(by: { $0.value > $1.value }) {
            let sample = m.samples[failure.key].map { ": " + LoadReport.oneLine($0) } ?? ""
            lines.append("  \(failure.value) \(failure.key.name)\(sample)")
        }
        let table = timeTable(m)
        if !table.isEmpty { lines += table.lines.map { "  " + $0 } }
        // In a run of a few milliseconds the share is meaningless.
        if m.seconds >= LoadReport.leastSeconds {
            let share = NumberText.fixed(m.processorShare * 100, 0)
            let isBusy = m.processorShare > LoadReport.busyShare
            lines.append("  the load generator used \(share) % of a core\(isBusy ? ": the figures may show its own limit" : "")")
        }
        return lines
    }

    private func timeTable(_ m: LoadMeasurement) -> TextTable {
        var table = TextTable(["", "mean", "p50", "p90", "p99", "p99.9", "max"])
        func add(_ name: String, _ histogram: HDRHistogram, _ text: (Double) -> String = NumberText.time) {
            guard histogram.count > 0 else { return }
            table.add(
                [name, text(histogram.mean)] + [50, 90, 99, 99.9].map { text(Double(histogram.percentile($0))) } + [text(Double(histogram.maximum))])
        }
        add("first token", m.firstToken)
        add("between tokens", m.interToken)
        add("whole answer", m.latency)
        if case .open = result.load.mode {
            add("first token, from the real start", m.serviceFirstToken)
            add("whole answer, from the real start", m.serviceTime)
            add("sent late by", m.lateness)
        }
        add("tokens/s in a stream", m.tokenRate) { NumberText.short($0 / 1000) }
        add("event transit", m.transit)
        return table
    }

    private var addedTable: TextTable {
        var table = TextTable(["", "p50", "p90", "p99", "p50 of the pairs: median", "from", "to"])
        for added in result.added {
            table.add(
                [added.name]
                    + [added.p50, added.p90, added.p99, added.medianOfPairs, added.pairs.first ?? 0, added.pairs.last ?? 0].map(NumberText.time)
            )
        }
        return table
    }

    private static func text(_ duration: Duration) -> String {
        NumberText.time(duration / .nanoseconds(1))
    }

    /// Text from the other side: one line, printable, of bounded length.
    static func oneLine(_ text: String) -> String {
        let words = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }
        return String(words.prefix(200)) + (words.count > 200 ? "…" : "")
    }
}
