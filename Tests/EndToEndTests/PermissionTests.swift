import Foundation
import Testing

@Suite struct PermissionTests {
    private static let admin = "X-Admin-API-Key: adm1n"
    private static let environment = ["LLMGW_ADMIN_API_KEY": "adm1n"]

    /// Makes a key and returns the field that presents it.
    private func key(_ gateway: Gateway, _ models: [String], limits: String = "{}") throws -> [String] {
        let names = models.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try gateway.post("/admin/keys", "{\"name\":\"k\",\"models\":[\(names)],\"limits\":\(limits)}", [Self.admin])
        return ["authorization: Bearer \(try #require(answer.object["plaintext_key"] as? String))"]
    }

    private static let providers = [
        Provider("cheapco", models: [.init(id: "small"), .init(id: "llama-small"), .init(id: "small-broken:status=500")]),
        Provider(
            "bigco", models: [.init(id: "gold", aliases: ["gilt"]), .init(id: "gold-llama"), .init(id: "embedder", lines: ["kind: embedding"])]),
    ]

    @Test(arguments: [
        // patterns of the key, value of model, further members
        (["small"], "small", #""models":["gold"],"#), (["small"], "small", #""models":["gold"],"provider":{"only":["bigco"]},"#),
        (["small"], "small", #""models":["gold"],"provider":{"order":["bigco"]},"#), (["small"], "small,gold", ""), (["small"], "none,gold", ""),
        (["small*"], "small,gold", ""), (["small*"], "small, bigco/gold", ""), (["small*"], "small,gilt", ""),
        (["small*"], "small,priority-auto", ""),
        (["llama*"], "llama", ""), (["llama*"], "LLAMA,gol", ""), (["small"], "priority-auto", #""models":["best","gold"],"#),
        (["small-broken*"], "small-broken:status=500", #""models":["gold","small"],"#), (["small"], "small", #""models":["embedder","gold-llama"],"#),
        (["best"], "gold", ""), (["small"], "best", #""provider":{"sort":"price","only":["bigco"]},"#),
    ])
    func `a key's models are all it reaches, by whatever names`(patterns: [String], model: String, members: String) throws {
        try withGateway(Self.providers, best: Gateway.inOrder, environment: Self.environment) { gateway throws in
            let key = try key(gateway, patterns)
            for _ in 0..<3 {
                let answer = try gateway.chat(model, members, key)
                let reached = [answer["x-best-model"] ?? "", answer["x-best-trail"] ?? "", answer.object["model"] as? String ?? ""]
                #expect(!reached.contains { $0.contains("gold") || $0.contains("embedder") }, "\(answer.status) \(reached)")
            }
            #expect(try gateway.mock.requests(for: "gold") == 0 && gateway.mock.requests(for: "gold-llama") == 0)
        }
    }

    @Test func `no router behind a provider is told of a model that a key may not ask for`() throws {
        let providers = [Provider("or", models: [.init(id: "free"), .init(id: "paid")], lines: ["quirks: [openrouter]"])]
        try withGateway(providers, environment: Self.environment) { gateway throws in
            let (key, free) = (try key(gateway, ["free"]), try key(gateway, []))
            for members in [
                #""models":["paid"],"#, #""fallbacks":["paid"],"route":"fallback","fallback_models":["paid"],"#, #""models":["never/heard"],"#,
            ] {
                for key in [key, free] {
                    #expect(try gateway.chat("free", members, key).status == 200)
                    #expect(try !gateway.mock.lastRequest().text.contains("paid") && !gateway.mock.lastRequest().text.contains("fallback"))
                }
            }
            for (members, name) in [
                (#""preset":"x","#, "preset"), (#""plugins":[{"id":"a","models":["paid"]}],"#, "plugins"),
                (#""extra_body":{"models":["paid"]},"#, "extra_body"), (#""tools":[{"type":"openrouter:fusion"}],"#, "tools"),
            ] {
                let answer = try gateway.chat("free", members, key)
                #expect(answer.status == 400 && answer.error?.param == name, "\(answer.text)")
                #expect(try gateway.chat("free", members, free).status == 200)
            }
        }
    }

    @Test func `a preset that a key allows by its name chooses among all, and frees no other name`() throws {
        try withGateway(Self.providers, best: Gateway.inOrder, environment: Self.environment) { gateway throws in
            let key = try key(gateway, ["best"])
            #expect(try gateway.chat("best", "", key).status == 200)
            #expect(try gateway.chat("gold", "", key).error?.code == "model_not_allowed")
            #expect(try gateway.chat("fast", "", key).error?.code == "model_not_allowed")
            let embedding = try gateway.post("/v1/embeddings", #"{"model":"best","models":["embedder"],"input":"x"}"#, key)
            #expect(embedding.status == 403, "\(embedding.text)")
        }
    }

    @Test func `the list of models and each of them are there as far as the key may ask for them`() throws {
        try withGateway(Self.providers, environment: Self.environment) { gateway throws in
            func ids(_ fields: [String]) throws -> [String] {
                try #require(try gateway.get("/v1/models", fields).object["data"] as? [[String: Any]]).compactMap { $0["id"] as? String }
            }
            let presets = ["priority-auto", "best", "fast", "cheap", "code"]
            let all = try key(gateway, [])
            #expect(try ids(all) == presets + ["small", "llama-small", "small-broken:status=500", "gold", "gold-llama", "embedder"])
            let one = try key(gateway, ["SMALL"])
            #expect(try ids(one) == presets + ["small"])
            #expect(try ids(try key(gateway, ["gilt"])) == presets + ["gold"])
            #expect(try ids(try key(gateway, ["bigco/*"])) == presets + ["gold", "gold-llama", "embedder"])
            #expect(try ids(try key(gateway, ["fast"])) == ["fast"] && ids(try key(gateway, ["none"])) == [])
            for (name, status) in [("small", 200), ("cheapco/small", 200), ("best", 200), ("gold", 404), ("bigco/gold", 404), ("gilt", 404)] {
                #expect(try gateway.get("/v1/models/\(name)", one).status == status, "\(name)")
                #expect(try gateway.get("/v1/models/\(name)", all).status == 200, "\(name)")
            }
            let missing = try gateway.get("/v1/models/gold", one)
            let absent = try gateway.get("/v1/models/gild", one)
            #expect(
                missing.error?.code == "model_not_found" && missing.text.replacing("gold", with: "gild") == absent.text, "as if it were not there")
            #expect(try gateway.get("/v1/models/fast", try key(gateway, ["best"])).status == 404)
        }
    }

    @Test func `an explanation counts what the key may not use and does not name it`() throws {
        try withGateway(Self.providers, environment: Self.environment) { gateway throws in
            let key = try key(gateway, ["small"])
            for body in [Chat.body("best"), Chat.body("small", #""models":["gold"],"#), Chat.body("gold"), Chat.body("gol")] {
                let answer = try gateway.post("/v1/route/explain", body, key)
                #expect(answer.status == 200 && (answer.object["not_allowed"] as? Int ?? 0) > 0)
                #expect(!answer.text.contains("bigco") && !answer.text.contains("gold-llama") && !answer.text.contains("embedder"), "\(answer.text)")
            }
        }
    }

    /// A provider whose list of models is what it likes.
    private func withLister(_ entries: String, _ others: [Provider] = [], _ body: (Gateway) throws -> Void) throws {
        let list = "{\"data\":[\(entries)]}"
        let lister = try RawUpstream(
            answering: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: \(list.utf8.count)\r\nconnection: close\r\n\r\n\(list)")
        defer { lister.stop() }
        try withGateway(
            [Provider("evil", models: nil, url: lister.url, lines: ["base_priority: 900"])] + others, environment: Self.environment, body)
    }

    @Test func `a provider takes no name of the gateway's or of another provider's by listing it`() throws {
        let entries = #"""
            {"id":"priority-auto","aliases":["best","small","cheapco/small"]},{"id":"fast"},{"id":"Cheap"},{"id":"cheapco/small"},
            {"id":"trap","aliases":["SMALL","code","priority-auto"]},{"id":"line\u2028break"},{"id":"turned\u202Eround"},{"id":"bell\u0007"}
            """#
        try withLister(entries, [Provider("cheapco", models: [.init(id: "small")])]) { gateway throws in
            let key = try key(gateway, ["small"])
            for name in ["small", "cheapco/small", "SMALL"] {
                let explained = try gateway.post("/v1/route/explain", Chat.body(name), key).object
                let providers = try #require(explained["candidates"] as? [[String: Any]]).compactMap { $0["provider"] as? String }
                #expect(providers == ["cheapco"], "\(name) \(explained)")
            }
            for preset in ["priority-auto", "best", "fast", "cheap", "code"] {
                let explained = try gateway.post("/v1/route/explain", Chat.body(preset), try self.key(gateway, [])).object
                #expect((explained["candidates"] as? [Any])?.count == 6, "\(preset)")
                #expect(try gateway.chat(preset, "", key)["x-best-provider"] == "cheapco")
            }
            #expect(gateway.program.text.contains("3 entries of the list left out"))
        }
    }

    @Test(arguments: ["m\\u0000", "\\u001fm", "m\\u007f", "m\u{7F}", "m\\u0085", "m\\u2028", "m\u{202E}"])
    func `a control character in a name is a mistake of the request`(name: String) throws {
        try withGateway { gateway throws in
            for body in [
                "{\"model\":\"\(name)\",\"messages\":[]}", "{\"model\":\"m\",\"models\":[\"\(name)\"],\"messages\":[]}",
                "{\"model\":\"m\",\"provider\":{\"order\":[\"\(name)\"]},\"messages\":[]}",
                "{\"model\":\"m\",\"provider\":{\"sort\":\"\(name)\"},\"messages\":[]}",
            ] {
                let answer = try gateway.post("/v1/chat/completions", body)
                #expect(answer.status == 400 && answer.error?.message.contains("control character") == true, "\(answer.text)")
            }
            #expect(try gateway.get("/v1/models/m%00").status == 400 && gateway.get("/v1/models/m%E2%80%AE").status == 400)
            #expect(try gateway.mock.counter("requests") == 0)
        }
    }

    @Test func `names without end are refused by the member they stand in`() throws {
        try withGateway { gateway throws in
            let long = String(repeating: "x", count: 1 << 20)
            let names = Array(repeating: "\"\(long)\"", count: 8).joined(separator: ",")
            for (member, body) in [
                ("models", "{\"model\":\"m\",\"models\":[\(names)],\"messages\":[]}"),
                ("provider.only", "{\"model\":\"m\",\"provider\":{\"only\":[\(names)]},\"messages\":[]}"),
                ("model", "{\"model\":\"\(long)\",\"messages\":[]}"),
            ] {
                let answer = try gateway.post("/v1/chat/completions", body)
                #expect(answer.status == 400 && answer.error?.message.contains("`\(member)`") == true, "\(answer.text.prefix(200))")
            }
        }
    }

    @Test func `what is refused, explained or looked for in vain counts as a request of the key's limits`() throws {
        try withGateway(Self.providers, environment: Self.environment) { gateway throws in
            for (target, body, status) in [
                ("/v1/chat/completions", Chat.body("none-such"), 404), ("/v1/chat/completions", Chat.body("gold"), 403),
                ("/v1/chat/completions", #"{"model":"small"}"#, 400), ("/v1/route/explain", Chat.body("small"), 200),
                ("/v1/route/explain", Chat.body("none-such"), 404),
            ] {
                let key = try key(gateway, ["small"], limits: #"{"requests_per_minute": 2, "tokens_per_minute": 100000}"#)
                for _ in 0..<2 {
                    let answer = try gateway.post(target, body, key)
                    #expect(answer.status == status, "\(answer.text)")
                    #expect(answer["x-ratelimit-remaining-tokens"] == "100000")
                }
                #expect(try gateway.post(target, body, key).status == 429)
                #expect(try gateway.chat("small", "", key).status == 429)
                #expect(try gateway.get("/v1/models", key).status == 200)
            }
            let key = try key(gateway, ["small"], limits: #"{"requests_per_minute": 1, "concurrency": 1}"#)
            #expect(try gateway.get("/v1/models/none", key).status == 404 && gateway.get("/v1/models/none", key).status == 429)
        }
    }

    @Test(arguments: [["include: ['(a+)+$']"], []])
    func `an expression that takes for ever over one provider's ids stops neither the others nor the end`(lines: [String]) throws {
        let poison = String(repeating: "a", count: 60) + "!"
        let list = "{\"data\":[{\"id\":\"\(poison)\"},{\"id\":\"plain\"}]}"
        let lister = try RawUpstream(
            answering: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: \(list.utf8.count)\r\nconnection: close\r\n\r\n\(list)")
        defer { lister.stop() }
        let adjustments = "adjustments:\n  liked:\n    priority: 1\n    regex: ['\(lines.isEmpty ? "(a+)+$" : "none")']\n"
        try withGateway(
            [Provider("evil", models: nil, url: lister.url, lines: lines), Provider("d", models: nil), Provider("f")],
            best: "discovery: {patience: 1s}\n", files: ["model-adjustments.yaml": adjustments]
        ) { gateway throws in
            for model in ["mock-model", "m", "priority-auto"] { #expect(try gateway.chat(model).status == 200, "\(model)") }
            #expect(try gateway.get("/livez").status == 200)
            // What can't be rated is served as what nothing is known of; what can't be chosen is not.
            #expect(try gateway.get("/v1/models/evil/plain").status == (lines.isEmpty ? 200 : 404))
            try gateway.reload([Provider("d", models: nil), Provider("f")])
            #expect(try gateway.chat("mock-model").status == 200)
        }
    }
}
