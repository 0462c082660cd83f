internal import EventLoop
internal import Gateway

/// A gateway's counts as metrics. The labels are names of endpoints, statuses, providers, models and failure classes: all of them come from the
/// configuration or from fixed lists, none from a client.
enum GatewayMetrics {
    /// Writes every metric of the gateway itself.
    static func write(_ gateway: Gateway, into text: inout PrometheusText) {
        requests(gateway.statistics, into: &text)
        text.single("best_queue_depth", .gauge, "Requests that wait for capacity.", Double(gateway.waitingRequests))
        tokens(gateway.statistics, into: &text)
        deployments(gateway, into: &text)
        let coverage = gateway.modelCoverage
        text.single(
            "best_unmatched_models", .gauge, "Chat models that no board has, so that their description is all there is.", Double(coverage.unmatched))
        text.begin("best_leaderboard_coverage_ratio", .gauge, "The share of chat models that boards have; left out without a model.")
        if let ratio = coverage.ratio { text.sample("best_leaderboard_coverage_ratio", [], ratio) }
        text.begin("best_build_info", .gauge, "The running version; the value is always 1.")
        text.sample("best_build_info", [("version", BuildInformation.version)], 1)
    }

    private static func requests(_ statistics: GatewayStatistics, into text: inout PrometheusText) {
        text.begin("best_requests_total", .counter, "Requests that have ended, by endpoint and status; status 0 is a client that left first.")
        for (place, counts) in statistics.requests.enumerated() {
            let endpoint = place < Endpoint.allCases.count ? "\(Endpoint.allCases[place].name)" : "other"
            for entry in counts { text.sample("best_requests_total", [("endpoint", endpoint), ("code", String(entry.status))], entry.count) }
        }
        text.single("best_inflight", .gauge, "Requests in work.", Double(statistics.inFlight))
        text.begin("best_failovers_total", .counter, "Attempts after a failed one, by the failure.")
        for (reason, count) in statistics.failovers.sorted(by: { $0.key < $1.key }) {
            text.sample("best_failovers_total", [("reason", reason)], count)
        }
        text.single("best_broken_streams_total", .counter, "Answers that broke after their first bytes.", Double(statistics.brokenStreams))
        text.single("best_clients_gone_total", .counter, "Requests whose client left first.", Double(statistics.goneClients))
        text.histogram("best_request_duration_seconds", "Requests to a provider, from their first byte to the answer's last.", statistics.durations)
        text.histogram("best_upstream_duration_seconds", "The part of a request spent waiting for providers.", statistics.upstream)
        text.histogram("best_time_to_first_token_seconds", "From the whole request to the first content.", statistics.firstTokens)
        text.histogram("best_inter_token_seconds", "The mean time between two tokens of a stream, for each stream.", statistics.betweenTokens)
        text.histogram("best_overhead_seconds", "The gateway's own share of a request until its answer began.", statistics.overhead)
    }

    private static func tokens(_ statistics: GatewayStatistics, into text: inout PrometheusText) {
        text.begin("best_tokens_total", .counter, "Tokens as providers report them; cached ones are part of the input.")
        for (type, count) in [("input", statistics.inputTokens), ("output", statistics.outputTokens), ("cached", statistics.cachedTokens)] {
            text.sample("best_tokens_total", [("type", type)], count)
        }
        text.single("best_cost_usd_total", .counter, "What was spent, where prices are known, in US dollars.", statistics.cost.dollars)
    }

    private static func deployments(_ gateway: Gateway, into text: inout PrometheusText) {
        let reports = gateway.deploymentReports()
        text.begin("best_upstream_attempts_total", .counter, "Attempts by provider, model and outcome.")
        for report in reports {
            let labels = [("provider", report.provider), ("model", report.model), ("key", String(report.keyIndex))]
            if report.statistics.successes > 0 {
                text.sample("best_upstream_attempts_total", labels + [("outcome", "ok")], report.statistics.successes)
            }
            for (name, count) in report.statistics.failuresByName.sorted(by: { $0.key < $1.key }) {
                text.sample("best_upstream_attempts_total", labels + [("outcome", name)], count)
            }
        }
        text.begin("best_deployment_state", .gauge, "0 in use, 1 in use after failures, 2 cooling, 3 quarantined or retired.")
        for report in reports { text.sample("best_deployment_state", report.labels, report.standing.state.rawValue) }
        text.begin("best_cooldown_remaining_seconds", .gauge, "How long the deployment rests yet; left out where it does not.")
        for report in reports {
            let rest = max(report.standing.remaining, report.standing.providerRemaining)
            if rest > .zero { text.sample("best_cooldown_remaining_seconds", report.labels, rest.inSeconds) }
        }
        text.begin("best_rests", .gauge, "What is left alone for everybody, by the class of the failure.")
        for (reason, count) in gateway.restCounts().sorted(by: { $0.key < $1.key }) { text.sample("best_rests", [("reason", reason)], count) }
        text.begin("best_deployment_score", .gauge, "The score by which deployments are ordered; left out where there is none.")
        for report in reports { if let score = report.score { text.sample("best_deployment_score", report.labels, score) } }
    }
}

extension DeploymentReport {
    fileprivate var labels: [(String, String)] { [("provider", provider), ("model", model), ("key", String(keyIndex))] }
}
