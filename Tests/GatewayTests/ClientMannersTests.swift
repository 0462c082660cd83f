import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

@Suite struct ClientMannersTests {
    @Test(arguments: [
        "//v1/chat/completions", "/v1//chat/completions", "/v1/chat//completions", "/v1/chat/completions/", "/v1/v1/chat/completions",
        "/v1/chat/completions?api-version=2024-10-21", "/chat/completions/?x", "//v1//v1//chat//completions//", "/v1/v1/v1/chat/completions",
    ])
    func `a base address that was put together carelessly leads to the chat all the same`(path: String) throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let client = simulation.client()
            client.request("POST", path, body: SimulatedClient.chatBody())
            #expect(client.answer?.status == 200 && client.answer?.content == "hello")
            #expect(simulation.call?.target == "/v1/chat/completions")
        }
    }

    @Test(arguments: ["/v1/models/", "//v1/models", "/v1/v1/models", "/models//", "/v1/models?limit=20", "/v1//models/?a=b"])
    func `so it does to the list of models`(path: String) throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let client = simulation.client()
            client.request("GET", path)
            #expect(client.answer?.status == 200 && client.answer?.values(of: "object").first == "list")
        }
    }

    @Test(arguments: ["/v1/models/m/", "/v1/v1/models/m", "//v1/models/m", "/v1/models//m", "/v1/models/m?x=1", "/v1/models/a%2Fm/", "/models/a/m"])
    func `and to one of them, whose name may hold slashes`(path: String) throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let client = simulation.client()
            client.request("GET", path)
            #expect(client.answer?.status == 200 && client.answer?.values(of: "object") == ["model"])
        }
    }

    @Test(arguments: ["//admin/keys", "/v1/admin/keys", "//metrics", "/v1/metrics", "/v1/livez", "/v1/docs", "/v2/models", "/v1/v1", "/v1/", "//"])
    func `what is the operator's, or nothing, is not found by other paths`(path: String) throws {
        try withGateway(.script("a", .completion("hello")), configure: { $0.server.adminKey = Secret("the-admin-key") }) { simulation in
            let key = simulation.addKey("k")
            let client = simulation.client(key)
            client.request("GET", path)
            #expect(client.answer?.status == 404 && client.answer?.errorCode == "unknown_url", "\(client.answer?.text ?? "")")
        }
    }

    // MARK: Credentials

    @Test(arguments: ["x-api-key", "api-key", "X-Api-Key", "authorization"])
    func `a key opens the gateway in the field in which the client's library sends it`(field: String) throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let key = simulation.addKey("k")
            let client = simulation.client()
            let value = field == "authorization" ? "Bearer \(key)" : key
            client.chat(fields: [(field, value)])
            #expect(client.answer?.status == 200)
            // And again on the same connection, which is known by then.
            client.chat(fields: [(field, value)])
            #expect(client.answers.map(\.status) == [200, 200])
            client.chat(fields: [(field, value + "x")])
            #expect(client.answer?.status == 401 && client.answer?.errorCode == "invalid_api_key")
        }
    }

    @Test func `the same key in several fields is one key, and different ones are a mistake`() throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let (one, two) = (simulation.addKey("one"), simulation.addKey("two"))
            func status(_ fields: [(name: String, value: String)]) -> Int? {
                let client = simulation.client()
                client.chat(fields: fields)
                return client.answer?.status
            }
            #expect(status([("authorization", "Bearer \(one)"), ("x-api-key", one), ("api-key", one)]) == 200)
            #expect(status([("authorization", "Bearer \(one)"), ("x-api-key", two)]) == 400)
            #expect(status([("authorization", "Bearer \(one)"), ("api-key", two)]) == 400)
            #expect(status([("x-api-key", one), ("api-key", two)]) == 400)
            #expect(status([("x-api-key", one), ("x-api-key", one)]) == 400)
            #expect(status([("api-key", one), ("api-key", two)]) == 400)
            #expect(status([("authorization", "Bearer \(one)"), ("authorization", "Bearer \(one)")]) == 400)
            // What is no key contradicts none.
            #expect(status([("authorization", "Basic dXNlcjpwYXNz"), ("x-api-key", one)]) == 200)
            #expect(status([("authorization", "Bearer "), ("api-key", one)]) == 200)
            #expect(status([("authorization", "Bearer \(one)"), ("x-api-key", "")]) == 200)
            #expect(status([("x-api-key", "")]) == 401 && status([]) == 401)
        }
    }

    @Test func `while nobody needs a key, whatever is sent is accepted`() throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let client = simulation.client("anything")
            client.chat(fields: [("x-api-key", "something else")])
            #expect(client.answer?.status == 200)
        }
    }

    // MARK: Bodies

    @Test(arguments: ["", ",\"stream\":true"])
    func `a byte order mark before a body is left out`(members: String) throws {
        try withGateway(ScriptedProvider(answer: { .reply(to: $0, "hello") })) { simulation in
            let client = simulation.client()
            let body = "{\"messages\":[],\"model\":\"a/m\"\(members),\"provider\":{\"only\":\"A\"}}"
            client.request("POST", "/v1/chat/completions", body: "\u{FEFF}\(body)")
            #expect(client.answer?.status == 200 && client.answer?.content == "hello")
            let sent = try #require(simulation.call?.text)
            #expect(sent.utf8.first == UInt8(ascii: "{") && sent.contains(#""model":"m""#) && !sent.contains("provider"))
        }
    }

    @Test(arguments: ["nonsense", "-1", "5 parsecs", "1e9", "", "s", "5s5", "NaN", "0x10"])
    func `a wait that is none is a mistake, and no wait is passed over`(wait: String) throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let client = simulation.client()
            client.chat(fields: [("x-best-wait", wait)])
            #expect(client.answer?.status == 400 && client.answer?.text.contains("x-best-wait") == true, "\(wait)")
            #expect(simulation.asked.isEmpty)
            client.chat(fields: [("x-best-wait", "1m30s")])
            #expect(client.answer?.status == 200)
        }
    }

    // MARK: OpenRouter's extensions

    @Test(arguments: [
        (#"{"models":["m","n"],"messages":[]}"#, "m", #"{"model":"m","messages":[]}"#),
        (#"{"messages":[],"models":["nobody","n"]}"#, "n", #"{"messages":[],"model":"n"}"#),
        (#"{"provider":{"only":["a"]},"models":["m"],"messages":[]}"#, "m", #"{"model":"m","messages":[]}"#),
        (#"{"models":["m"],"provider":{},"messages":[]}"#, "m", #"{"model":"m","messages":[]}"#),
        (#"{ "messages" : [] , "models" : [ "m" ] , "route" : "fallback" }"#, "m", #"{ "messages" : [] , "model":"m"  }"#),
        (#"{"model":"m","models":["n"],"messages":[]}"#, "m", #"{"model":"m","messages":[]}"#),
    ])
    func `models without a model are tried in their order`(body: String, model: String, sent: String) throws {
        try withGateway(ScriptedProvider(models: ["m", "n"], answer: { .reply(to: $0, "hello") })) { simulation in
            let client = simulation.client()
            client.request("POST", "/v1/chat/completions", body: body)
            #expect(
                client.answer?.status == 200 && simulation.call?.model == model && simulation.call?.text == sent, "\(simulation.call?.text ?? "")")
        }
    }

    @Test func `models without a model stream, and go on to the next one`() throws {
        let provider = ScriptedProvider(models: ["m", "n"], answer: { $0.model == "m" ? .status(503) : .reply(to: $0, "hello") })
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.request("POST", "/v1/chat/completions", body: #"{"models":["m","n"],"messages":[],"stream":true}"#)
            #expect(client.answer?.events.last == "[DONE]" && client.answer?.content == "hello" && client.answer?["x-best-model"] == "n")
            #expect(simulation.call?.text == #"{"model":"n","stream_options":{"include_usage":true},"messages":[],"stream":true}"#)
        }
    }

    @Test(arguments: [#"{"messages":[]}"#, #"{"models":[],"messages":[]}"#, #"{"models":null,"messages":[]}"#])
    func `neither model nor models is a mistake`(body: String) throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let client = simulation.client()
            client.request("POST", "/v1/chat/completions", body: body)
            #expect(client.answer?.status == 400 && client.answer?.values(of: "param") == ["model"])
        }
    }

    @Test(arguments: [#""only":"Two""#, #""only":["TWO"]"#, #""ignore":"ONE""#, #""order":"two""#, #""order":["Two"],"allow_fallbacks":false"#])
    func `a provider may be named by one text, and in any case`(member: String) throws {
        let providers = ["one", "two"].map { name in ScriptedProvider(name, answer: { .reply(to: $0, "from \(name)") }) }
        try withGateway(providers) { simulation in
            let client = simulation.client()
            client.chat(members: "\"provider\":{\(member)}")
            #expect(client.answer?.content == "from two")
        }
    }

    // MARK: Kinds

    @Test(arguments: [
        ("tts-1", "/v1/chat/completions"), ("dall-e-3", "/v1/chat/completions"), ("text-embedding-3-small", "/v1/chat/completions"),
        ("whisper-1", "/v1/chat/completions"), ("davinci-002", "/v1/chat/completions"), ("gpt-3.5-turbo-instruct", "/v1/chat/completions"),
        ("omni-moderation-latest", "/v1/chat/completions"), ("rerank-v3.5", "/v1/chat/completions"), ("tts-1", "/v1/embeddings"),
        ("dall-e-3", "/v1/embeddings"), ("text-embedding-3-small", "/v1/audio/speech"), ("tts-1", "/v1/images/generations"),
        ("text-embedding-3-small", "/v1/completions"), ("said-to-be-a-completion", "/v1/chat/completions"),
    ])
    func `a model of another kind is refused by name, and nobody is asked`(model: String, path: String) throws {
        var said = ModelConfiguration(id: "said-to-be-a-completion")
        said.kind = .completion
        let all = [
            "tts-1", "dall-e-3", "text-embedding-3-small", "whisper-1", "davinci-002", "gpt-3.5-turbo-instruct", "omni-moderation-latest",
            "rerank-v3.5",
        ].map { ModelConfiguration(id: $0) }
        try withGateway(ScriptedProvider("a", { $0.models = all + [said] }, answer: { .reply(to: $0, "hello") })) { simulation in
            let client = simulation.client()
            client.request("POST", path, body: "{\"model\":\"\(model)\",\"messages\":[],\"input\":\"x\"}")
            #expect(client.answer?.status == 400 && client.answer?.text.contains("does not serve") == true, "\(client.answer?.text ?? "")")
            #expect(simulation.asked.isEmpty)
        }
    }

    @Test func `priority-auto chooses no base model, and what guards others is asked as in a chat by its name only`() throws {
        let ids = ["davinci-002", "gpt-3.5-turbo-instruct", "llama-guard-4-12b", "tts-1", "chatty"]
        try withGateway(ScriptedProvider("a", models: ids, answer: { .reply(to: $0, "hello") })) { simulation in
            let client = simulation.client()
            client.chat(model: "priority-auto")
            #expect(simulation.call?.model == "chatty" && client.answer?.status == 200)
            client.chat(model: "llama-guard-4-12b")
            #expect(simulation.call?.model == "llama-guard-4-12b" && client.answer?.status == 200)
            client.request("POST", "/v1/completions", body: #"{"model":"davinci-002","prompt":"x"}"#)
            #expect(simulation.call?.model == "davinci-002")
        }
    }

    @Test func `what the operator says of a kind counts, whatever the name says`() throws {
        var model = ModelConfiguration(id: "my-tts-talker")
        model.kind = .chat
        try withGateway(ScriptedProvider("a", { $0.models = [model] }, answer: { .reply(to: $0, "hello") })) { simulation in
            let client = simulation.client()
            client.chat(model: "my-tts-talker")
            #expect(client.answer?.status == 200)
        }
    }

    // MARK: Moderations

    @Test func `moderations need no model`() throws {
        let ids = ["chatty", "llama-guard-4", "omni-moderation-latest"]
        let provider = ScriptedProvider(
            "a", models: ids, answer: { _ in .status(200, #"{"id":"modr","model":"omni","results":[{"flagged":false}]}"#) })
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.request("POST", "/v1/moderations", body: #"{"input":"hello"}"#)
            #expect(client.answer?.status == 200, "\(client.answer?.text ?? "")")
            #expect(simulation.call?.text == #"{"model":"omni-moderation-latest","input":"hello"}"#)
            client.request("POST", "/v1/moderations", body: #"{"model":"omni-moderation-latest","input":"hello"}"#)
            #expect(simulation.call?.text == #"{"model":"omni-moderation-latest","input":"hello"}"#)
            client.request("POST", "/v1/embeddings", body: #"{"input":"hello"}"#)
            #expect(client.answer?.status == 400)
        }
        try withGateway(.script("a", models: ["chatty"], .completion("no"))) { simulation in
            let client = simulation.client()
            client.request("POST", "/v1/moderations", body: #"{"input":"hello"}"#)
            #expect(client.answer?.status == 404 && client.answer?.text.contains("/v1/moderations") == true && simulation.asked.isEmpty)
        }
    }

    // MARK: Origins

    @Test(arguments: ["app://obsidian.md", "tauri://localhost", "vscode-webview://0a1b2c3d4e", "app://-", "app://.", "capacitor://localhost"])
    func `an app in a web view is told how it may use an open gateway, and may when it is done`(origin: String) throws {
        try withGateway(.script("a", .completion("hello"))) { simulation in
            let client = simulation.client()
            client.chat(fields: [("origin", origin)])
            #expect(client.answer?.status == 403 && client.answer?.errorCode == "origin_not_allowed")
            #expect(client.answer?.errorMessage?.contains("server.allowed_origins") == true && client.answer?.errorMessage?.contains(origin) == true)
        }
        let scheme = origin.prefix { $0 != ":" }
        for allowed in [origin, origin + "/", "\(scheme)://*"] {
            let wanted = try #require(WebOrigin(allowing: allowed))
            try withGateway(.script("a", .completion("hello")), configure: { $0.server.allowedOrigins = [wanted] }) { simulation in
                let client = simulation.client()
                client.chat(fields: [("origin", origin)])
                #expect(client.answer?.status == 200 && client.answer?["access-control-allow-origin"] == origin)
                client.chat(fields: [("origin", "https://evil.example")])
                #expect(client.answer?.status == 403)
                client.chat(fields: [("origin", "other-\(origin)")])
                #expect(client.answer?.status == 403)
            }
        }
    }

    @Test(arguments: ["*", "http://*", "https://*", "*://x", "app://*.md", "://*", "app://*/"])
    func `a star stands for the hosts of one scheme that is not the web's, and for nothing else`(text: String) {
        #expect((WebOrigin(allowing: text) != nil) == (text == "app://*/"))
    }
}
