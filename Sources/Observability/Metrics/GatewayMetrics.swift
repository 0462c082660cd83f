internal import EventLoop
internal import Gateway

/// A gateway's counts as metrics. The labels are names of endpoints, statuses, providers, models and failure classes: all of them come from the
/// configuration or from fixed lists, none from a client.
enum GatewayMetrics {
    /// Writes what is counted of all deployments together.
    static func writeSums(of gateway: Gateway, into text: inout PrometheusText) {
        requests(gateway.statistics, into: &text)
        text.single("best_queue_depth", .gauge, "Requests that wait for capacity.", Double(gateway.waitingRequests))
        tokens(gateway.statistics, into: &text)
    }

    /// Writes what is known of the models, of what rests, and of the program.
    static func writeRest(of gateway: Gateway, into text: inout PrometheusText) {
        text.begin("best_rests", .gauge, "What is left alone for everybody, by the class of the failure.")
        for (reason, count) in gateway.restCounts().sorted(by: { $0.key < $1.key }) { text.sample("best_rests", [("reason", reason)], count) }
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
}
