internal import Gateway
internal import Wire

/// `GET /stats` in the form of the original project: its field names, with seconds and per cent as units. The original's endless list of latencies
/// became quantiles.
final class StatsPage: PageText {
    /// Deployments in one piece: about a millisecond.
    private static let perPiece = 50

    private let reports: DeploymentReports
    private let missingEndpoints: [MissingEndpoint]
    private let timeOfDay: () -> UnixTime
    /// Of whom there was something to tell: nobody hears of other providers.
    private var providers: Set<String> = []
    private var written = 0
    private var available = 0
    private var sum = DeploymentStatistics()

    init(_ reports: DeploymentReports, missingEndpoints: [MissingEndpoint], timeOfDay: @escaping () -> UnixTime) {
        self.reports = reports
        self.timeOfDay = timeOfDay
        self.missingEndpoints = missingEndpoints
    }

    func advance(into buffer: inout ByteBuffer) -> Bool {
        if written == 0 { buffer.append("{\"stats\":{\"providers\":[") }
        for report in reports[written...].prefix(StatsPage.perPiece) {
            sum.merge(report.statistics)
            providers.insert(report.provider)
            if report.isAvailable { available += 1 }
            if written > 0 { buffer.append(",") }
            StatsPage.write(report, into: &buffer)
            written += 1
        }
        guard written == reports.count else { return false }
        buffer.append("],\"total_providers\":")
        buffer.append(decimal: reports.count)
        buffer.append(",\"available_providers\":")
        buffer.append(decimal: available)
        buffer.append(",\"missing_endpoints\":[")
        for (index, missing) in missingEndpoints.lazy.filter({ [providers] in providers.contains($0.provider) }).enumerated() {
            if index > 0 { buffer.append(",") }
            StatsPage.write(missing, into: &buffer)
        }
        buffer.append("],\"timestamp\":")
        StatsPage.write(Double(timeOfDay().milliseconds) / 1000, into: &buffer)
        buffer.append(",\"overall\":{")
        StatsPage.write(sum, into: &buffer)
        buffer.append("}}}")
        return true
    }

    /// An endpoint that a provider has turned out not to have.
    private static func write(_ missing: MissingEndpoint, into buffer: inout ByteBuffer) {
        buffer.append("{\"provider\":")
        buffer.append(jsonString: missing.provider)
        buffer.append(",\"endpoint\":")
        buffer.append(jsonString: missing.endpoint.path)
        buffer.append(",\"status\":")
        buffer.append(decimal: missing.status)
        buffer.append(",\"for\":")
        buffer.append(missing.isForEverybody ? "\"everybody\"" : "\"those who met it\"")
        buffer.append(",\"since\":")
        buffer.append(jsonString: missing.since.description)
        buffer.append(",\"until\":")
        buffer.append(jsonString: missing.until.description)
        buffer.append("}")
    }

    private static func write(_ report: DeploymentReport, into buffer: inout ByteBuffer) {
        buffer.append("{\"priority\":")
        write(report.score ?? report.priority, into: &buffer)
        buffer.append(",\"provider\":")
        buffer.append(jsonString: report.provider)
        buffer.append(",\"base_url\":")
        buffer.append(jsonString: report.baseURL)
        buffer.append(",\"model_name\":")
        buffer.append(jsonString: report.model)
        buffer.append(",\"key\":")
        buffer.append(decimal: report.keyIndex)
        buffer.append(",\"base_cooldown_remaining\":")
        write(report.standing.providerRemaining.inSeconds, into: &buffer)
        buffer.append(",\"model_cooldown_remaining\":")
        write(report.standing.remaining.inSeconds, into: &buffer)
        buffer.append(",\"base_failures\":")
        buffer.append(decimal: report.standing.providerFailures)
        buffer.append(",\"model_failures\":")
        buffer.append(decimal: report.standing.failures)
        buffer.append(",\"is_available\":")
        buffer.append(report.isAvailable ? "true" : "false")
        let rest = report.rest
        let texts: [(StaticString, String?)] = [
            ("rest_scope", rest?.scope.rawValue), ("rest_reason", rest?.reason), ("rest_evidence", rest?.evidence),
            ("rest_confirmed_by", rest?.confirmation), ("rest_since", rest?.since.description), ("rest_until", rest?.until.description),
        ]
        for (name, text) in texts {
            buffer.append(",\"")
            buffer.append(name)
            buffer.append("\":")
            if let text { buffer.append(jsonString: text) } else { buffer.append("null") }
        }
        buffer.append(",\"limits\":[")
        for (index, limit) in report.limits.enumerated() {
            if index > 0 { buffer.append(",") }
            limit.appendJSON(to: &buffer)
        }
        buffer.append("],")
        write(report.statistics, into: &buffer)
        buffer.append("}")
    }

    private static func write(_ statistics: DeploymentStatistics, into buffer: inout ByteBuffer) {
        let durations = statistics.durations
        buffer.append("\"successful_calls\":")
        buffer.append(decimal: statistics.successes)
        buffer.append(",\"failed_calls\":")
        buffer.append(decimal: statistics.failures)
        buffer.append(",\"failure_rate\":")
        write(statistics.attempts == 0 ? 0 : 100 * Double(statistics.failures) / Double(statistics.attempts), into: &buffer)
        buffer.append(",\"input_tokens\":")
        buffer.append(decimal: statistics.inputTokens)
        buffer.append(",\"generated_tokens\":")
        buffer.append(decimal: statistics.outputTokens)
        buffer.append(",\"cost_usd\":")
        write(statistics.cost.dollars, into: &buffer)
        let latencies: [(StaticString, Double?)] = [
            ("min_latency", durations.count == 0 ? nil : Double(durations.least)),
            ("max_latency", durations.count == 0 ? nil : Double(durations.most)),
            ("mean_latency", durations.count == 0 ? nil : Double(durations.sum) / Double(durations.count)),
            ("p50_latency", durations.quantile(0.5)), ("p90_latency", durations.quantile(0.9)), ("p99_latency", durations.quantile(0.99)),
            ("p50_first_token", statistics.firstTokens.quantile(0.5)), ("p90_first_token", statistics.firstTokens.quantile(0.9)),
        ]
        for (name, microseconds) in latencies {
            buffer.append(",\"")
            buffer.append(name)
            buffer.append("\":")
            if let microseconds { write(microseconds / 1e6, into: &buffer) } else { buffer.append("null") }
        }
    }

    /// A number with at most six places behind the point.
    private static func write(_ value: Double, into buffer: inout ByteBuffer) {
        buffer.append(utf8: PrometheusText.number((value * 1e6).rounded() / 1e6))
    }
}

extension Duration {
    /// The duration in seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
