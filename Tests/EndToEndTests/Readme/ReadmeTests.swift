import Foundation
import Testing

/// Every command and every claim of the README that a machine can check, section by section, on gateways that the tests share.
///
/// Each test names the sentence that it proves, and fails when that is not what the README says any more.
@Suite(.serialized) struct ReadmeTests {
    private typealias Gateways = ReadmeGateways

    /// Runs a command of the README in a shell, on this gateway in the place of the one on port 8000.
    private func shell(_ command: String, on gateway: Gateway, environment: [String: String] = [:]) throws -> (code: Program.Exit, text: String) {
        let port = "http://127.0.0.1:\(gateway.port)"
        // The progress meter of a terminal is not part of the answer.
        let text = command.replacing("http://127.0.0.1:8000", with: port).replacing("curl ", with: "curl -sS ")
        let program = try Program(["-c", text], environment: environment, directory: gateway.directory, executable: "/bin/sh")
        return (try program.waitForExit(Deadline(.seconds(20))), program.text)
    }

    private func best(_ arguments: [String], in directory: String, environment: [String: String] = [:]) throws -> (code: Program.Exit, text: String) {
        let program = try Program(arguments, environment: environment, directory: directory)
        return (try program.waitForExit(Deadline(.seconds(30))), program.text)
    }

    private func command(_ start: String) throws -> String { try #require(Readme.commands.first { $0.hasPrefix(start) }) }

    // MARK: The first screen

    @Test func `the first request streams an answer`() throws {
        try Gateways.open.run { gateway throws in
            let result = try shell(try command("curl -N"), on: gateway)
            #expect(result.code == .code(0) && result.text.hasPrefix("data: {") && result.text.contains("data: [DONE]"), "\(result.text)")
        }
    }

    @Test(.enabled(if: venvs != nil, "BEST_VENVS is not set: `make test` sets it"))
    func `the official client works with nothing changed but the address`() throws {
        try Gateways.open.run { gateway throws in
            let code = try #require(Readme.block("python")).replacing("http://127.0.0.1:8000", with: "http://127.0.0.1:\(gateway.port)")
            let program = try Program(["-c", code], environment: ["NO_PROXY": "*"], executable: "\(venvs ?? "")/current/bin/python")
            #expect(try program.waitForExit(Deadline(.seconds(20))) == .code(0), "\(program.text)")
            #expect(program.text.contains("w0 w1"))
        }
    }

    @Test func `without a usable provider a start fails and names the variables, and with the demonstration's flag it works`() throws {
        Readme.says("Without that flag, as in a service, a start without a usable provider fails and names the variables of the missing keys.")
        let folder = try Folder()
        try folder.write("providers:\n  - {base_url: https://a.test/v1, api_key_env_var: GROQ_API_KEY}\n", to: "config/meta-providers.yaml")
        let refused = try best(["serve", "--port", "0"], in: folder.path)
        #expect(refused.code == .code(78) && refused.text.contains("GROQ_API_KEY"), "\(refused.text)")
        let demo = try Program(["serve", "--demo", "--port", "0"], directory: folder.path)
        #expect(try demo.line(with: "made-up text").contains("GROQ_API_KEY"))
        demo.stop()
    }

    // MARK: Configure

    @Test func `a key in the file .env is used, the environment wins over it, and a file or a credential will do`() throws {
        Readme.says("Flags win over the environment, the environment over `.env`, and that over files.")
        Readme.says("A key can also come from a file (`GROQ_API_KEY_FILE=/run/secrets/groq`) or from systemd's `$CREDENTIALS_DIRECTORY`.")
        let folder = try Folder()
        try folder.write(
            "providers:\n  - {base_url: https://a.test/v1, api_key_env_var: GROQ_API_KEY, models: [m]}\n", to: "config/meta-providers.yaml")
        try folder.write("server: {port: 1111}\n", to: "config/best.yaml")
        try folder.write("gsk_secret\n", to: "secrets/GROQ_API_KEY")
        for environment in [["GROQ_API_KEY_FILE": folder.path + "/secrets/GROQ_API_KEY"], ["CREDENTIALS_DIRECTORY": folder.path + "/secrets"]] {
            let result = try best(["check"], in: folder.path, environment: environment)
            #expect(result.code == .code(0), "\(result.text)")
        }
        #expect(try best(["check"], in: folder.path).code == .code(78))
        try folder.write("GROQ_API_KEY=gsk_...\nPORT=2222\n", to: ".env")
        #expect(try best(["check"], in: folder.path).code == .code(0))
        #expect(!(try best(["check"], in: folder.path).text.contains("gsk_")))
        for (arguments, environment, port) in [
            ([], [:], 2222), ([], ["PORT": "3333"], 3333), (["--port", "4444"], ["PORT": "3333"], 4444),
        ] as [([String], [String: String], Int)] {
            // The port is in use, so that the start says which it is and ends.
            let holder = try PortHolder(port)
            defer { holder.close() }
            let result = try best(["serve"] + arguments, in: folder.path, environment: environment)
            #expect(result.code == .code(69) && result.text.contains("port \(port) "), "\(result.text)")
        }
    }

    @Test func `all that is wrong is said at once, with file, line and key`() throws {
        Readme.says("What is wrong is said all at once, each with file, line, key, what was found and what would be right; exit code 78.")
        let folder = try Folder()
        try folder.write("providers:\n  - base_ur: https://a.test/v1\n    tier: cheap\n", to: "config/meta-providers.yaml")
        try folder.write("server:\n  port: 99999\n", to: "config/best.yaml")
        let result = try best(["check"], in: folder.path)
        #expect(result.code == .code(78))
        for part in ["meta-providers.yaml:2:", "base_ur", "did you mean", "meta-providers.yaml:3:", "best.yaml:2: server.port"] {
            #expect(result.text.contains(part), "\(part): \(result.text)")
        }
        // `best check --live` asks providers; here it is only known.
        #expect(try best(["check", "--help"], in: folder.path).text.contains("--live"))
    }

    @Test func `data lie where they are told to, and .env may name a proxy`() throws {
        Readme.says(
            "What is learnt and kept lies in `data/` in the working directory, or where `--data`, `STATE_DIRECTORY` or `server.data_directory` say.")
        let folder = try Folder()
        try folder.makeFolder("here")
        for (arguments, environment, place) in [
            (["--data", "here"], [:], "here"), ([], ["STATE_DIRECTORY": folder.path + "/there"], "there"), ([], [:], "data"),
        ] as [([String], [String: String], String)] {
            let made = try best(["keys", "create", "a"] + arguments, in: folder.path, environment: environment)
            #expect(made.code == .code(0) && FileManager.default.fileExists(atPath: "\(folder.path)/\(place)/best.db"), "\(made.text)")
        }
        Readme.says("| `https_proxy`, `no_proxy` | as everywhere (`http_proxy` and `all_proxy` as well), read at the start |")
        let proxy = try RawUpstream(answering: "HTTP/1.1 502 no\r\ncontent-length: 0\r\n\r\n")
        defer { proxy.stop() }
        try folder.write("providers:\n  - {base_url: http://far.example/v1, name: far}\n", to: "config/meta-providers.yaml")
        try folder.write("http_proxy=http://127.0.0.1:\(proxy.port)\n", to: ".env")
        _ = try best(["check", "--live"], in: folder.path)
        #expect(proxy.received.first?.contains("far.example") == true, "libcurl asks the proxy of .env")
    }

    @Test func `a reload takes up what it can, names what it can't, and refuses what is wrong`() throws {
        Readme.says("a bad file changes nothing and is named in the log and the answer, and so is every change that needs a restart")
        try withGateway(environment: ["ALLOWED_BEARER_TOKENS": "good"], files: [".env": "# nothing\n"]) { gateway throws in
            try gateway.write(
                text: "store: {kind: memory, busy_timeout: 9s}\nusage: {keep_requests: 24h}\nserver: {maximum_connections: 77}\n", to: "best.yaml")
            try gateway.reload()
            for option in ["store.kind", "store.busy_timeout", "usage.keep_requests", "server.maximum_connections"] {
                #expect(gateway.program.count(of: "\(option) has changed, which takes effect when the gateway is restarted") == 1, "\(option)")
            }
            try gateway.write(text: "LLMGW_ADMIN_API_KEY=adm1n\n", to: ".env")
            try gateway.write(text: "", to: "best.yaml")
            try gateway.reload()
            #expect(try gateway.get("/admin/keys", [Gateways.admin]).status == 200, ".env is read again")
            try gateway.write(text: "server: {prot: 7}\n", to: "best.yaml")
            let answer = try gateway.post("/admin/reload", "", [Gateways.admin])
            #expect(answer.status == 409 && answer.text.contains("server.prot"))
            #expect(try gateway.chat("m", stream: false, "", [Gateways.bearer]).status == 200)
        }
        Readme.says("`kill -HUP` (or `systemctl reload best`, or `POST /admin/reload`)")
    }

    @Test func `an open gateway serves this machine only and refuses foreign hosts and pages`() throws {
        Readme.says("it then serves this machine only, whatever key a client sends, and refuses foreign host names and web pages")
        try Gateways.open.run { gateway throws in
            #expect(try gateway.chat("small", stream: false, "", ["Authorization: Bearer whatever"]).status == 200)
            #expect(try gateway.exchange("GET /v1/models HTTP/1.1\r\nhost: evil.example\r\n\r\n").status == 403)
            let page = try gateway.get("/v1/models", ["Origin: https://evil.example"])
            #expect(page.status == 403 && page.error?.message.contains("server.allowed_origins") == true)
        }
        let folder = try Folder()
        try folder.write("providers:\n  - {base_url: http://127.0.0.1:9/v1}\n", to: "config/meta-providers.yaml")
        Readme.says("any but this machine's needs a client key")
        #expect(try best(["serve"], in: folder.path, environment: ["HOST": "0.0.0.0", "PORT": "0"]).code == .code(78))
    }

    @Test func `a key, a token or an admin key ends the open mode, and a key that was made does so for good`() throws {
        Readme.says(
            "The first key that is made, a token in `ALLOWED_BEARER_TOKENS` or an admin key ends that: from then on every client needs a key.")
        Readme.says(
            "the data directory remembers it (`keys-required`), so that a lost database leaves the gateway closed, and the start says what was lost")
        try withGateway(environment: ["LLMGW_ADMIN_API_KEY": "adm1n"]) { gateway throws in
            #expect(try gateway.chat().status == 401)
        }
        try withGateway { gateway throws in
            #expect(try gateway.chat().status == 200)
            #expect(gateway.program.text.contains("or ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY is set"))
            #expect(try best(["keys", "create", "a"], in: gateway.directory).code == .code(0))
            #expect(try Deadline.usual.until { try gateway.chat().status == 401 })
            #expect(FileManager.default.fileExists(atPath: gateway.directory + "/data/keys-required"))
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: gateway.directory + "/data/best.db" + suffix) }
            let again = try Program(["serve", "--config", gateway.directory, "--port", "0"], directory: gateway.directory)
            #expect(try again.line(with: "has held keys").contains("keys-required"))
            again.stop()
        }
    }

    @Test func `a provider's secret in an answer or an event does not reach the client`() throws {
        Readme.says("that it quotes in an error, a header field, an answer or an event of a stream: `[redacted]` stands there")
        let key = "sk-provider-4Kp1Lw8Rd5"
        let (whole, event) = (
            #"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"It is \#(key)."},"finish_reason":"stop"}]}"#,
            #"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"It is \#(key)."}}]}"#
        )
        let answers = [
            (false, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: \(whole.utf8.count)\r\nconnection: close\r\n\r\n\(whole)"),
            (true, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\(event)\n\ndata: [DONE]\n\n"),
        ]
        for (stream, answer) in answers {
            let raw = try RawUpstream(answering: answer)
            defer { raw.stop() }
            try withGateway([Provider("a", url: raw.url, lines: ["api_key_env_var: PROVIDER_KEY"])], environment: ["PROVIDER_KEY": key]) {
                gateway throws in
                let text = try gateway.chat(stream: stream).text
                #expect(text.contains("It is [redacted].") && !text.contains(key), "\(text)")
            }
        }
    }

    // MARK: Ask

    private static let clientPaths = [
        "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/moderations", "/v1/rerank", "/v1/images/generations",
        "/v1/audio/speech",
    ]

    @Test func `every endpoint is there, also without v1, and described`() throws {
        Readme.says("`GET /docs` describes every route, `GET /openapi.json` the same for programs.")
        Readme.says("`GET /v1/models` and `/v1/models/{id}`, each also without `/v1`")
        try Gateways.open.run { gateway throws in
            let described = try #require(try gateway.get("/openapi.json").object["paths"] as? [String: Any])
            let pages = try gateway.get("/docs").text
            for path in Self.clientPaths {
                #expect(Readme.text.contains("`\(path)`") || Readme.text.contains("`POST \(path)`"), "\(path)")
                #expect(described[path] != nil && pages.contains(path), "\(path)")
                for path in [path, String(path.dropFirst(3))] { #expect(try gateway.get(path)["allow"]?.contains("POST") == true, "\(path)") }
            }
            for path in ["/v1/models", "/models", "/v1/models/small", "/models/small"] { #expect(try gateway.get(path).status == 200, "\(path)") }
            #expect(described["/v1/models/{id}"] != nil)
            let entries = try #require(try gateway.get("/v1/models").object["data"] as? [[String: Any]])
            #expect(entries.first { $0["id"] as? String == "small" }?["owned_by"] as? String == "one")
        }
        try Gateways.keyed.run { gateway throws in
            Readme.says("`/ok`, `/health`, `/livez` and `/readyz` need no key.")
            for path in ["/ok", "/health", "/livez", "/readyz", "/docs", "/openapi.json"] { #expect(try gateway.get(path).status == 200, "\(path)") }
            #expect(try gateway.get("/v1/models").status == 401)
        }
    }

    @Test func `a model is named in every way`() throws {
        Readme.says(
            "`model` may be `priority-auto` (or `best`, `fast`, `cheap`, `code`), a provider's own id, `provider/id`, a comma-separated list that is tried in order, a name of your own, or part of an id."
        )
        try Gateways.open.run { gateway throws in
            for name in ["priority-auto", "best", "fast", "cheap", "code"] { #expect(try gateway.chat(name).status == 200, "\(name)") }
            for (name, model) in [("large", "large"), ("two/large", "large"), ("large,small", "large"), ("llama-9", "vendor/llama-9-70b")] {
                #expect(try gateway.chat(name)["x-best-model"] == model, "\(name)")
            }
        }
    }

    @Test func `OpenRouter's lists and preferences are understood`() throws {
        Readme.says(
            "OpenRouter's `models`, with `model` or in its place, and `provider` (`order`, `only`, `ignore`, `allow_fallbacks`, `sort`) are understood."
        )
        try Gateways.open.run { gateway throws in
            for (members, provider) in [
                ("\"provider\":{\"only\":[\"two\"]},", "two"), ("\"provider\":{\"ignore\":[\"one\"]},", "two"),
                ("\"provider\":{\"order\":[\"two\",\"one\"]},", "two"), ("\"provider\":{\"order\":[\"one\"]},", "one"),
            ] { #expect(try gateway.chat("shared", stream: false, members)["x-best-provider"] == provider, "\(members)") }
            #expect(try gateway.chat("one-shaky", stream: false, "\"models\":[\"large\"],")["x-best-model"] == "large")
            let listed = try gateway.post("/v1/chat/completions", #"{"models":["large","small"],"messages":[]}"#)
            #expect(listed.status == 200 && listed["x-best-model"] == "large")
            let alone = try gateway.chat("shaky", stream: false, "\"provider\":{\"order\":[\"one\"],\"allow_fallbacks\":false},", ["x-best-wait: 0"])
            #expect(alone.status >= 429)
        }
    }

    @Test func `names of the operator's own stand for what he says, and a key may come in three fields`() throws {
        Readme.says(
            "`aliases` in `best.yaml` gives names of your own to profiles, models and lists of them, also by patterns for clients whose models can't be set: "
                + "`aliases: {house: [llama-3.3-70b, best], claude-*haiku*: fast}`."
        )
        Readme.says("A key may also come as `x-api-key` or `api-key`; different keys in one request are a 400.")
        let best = "aliases: {house: [llama-3.3-70b, best], claude-*haiku*: fast}\n"
        try withGateway([Provider("a", models: [.init(id: "m")])], best: best, environment: ["ALLOWED_BEARER_TOKENS": "one,two"]) { gateway throws in
            for name in ["house", "claude-3-5-haiku-latest"] {
                let answer = try gateway.chat(name, stream: false, "", ["X-Api-Key: one"])
                #expect(answer.status == 200 && answer["x-best-model"] == "m", "\(name): \(answer.text)")
            }
            #expect(try gateway.chat("m", stream: false, "", ["Api-Key: two"]).status == 200)
            #expect(try gateway.chat("m", stream: false, "", ["Api-Key: two", "Authorization: Bearer one"]).status == 400)
            #expect(try gateway.get("/v1/models", ["Authorization: Bearer one"]).text.contains("\"id\":\"house\""))
        }
    }

    @Test func `requests are shared out by weights, and an endpoint that is missing is asked for once`() throws {
        Readme.says(
            "Requests are shared out exactly where weights say so: among the keys of a pool (`api_key_env_var: [{name: KEY_1, weight: 3}, KEY_2]`)")
        Readme.says("(`missing_endpoints` in `/stats`; ended by `best rests clear` and by a reload)")
        let chatOnly = try RawUpstream(
            answering: "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 22\r\n\r\n{\"detail\":\"Not Found\"}")
        defer { chatOnly.stop() }
        let pool = Provider("pool", models: [.init(id: "m")], lines: ["api_key_env_var: [{name: KEY_1, weight: 3}, KEY_2]"])
        let old = Provider("old", models: [.init(id: "old-m")], url: chatOnly.url)
        try withGateway([pool, old], environment: ["KEY_1": "key-number-one", "KEY_2": "key-number-two"]) { gateway throws in
            for _ in 0..<8 { #expect(try gateway.chat("m").status == 200) }
            let rows = try #require((try gateway.get("/stats").object["stats"] as? [String: Any])?["providers"] as? [[String: Any]])
            let calls = rows.filter { $0["provider"] as? String == "pool" }.map { $0["successful_calls"] as? Int }
            #expect(calls == [6, 2])
            for _ in 0..<2 { #expect(try gateway.post("/v1/responses", #"{"model":"old-m","input":"x"}"#).status == 404) }
            #expect(chatOnly.received.count == 1, "the second request makes no dead call")
            #expect(try gateway.get("/stats").text.contains("\"missing_endpoints\":[{\"provider\":\"old\",\"endpoint\":\"/responses\""))
        }
    }

    @Test func `a request for a model whose list is awaited waits for it`() throws {
        Readme.says("waits for it (at most `discovery.patience`), or is told 503 with `retry-after` and not that its model does not exist.")
        let silent = try RawUpstream(answering: "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n")
        defer { silent.stop() }
        try withGateway([Provider("silent", models: nil, url: silent.url), Provider("a")]) { gateway throws in
            let answer = try gateway.chat("awaited")
            #expect(answer.status == 503 && answer["retry-after"] != nil)
            #expect(try gateway.chat("m").status == 200)
        }
    }

    @Test func `the request's other bytes reach the provider as they were sent, with the exceptions that are named`() throws {
        Readme.says(
            "The request's other bytes reach the provider as you sent them, and the answer's bytes reach you as it sent them, with two exceptions: what chooses among models and providers is taken out, and a stream asks for its usage (`stream_options`), whose event is taken out again for a client that did not ask."
        )
        try Gateways.open.run { gateway throws in
            func forwarded(_ body: String) throws -> String {
                #expect(try gateway.post("/v1/chat/completions", body).status == 200)
                return try gateway.mock.lastRequest().text
            }
            let odd = " { \"messages\" : [ ] ,\"x\":1e2, \"y\":\"\\u00e9\",\"model\":\"small\"}"
            #expect(try forwarded(odd) == odd)
            let listed = try forwarded("{\"model\":\"small\",\"models\":[\"large\"],\"provider\":{\"order\":[\"one\"]},\"messages\":[]}")
            #expect(!listed.contains("models") && !listed.contains("provider") && listed.contains("\"messages\":[]"))
            #expect(try forwarded("{\"model\":\"small\",\"stream\":true,\"messages\":[]}").contains("\"include_usage\":true"))
            let answer = try gateway.chat("small", stream: true)
            #expect(answer.events.content == Chat.words(20) && answer.events.dones == 1)
            #expect(!answer.events.contains { $0.data != "[DONE]" && $0.choices.isEmpty })
            let asked = try gateway.chat("small", stream: true, "\"stream_options\":{\"include_usage\":true},")
            #expect(asked.events.contains { $0.choices.isEmpty && $0.object["usage"] is [String: Any] })
        }
    }

    @Test func `which model is asked next no provider is told, and a key reaches no other one through one`() throws {
        Readme.says(
            "Which model is asked next is decided here and nowhere else, so no provider gets `models`, nor what other routers have for it (`fallback_models`, `fallbacks`, `route`)."
        )
        Readme.says(
            "with the quirk `openrouter` all of it but `order`, `only` and `allow_fallbacks` goes on: `sort`, `max_price`, `ignore`, `data_collection` and others only choose among the hosts of the one model."
        )
        Readme.says(
            "A key that is not allowed every model gets a 400 for what may reach another one, with the name of the member: `preset`, any member with `model` or `fallback` in its name, the same within `plugins`, `extra_body`, `providerOptions` and the like, and tools or plugins that use models of their own (`image_generation`, `openrouter:fusion`)."
        )
        let free = Provider.Model(id: "free", lines: ["prompt_price: 0.1", "completion_price: 0.1"])
        let router = Provider("or", models: [free, .init(id: "paid")], lines: ["quirks: [openrouter]"])
        try withGateway([router], environment: ["LLMGW_ADMIN_API_KEY": "adm1n"]) { gateway throws in
            func key(_ models: String) throws -> [String] {
                let made = try gateway.post("/admin/keys", "{\"name\":\"k\",\"models\":[\(models)]}", [Gateways.admin])
                return ["Authorization: Bearer \(made.object["plaintext_key"] as? String ?? "")"]
            }
            let (one, all) = (try key("\"free\""), try key(""))
            let choice =
                #""models":["paid"],"fallback_models":["paid"],"fallbacks":["paid"],"route":"fallback","#
                + #""provider":{"order":["or"],"only":["or"],"allow_fallbacks":true,"ignore":["x"],"sort":"price","max_price":{"prompt":1},"data_collection":"deny"},"#
            for key in [one, all] {
                #expect(try gateway.chat("free", stream: false, choice, key).status == 200)
                let sent = try gateway.mock.lastRequest().text
                for name in ["paid", "models", "fallback", "route", "order", "only"] { #expect(!sent.contains(name), "\(name): \(sent)") }
                for name in ["sort", "max_price", "ignore", "data_collection"] { #expect(sent.contains("\"\(name)\""), "\(name): \(sent)") }
            }
            for (member, name) in [
                (#""preset":"x""#, "preset"), (#""draft_model":"paid""#, "draft_model"), (#""plugins":[{"id":"a","models":["paid"]}]"#, "plugins"),
                (#""extra_body":{"models":["paid"]}"#, "extra_body"), (#""providerOptions":{"gateway":{"models":["paid"]}}"#, "providerOptions"),
                (#""tools":[{"type":"image_generation"}]"#, "tools"), (#""tools":[{"type":"openrouter:fusion"}]"#, "tools"),
            ] {
                let refused = try gateway.chat("free", stream: false, member + ",", one)
                #expect(refused.status == 400 && refused.error?.param == name, "\(member): \(refused.text)")
                #expect(try gateway.chat("free", stream: false, member + ",", all).status == 200, "\(member)")
            }
            // What only searches the web goes on as it is.
            #expect(try gateway.chat("free", stream: false, #""web_search_options":{"search_context_size":"low"},"#, one).status == 200)
            #expect(try gateway.mock.lastRequest().text.contains("web_search_options"))
        }
    }

    @Test func `an answer in the background counts as much as it may have`() throws {
        Readme.says(
            "An answer in the background (`background` of `/v1/responses`) counts as much as it may have: the prompt and `max_output_tokens`, or the longest answer of the model."
        )
        let queued = #"{"id":"resp_1","object":"response","status":"queued","background":true,"output":[],"usage":null}"#
        let upstream = try RawUpstream(
            answering: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: \(queued.utf8.count)\r\n\r\n\(queued)")
        defer { upstream.stop() }
        let provider = Provider("a", models: [.init(id: "small")], url: upstream.url)
        try withGateway([provider], environment: ["LLMGW_ADMIN_API_KEY": "adm1n"]) { gateway throws in
            let made = try gateway.post("/admin/keys", "{\"name\": \"behind\"}", [Gateways.admin]).object
            let bearer = "Authorization: Bearer \(made["plaintext_key"] as? String ?? "")"
            let body = #"{"model":"small","input":"Hi","background":true,"max_output_tokens":5000}"#
            #expect(try gateway.post("/v1/responses", body, [bearer]).status == 200)
            let rows = try gateway.get("/admin/usage", [Gateways.admin]).object["data"] as? [[String: Any]] ?? []
            let row = try #require(rows.first { $0["key_id"] as? String == made["id"] as? String })
            #expect(row["output_tokens"] as? Int == 5000 && row["estimated_requests"] as? Int == 1, "\(row)")
        }
    }

    @Test func `whose an answer is, is known after a restart`() throws {
        Readme.says(
            "What was learnt survives a restart. So does whose an answer of `/v1/responses` is (the last 10,000): `previous_response_id`, and a `conversation` that an answer named, go to the provider and key that have it, and no other client goes on from it there (404 where nobody else is left)."
        )
        let body =
            #"{"id":"resp_1","object":"response","status":"completed","output":[],"conversation":{"id":"conv_1"},"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}"#
        let upstream = try RawUpstream(
            answering: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
        defer { upstream.stop() }
        let store = try StoreHarness()
        defer { store.stop() }
        try store.folder.write(
            "providers:\n" + Provider("a", models: [.init(id: "small")], url: upstream.url).yaml(mock: store.mock.url), to: "meta-providers.yaml")
        store.gateway.stop()
        try store.restart()
        let (mine, other) = (try key("mine"), try key("other"))
        func key(_ name: String) throws -> String {
            let made = try store.admin("POST", "/admin/keys", "{\"name\":\"\(name)\"}")
            return try #require(made.object["plaintext_key"] as? String, "\(made.text)")
        }
        func ask(_ key: String, _ member: String) throws -> Answer {
            let client = try WireClient(port: store.port)
            try client.send(
                "POST", "/v1/responses", ["Authorization: Bearer \(key)", "Content-Type: application/json"],
                body: Array("{\(member)\"model\":\"small\",\"input\":\"Hi\"}".utf8))
            return try client.answer()
        }
        let made = try ask(mine, #""conversation":"conv_1","#)
        #expect(made.status == 200, "\(made.text)")
        let members = [#""previous_response_id":"resp_1","#, #""conversation":"conv_1","#]
        for isRestarted in [false, true] {
            if isRestarted {
                store.gateway.stop()
                try store.restart()
            }
            for member in members {
                #expect(try ask(mine, member).status == 200, "\(member), restarted: \(isRestarted)")
                #expect(try ask(other, member).status == 404, "\(member), restarted: \(isRestarted)")
            }
        }
    }

    @Test func `an answer says how it came about`() throws {
        Readme.says(
            "An answer of a provider says how it came about: `x-best-provider`, `x-best-model`, `x-best-score`, `x-best-config`, `x-best-attempts`, `x-best-overhead-ms`, `x-best-upstream-ms`; and, where it was not simply the first choice that answered, `x-best-trail`, which names the attempts before it."
        )
        Readme.says("An error after attempts has their number and the trail.")
        Readme.says("Every answer has `x-request-id`, which is also in the log, and those of OpenAI's endpoints `openai-processing-ms`.")
        try Gateways.fresh.run { gateway throws in
            let fields = ["provider", "model", "score", "config", "attempts", "overhead-ms", "upstream-ms"].map { "x-best-\($0)" }
            for stream in [false, true] {
                let answer = try gateway.chat("small", stream: stream)
                for field in fields + ["x-request-id", "openai-processing-ms"] { #expect(answer[field] != nil, "\(field)") }
                #expect(answer["x-best-trail"] == nil)
                let id = try #require(answer["x-request-id"])
                #expect(Deadline.usual.until { gateway.program.text.contains(id) })
            }
            let moved = try gateway.chat("moved", stream: false, "\"provider\":{\"order\":[\"one\"]},")
            #expect(moved["x-best-provider"] == "two" && moved["x-best-trail"]?.contains("one/one-moved") == true && moved["x-best-attempts"] == "2")
            let failed = try gateway.chat("mistake")
            #expect(failed.status == 400 && failed["x-best-attempts"] == "1" && failed["x-best-trail"]?.contains("mistake") == true)
            for answer in [try gateway.get("/v1/models"), try gateway.get("/nothing"), try gateway.get("/ok")] {
                #expect(answer["x-request-id"] != nil)
            }
        }
    }

    @Test func `a late stream has its fields in a comment`() throws {
        Readme.says("A stream that was kept open by comments before its first content has these fields in a last comment.")
        Readme.says("A stream whose first content is late is kept open by comments after 15 s")
        #expect(try Readme.file("config/best.yaml").contains("keep_alive_after: 15s"))
        try Gateways.keyed.run { gateway throws in
            let answer = try gateway.chat("late:ttft=700", stream: true, "", [Gateways.bearer])
            #expect(answer.text.contains(": x-best-provider: one") && answer.text.contains("[DONE]"), "\(answer.text)")
        }
    }

    @Test func `an error has OpenAI's shape, and a broken stream ends with one`() throws {
        Readme.says(
            "An error is always `{\"error\": {\"message\", \"type\", \"param\", \"code\"}}`, with more under `error.best` where there is more to say; a stream that breaks after its first content ends with such an error as its last event, and never with `[DONE]`."
        )
        try Gateways.open.run { gateway throws in
            for answer in [
                try gateway.chat("nothing-of-the-kind"), try gateway.post("/v1/chat/completions", "{"), try gateway.get("/nothing"),
                try gateway.chat("mistake"),
            ] { #expect(answer.status >= 400 && answer.error != nil, "\(answer.text)") }
            #expect((try gateway.chat("mistake").object["error"] as? [String: Any])?["best"] is [String: Any])
            let broken = try gateway.chat("broken", stream: true)
            #expect(broken.status == 200 && broken.events.last?.error != nil && broken.events.dones == 0, "\(broken.text)")
        }
    }

    // MARK: When something fails

    @Test func `a mistake of the client's is tried nowhere else`() throws {
        Readme.says("A client's own mistake (400, 422) is never tried elsewhere nor counted against a provider")
        try Gateways.open.run { gateway throws in
            for _ in 0..<5 { #expect(try gateway.chat("mistake:status=400,large").status == 400) }
            #expect(try gateway.mock.requests(for: "mistake") >= 5, "it is asked each time")
            Readme.says(
                "One other provider is asked where a refusal is no error of an API (nothing, a page, bare words), or does not say what is wrong, the sixth time in a row"
            )
            let answers = try (0..<6).map { try gateway.chat("mistaken:status=400,large", stream: false, "\"seed\":\($0),") }
            #expect(answers.map(\.status) == [400, 400, 400, 400, 400, 200], "\(answers)")
        }
    }

    @Test func `a limit rests the model until the provider's own word, and the error names the soonest time`() throws {
        Readme.says(
            "until the provider's own word (`Retry-After` in every form, `x-ratelimit-reset-*` in every dialect, Google's `RetryInfo`, \"try again in 7.66s\")"
        )
        Readme.says(
            "the error names the soonest real time in `retry-after` and `retry-after-ms`, with `x-should-retry: false` when that is over a minute")
        try Gateways.open.run { gateway throws in
            _ = try gateway.chat("limited")
            let answer = try gateway.chat("limited")
            #expect(answer.status == 429 && answer["x-should-retry"] == "false")
            let seconds = try #require(answer["retry-after"].flatMap(Int.init))
            #expect((3000...3600).contains(seconds) && answer["retry-after-ms"] != nil)
            #expect(try gateway.mock.requests(for: "limited") == 1, "it is not asked meanwhile")
        }
    }

    @Test func `who names his patience is not told before it is over`() throws {
        Readme.says(
            "A client that names its own patience (`x-stainless-read-timeout`, as OpenAI's do) gets its own time-out, as it would at the provider: attempts are planned within it, and only a client that is still there a second later is told that it was too late."
        )
        try Gateways.open.run { gateway throws in
            let start = ContinuousClock.now
            let answer = try gateway.chat("silent:stall=head", stream: false, "", ["x-stainless-read-timeout: 0.3"])
            #expect(answer.status == 504 && ContinuousClock.now - start > .seconds(1.2))
        }
    }

    @Test func `rests are listed and ended, by HTTP and from the shell`() throws {
        Readme.says("`best rests list` (or `GET /admin/rests`) shows everything that is left alone")
        Readme.says(
            "`best rests clear --key GROQ_API_KEY` (or `POST /admin/rests/clear` with `{\"key\": \"GROQ_API_KEY\"}`; `provider` and `model` work alike, an empty body ends all) ends a rest at once"
        )
        try Gateways.keyed.run { gateway throws in
            _ = try gateway.chat("limited", stream: false, "", [Gateways.bearer])
            let rests = try gateway.get("/admin/rests", [Gateways.admin])
            #expect(rests.object["total"] as? Int ?? 0 >= 1, "\(rests.text)")
            let arguments = ["--url", "http://127.0.0.1:\(gateway.port)"]
            let environment = ["LLMGW_ADMIN_API_KEY": Gateways.adminKey]
            let listed = try best(["rests", "list"] + arguments, in: gateway.directory, environment: environment)
            #expect(listed.code == .code(0) && listed.text.contains("limited"), "\(listed.text)")
            #expect(
                try best(
                    ["rests", "clear", "--model", "limited:status=429;retry-after=3600"] + arguments, in: gateway.directory, environment: environment
                ).code == .code(0))
            #expect(try gateway.post("/admin/rests/clear", "", [Gateways.admin]).object["cleared"] is Int)
            // No provider here has a key of that name, and that is what is said.
            #expect(try gateway.post("/admin/rests/clear", "{\"key\": \"GROQ_API_KEY\"}", [Gateways.admin]).error?.param == "key")
            Readme.says("`/stats` and the metric `best_rests` have it too")
            #expect(try gateway.get("/metrics", [Gateways.admin]).text.contains("best_rests"))
        }
    }

    // MARK: Which is best

    @Test func `equal data have an equal name, on every start, and other data another`() throws {
        Readme.says(
            "`x-best-config` names the configuration and the boards that an answer was decided by: equal data have an equal name, on every machine; what is measured meanwhile is no part of it."
        )
        var name: String?
        try Gateways.open.run { gateway throws in
            name = try gateway.chat("small")["x-best-config"]
            for _ in 0..<5 { #expect(try gateway.chat("shared")["x-best-config"] == name) }
            try gateway.reload()
            #expect(try gateway.chat("shared")["x-best-config"] == name)
        }
        try withGateway(Gateways.providers, best: Gateway.inOrder) { gateway throws in
            #expect(try gateway.chat("small")["x-best-config"] == name)
            try gateway.reload([Provider("one", models: [.init(id: "small")])])
            let other = try gateway.chat("small")["x-best-config"]
            #expect(other != nil && other != name)
        }
    }

    @Test func `the ranking and its reasons are shown, and a request is explained without being made`() throws {
        Readme.says("`best scores` shows the ranking, `best scores --explain MODEL` where each number comes from")
        let package = Readme.package.path
        let ranking = try best(["scores"], in: package)
        #expect(ranking.code == .code(0) && ranking.text.contains("chat models of"), "\(ranking.text.suffix(300))")
        let explained = try best(["scores", "--explain", "gpt-oss-120b"], in: package)
        #expect(explained.code == .code(0) && explained.text.contains("sum: ability"), "\(explained.text)")
        try Gateways.open.run { gateway throws in
            Readme.says(
                "`POST /v1/route/explain` with the body of a chat request every candidate, every term and every filter, without spending anything")
            let before = try gateway.mock.counter("requests")
            let answer = try gateway.post("/v1/route/explain", Chat.body("shared"))
            #expect((answer.object["candidates"] as? [[String: Any]])?.count == 2)
            #expect(try gateway.mock.counter("requests") == before)
        }
        Readme.says("`scoring: {mode: original}` is the original project's formula.")
        let folder = try Folder()
        try folder.write("providers:\n  - {base_url: http://127.0.0.1:9/v1, models: [m]}\n", to: "config/meta-providers.yaml")
        try folder.write("scoring: {mode: original}\n", to: "config/best.yaml")
        #expect(try best(["check"], in: folder.path).code == .code(0))
    }

    // MARK: Keys, limits, usage

    @Test func `the first key is made by the command as it stands, and used`() throws {
        Readme.says("answers with the key in `plaintext_key`, this once.")
        try Gateways.keyed.run { gateway throws in
            let made = try shell(try command("curl -X POST"), on: gateway, environment: ["LLMGW_ADMIN_API_KEY": Gateways.adminKey])
            let key = try #require(try JSONSerialization.jsonObject(with: Data(made.text.utf8)) as? [String: Any], "\(made.text)")
            let plaintext = try #require(key["plaintext_key"] as? String)
            let id = try #require(key["id"] as? String)
            Readme.says("Every answer to a key with such limits carries OpenAI's `x-ratelimit-*` fields for it.")
            let bearer = ["Authorization: Bearer \(plaintext)"]
            for answer in [
                try gateway.chat("small", stream: false, "", bearer), try gateway.chat("small", stream: true, "", bearer),
                try gateway.chat("nothing", stream: false, "", bearer), try gateway.get("/v1/models", bearer), try gateway.get("/nothing", bearer),
            ] { #expect(answer["x-ratelimit-limit-requests"] == "100" && answer["x-ratelimit-remaining-requests"] != nil, "\(answer.status)") }
            Readme.says(
                "(`PATCH` takes what `POST` does: `{\"limits\": {\"requests_per_minute\": null}, \"expires_at\": \"2030-01-31\", \"models\": [\"llama*\"]}`)"
            )
            let client = try gateway.connect()
            try client.send(
                "PATCH", "/admin/keys/\(id)", [Gateways.admin],
                body: Array("{\"limits\": {\"requests_per_minute\": null}, \"expires_at\": \"2030-01-31\", \"models\": [\"llama*\"]}".utf8))
            #expect(try client.answer().status == 200)
            Readme.says("from the next request on")
            #expect(try gateway.chat("small", stream: false, "", bearer).status == 403)
            #expect(try gateway.post("/admin/keys/\(id)/rotate", "", [Gateways.admin]).object["plaintext_key"] is String)
            #expect(try gateway.chat("small", stream: false, "", bearer).status == 401)
            #expect(try gateway.get("/admin/keys/\(id)", [Gateways.admin], method: "DELETE").status == 200)
            Readme.says("`GET /admin/keys` lists them, `PATCH`, `DELETE /admin/keys/{id}` and `POST …/rotate` change them")
            #expect(!(try gateway.get("/admin/keys", [Gateways.admin]).text.contains(id)))
            Readme.says("`best keys` does the same from the shell, within a second or two.")
            let other = try best(["keys", "create", "shell", "--json"], in: gateway.directory)
            let shown = try #require(try JSONSerialization.jsonObject(with: Data(other.text.utf8)) as? [String: Any], "\(other.text)")
            let token = "Authorization: Bearer \(shown["plaintext_key"] as? String ?? "")"
            #expect(try Deadline.usual.until { try gateway.chat("small", stream: false, "", [token]).status == 200 })
        }
    }

    @Test func `usage tells who used what, what it cost, and by whose prices`() throws {
        Readme.says(
            "`GET /admin/usage` (or `best usage`) tells requests, tokens and cost by key, provider, model and day, as JSON or CSV (`?format=csv`, or `Accept: text/csv`), by whose prices how much of the cost is, and how many requests nobody has a price for. Every key in use has a row, static tokens (`token-1` and so on) too, also one that was never used."
        )
        Readme.says("What an answer costs is reckoned with the prices in `meta-providers.yaml` (`prompt_price` and the others)")
        try Gateways.keyed.run { gateway throws in
            let idle = try gateway.post("/admin/keys", "{\"name\": \"idle\"}", [Gateways.admin]).object["id"] as? String
            _ = try gateway.chat("small", stream: false, "", [Gateways.bearer])
            _ = try gateway.chat("large", stream: false, "", [Gateways.bearer])
            func rows(_ query: String = "") throws -> [[String: Any]] {
                try gateway.get("/admin/usage\(query)", [Gateways.admin]).object["data"] as? [[String: Any]] ?? []
            }
            let used = try #require(try rows().first { $0["key_id"] as? String == "token-1" })
            #expect(used["cost"] as? Double ?? 0 > 0 && used["cost"] as? Double == used["cost_configured"] as? Double)
            #expect(used["unpriced_requests"] as? Int ?? 0 >= 1 && used["cost_catalogue"] as? Double == 0)
            #expect(try rows().first { $0["key_id"] as? String == idle }?["last_used"] is NSNull)
            #expect(try rows("?from=2001-01-01&to=2001-01-02").contains { $0["key_id"] as? String == "token-1" && $0["requests"] as? Int == 0 })
            #expect(try rows("?group_by=key,provider,model,day").contains { $0["model"] as? String == "small" && $0["day"] is String })
            #expect(try rows("?group_by=none").count == 1)
            for csv in [
                try gateway.get("/admin/usage?format=csv", [Gateways.admin]), try gateway.get("/admin/usage", [Gateways.admin, "Accept: text/csv"]),
            ] { #expect(csv["content-type"]?.hasPrefix("text/csv") == true && csv.text.hasPrefix("key_id,name,requests,"), "\(csv.text)") }
            #expect(try gateway.get("/admin/usage", [Gateways.admin, "Accept: application/json, text/csv"])["content-type"] == "application/json")
            let shell = try best(["usage"], in: gateway.directory)
            #expect(shell.code == .code(0) && shell.text.contains("token-1") && shell.text.contains("by configured prices"), "\(shell.text)")
        }
    }

    @Test func `a request that may cost more than the whole budget is told so`() throws {
        Readme.says(
            "A budget reserves the most that a request may cost by its `max_tokens`, whatever kind of token it turns out to use, so that a burst of requests ends at the budget; a request that may cost more than all of it is told so."
        )
        Readme.says("A provider with `tier: free` costs nothing, whatever prices say.")
        Readme.says(
            "Where nothing bounds an answer, beside other requests of its key the longest that its model gives is held for it (16,384 tokens where nobody says), so that a budget ends within one answer: name `max_tokens` where a key with a small budget has many requests in work."
        )
        try Gateways.keyed.run { gateway throws in
            let key =
                try gateway.post("/admin/keys", "{\"name\": \"poor\", \"budget\": 0.001}", [Gateways.admin]).object["plaintext_key"] as? String ?? ""
            let refused = try gateway.chat("small", stream: false, "\"max_tokens\":100000,", ["Authorization: Bearer \(key)"])
            #expect(refused.status == 429 && refused.error?.message.contains("the request alone may cost") == true, "\(refused.text)")
            #expect(try gateway.chat("small", stream: false, "\"max_tokens\":20,", ["Authorization: Bearer \(key)"]).status == 200)
        }
    }

    @Test func `the operator's endpoints may have a socket of their own`() throws {
        Readme.says("`curl --unix-socket /run/best/admin.sock http://localhost/metrics`")
        try withGateway(best: "admin: {listen: 'unix:admin.sock'}\n", environment: ["LLMGW_ADMIN_API_KEY": "adm1n"]) { gateway throws in
            let result = try shell("curl --unix-socket admin.sock http://localhost/metrics", on: gateway)
            #expect(result.code == .code(0) && result.text.contains("best_requests_total"), "\(result.text)")
            Readme.says(
                "`best rests` asks the running gateway there: by `admin.listen` or `server.host` and `server.port` of the configuration, or by `--url`, with the admin key from `LLMGW_ADMIN_API_KEY` or `.env`."
            )
            try gateway.write(text: "LLMGW_ADMIN_API_KEY=adm1n\n", to: ".env")
            let rests = try best(["rests", "list", "--config", gateway.directory], in: gateway.directory)
            #expect(rests.code == .code(0), "\(rests.text)")
        }
    }

    @Test func `a pattern allows what it names, and every key sees its own models`() throws {
        Readme.says("`GET /v1/models` shows a key its own models.")
        Readme.says("any other pattern that happens to fit its name leaves it those models that the key may ask for anyway")
        try Gateways.keyed.run { gateway throws in
            let made = try gateway.post("/admin/keys", "{\"name\": \"a\", \"models\": [\"small\"], \"weight\": 3}", [Gateways.admin])
            let bearer = ["Authorization: Bearer \(made.object["plaintext_key"] as? String ?? "")"]
            let models = try gateway.get("/v1/models", bearer).object["data"] as? [[String: Any]] ?? []
            #expect(models.compactMap { $0["id"] as? String }.contains("small") && !models.contains { $0["id"] as? String == "large" })
            #expect(
                try gateway.chat("large", stream: false, "", bearer).status == 403 && gateway.chat("small", stream: false, "", bearer).status == 200)
        }
    }

    // MARK: Watch it, end it

    @Test func `statistics and metrics open to the keys that are named`() throws {
        Readme.says(
            """
            `GET /metrics` (Prometheus; admin key, or `metrics: {public: true}`) and `GET /stats` (admin key; a client's key sees its own models there, \
            and it counts as a request of that key) count what happened
            """)
        try Gateways.keyed.run { gateway throws in
            #expect(try gateway.get("/metrics").status == 401 && gateway.get("/metrics", [Gateways.admin]).status == 200)
            for field in [Gateways.admin, Gateways.bearer, "Authorization: Bearer \(Gateways.adminKey)"] {
                #expect(try gateway.get("/stats", [field]).status == 200, "\(field)")
            }
            #expect(try gateway.get("/stats").status == 401 && gateway.get("/stats", ["X-Admin-API-Key: wrong"]).status == 401)
            #expect(try gateway.chat("small", stream: false, "", ["Authorization: Bearer \(Gateways.adminKey)"]).status == 401)
        }
    }

    @Test func `readiness is lost without a model`() throws {
        Readme.says("`/readyz` is 503 while there is no model to serve, or the end has begun")
        try withGateway([Provider("a", models: nil, url: "http://127.0.0.1:1/v1")], best: "discovery: {patience: 0s}\n") { gateway throws in
            #expect(try gateway.get("/readyz").status == 503 && gateway.get("/livez").status == 200)
        }
    }

    @Test func `the first signal drains and ends with 0, the second stops at once and says that it did`() throws {
        Readme.says(
            "On SIGTERM the listener closes, running answers are finished within the drain time, and the process exits with 0; a second signal stops at once."
        )
        let gateway = try Gateway.started([Provider("a", "tokens=1000;gap=20")])
        let client = try gateway.connect()
        try client.send("POST", "/v1/chat/completions", body: Array(Chat.body("m", stream: true).utf8))
        #expect(try client.head().status == 200)
        gateway.program.send(SIGTERM)
        _ = try gateway.program.line(with: "stopping")
        #expect(try client.chunk() != nil, "it goes on")
        gateway.program.send(SIGTERM)
        #expect(try gateway.program.waitForExit() == .code(0))
        #expect(gateway.program.text.contains("the gateway was stopped") && !gateway.program.text.contains("clientGone"), "\(gateway.program.text)")
        gateway.mock.program.stop()
    }

    // MARK: Load-test it

    @Test func `the load tests run as they stand, and results are compared`() throws {
        Readme.says("`best bench compare a.json b.json` compares results")
        Readme.says("`best mock` is a provider that misbehaves on request")
        try Gateways.open.run { gateway throws in
            func bench(_ command: String, _ file: String) throws {
                let words = command.split(separator: " ").map(String.init).dropFirst().map {
                    $0 == "http://127.0.0.1:8000"
                        ? "http://127.0.0.1:\(gateway.port)" : $0 == "http://127.0.0.1:9100" ? gateway.mock.url : $0 == "mock-model" ? "small" : $0
                }
                let result = try best(words + ["--requests", "20", "--json", file], in: gateway.directory)
                #expect(result.code == .code(0), "\(command): \(result.text)")
            }
            let commands = Readme.commands.filter { $0.hasPrefix("best bench http") }
            #expect(commands.count == 2)
            for (place, command) in commands.enumerated() { try bench(command, "\(place).json") }
            let compared = try best(["bench", "compare", "0.json", "1.json"], in: gateway.directory)
            #expect(compared.code == .code(0) && !compared.text.contains("no target in common"), "\(compared.text)")
            let unfair = try best(["bench", "http://127.0.0.1:\(gateway.port)", "--direct", gateway.mock.url], in: gateway.directory)
            #expect(unfair.code == .code(64) && unfair.text.contains("--model"))
        }
        // The entry of the mock, and what the mock then serves.
        let entry = try #require(Readme.block("yaml"))
        let folder = try Folder()
        try folder.write(entry, to: "config/meta-providers.yaml")
        #expect(try best(["check"], in: folder.path).code == .code(0))
        let mock = try MockProcess(behaviour: "tokens=3")
        let client = try WireClient(port: mock.port)
        try client.send("POST", "/v1/chat/completions", body: Array(Chat.body("mock-model").utf8))
        let answer = try client.answer()
        #expect(
            (answer.object["usage"] as? [String: Any])?["completion_tokens"] as? Int == 3, "what requests without instructions get: \(answer.text)")
        mock.program.stop()
    }

    // MARK: What other tests prove

    /// Pieces of code in the text that tests elsewhere, or the ones above by other words, are about: each with where.
    static let elsewhere = [
        ".env", "$CREDENTIALS_DIRECTORY",  // above, in the file's own test
        "POST /v1/chat/completions", "best check", "best check --live", "kill -HUP", "systemctl reload best", "POST /admin/reload", "keys", "none",
        "server.authentication", "error.best", "best rests", "best keys", "best usage", "best scores", "best mock", "best",
        "weight", "data/", "--demo", "--host", "--port", "--data", "--url", "x-best-wait: 20s", "streaming.keep_alive_interval",
        "GET /stats", "GET /metrics", "/metrics", "/stats", "/readyz", "admin.listen", "Retry-After", "RetryInfo", "best.yaml",
        "meta-providers.yaml", "model-adjustments.yaml", "proxy_pass", "README", "Tests/Thresholds/allocations.json", "priority-auto",
        "usage_source", "estimated_requests", "stream_options", "x-best-trail", "PATCH", "POST", "DELETE /admin/keys/{id}", "POST …/rotate",
        "/v1/models/{id}", "models", "*",
    ]

    @Test func `what is only named elsewhere is there`() throws {
        #expect(try !Readme.file("Tests/Thresholds/allocations.json").isEmpty)
        Readme.says("`server.authentication` in `best.yaml` decides otherwise: `keys` needs one from the first start on, `none` never.")
        let manual = try Readme.file("config/best.yaml")
        #expect(manual.contains("authentication: automatic") && manual.contains("keep_alive_interval: 15s"))
        Readme.says("(`x-best-wait: 20s`, 2 s by default)")
        #expect(manual.contains("\n  wait: 2s"))
        #expect(Self.elsewhere.count > 10)
    }
}

/// The folder of the Python environments that `make venvs` makes.
private let venvs: String? = ProcessInfo.processInfo.environment["BEST_VENVS"].flatMap { $0.isEmpty ? nil : $0 }

/// A port that is taken.
private final class PortHolder {
    private let descriptor: Int32

    init(_ port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, 4)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard isBound == 0, listen(descriptor, 1) == 0 else {
            Glibc.close(descriptor)
            throw HarnessError.system("bind")
        }
    }

    func close() { Glibc.close(descriptor) }
}
