import Foundation
import Testing

/// What an operator sees of rests and does about them, by HTTP and from the shell.
@Suite struct RestTests {
    private static let admin = "X-Admin-API-Key: adm1n"
    private static let environment = ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "first,second", "A_KEY": "sk-upstream-secret"]
    private static let hasty = ["x-best-wait: 0"]

    private static func provider(_ name: String, _ script: String) -> Provider { Provider(name, script, lines: ["api_key_env_var: A_KEY"]) }

    private func ask(_ gateway: Gateway, as token: String = "first", _ model: String = "m", _ number: Int = 0) throws -> Int {
        try gateway.chat(model, stream: false, "\"seed\":\(number),", Self.hasty + ["Authorization: Bearer \(token)"]).status
    }

    private func rests(_ gateway: Gateway) throws -> [[String: Any]] {
        let answer = try gateway.get("/admin/rests", [Self.admin])
        #expect(answer.status == 200 && answer["cache-control"] == "no-store", "\(answer.text)")
        #expect(!answer.text.contains("#") && !answer.text.contains("sk-upstream"), "\(answer.text)")
        let list = try #require(answer.object["data"] as? [[String: Any]])
        #expect(answer.object["total"] as? Int == list.count)
        return list
    }

    private func clear(_ gateway: Gateway, _ body: String) throws -> Answer { try gateway.post("/admin/rests/clear", body, [Self.admin]) }

    /// What `best` says, in the gateway's working directory unless another one is given.
    private func best(
        _ arguments: [String], in directory: String, key: String? = "adm1n", environment: [String: String] = [:]
    ) throws -> (code: Program.Exit, text: String) {
        let variables = environment.merging(key.map { ["LLMGW_ADMIN_API_KEY": $0] } ?? [:]) { $1 }
        let program = try Program(arguments, environment: variables, directory: directory)
        return (try program.waitForExit(Deadline(.seconds(20))), program.text)
    }

    /// Has `a`'s key found rejected by both clients.
    private func rejectKey(_ gateway: Gateway) throws {
        for (number, token) in ["first", "second"].enumerated() { #expect(try ask(gateway, as: token, "a/a:status=401", number) == 502) }
    }

    private var rejected: [Provider] { [Self.provider("a", "status=401"), Provider("b")] }

    // MARK: By HTTP

    @Test func `a key that two clients found rejected is listed with all that is known of it, and ends`() throws {
        try withGateway(rejected, environment: Self.environment) { gateway throws in
            #expect(try rests(gateway).isEmpty)
            try rejectKey(gateway)
            let all = try rests(gateway)
            let entry = try #require(all.first { $0["for"] as? String == "everybody" })
            #expect(entry["scope"] as? String == "key" && entry["provider"] as? String == "a" && entry["key"] as? String == "A_KEY")
            #expect(entry["model"] is NSNull && entry["client_key"] is NSNull && entry["is_word"] as? Bool == false && entry["rung"] as? Int ?? 0 > 0)
            #expect(entry["reason"] as? String == "credential" && entry["cause"] as? String == "credential")
            #expect(entry["evidence"] as? String == "by status or code" && entry["confirmed_by"] as? String == "another client")
            let format = ISO8601DateFormatter()
            let since = try #require(format.date(from: entry["since"] as? String ?? ""))
            let until = try #require(format.date(from: entry["until"] as? String ?? ""))
            let left = try #require(entry["seconds_left"] as? Int)
            #expect(abs(since.timeIntervalSinceNow) < 60 && abs(until.timeIntervalSinceNow - Double(left)) < 5 && (2000...4400).contains(left))
            // It is seen everywhere.
            #expect(gateway.program.text.contains("a: the key A_KEY rests until "))
            #expect(try gateway.get("/metrics", [Self.admin]).text.contains("best_rests{reason=\"credential\"} 1\n"))
            let stats = try gateway.get("/stats", ["Authorization: Bearer second"]).object["stats"] as? [String: Any]
            let row = try #require((stats?["providers"] as? [[String: Any]])?.first { $0["provider"] as? String == "a" })
            #expect(row["rest_reason"] as? String == "credential" && row["rest_scope"] as? String == "key" && row["rest_until"] is String)
            #expect(row["rest_evidence"] as? String == "by status or code" && row["rest_confirmed_by"] as? String == "another client")
            let ended = try clear(gateway, #"{"key": "A_KEY"}"#)
            // The short rest of the client that met it first may be over by now.
            let count = try #require(ended.object["cleared"] as? Int)
            #expect(ended.status == 200 && (1...all.count).contains(count) && (ended.object["data"] as? [Any])?.count == count)
            #expect(try rests(gateway).isEmpty)
            #expect(gateway.program.text.contains("an operator has ended \(count == 1 ? "a rest" : "\(count) rests"): a: the key A_KEY (credential)"))
            #expect(try !gateway.get("/metrics", [Self.admin]).text.contains("best_rests{"))
            let asked = try gateway.mock.requests(for: "a")
            _ = try ask(gateway, as: "first", "a/a:status=401", 9)
            #expect(try gateway.mock.requests(for: "a") == asked + 1, "it is asked again at once")
        }
    }

    @Test func `endpoints that are asked for again are named, by HTTP and from the shell`() throws {
        let other = try RawUpstream(
            answering: "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 22\r\n\r\n{\"detail\":\"Not Found\"}")
        defer { other.stop() }
        try withGateway([Provider("lacks", url: other.url)], environment: Self.environment) { gateway throws in
            func miss() throws { _ = try gateway.post("/v1/responses", #"{"model":"m","input":"x"}"#, ["Authorization: Bearer first"]) }
            try miss()
            let cleared = try clear(gateway, #"{"provider": "lacks"}"#)
            #expect(cleared.object["cleared"] as? Int == 0)
            let endpoints = try #require(cleared.object["endpoints"] as? [[String: Any]])
            #expect(endpoints.map { $0["provider"] as? String } == ["lacks"] && endpoints.map { $0["endpoint"] as? String } == ["/v1/responses"])
            try miss()
            let told = try best(
                ["rests", "clear", "--provider", "lacks", "--url", "http://127.0.0.1:\(gateway.port)"], in: gateway.directory)
            #expect(told.code == .code(0) && told.text.contains("lacks is asked for /v1/responses again") && !told.text.contains("nothing of that"))
            let again = try best(
                ["rests", "clear", "--provider", "lacks", "--url", "http://127.0.0.1:\(gateway.port)"], in: gateway.directory)
            #expect(again.text.contains("nothing of that rested"))
        }
    }

    @Test func `the rest of one key alone says whose it is`() throws {
        try withGateway(rejected, environment: Self.environment) { gateway throws in
            let made = try gateway.post("/admin/keys", #"{"name": "ann"}"#, [Self.admin])
            let key = try #require(made.object["plaintext_key"] as? String)
            _ = try ask(gateway, as: key, "a/a:status=401")
            let entry = try #require(try rests(gateway).first)
            #expect(entry["for"] as? String == "ann" && entry["client_key"] as? String == made.object["id"] as? String)
            #expect(entry["confirmed_by"] as? String == "nothing")
            #expect(try !gateway.get("/metrics", [Self.admin]).text.contains("best_rests{"), "everybody's only")
            #expect(!gateway.program.text.contains(" rests until "))
        }
    }

    @Test func `what is no rest at all is refused by name`() throws {
        try withGateway(rejected, environment: Self.environment) { gateway throws in
            try rejectKey(gateway)
            for (body, status, param) in [
                ("{", 400, ""), ("[]", 400, ""), (#"{"providr": "a"}"#, 400, "providr"), (#"{"provider": 1}"#, 400, "provider"),
                (#"{"provider": ""}"#, 400, "provider"), (#"{"model": ["m"]}"#, 400, "model"), (#"{"provider": "aa"}"#, 404, "provider"),
                (#"{"model": "m"}"#, 404, "model"), (#"{"key": "sk-upstream-secret"}"#, 404, "key"),
                (#"{"provider": "b", "key": "A_KEY"}"#, 404, "key"),
            ] {
                let answer = try clear(gateway, body)
                #expect(answer.status == status && answer.error?.param ?? "" == param, "\(body): \(answer.text)")
                #expect(!answer.text.contains("sk-upstream"))
            }
            #expect(try rests(gateway).count(where: { $0["for"] as? String == "everybody" }) == 1)
            #expect(try clear(gateway, #"{"provider": "b"}"#).object["cleared"] as? Int == 0)
            #expect(try gateway.get("/admin/rests?provider=a", [Self.admin]).error?.param == "provider")
            #expect(try gateway.post("/admin/rests", "{}", [Self.admin]).status == 405)
            #expect(try gateway.get("/admin/rests/clear", [Self.admin]).status == 405)
            #expect(try gateway.get("/admin/rests/other", [Self.admin]).error?.code == "unknown_url")
            for fields in [[], ["Authorization: Bearer first"], ["X-Admin-API-Key: wrong"]] {
                #expect(try gateway.get("/admin/rests", fields).status == 401 && gateway.post("/admin/rests/clear", "{}", fields).status == 401)
            }
            // Nothing, null and no body mean all.
            #expect(try clear(gateway, #"{"provider": null}"#).object["cleared"] as? Int ?? 0 > 0)
            #expect(try clear(gateway, "").object["cleared"] as? Int == 0)
        }
    }

    @Test func `clearing by provider and by model leaves the others`() throws {
        let providers = ["a", "b"].map { Provider($0, "status=429;retry-after=600") }
        try withGateway(providers, environment: Self.environment) { gateway throws in
            #expect(try ask(gateway) == 429)
            #expect(try rests(gateway).map { $0["provider"] as? String } == ["a", "b"])
            #expect(try rests(gateway).allSatisfy { $0["evidence"] as? String == "stated by the provider" && $0["is_word"] as? Bool == true })
            #expect(try clear(gateway, #"{"model": "b:status=429;retry-after=600"}"#).object["cleared"] as? Int == 1)
            #expect(try rests(gateway).map { $0["provider"] as? String } == ["a"])
            #expect(try clear(gateway, #"{"provider": "b"}"#).object["cleared"] as? Int == 0)
            #expect(try clear(gateway, #"{"provider": "a"}"#).object["cleared"] as? Int == 1)
            #expect(try rests(gateway).isEmpty)
        }
    }

    @Test func `a request that waits is served at once when the rest is ended`() throws {
        try withGateway([Provider("a", "status=429;retry-after=100;times=1")], environment: Self.environment) { gateway throws in
            #expect(try ask(gateway) == 429)
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", ["Authorization: Bearer first", "x-best-wait: 110s"], body: Array(Chat.body().utf8))
            #expect(
                try Deadline.usual.until { try gateway.get("/metrics", [Self.admin]).text.contains("best_queue_depth 1\n") })
            #expect(try clear(gateway, "{}").object["cleared"] as? Int == 1)
            // The harness waits nine seconds, the rest would take a hundred.
            #expect(try client.answer().status == 200)
        }
    }

    @Test func `over a restart what was stated is kept, and listed as from an earlier run until it is ended for good`() throws {
        let mock = try MockProcess()
        let folder = try Folder()
        let stated = Provider("a", "status=429;retry-after=7200")
        let gone = Provider("old", "status=429;retry-after=7200")
        func configure(_ providers: [Provider]) throws {
            try folder.write("providers:\n" + providers.map { $0.yaml(mock: mock.url) }.joined(), to: "meta-providers.yaml")
        }
        func serve(_ body: (WireClient) throws -> Void) throws {
            let arguments = ["serve", "--config", folder.path, "--port", "0"]
            let program = try Program(arguments, environment: ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "t"], directory: folder.path)
            try body(try WireClient(port: try program.port(in: " on http://127.0.0.1:")))
            program.stop()
        }
        func list(_ client: WireClient) throws -> [String] {
            try client.send("GET", "/admin/rests", [Self.admin])
            let entries = try #require(try client.answer().object["data"] as? [[String: Any]])
            return entries.map { "\($0["provider"] ?? "") \($0["reason"] ?? "") \($0["evidence"] ?? "")" }
        }
        try configure([stated, gone])
        try serve { client throws in
            try client.send("POST", "/v1/chat/completions", ["Authorization: Bearer t"] + Self.hasty, body: Array(Chat.body().utf8))
            #expect(try client.answer().status == 429)
            #expect(try list(client) == ["a rate_limited_hour stated by the provider", "old rate_limited_hour stated by the provider"])
        }
        try configure([stated])
        try serve { client throws in
            #expect(try list(client) == ["a rate_limited_hour from an earlier run", "old rate_limited_hour from an earlier run"])
            try client.send("POST", "/admin/rests/clear", [Self.admin], body: Array(#"{"provider": "a"}"#.utf8))
            #expect(try client.answer().object["cleared"] as? Int == 1)
        }
        try serve { client throws in
            #expect(try list(client) == ["old rate_limited_hour from an earlier run"])
            try client.send("POST", "/admin/rests/clear", [Self.admin], body: Array(#"{"provider": "old"}"#.utf8))
            #expect(try client.answer().object["cleared"] as? Int == 1)
        }
        try serve { client throws in #expect(try list(client).isEmpty) }
        mock.program.stop()
    }

    // MARK: From the shell

    @Test(arguments: [false, true]) func `the shell lists and ends rests of the running gateway`(bySocket: Bool) throws {
        let sockets = try Folder()
        let options = bySocket ? "admin: {listen: 'unix:\(sockets.path)/admin.sock'}\n" : nil
        try withGateway(rejected, best: options, environment: Self.environment) { gateway throws in
            let address = bySocket ? [] : ["--url", "http://127.0.0.1:\(gateway.port)"]
            let place = ["--config", gateway.directory] + address
            func rests(_ arguments: [String]) throws -> (code: Program.Exit, text: String) {
                // A proxy of the environment would learn the admin key.
                let proxies = ["http_proxy": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1"]
                return try best(["rests"] + arguments + place, in: gateway.directory, environment: proxies)
            }
            let none = try rests(["list"])
            #expect(none.code == .code(0) && none.text == "nothing rests\n", "\(none.text)")
            try rejectKey(gateway)
            let listed = try rests(["list"])
            #expect(listed.code == .code(0) && listed.text.hasPrefix("PROVIDER"), "\(listed.text)")
            let line = try #require(listed.text.split(separator: "\n").first { $0.contains("everybody") })
            for word in ["a ", "key", "A_KEY", "credential", "by status or code", "another client", "Z  "] { #expect(line.contains(word), "\(line)") }
            #expect(!listed.text.contains("sk-upstream"))
            let object = try JSONSerialization.jsonObject(with: Data(try rests(["list", "--json"]).text.utf8)) as? [String: Any]
            let count = try #require(object?["total"] as? Int)
            #expect(count > 0 && (object?["data"] as? [Any])?.count == count)
            let unsaid = try rests(["clear"])
            #expect(unsaid.code == .code(64) && unsaid.text.contains("--all"), "\(unsaid.text)")
            #expect(try rests(["clear", "--all", "--provider", "a"]).code == .code(64))
            #expect(try rests(["clear", "--provider", ""]).code == .code(64))
            let unknown = try rests(["clear", "--provider", "groq"])
            #expect(unknown.code == .code(1) && unknown.text.contains("no provider `groq`"), "\(unknown.text)")
            let other = try rests(["clear", "--provider", "b"])
            #expect(other.code == .code(0) && other.text == "nothing of that rested\n", "\(other.text)")
            // The short rest of the client that met it first may be over by now.
            let ended = try rests(["clear", "--key", "A_KEY"])
            #expect(ended.code == .code(0) && ended.text.hasPrefix("ended ") && ended.text.contains("A_KEY"), "\(ended.text)")
            #expect(try rests(["list"]).text == "nothing rests\n")
            let all = try JSONSerialization.jsonObject(with: Data(try rests(["clear", "--all", "--json"]).text.utf8)) as? [String: Any]
            #expect(all?["cleared"] as? Int == 0)
        }
    }

    @Test func `the shell takes the address and the key from where the gateway takes them`() throws {
        try withGateway(best: "admin: {listen: '127.0.0.1:0'}\n", environment: Self.environment) { gateway throws in
            let port = try gateway.program.port(in: "/admin/ and metrics on http://127.0.0.1:")
            let folder = try Folder()
            try folder.makeFolder("config")
            try folder.write("admin: {listen: '127.0.0.1:\(port)'}\n", to: "config/best.yaml")
            try folder.write("LLMGW_ADMIN_API_KEY=adm1n\n", to: ".env")
            let found = try best(["rests", "list"], in: folder.path, key: nil)
            #expect(found.code == .code(0) && found.text == "nothing rests\n", "\(found.text)")
            // Without a listener of its own it is at the clients' address.
            try folder.write("server: {port: \(port)}\n", to: "config/best.yaml")
            #expect(try best(["rests", "list"], in: folder.path, key: nil).text == "nothing rests\n")
        }
    }

    @Test func `what goes wrong in the shell is told with what would be right`() throws {
        let empty = try Folder()
        let (port, descriptor) = try RawUpstream.closedPort()
        defer { close(descriptor) }
        func list(_ address: String, key: String? = "adm1n") throws -> (code: Program.Exit, text: String) {
            let told = try best(["rests", "list", "--url", address], in: empty.path, key: key)
            #expect(told.text.split(separator: "\n").count == 1 || told.code == .code(64), "\(told.text)")
            return told
        }
        for address in ["http://127.0.0.1:\(port)", "unix:\(empty.path)/none.sock"] {
            let closed = try list(address)
            #expect(closed.code == .code(69) && closed.text.contains("no gateway answers at \(address): start it"), "\(closed.text)")
        }
        let keyless = try list("http://127.0.0.1:\(port)", key: nil)
        #expect(keyless.code == .code(78) && keyless.text.contains("set LLMGW_ADMIN_API_KEY"), "\(keyless.text)")
        #expect(try list("127.0.0.1").code == .code(64))
        try withGateway(environment: Self.environment) { gateway throws in
            let wrong = try list("http://127.0.0.1:\(gateway.port)", key: "wr0ng")
            #expect(wrong.code == .code(78) && wrong.text.contains("rejects the admin key") && !wrong.text.contains("wr0ng"), "\(wrong.text)")
        }
        try withGateway { gateway throws in
            let none = try list("http://127.0.0.1:\(gateway.port)")
            #expect(none.code == .code(78) && none.text.contains("serves no /admin/: set LLMGW_ADMIN_API_KEY"), "\(none.text)")
        }
        let unknown = #"{"error":{"message":"no","type":"t","param":null,"code":"unknown_url"}}"#
        let draining = #"{"error":{"message":"shutting down","type":"t","param":null,"code":"overloaded"}}"#
        for (status, body, words) in [
            ("404 Not Found", unknown, "older than this program"), ("200 OK", "hello", "no gateway of this kind"),
            ("200 OK", "{}", "no gateway of this kind"), ("502 Bad Gateway", "<html>", "no gateway of this kind (status 502)"),
            ("503 Service Unavailable", draining, "shutting down"),
        ] {
            // Of other endpoints it has the usual.
            let raw = try RawUpstream { request in
                let (status, body) = request.contains("GET /admin/rests ") ? (status, body) : ("200 OK", "{\"data\":[]}")
                return [Array("HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)".utf8)]
            }
            let told = try list("http://127.0.0.1:\(raw.port)")
            #expect(told.code == .code(69) && told.text.contains(words), "\(told.text)")
            raw.stop()
        }
    }

    @Test func `the help has examples`() throws {
        let folder = try Folder()
        #expect(try best(["--help"], in: folder.path).text.contains("rests"))
        let help = try best(["rests", "--help"], in: folder.path)
        #expect(help.code == .code(0) && help.text.contains("best rests clear --provider groq"))
    }
}
