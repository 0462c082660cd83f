import Foundation
import Testing

/// The pages about the gateway: statistics, metrics, the description of the API.
@Suite struct PageTests {
    private static let providers = [
        Provider("down", "status=500", lines: ["base_priority: 2"]), Provider("up"),
    ]

    @Test func `stats has the original's fields, in its units`() throws {
        try withGateway(Self.providers, best: Gateway.inOrder) { gateway throws in
            // Four failures in a row show that it is down; then it rests.
            for _ in 0..<6 { #expect(try gateway.chat("m").status == 200) }
            let stats = try #require(try gateway.get("/stats").object["stats"] as? [String: Any])
            #expect(stats["total_providers"] as? Int == 2 && stats["available_providers"] as? Int == 1)
            let now = Date().timeIntervalSince1970
            #expect(abs((stats["timestamp"] as? Double ?? 0) - now) < 60)
            let entries = try #require(stats["providers"] as? [[String: Any]])
            let down = try #require(entries.first { $0["provider"] as? String == "down" })
            let up = try #require(entries.first { $0["provider"] as? String == "up" })
            #expect(down["failed_calls"] as? Int == 4 && down["failure_rate"] as? Int == 100 && down["is_available"] as? Bool == false)
            #expect(down["model_cooldown_remaining"] as? Double ?? 0 > 0 && down["mean_latency"] is NSNull)
            #expect(up["successful_calls"] as? Int == 6 && up["failure_rate"] as? Int == 0 && up["is_available"] as? Bool == true)
            #expect(up["input_tokens"] as? Int ?? 0 > 0 && up["generated_tokens"] as? Int ?? 0 > 0)
            let latency = try #require(up["mean_latency"] as? Double)
            #expect(latency > 0 && latency < 10, "seconds")
            #expect(up["model_name"] as? String == "up" && (up["base_url"] as? String)?.hasPrefix("http://127.0.0.1:") == true)
            let overall = try #require(stats["overall"] as? [String: Any])
            #expect(overall["successful_calls"] as? Int == 6 && overall["failed_calls"] as? Int == 4 && overall["failure_rate"] as? Int == 40)
        }
    }

    @Test func `stats is for clients only, the description of the API for everybody`() throws {
        try withGateway(environment: ["ALLOWED_BEARER_TOKENS": "good"]) { gateway throws in
            #expect(try gateway.get("/stats").status == 401)
            #expect(try gateway.get("/stats", ["Authorization: Bearer good"]).status == 200)
            #expect(try gateway.get("/openapi.json").status == 200)
            #expect(try gateway.get("/docs").status == 200)
            #expect(try gateway.get("/docs", method: "DELETE").status == 405)
        }
    }

    @Test func `stats shows a key its own models and the admin key all of them, and counts as a request of the key`() throws {
        let providers = [Provider("cheapco", models: [.init(id: "small")]), Provider("bigco", models: [.init(id: "gold"), .init(id: "small")])]
        try withGateway(providers, environment: ["LLMGW_ADMIN_API_KEY": "adm1n"]) { gateway throws in
            let wanted = #"{"name":"k","models":["small"],"limits":{"requests_per_day":3}}"#
            let made = try gateway.post("/admin/keys", wanted, ["X-Admin-API-Key: adm1n"])
            let key = ["Authorization: Bearer \(try #require(made.object["plaintext_key"] as? String))"]
            func models(_ fields: [String]) throws -> [String] {
                let stats = try #require(try gateway.get("/stats", fields).object["stats"] as? [String: Any])
                let models = (stats["providers"] as? [[String: Any]] ?? []).compactMap { $0["model_name"] as? String }
                #expect(stats["total_providers"] as? Int == models.count && stats["available_providers"] as? Int == models.count)
                return models
            }
            #expect(try gateway.chat("small", "", key).status == 200)
            #expect(try models(key) == ["small", "small"])
            #expect(try models(["X-Admin-API-Key: adm1n"]).sorted() == ["gold", "small", "small"])
            #expect(try models(["Authorization: Bearer adm1n"]).count == 3)
            #expect(try gateway.get("/stats", key).status == 200)
            #expect(try gateway.get("/stats", key).status == 429)
        }
    }

    @Test func `metrics need the admin key, as its own field or as a bearer token`() throws {
        try withGateway(environment: ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "good"]) { gateway throws in
            #expect(try gateway.get("/metrics").status == 401)
            #expect(try gateway.get("/metrics", ["Authorization: Bearer good"]).status == 401)
            #expect(try gateway.get("/metrics", ["X-Admin-API-Key: adm1n"]).status == 200)
            let answer = try gateway.get("/metrics", ["Authorization: Bearer adm1n"])
            #expect(answer.status == 200 && answer["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            #expect(try gateway.post("/v1/chat/completions", Chat.body("m"), ["Authorization: Bearer adm1n"]).status == 401)
        }
        try withGateway { gateway throws in #expect(try gateway.get("/metrics").status == 404) }
    }

    @Test func `metrics count what happened`() throws {
        try withGateway(Self.providers, environment: ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "good"]) { gateway throws in
            #expect(try gateway.chat("m", stream: true, "", ["Authorization: Bearer good"]).status == 200)
            #expect(try gateway.chat("none", stream: false, "", ["Authorization: Bearer good"]).status == 404)
            let text = try gateway.get("/metrics", ["X-Admin-API-Key: adm1n"]).text
            let lines = text.split(separator: "\n").map(String.init)
            #expect(lines.contains("best_requests_total{endpoint=\"chat.completions\",code=\"200\"} 1"))
            #expect(lines.contains("best_requests_total{endpoint=\"chat.completions\",code=\"404\"} 1"))
            #expect(lines.contains("best_upstream_attempts_total{provider=\"up\",model=\"up\",key=\"0\",outcome=\"ok\"} 1"))
            #expect(lines.contains("best_upstream_attempts_total{provider=\"down\",model=\"down:status=500\",key=\"0\",outcome=\"unavailable\"} 1"))
            #expect(lines.contains("best_failovers_total{reason=\"unavailable\"} 1"))
            #expect(lines.contains("best_deployment_state{provider=\"up\",model=\"up\",key=\"0\"} 0"))
            #expect(lines.contains("best_time_to_first_token_seconds_count 1") && lines.contains("best_overhead_seconds_count 1"))
            #expect(lines.contains("best_inflight 1"), "the scrape itself")
            // Every sample belongs to a metric that was declared before it, and no metric is declared twice.
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

    @Test func `every route of the description is served, and its answers name no other`() throws {
        try withGateway(environment: ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "good"]) { gateway throws in
            let document = try gateway.get("/openapi.json").object
            #expect(document["openapi"] as? String == "3.1.0")
            let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
            #expect(paths["/v1/chat/completions"] != nil && paths["/chat/completions"] != nil && paths["/docs"] != nil)
            for (path, operations) in paths {
                let target = path.replacingOccurrences(of: "{id}", with: "m")
                for (method, operation) in operations {
                    let client = try gateway.connect()
                    let body = method == "get" || method == "delete" ? nil : Array("{}".utf8)
                    try client.send(method.uppercased(), target, ["Authorization: Bearer good", "X-Admin-API-Key: adm1n"], body: body)
                    let answer = try client.answer()
                    #expect(answer.error?.code != "unknown_url", "\(method) \(path)")
                    let responses = try #require(operation["responses"] as? [String: Any])
                    #expect(responses[String(answer.status)] != nil, "\(method) \(path) answered \(answer.status)")
                }
            }
        }
    }

    @Test func `the page for people names every path and fetches nothing`() throws {
        try withGateway { gateway throws in
            let answer = try gateway.get("/docs")
            #expect(answer["content-type"]?.hasPrefix("text/html") == true)
            let paths = try #require(try gateway.get("/openapi.json").object["paths"] as? [String: Any])
            for path in paths.keys { #expect(answer.text.contains("<code>\(path)</code>"), "\(path)") }
            for attribute in ["src=", "http://", "https://", "@import", "url("] { #expect(!answer.text.contains(attribute), "\(attribute)") }
        }
    }
}
