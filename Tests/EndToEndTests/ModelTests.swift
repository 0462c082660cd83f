import Foundation
import Testing

@Suite struct ModelTests {
    private static let providers = [
        Provider("alpha", models: [.init(id: "vendor/large-chat"), .init(id: "small", aliases: ["tiny"])]),
        Provider(
            "beta", models: [.init(id: "small"), .init(id: "embedder", lines: ["kind: embedding"]), .init(id: "unlisted:free")],
            lines: ["base_priority: 2"]),
    ]

    @Test(arguments: [
        // model, provider, model there
        ("priority-auto", "beta", "small"), ("best", "beta", "small"), ("fast", "beta", "small"), ("cheap", "beta", "small"),
        ("code", "beta", "small"),
        ("small", "beta", "small"), ("alpha/small", "alpha", "small"), ("tiny", "alpha", "small"),
        ("vendor/large-chat", "alpha", "vendor/large-chat"),
        ("alpha/vendor/large-chat", "alpha", "vendor/large-chat"), ("unlisted:free", "beta", "unlisted:free"),
        ("vendor/large-chat,small", "alpha", "vendor/large-chat"),
        ("no-such-model,tiny", "alpha", "small"), (" tiny , small", "alpha", "small"),
        // The canonical name, which knows no vendors.
        ("large-chat", "alpha", "vendor/large-chat"),
    ])
    func `a model's name finds its provider`(name: String, provider: String, model: String) throws {
        try found(name, provider, model, remark: nil)
    }

    @Test(arguments: [
        ("LARGE-Chat", "alpha", "vendor/large-chat", "matched by another spelling"), ("SMALL", "beta", "small", "matched by another spelling"),
        ("large", "alpha", "vendor/large-chat", "matched by substring"), ("LISTED", "beta", "unlisted:free", "matched by substring"),
        ("tiny,listed", "alpha", "small", "matched by substring"),
    ])
    func `a name that is not exact finds its provider too, and the trail says how`(
        name: String, provider: String, model: String, remark: String
    ) throws {
        try found(name, provider, model, remark: remark)
    }

    private func found(_ name: String, _ provider: String, _ model: String, remark: String?) throws {
        try withGateway(Self.providers) { gateway throws in
            let answer = try gateway.chat(name)
            #expect(answer.status == 200 && answer["x-best-provider"] == provider && answer["x-best-model"] == model, "\(answer.text)")
            let remarks = answer["x-best-trail"]?.components(separatedBy: "; ").filter { $0.hasPrefix("matched") } ?? []
            #expect(remarks == [remark].compactMap { $0 })
            #expect(answer.object["model"] as? String == model, "what the provider reports")
        }
    }

    @Test func `an unknown model is a 404 that names the nearest ones, and reaches no provider`() throws {
        try withGateway(Self.providers) { gateway throws in
            let answer = try gateway.chat("smal-")
            #expect(answer.status == 404 && answer.error?.code == "model_not_found" && answer.error?.param == "model")
            #expect(answer.error?.type == "invalid_request_error" && answer.error?.message.contains("`small`") == true)
            #expect(try gateway.chat("smal-", stream: true).status == 404)
            #expect(try gateway.mock.counter("requests") == 0)
        }
    }

    @Test func `priority-auto and a chat model are mistakes at the embeddings endpoint`() throws {
        try withGateway(Self.providers) { gateway throws in
            for model in ["priority-auto", "cheap"] {
                let answer = try gateway.post("/v1/embeddings", "{\"model\":\"\(model)\",\"input\":\"x\"}")
                #expect(answer.status == 400 && answer.error?.param == "model" && answer.error?.message.contains(model) == true)
            }
            #expect(try gateway.post("/v1/embeddings", "{\"model\":\"embedder\",\"input\":\"x\"}").status == 200)
            #expect(try gateway.chat("embedder").status == 400)
        }
    }

    @Test func `the list of models has every model once, and the virtual ones`() throws {
        try withGateway(Self.providers) { gateway throws in
            let list = try gateway.get("/v1/models")
            #expect(list.status == 200 && list.object["object"] as? String == "list")
            let entries = try #require(list.object["data"] as? [[String: Any]])
            let ids = entries.compactMap { $0["id"] as? String }
            #expect(Set(ids).count == ids.count)
            #expect(
                Set(ids).isSuperset(of: ["priority-auto", "best", "fast", "cheap", "code", "vendor/large-chat", "small", "embedder", "unlisted:free"])
            )
            #expect(entries.allSatisfy { $0["object"] as? String == "model" && $0["created"] is Int && $0["owned_by"] is String })
            #expect(try gateway.get("/models").body == list.body, "without the prefix too")
        }
    }

    @Test func `one model can be asked for, with its slashes escaped or not`() throws {
        try withGateway(Self.providers) { gateway throws in
            for target in [
                "/v1/models/vendor%2Flarge-chat", "/v1/models/vendor%2flarge-chat", "/v1/models/vendor/large-chat", "/models/vendor%2Flarge-chat",
            ] {
                let answer = try gateway.get(target)
                #expect(answer.status == 200 && answer.object["id"] as? String == "vendor/large-chat", "\(target)")
            }
            #expect(try gateway.get("/v1/models/priority-auto").status == 200)
            let unknown = try gateway.get("/v1/models/vendor%2Flarge-chap")
            #expect(unknown.status == 404 && unknown.error?.code == "model_not_found" && unknown.error?.message.contains("vendor/large-chat") == true)
            for target in ["/v1/models/%", "/v1/models/%2", "/v1/models/%zz", "/v1/models/%00", "/v1/models/%ff"] {
                let answer = try gateway.get(target)
                #expect([400, 404].contains(answer.status) && answer.error != nil, "\(target)")
            }
        }
    }

    @Test func `HEAD has the head of GET and no body, and leaves the connection in order`() throws {
        try withGateway(Self.providers) { gateway throws in
            let client = try gateway.connect()
            for target in ["/v1/models", "/v1/models/small", "/v1/models/none", "/ok", "/health", "/livez", "/readyz"] {
                try client.send("GET", target)
                let get = try client.answer()
                try client.send("HEAD", target)
                let head = try client.answer(toHead: true)
                #expect(head.status == get.status && head["content-length"] == "\(get.body.count)", "\(target)")
            }
        }
    }

    @Test func `every endpoint is served without the prefix too, and with a query`() throws {
        try withGateway(Self.providers) { gateway throws in
            #expect(try gateway.post("/chat/completions", Chat.body("small")).status == 200)
            #expect(try gateway.post("/completions", "{\"model\":\"small\",\"prompt\":\"x\"}").status == 200)
            #expect(try gateway.post("/embeddings", "{\"model\":\"embedder\",\"input\":\"x\"}").status == 200)
            #expect(try gateway.post("/v1/chat/completions?api-version=1&x=%20", Chat.body("small")).status == 200)
            #expect(try gateway.mock.lastRequest()["x-mock-path"] == "/v1/chat/completions")
        }
    }

    @Test func `a provider without a list in the configuration is asked for its models`() throws {
        try withGateway([Provider("d", models: nil)]) { gateway throws in
            let entries = try #require(try gateway.get("/v1/models").object["data"] as? [[String: Any]])
            #expect(entries.contains { $0["id"] as? String == "mock-model" } && entries.contains { $0["id"] as? String == "mock-embedding" })
            #expect(try gateway.chat("mock").status == 200)
        }
    }
}
