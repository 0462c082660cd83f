/// One number of a result, under the name it has in every file: `gateway.latency_ms.p50`.
struct ResultEntry: Equatable, Sendable {
    let name: String
    let value: Double

    /// The numbers of one target, without the target's name as a prefix. Times are in milliseconds.
    static func all(of m: LoadMeasurement) -> [ResultEntry] {
        var entries = [
            ResultEntry(name: "requests", value: Double(m.requests)), ResultEntry(name: "succeeded", value: Double(m.succeeded)),
            ResultEntry(name: "failed", value: Double(m.failed)), ResultEntry(name: "seconds", value: m.seconds),
            ResultEntry(name: "answers_per_s", value: m.requestRate), ResultEntry(name: "events_per_s", value: m.chunkRate),
            ResultEntry(name: "tokens_per_s", value: m.outputTokenRate), ResultEntry(name: "generator_core_share", value: m.processorShare),
        ]
        let histograms: [(String, HDRHistogram, Double)] = [
            ("latency_ms", m.latency, 1e6), ("service_ms", m.serviceTime, 1e6), ("first_token_ms", m.firstToken, 1e6),
            ("first_token_service_ms", m.serviceFirstToken, 1e6), ("inter_token_ms", m.interToken, 1e6), ("transit_ms", m.transit, 1e6),
            ("late_ms", m.lateness, 1e6), ("stream_tokens_per_s", m.tokenRate, 1e3),
        ]
        for (name, histogram, unit) in histograms where histogram.count > 0 {
            let summary = HistogramSummary(histogram, unit: unit)
            entries.append(ResultEntry(name: "\(name).count", value: Double(summary.count)))
            for (statistic, value) in summary.statistics { entries.append(ResultEntry(name: "\(name).\(statistic)", value: value)) }
        }
        for (failure, count) in m.failures.sorted(by: { $0.key.name < $1.key.name }) {
            entries.append(ResultEntry(name: "failures.\(failure.name)", value: Double(count)))
        }
        return entries
    }
}
