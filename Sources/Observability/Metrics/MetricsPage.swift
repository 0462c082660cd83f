internal import Gateway
internal import Wire

/// `GET /metrics`, in pieces: there is a handful of samples for each deployment.
final class MetricsPage: PageText {
    /// Deployments in one piece: about a millisecond.
    private static let perPiece = 100

    private let gateway: Gateway
    private let reports: DeploymentReports
    private let further: [(inout PrometheusText) -> Void]
    private var read = 0
    private var hasWrittenReports = false
    // One metric after the other, though they come from the same reports.
    private var attempts = PrometheusText()
    private var states = PrometheusText()
    private var cooldowns = PrometheusText()
    private var scores = PrometheusText()

    init(_ gateway: Gateway, _ reports: DeploymentReports, further: [(inout PrometheusText) -> Void]) {
        self.gateway = gateway
        self.reports = reports
        self.further = further
        attempts.begin("best_upstream_attempts_total", .counter, "Attempts by provider, model and outcome.")
        states.begin("best_deployment_state", .gauge, "0 in use, 1 in use after failures, 2 cooling, 3 quarantined or retired.")
        cooldowns.begin("best_cooldown_remaining_seconds", .gauge, "How long the deployment rests yet; left out where it does not.")
        scores.begin("best_deployment_score", .gauge, "The score by which deployments are ordered; left out where there is none.")
    }

    func advance(into buffer: inout ByteBuffer) -> Bool {
        for report in reports[read...].prefix(MetricsPage.perPiece) { add(report) }
        read = min(reports.count, read + MetricsPage.perPiece)
        // What is written already counts as held.
        if !hasWrittenReports { buffer.reserve(attempts.count + states.count + cooldowns.count + scores.count) }
        guard read == reports.count else { return false }
        var text = PrometheusText()
        if !hasWrittenReports {
            hasWrittenReports = true
            GatewayMetrics.writeSums(of: gateway, into: &text)
            text.write(into: &buffer)
            attempts.write(into: &buffer)
            states.write(into: &buffer)
            cooldowns.write(into: &buffer)
            scores.write(into: &buffer)
            return false
        }
        // What goes over all there is is a piece for itself.
        GatewayMetrics.writeRest(of: gateway, into: &text)
        for source in further { source(&text) }
        text.write(into: &buffer)
        return true
    }

    private func add(_ report: DeploymentReport) {
        let labels = [("provider", report.provider), ("model", report.model), ("key", String(report.keyIndex))]
        if report.statistics.successes > 0 {
            attempts.sample("best_upstream_attempts_total", labels + [("outcome", "ok")], report.statistics.successes)
        }
        for (name, count) in report.statistics.failuresByName.sorted(by: { $0.key < $1.key }) {
            attempts.sample("best_upstream_attempts_total", labels + [("outcome", name)], count)
        }
        states.sample("best_deployment_state", labels, report.standing.state.rawValue)
        let rest = max(report.standing.remaining, report.standing.providerRemaining)
        if rest > .zero { cooldowns.sample("best_cooldown_remaining_seconds", labels, rest.inSeconds) }
        if let score = report.score { scores.sample("best_deployment_score", labels, score) }
    }
}
