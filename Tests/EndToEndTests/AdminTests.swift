import Foundation
import Testing

/// Keys made through the admin API, their limits and their books.
@Suite struct AdminTests {
    private static let admin = "X-Admin-API-Key: adm1n"
    private static let environment = ["LLMGW_ADMIN_API_KEY": "adm1n"]

    private func create(_ gateway: Gateway, _ body: String) throws -> (id: String, key: String, answer: Answer) {
        let answer = try gateway.post("/admin/keys", body, [Self.admin])
        try #require(answer.status == 201, "\(answer.text)")
        return (try #require(answer.object["id"] as? String), try #require(answer.object["plaintext_key"] as? String), answer)
    }

    private func bearer(_ key: String) -> [String] { ["Authorization: Bearer \(key)"] }

    private func list(_ gateway: Gateway, _ query: String = "") throws -> [[String: Any]] {
        try #require(try gateway.get("/admin/keys\(query)", [Self.admin]).object["data"] as? [[String: Any]])
    }

    @Test func `a key is made, listed without its secret, used, and revoked for the next request`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            #expect(try gateway.chat("m").status == 401)
            let (id, key, answer) = try create(gateway, #"{"name": "my_test_key", "tags": ["team"]}"#)
            #expect(key.hasPrefix("llmgw-sk-\(id)-") && answer.object["name"] as? String == "my_test_key" && answer["cache-control"] == "no-store")
            #expect(try gateway.chat("m", stream: false, "", bearer(key)).status == 200)
            let listed = try #require(try list(gateway).first)
            #expect(listed["id"] as? String == id && listed["plaintext_key"] == nil && listed["tags"] as? [String] == ["team"])
            let secret = String(key.suffix(43))
            #expect(try !gateway.get("/admin/keys", [Self.admin]).text.contains(secret))
            #expect(try gateway.get("/admin/keys/\(id)", [Self.admin], method: "DELETE").status == 200)
            let refused = try gateway.chat("m", stream: false, "", bearer(key))
            #expect(refused.status == 401 && refused.error?.code == "invalid_api_key" && refused["www-authenticate"] == "Bearer")
            #expect(try list(gateway).isEmpty)
            #expect(try list(gateway, "?include_revoked=true").first?["revoked_at"] is String)
            #expect(try gateway.get("/admin/keys/\(id)", [Self.admin], method: "DELETE").error?.code == "key_not_found")
        }
    }

    @Test func `a connection that was let in is not, after its key is revoked`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let (id, key, _) = try create(gateway, #"{"name": "a"}"#)
            let client = try gateway.connect()
            for _ in 0..<2 {
                try client.send("POST", "/v1/chat/completions", bearer(key), body: Array(Chat.body("m").utf8))
                #expect(try client.answer().status == 200)
            }
            #expect(try gateway.get("/admin/keys/\(id)", [Self.admin], method: "DELETE").status == 200)
            try client.send("POST", "/v1/chat/completions", bearer(key), body: Array(Chat.body("m").utf8))
            #expect(try client.answer().status == 401)
        }
    }

    @Test func `a stream of a revoked key goes on, unless its end is asked for`() throws {
        try withGateway([Provider("a", "tokens=100;gap=10")], environment: Self.environment) { gateway throws in
            for endsStreams in [false, true] {
                let (id, key, _) = try create(gateway, #"{"name": "a"}"#)
                let client = try gateway.connect()
                try client.send("POST", "/v1/chat/completions", bearer(key), body: Array(Chat.body("m", stream: true).utf8))
                #expect(try client.head().status == 200)
                #expect(try client.chunk() != nil)
                let query = endsStreams ? "?end_streams=true" : ""
                #expect(try gateway.get("/admin/keys/\(id)\(query)", [Self.admin], method: "DELETE").status == 200)
                var bytes: [UInt8] = []
                while let chunk = try client.chunk() { bytes += chunk }
                let rest = String(decoding: bytes, as: UTF8.self)
                #expect(rest.contains("[DONE]") == !endsStreams && rest.contains("the API key was revoked") == endsStreams)
            }
        }
    }

    @Test func `a new secret opens and the old one does not`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let (id, old, _) = try create(gateway, #"{"name": "a"}"#)
            let answer = try gateway.post("/admin/keys/\(id)/rotate", "", [Self.admin])
            let new = try #require(answer.object["plaintext_key"] as? String)
            #expect(new != old && answer.object["id"] as? String == id)
            #expect(try gateway.chat("m", stream: false, "", bearer(new)).status == 200)
            #expect(try gateway.chat("m", stream: false, "", bearer(old)).status == 401)
        }
    }

    @Test func `client keys open no admin route, and the admin key is no client key`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let (_, key, _) = try create(gateway, #"{"name": "a"}"#)
            #expect(try gateway.get("/admin/keys", bearer(key)).status == 401)
            #expect(try gateway.get("/admin/keys", ["X-Admin-API-Key: \(key)"]).status == 401)
            #expect(try gateway.get("/admin/keys").status == 401)
            #expect(try gateway.get("/v1/models", bearer("adm1n")).status == 401)
        }
    }

    @Test func `without an admin key there are no admin endpoints`() throws {
        try withGateway { gateway throws in
            #expect(try gateway.get("/admin/keys", [Self.admin]).error?.code == "unknown_url")
            #expect(try gateway.post("/admin/keys", #"{"name":"a"}"#, [Self.admin]).status == 404)
        }
    }

    @Test func `after ten wrong admin keys further ones are told to wait, while the right one is heard`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            for number in 0..<10 {
                let field = number % 2 == 0 ? "X-Admin-API-Key: wrong" : "Authorization: Bearer wrong"
                #expect(try gateway.get(number % 3 == 0 ? "/metrics" : "/admin/keys", [field]).status == 401)
            }
            let answer = try gateway.get("/admin/keys", ["X-Admin-API-Key: wrong"])
            #expect(answer.status == 429 && answer.error?.code == "rate_limit_exceeded" && (Int(answer["retry-after"] ?? "") ?? 0) > 50)
            #expect(try gateway.get("/admin/keys").status == 401, "no key is no guess")
            #expect(try gateway.get("/admin/keys", [Self.admin]).status == 200)
            let (_, key, _) = try create(gateway, #"{"name": "a"}"#)
            #expect(try gateway.chat("m", stream: false, "", bearer(key)).status == 200)
        }
    }

    @Test func `one attacker's wrong keys are not another address's`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            for _ in 0..<10 { _ = try gateway.get("/admin/keys", ["X-Admin-API-Key: wrong"]) }
            #expect(try gateway.get("/admin/keys", ["X-Admin-API-Key: wrong"]).status == 429)
            let other = try WireClient(port: gateway.port, from: "127.0.0.9")
            try other.send("GET", "/admin/keys", ["X-Admin-API-Key: wrong"])
            #expect(try other.answer().status == 401)
        }
    }

    @Test func `keys that wait for the same provider are served by their weights`() throws {
        let provider = Provider("a", "ttft=20", lines: ["limits: {concurrency: 1}"])
        try withGateway([provider], environment: Self.environment) { gateway throws in
            let light = try create(gateway, #"{"name": "light"}"#).key
            let heavy = try create(gateway, #"{"name": "heavy", "weight": 3}"#).key
            // The light ones come first and are as many, so that it is the weights that decide.
            let clients = try [light, heavy].flatMap { key in
                try (0..<24).map { _ in
                    let client = try gateway.connect()
                    try client.send("POST", "/v1/chat/completions", bearer(key) + ["x-best-wait: 30s"], body: Array(Chat.body("m").utf8))
                    return client
                }
            }
            for client in clients { #expect(try client.answer().status == 200) }
            // The log has the requests in the order of their ends; the first few were served before the others waited.
            #expect(Deadline.usual.until { gateway.program.count(of: "chat.completions") >= 48 })
            let order = gateway.program.text.split(separator: "\n").compactMap { line -> String? in
                guard line.contains("chat.completions") else { return nil }
                return line.contains("key=heavy") ? "heavy" : line.contains("key=light") ? "light" : nil
            }
            #expect(order.count == 48)
            let start = try #require(order.firstIndex(of: "heavy"))
            let heavyShare = order[start..<start + 20].count { $0 == "heavy" }
            #expect((14...16).contains(heavyShare), "\(order)")
        }
    }

    @Test func `a key's weight is made, shown, changed and kept`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            #expect(try create(gateway, #"{"name": "a"}"#).answer.object["weight"] as? Int == 1)
            let (id, _, answer) = try create(gateway, #"{"name": "b", "weight": 3}"#)
            #expect(answer.object["weight"] as? Int == 3)
            let client = try gateway.connect()
            for (body, weight) in [(#"{"weight": 1000}"#, 1000), (#"{"name": "c"}"#, 1000), (#"{"weight": null}"#, 1)] {
                try client.send("PATCH", "/admin/keys/\(id)", [Self.admin], body: Array(body.utf8))
                #expect(try client.answer().object["weight"] as? Int == weight)
            }
            #expect(try list(gateway).map { $0["weight"] as? Int } == [1, 1])
        }
    }

    @Test(arguments: [
        ("{", ""), ("[]", ""), (#"{}"#, "name"), (#"{"name": 1}"#, "name"), (#"{"name": " "}"#, "name"), (#"{"nmae": "a"}"#, "nmae"),
        (#"{"name": "a", "limits": {"requests_per_minut": 1}}"#, "limits.requests_per_minut"),
        (#"{"name": "a", "limits": {"requests_per_minute": 0}}"#, "limits.requests_per_minute"),
        (#"{"name": "a", "requests_per_minute": 1.5}"#, "requests_per_minute"), (#"{"name": "a", "concurrency": "2"}"#, "concurrency"),
        (#"{"name": "a", "budget": -1}"#, "budget"), (#"{"name": "a", "budget": 1, "budget_period": "year"}"#, "budget_period"),
        (#"{"name": "a", "expires_at": "2020-01-01"}"#, "expires_at"), (#"{"name": "a", "expires_at": true}"#, "expires_at"),
        (#"{"name": "a", "weight": 0}"#, "weight"), (#"{"name": "a", "weight": 1001}"#, "weight"), (#"{"name": "a", "weight": 1.5}"#, "weight"),
        (#"{"name": "a", "weight": "3"}"#, "weight"), (#"{"name": "a", "limits": {"weight": 3}}"#, "limits.weight"),
        (#"{"name": "a", "models": "x"}"#, "models"), (#"{"name": "a", "tags": [1]}"#, "tags"),
    ])
    func `what a key can't be made of is refused by name`(body: String, param: String) throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let answer = try gateway.post("/admin/keys", body, [Self.admin])
            #expect(answer.status == 400 && answer.error?.type == "invalid_request_error", "\(answer.text)")
            #expect((answer.object["error"] as? [String: Any])?["param"] as? String ?? "" == param, "\(answer.text)")
            #expect(try list(gateway).isEmpty)
        }
    }

    @Test func `of many requests at once exactly as many pass as the key's limit allows`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let (_, key, _) = try create(gateway, #"{"name": "a", "limits": {"requests_per_minute": 100}}"#)
            let clients = try (0..<50).map { _ in try gateway.connect() }
            var statuses: [Int: Int] = [:]
            var last: Answer?
            for _ in 0..<20 {
                for client in clients { try client.send("POST", "/v1/chat/completions", bearer(key), body: Array(Chat.body("m").utf8)) }
                for client in clients {
                    let answer = try client.answer()
                    statuses[answer.status, default: 0] += 1
                    if answer.status == 429 { last = answer }
                }
            }
            #expect(statuses == [200: 100, 429: 900])
            let refused = try #require(last)
            #expect(refused.error?.type == "requests" && refused.error?.code == "rate_limit_exceeded")
            #expect(refused["x-ratelimit-limit-requests"] == "100" && refused["x-ratelimit-remaining-requests"] == "0")
            let wait = try #require(Int(refused["retry-after"] ?? ""))
            #expect(wait >= 1 && wait <= 61 && (Int(refused["retry-after-ms"] ?? "") ?? 0) > 0)
            #expect(try gateway.mock.counter("requests") == 100)
        }
    }

    @Test func `an answer tells how far the key's limits are used`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let (_, key, _) = try create(gateway, #"{"name": "a", "limits": {"requests_per_minute": 10, "tokens_per_minute": 100000}}"#)
            for stream in [false, true] {
                let answer = try gateway.chat("m", stream: stream, "", bearer(key))
                #expect(answer["x-ratelimit-limit-requests"] == "10" && answer["x-ratelimit-remaining-requests"] == (stream ? "8" : "9"))
                #expect(answer["x-ratelimit-limit-tokens"] == "100000" && answer["x-ratelimit-reset-requests"]?.hasSuffix("s") == true)
                #expect((Int(answer["x-ratelimit-remaining-tokens"] ?? "") ?? 100_000) < 100_000)
            }
        }
    }

    @Test func `a key's day that is used up is another error than its minute`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let (_, key, _) = try create(gateway, #"{"name": "a", "limits": {"requests_per_day": 1}}"#)
            #expect(try gateway.chat("m", stream: false, "", bearer(key)).status == 200)
            let refused = try gateway.chat("m", stream: false, "", bearer(key))
            #expect(refused.status == 429 && refused.error?.type == "insufficient_quota" && refused.error?.code == "insufficient_quota")
            #expect(refused["x-should-retry"] == "false" && (Int(refused["retry-after"] ?? "") ?? 0) > 86_000)
        }
    }

    @Test func `a request counts from the moment a provider was asked`() throws {
        for (script, count) in [("status=500", 3), ("status=400", 1)] {
            try withGateway([Provider("a", script)], environment: Self.environment) { gateway throws in
                let (_, key, _) = try create(gateway, #"{"name": "a", "limits": {"requests_per_day": 2}}"#)
                for _ in 0..<6 { _ = try gateway.chat("m", stream: false, "", bearer(key) + ["x-best-wait: 0"]) }
                #expect(try gateway.mock.counter("requests") <= 2 * count, "\(script)")
                #expect(try gateway.chat("m", stream: false, "", bearer(key)).error?.code == "insufficient_quota")
            }
        }
    }

    @Test func `a request that reached nobody is given back`() throws {
        let nobody = Provider("a", url: "http://127.0.0.1:1/v1")
        try withGateway([nobody], environment: Self.environment) { gateway throws in
            let (_, key, _) = try create(gateway, #"{"name": "a", "limits": {"requests_per_minute": 1}}"#)
            for _ in 0..<3 {
                #expect(try gateway.chat("m", stream: false, "", bearer(key) + ["x-best-wait: 0"]).error?.code != "rate_limit_exceeded")
            }
        }
    }

    @Test func `a key asks for its models only`() throws {
        let providers = [Provider("p", models: [.init(id: "vendor/a"), .init(id: "vendor/b"), .init(id: "c:free")])]
        try withGateway(providers, environment: Self.environment) { gateway throws in
            let (id, key, _) = try create(gateway, #"{"name": "a", "models": ["vendor/b", "*:free"]}"#)
            #expect(try gateway.chat("vendor/b", stream: false, "", bearer(key)).status == 200)
            #expect(try gateway.chat("c:free", stream: false, "", bearer(key)).status == 200)
            let refused = try gateway.chat("vendor/a", stream: false, "", bearer(key))
            #expect(refused.status == 403 && refused.error?.type == "permission_error" && refused.error?.code == "model_not_allowed")
            // Also where the choice is ours, the score decides among what is allowed.
            let explained = try gateway.post("/v1/route/explain", Chat.body("priority-auto"), bearer(key)).object
            let candidates = try #require(explained["candidates"] as? [[String: Any]]).compactMap { $0["model"] as? String }
            #expect(Set(candidates) == ["vendor/b", "c:free"] && candidates.count == 2)
            #expect(try gateway.chat("priority-auto", stream: false, "", bearer(key))["x-best-model"] == candidates[0])
            #expect((explained["filtered"] as? [Any])?.isEmpty == true && explained["not_allowed"] as? Int == 1, "counted, and not named")
            let alone = try gateway.post("/v1/route/explain", Chat.body("vendor/a"), bearer(key))
            #expect(alone.status == 200 && (alone.object["error"] as? [String: Any])?["code"] as? String == "model_not_allowed")
            #expect((alone.object["candidates"] as? [Any])?.isEmpty == true && (alone.object["filtered"] as? [Any])?.isEmpty == true)
            #expect(alone.object["not_allowed"] as? Int == 1)
            let client = try gateway.connect()
            try client.send("PATCH", "/admin/keys/\(id)", [Self.admin], body: Array(#"{"models": []}"#.utf8))
            #expect(try client.answer().status == 200)
            #expect(try gateway.chat("vendor/a", stream: false, "", bearer(key)).status == 200)
        }
    }

    @Test func `the first key ends open mode at once`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            _ = try create(gateway, #"{"name": "a"}"#)
            #expect(try gateway.chat("m").status == 401)
        }
    }

    @Test func `usage is told by key, model, provider and day, as JSON and as a table`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let (id, key, _) = try create(gateway, #"{"name": "team"}"#)
            for stream in [false, true, false] { #expect(try gateway.chat("m", stream: stream, "", bearer(key)).status == 200) }
            let answer = try gateway.get("/admin/usage", [Self.admin])
            let row = try #require((answer.object["data"] as? [[String: Any]])?.first { $0["key_id"] as? String == id }, "\(answer.text)")
            #expect(row["name"] as? String == "team" && row["requests"] as? Int == 3 && row["failed_requests"] as? Int == 0)
            let tokens = (row["input_tokens"] as? Int ?? 0, row["output_tokens"] as? Int ?? 0)
            #expect(tokens.0 > 0 && tokens.1 == 60 && row["total_tokens"] as? Int == tokens.0 + tokens.1 && row["last_used"] is String)
            let grouped = try gateway.get("/admin/usage?group_by=provider,model,day", [Self.admin])
            let group = try #require((grouped.object["data"] as? [[String: Any]])?.first)
            #expect(group["provider"] as? String == "a" && group["model"] as? String == "a" && (group["day"] as? String)?.count == 10)
            let table = try gateway.get("/admin/usage?format=csv", [Self.admin])
            #expect(table["content-type"]?.hasPrefix("text/csv") == true && table.text.hasPrefix("key_id,name,requests,"))
            #expect(try gateway.get("/admin/usage?from=yesterday", [Self.admin]).error?.param == "from")
            #expect(try gateway.get("/admin/usage?group_by=colour", [Self.admin]).error?.param == "group_by")
        }
    }

    @Test func `no secret is in the log, the metrics or the store`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let (_, key, _) = try create(gateway, #"{"name": "a"}"#)
            #expect(try gateway.chat("m", stream: false, "", bearer(key)).status == 200)
            #expect(try gateway.chat("none", stream: false, "", bearer(key)).status == 404)
            let secret = String(key.suffix(43))
            for page in ["/metrics", "/admin/usage", "/stats", "/admin/keys"] {
                #expect(try !gateway.get(page, [Self.admin] + bearer(key)).text.contains(secret), "\(page)")
            }
            #expect(!gateway.program.text.contains(secret) && !gateway.program.text.contains("adm1n"))
            for file in try gateway.dataFiles() {
                #expect(
                    file.contents.firstRange(of: Data(secret.utf8)) == nil && file.contents.firstRange(of: Data("adm1n".utf8)) == nil, "\(file.name)")
            }
        }
    }
}

extension Gateway {
    /// The files of its data directory.
    fileprivate func dataFiles() throws -> [(name: String, contents: Data)] {
        let root = URL(fileURLWithPath: directory)
        let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        return names.compactMap { name in (try? Data(contentsOf: root.appendingPathComponent(name))).map { (name, $0) } }
    }
}
