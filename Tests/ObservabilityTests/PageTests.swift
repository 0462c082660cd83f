import Foundation
import Gateway
import GatewayTesting
import Testing
import Wire

@testable import Observability

/// The pages about a gateway, as a client and an operator get them.
@Suite struct PageTests {
    private let operatorsKey: [(name: String, value: String)] = [("x-admin-api-key", "adm1n")]

    /// Two providers in this order, the first of which fails.
    private func withPages(_ body: (GatewaySimulation, StatusPages) throws -> Void) throws {
        try withGateway(
            .script("down", .status(500)), .answering("up") { .reply(to: $0, "Hel", "lo").after(.milliseconds(250)) }
        ) {
            $0.server.adminKey = Secret("adm1n")
            $0.scoring.exploration.enabled = false
            $0.failure.wait = .zero
        } _: { simulation in
            let pages = StatusPages()
            simulation.gateway.pages = pages
            try body(simulation, pages)
        }
    }

    private func page(_ simulation: GatewaySimulation, _ target: String, _ token: String? = nil, asOperator: Bool = true) throws -> ReceivedAnswer {
        let client = simulation.client(token)
        client.request("GET", target, fields: asOperator ? operatorsKey : [])
        // Pieces take turns of the loop.
        simulation.advance(by: .milliseconds(50))
        return try #require(client.answer)
    }

    private func object(_ answer: ReceivedAnswer) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    private func chat(_ simulation: GatewaySimulation, _ token: String, model: String = "m", stream: Bool = false) {
        let client = simulation.client(token)
        client.chat(model: model, stream: stream)
        simulation.advance(by: .seconds(1))
    }

    // MARK: Statistics

    @Test func `statistics have the original's fields, in seconds and per cent`() throws {
        let up = ScriptedProvider.answering("up") { .reply(to: $0, "Hel", "lo").after(.milliseconds(250)) }
        try withGateway(.script("down", .status(500)), up) {
            $0.scoring.exploration.enabled = false
        } _: { simulation in
            simulation.gateway.pages = StatusPages()
            // A few failures show that it is down; then it rests.
            for _ in 0..<6 {
                simulation.client().chat(model: "down/m,up/m")
                simulation.advance(by: .milliseconds(250))
            }
            let stats = try #require(try object(page(simulation, "/stats", asOperator: false))["stats"] as? [String: Any])
            #expect(stats["total_providers"] as? Int == 2 && stats["available_providers"] as? Int == 1)
            let seconds = (stats["timestamp"] as? Double ?? 0) - Double(GatewaySimulation.epoch) / 1000
            #expect(seconds >= 1.5 && seconds <= 1.551, "the time of the gateway's own clock")
            let entries = try #require(stats["providers"] as? [[String: Any]])
            let (down, up) = (try #require(entries.first), try #require(entries.last))
            #expect(down["provider"] as? String == "down" && down["failure_rate"] as? Int == 100 && down["is_available"] as? Bool == false)
            #expect(down["model_cooldown_remaining"] as? Double ?? 0 > 0 && down["mean_latency"] is NSNull)
            #expect(down["rest_reason"] as? String == "unavailable" && down["rest_scope"] is String)
            #expect(up["successful_calls"] as? Int == 6 && up["failure_rate"] as? Int == 0 && up["is_available"] as? Bool == true)
            #expect(up["mean_latency"] as? Double == 0.25 && up["min_latency"] as? Double == 0.25 && up["p99_latency"] as? Double == 0.25)
            #expect(up["input_tokens"] as? Int == 30 && up["generated_tokens"] as? Int == 42 && up["rest_until"] is NSNull)
            #expect(up["model_name"] as? String == "m" && up["base_url"] as? String == "https://up.test/v1" && up["key"] as? Int == 0)
            let overall = try #require(stats["overall"] as? [String: Any])
            #expect(overall["successful_calls"] as? Int == 6 && overall["failed_calls"] as? Int == down["failed_calls"] as? Int)
        }
    }

    @Test func `statistics of nobody are whole, too`() throws {
        try withGateway([]) {
            $0.server.adminKey = Secret("adm1n")
        } _: { simulation in
            simulation.gateway.pages = StatusPages()
            let stats = try #require(try object(page(simulation, "/stats"))["stats"] as? [String: Any])
            #expect((stats["providers"] as? [Any])?.isEmpty == true && stats["total_providers"] as? Int == 0)
            #expect((stats["overall"] as? [String: Any])?["failure_rate"] as? Int == 0)
        }
    }

    @Test func `a page over hundreds of deployments is one page`() throws {
        let models = (0..<321).map { "m\($0)" }
        try withGateway(ScriptedProvider("a", models: models)) {
            $0.server.adminKey = Secret("adm1n")
        } _: { simulation in
            simulation.gateway.pages = StatusPages()
            let stats = try #require(try object(page(simulation, "/stats"))["stats"] as? [String: Any])
            #expect((stats["providers"] as? [[String: Any]])?.compactMap { $0["model_name"] as? String } == models)
            let states = try page(simulation, "/metrics").text.split(separator: "\n").count { $0.hasPrefix("best_deployment_state{") }
            #expect(states == 321)
        }
    }

    // MARK: Metrics

    @Test func `metrics count what happened, each under a metric that was declared once`() throws {
        try withPages { simulation, pages in
            pages.metricSources.append { $0.single("best_other", .gauge, "Of elsewhere.", 3) }
            let token = simulation.addKey("team")
            chat(simulation, token, stream: true)
            chat(simulation, token, model: "none")
            let answer = try page(simulation, "/metrics")
            #expect(answer["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = answer.text.split(separator: "\n").map(String.init)
            for line in [
                "best_requests_total{endpoint=\"chat.completions\",code=\"200\"} 1",
                "best_requests_total{endpoint=\"chat.completions\",code=\"404\"} 1",
                "best_upstream_attempts_total{provider=\"up\",model=\"m\",key=\"0\",outcome=\"ok\"} 1",
                "best_upstream_attempts_total{provider=\"down\",model=\"m\",key=\"0\",outcome=\"unavailable\"} 1",
                "best_failovers_total{reason=\"unavailable\"} 1", "best_deployment_state{provider=\"up\",model=\"m\",key=\"0\"} 0",
                "best_time_to_first_token_seconds_count 1", "best_time_to_first_token_seconds_sum 0.25", "best_tokens_total{type=\"input\"} 5",
                "best_tokens_total{type=\"output\"} 7", "best_inflight 1", "best_queue_depth 0", "best_other 3",
                "best_build_info{version=\"\(BuildInformation.version)\"} 1",
            ] {
                #expect(lines.contains(line), "\(line)")
            }
            var declared: Set<String> = []
            for line in lines {
                if line.hasPrefix("# TYPE ") {
                    #expect(declared.insert(String(line.split(separator: " ")[2])).inserted, "\(line)")
                } else if !line.hasPrefix("#") {
                    var name = String(line.prefix { $0 != "{" && $0 != " " })
                    for suffix in ["_bucket", "_sum", "_count"] where !declared.contains(name) && name.hasSuffix(suffix) {
                        name.removeLast(suffix.count)
                    }
                    #expect(declared.contains(name), "\(line)")
                }
            }
        }
    }

    @Test func `no name of a client's is ever a label`() throws {
        try withPages { simulation, _ throws in
            chat(simulation, simulation.addKey("clients-name"), model: "clients-model")
            #expect(try !page(simulation, "/metrics").text.contains("clients-"))
        }
    }

    @Test func `what rests is counted by its reason, and for how long yet`() throws {
        try withGateway(.script("a", .status(429, fields: [("retry-after", "90")]))) {
            $0.server.adminKey = Secret("adm1n")
        } _: { simulation in
            simulation.gateway.pages = StatusPages()
            for name in ["one", "two"] { chat(simulation, simulation.addKey(name)) }
            let text = try page(simulation, "/metrics").text
            #expect(text.contains("best_rests{reason=\"rate_limited_minute\"} "), "\(text)")
            #expect(text.contains("best_cooldown_remaining_seconds{provider=\"a\",model=\"m\",key=\"0\"} "))
            #expect(text.contains("best_deployment_state{provider=\"a\",model=\"m\",key=\"0\"} 2\n"))
        }
    }

    // MARK: The description of the API

    @Test func `the description is for everybody, and each of its routes is served`() throws {
        try withPages { simulation, _ in
            let document = try object(page(simulation, "/openapi.json", asOperator: false))
            #expect(document["openapi"] as? String == "3.1.0")
            let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
            #expect(paths["/v1/chat/completions"] != nil && paths["/chat/completions"] != nil && paths["/docs"] != nil)
            let token = simulation.addKey("team")
            for (path, operations) in paths where !path.hasPrefix("/admin/") {
                for (method, operation) in operations {
                    let client = simulation.client(token)
                    client.request(
                        method.uppercased(), path.replacing("{id}", with: "m"), fields: operatorsKey, body: method == "get" ? nil : "{}")
                    simulation.advance(by: .milliseconds(50))
                    let answer = try #require(client.answer, "\(method) \(path)")
                    #expect(answer.errorCode != "unknown_url", "\(method) \(path)")
                    #expect((operation["responses"] as? [String: Any])?[String(answer.status)] != nil, "\(method) \(path): \(answer.status)")
                }
            }
        }
    }

    @Test func `the page for people names every path and fetches nothing`() throws {
        try withPages { simulation, _ in
            let answer = try page(simulation, "/docs", asOperator: false)
            #expect(answer["content-type"] == "text/html; charset=utf-8")
            for path in APIOperations.all.flatMap(\.paths) { #expect(answer.text.contains("<code>\(path)</code>"), "\(path)") }
            for attribute in ["src=", "http://", "https://", "@import", "url("] { #expect(!answer.text.contains(attribute), "\(attribute)") }
        }
    }
}
