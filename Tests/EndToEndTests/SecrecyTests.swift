import Foundation
import Testing

/// That no key, of clients, of the operator or of a provider, can be read anywhere but in the answer that makes it.
@Suite struct SecrecyTests {
    private static let providerKey = "sk-prov-7Qm2xV9bTz4Kp1Lw8Rd5"
    private static let adminKey = "adm1n-Hs83kPq0ZvN6yTfW"
    private static let token = "static-Jr5bXc1Mu9GeLa2D"
    private static let admin = ["X-Admin-API-Key: \(adminKey)"]

    /// Answers of providers that quote the key they were shown.
    private static let echoes: [String] = {
        func http(_ status: String, _ type: String, _ body: String, _ fields: String = "") -> String {
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
        }
        let (key, json, stream) = (providerKey, "application/json", "text/event-stream")
        let chunk = #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}"#
        return [
            http("401 Unauthorized", json, #"{"error":{"message":"Incorrect API key provided: \#(key).","type":"t","code":"invalid_api_key"}}"#),
            http("403 \(key)", json, #"{"error":"Bearer \#(key) may not"}"#),
            http("400 Bad Request", json, #"{"error":{"message":"bad \#(key)","type":"\#(key)","param":"\#(key)","code":"\#(key)"}}"#),
            http("400 Bad Request", json, #"{"object":"error","message":"\#(key)","type":"BadRequestError","code":400}"#),
            http("422 Unprocessable", json, #"{"detail":[{"msg":"Authorization: Bearer \#(key)","loc":["\#(key)"]}]}"#),
            http("400 Bad Request", "text/plain", "no such thing for \(key)"),
            http("400 Bad Request", "text/plain", String(repeating: ".", count: 2040) + key + " and so on"),
            http("500 Oops", "text/html", "<html>\(key)</html>"), http("200 OK", json, #"{"error":{"message":"\#(key)","code":"\#(key)"}}"#),
            http("200 OK", stream, "data: {\"error\":{\"message\":\"\(key)\"}}\n\n"),
            http("200 OK", stream, "data: \(chunk)\n\ndata: {\"error\":{\"message\":\"\(key)\",\"code\":\"\(key)\"}}\n\n"),
            http("200 OK", json, "\(key) is not JSON"),
            http("429 Too Many", json, #"{"error":{"message":"limit of \#(key)"}}"#, "retry-after: \(key)\r\nx-ratelimit-reset-requests: \(key)\r\n"),
            http("302 Found", json, "{}", "location: http://127.0.0.1:9/?key=\(key)\r\n"), "HTTP/1.1 \(key)\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\(key)\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: \(key)\r\n\r\n",
        ]
    }()

    @Test(arguments: ["text", "json"]) func `no secret is in the database, the logs, the pages or any answer but the one that makes it`(form: String)
        throws
    {
        let upstreams = try Self.echoes.map { try RawUpstream(answering: $0) }
        defer { for upstream in upstreams { upstream.stop() } }
        let key = "api_key_env_var: PROVIDER_KEY"
        // The last one is asked for its models too, and quotes the key there.
        let providers =
            [Provider("good", models: [.init(id: "m")], lines: [key])]
            + upstreams.enumerated().map { Provider("e\($0)", models: [.init(id: "echo\($0)")], url: $1.url, lines: [key]) }
            + upstreams.prefix(1).map { Provider("lister", models: nil, url: $0.url, lines: [key]) }
        let environment = ["LLMGW_ADMIN_API_KEY": Self.adminKey, "ALLOWED_BEARER_TOKENS": Self.token, "PROVIDER_KEY": Self.providerKey]
        try withGateway(providers, best: "discovery: {patience: 500ms}\n", environment: environment, arguments: ["--log-format", form]) {
            gateway throws in
            var secrets = [Self.providerKey, Self.adminKey, Self.token]
            func check(_ text: String, _ place: String) {
                for secret in secrets where text.contains(secret) { Issue.record("\(place) holds a secret: \(text)") }
                // Nor the better part of one, where it was cut.
                for secret in secrets where text.contains(secret.prefix(secret.count - 4)) {
                    Issue.record("\(place) holds most of a secret: \(text)")
                }
            }
            func check(_ answer: Answer, _ place: String) {
                check(answer.statusLine + answer.fields.map { "\n\($0.name): \($0.value)" }.joined() + "\n\n" + answer.text, place)
            }
            func learn(_ answer: Answer) throws -> (id: String, key: String) {
                let plaintext = try #require(answer.object["plaintext_key"] as? String, "\(answer.text)")
                secrets += [plaintext, String(plaintext.suffix(43))]
                return (try #require(answer.object["id"] as? String), plaintext)
            }
            let first = try learn(try gateway.post("/admin/keys", #"{"name": "first", "limits": {"requests_per_minute": 1000}}"#, Self.admin))
            let second = try learn(try gateway.post("/admin/keys", #"{"name": "second"}"#, Self.admin))
            let rotated = try learn(try gateway.post("/admin/keys/\(second.id)/rotate", "", Self.admin))
            let client = ["Authorization: Bearer \(rotated.key)"]

            // Traffic that goes well, and traffic whose providers quote their key.
            for stream in [false, true] {
                for token in [first.key, rotated.key, Self.token] {
                    let answer = try gateway.chat("m", stream: stream, "", ["Authorization: Bearer \(token)"])
                    #expect(answer.status == 200)
                    check(answer, "an answer")
                }
                for number in upstreams.indices {
                    check(try gateway.chat("echo\(number)", stream: stream, "", client), "echo \(number), stream \(stream)")
                }
            }
            #expect(upstreams.allSatisfy { !$0.received.isEmpty }, "every one was asked")
            #expect(upstreams[0].received.contains { $0.hasPrefix("GET /v1/models") && $0.contains(Self.providerKey) })
            #expect(try gateway.mock.lastRequest()["x-mock-authorization"] == "Bearer \(Self.providerKey)")

            // Errors, with keys in wrong places and wrong keys that are nearly right.
            let almost = "llmgw-sk-\(first.id)-" + String(repeating: "x", count: 43)
            for fields in [["Authorization: Bearer \(almost)"], ["Authorization: Bearer \(second.key)"], ["X-Admin-API-Key: \(rotated.key)"], []] {
                check(try gateway.chat("m", stream: false, "", fields), "a refusal")
                check(try gateway.get("/admin/keys", fields), "a refusal of the admin API")
            }
            for number in 0..<12 { check(try gateway.get("/admin/keys", ["X-Admin-API-Key: wrong\(number)"]), "a wrong admin key") }
            check(try gateway.get("/v1/models?key=\(rotated.key)&x=\(Self.adminKey)", client), "a key in the query")
            check(try gateway.chat("none", stream: false, "", client), "an unknown model")
            check(try gateway.post("/v1/chat/completions", "{", client), "no JSON")
            check(try gateway.post("/admin/keys", #"{"name": 1}"#, Self.admin), "a key that can't be made")

            // What the gateway tells about itself.
            let reload = try gateway.post("/admin/reload", "", Self.admin)
            #expect(reload.status == 200, "\(reload.text)")
            check(reload, "the reload")
            let pages = [
                "/metrics", "/admin/keys?include_revoked=true", "/admin/keys/\(first.id)", "/admin/usage",
                "/admin/usage?format=csv&group_by=key,model,provider,day",
            ]
            for page in pages {
                let answer = try gateway.get(page, Self.admin)
                #expect(answer.status == 200, "\(page)")
                check(answer, page)
            }
            for page in ["/stats", "/v1/models", "/v1/models/m", "/docs", "/openapi.json", "/readyz", "/health"] {
                let answer = try gateway.get(page, client)
                #expect(answer.status == 200, "\(page)")
                check(answer, page)
            }
            check(try gateway.post("/v1/route/explain", Chat.body("m"), client), "the explanation")
            for arguments in [["keys", "list", "--all"], ["keys", "list", "--json"], ["usage", "--json"], ["check", "--config", ".", "--live"]] {
                let program = try Program(arguments, environment: environment, directory: gateway.directory)
                _ = try program.waitForExit(Deadline(.seconds(20)))
                check(program.text, "best \(arguments)")
            }

            // The files, with the database's log while it is in use and after the end.
            #expect(try gateway.get("/admin/keys/\(second.id)", Self.admin, method: "DELETE").status == 200)
            let names = try checkFiles(gateway, secrets)
            #expect(names.contains("data/best.db") && names.contains("data/best.db-wal"), "\(names)")
            gateway.program.send(SIGTERM)
            #expect(try gateway.program.waitForExit() == .code(0))
            _ = try checkFiles(gateway, secrets)
            check(gateway.program.text, "the log")
            #expect(gateway.program.text.contains("echo0"), "there was something to log")
        }
    }

    /// Every kind of secret that a provider is told, quoted in every place in which a provider can quote something.
    @Test(arguments: ["text", "json"]) func `no kind of a provider's secrets is passed on from what it says`(form: String) throws {
        let key = "sk-prov/7Qm2+xV9=bTz4Kp1L\"w8Rd5"
        let secrets = [
            key, "header-3Fh7Kq9ZtB2m", "Token tok-Yb5Wc8Xn1Vd4", "tok-Yb5Wc8Xn1Vd4", "proxyuser:p%40ss-9Gj3Lr6Ps", "p%40ss-9Gj3Lr6Ps",
            "proxyuser:p@ss-9Gj3Lr6Ps", "p@ss-9Gj3Lr6Ps", Data("proxyuser:p@ss-9Gj3Lr6Ps".utf8).base64EncodedString(),
        ]
        func http(_ status: String, _ type: String, _ body: String) -> String {
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        func quoted(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
        let chunk = #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}"#
        let answer = #"{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]}"#
        let answers = secrets.map { secret -> [String] in
            let plain = quoted(secret)
            let object = "{\"message\":\"no \(plain)\u{301} here\",\"type\":\"\(plain)\",\"param\":\"\(plain)\",\"code\":\"\(plain)\"}"
            let nested = "{\"error\":{\"message\":\"\(quoted("{\"raw\":\"\(plain)\",\"same\":\"\(plain.replacing("/", with: "\\/"))\"}"))\"}}"
            return [
                http("400 Bad Request", "application/json", "{\"error\":\(object)}"), http("400 Bad Request", "application/json", nested),
                http("422 Unprocessable", "text/plain", String(repeating: ".", count: 2048 - secret.utf8.count + 4) + secret),
                http("200 OK", "text/event-stream", "data: {\"error\":\(object)}\n\n"),
                http("200 OK", "text/event-stream", "data: \(chunk)\n\ndata: {\"error\":\(object)}\n\n"),
                http("200 OK", "application/json; quoting=\"\(secret.replacing("\"", with: ""))\"", answer),
                http("200 OK", "application/json", "{\"data\":[{\"id\":\"\(secret.replacing("\"", with: ""))\"},{\"id\":\"listed\"}]}"),
            ]
        }
        let upstreams = try answers.joined().map { try RawUpstream(answering: $0) }
        defer { for upstream in upstreams { upstream.stop() } }
        let lines = ["api_key_env_var: [PROVIDER_KEY, PLAIN_KEY]", "headers: {X-Api-Key: header-3Fh7Kq9ZtB2m, X-Auth: Token tok-Yb5Wc8Xn1Vd4}"]
        let perSecret = answers[0].count
        let providers = upstreams.enumerated().map { number, upstream in
            // The last answer to each secret is a list of models.
            Provider("e\(number)", models: number % perSecret == perSecret - 1 ? nil : [.init(id: "echo\(number)")], url: upstream.url, lines: lines)
        }
        let environment = [
            "PROVIDER_KEY": key, "PLAIN_KEY": key.replacing("\"", with: ""), "http_proxy": "http://proxyuser:p%40ss-9Gj3Lr6Ps@127.0.0.1:9",
            "no_proxy": "*",
            "LLMGW_ADMIN_API_KEY": Self.adminKey, "ALLOWED_BEARER_TOKENS": Self.token,
        ]
        try withGateway(providers, best: "discovery: {patience: 2s}\n", environment: environment, arguments: ["--log-format", form]) {
            gateway throws in
            func check(_ text: String, _ place: String) {
                for secret in secrets + [key.replacing("\"", with: "")] {
                    for form in [secret, quoted(secret), quoted(quoted(secret)), secret.replacing("/", with: "\\/")] where text.contains(form) {
                        Issue.record("\(place) holds \(form): \(text)")
                    }
                }
            }
            let client = ["Authorization: Bearer \(Self.token)"]
            for number in upstreams.indices where number % perSecret < perSecret - 1 {
                for stream in [false, true] {
                    let answer = try gateway.chat("echo\(number)", stream: stream, "", client)
                    check(
                        answer.statusLine + answer.fields.map { "\n\($0.name): \($0.value)" }.joined() + "\n\n" + answer.text,
                        "echo\(number) \(stream)")
                }
            }
            let models = try gateway.get("/v1/models", client)
            #expect(models.text.contains("listed"))
            for page in ["/v1/models", "/stats"] { check(try gateway.get(page, client).text, page) }
            for page in ["/metrics", "/admin/usage?group_by=model"] { check(try gateway.get(page, Self.admin).text, page) }
            let live = try Program(["check", "--config", ".", "--live"], environment: environment, directory: gateway.directory)
            _ = try live.waitForExit(Deadline(.seconds(30)))
            check(live.text, "best check")
            gateway.program.send(SIGTERM)
            #expect(try gateway.program.waitForExit() == .code(0))
            check(gateway.program.text, "the log")
            #expect(gateway.program.text.contains("echo0"), "there was something to log")
            for name in try FileManager.default.subpathsOfDirectory(atPath: gateway.directory) {
                // The configuration holds what the test has written there.
                guard name != "meta-providers.yaml", let contents = FileManager.default.contents(atPath: gateway.directory + "/" + name) else {
                    continue
                }
                check(String(decoding: contents, as: UTF8.self), name)
            }
        }
    }

    /// Looks for the secrets in every file of the gateway's folder, also in the forms in which programs keep them.
    private func checkFiles(_ gateway: Gateway, _ secrets: [String]) throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: gateway.directory)
        for name in names {
            guard let contents = FileManager.default.contents(atPath: gateway.directory + "/" + name) else { continue }
            for secret in secrets {
                let forms = [Data(secret.utf8), Data(Data(secret.utf8).base64EncodedString().utf8)]
                for form in forms where contents.range(of: form) != nil { Issue.record("\(name) holds a secret") }
            }
        }
        return names
    }

    /// A process that may be dumped belongs, in /proc, to its user; one that may not to root (proc(5), PR_SET_DUMPABLE of prctl(2)), so that another
    /// process of the same user reads neither its memory nor its environment.
    @Test func `another process of the same user reads neither the memory nor the environment`() throws {
        let nobody = "65534"
        let isRoot = geteuid() == 0
        let folder = try Folder()
        try folder.write("providers:\n  - {name: a, base_url: http://127.0.0.1:9/v1, models: [m]}\n", to: "meta-providers.yaml")
        try #require(chmod(folder.path, 0o777) == 0)
        let arguments = [Program.path, "serve", "--config", ".", "--port", "0"]
        // Root reads everything, so that the gateway and its neighbour must be somebody else.
        let change = isRoot ? ["setpriv", "--reuid", nobody, "--clear-groups"] : []
        let program = try Program(
            change + arguments, environment: ["LLMGW_ADMIN_API_KEY": Self.adminKey], directory: folder.path, executable: "/usr/bin/env")
        _ = try program.line(with: "try it:")
        var status = stat()
        for name in ["environ", "mem", "maps"] {
            let path = "/proc/\(program.processID)/\(name)"
            try #require(stat(path, &status) == 0)
            #expect(status.st_uid == 0, "\(name)")
            let neighbour = try Program(change + ["cat", path], directory: folder.path, executable: "/usr/bin/env")
            #expect(try neighbour.waitForExit() != .code(0) && neighbour.text.contains("Permission denied"), "\(neighbour.text)")
        }
        // That it is this that keeps them out: a program that does not forbid it belongs to its user.
        let other = try Program(change + ["sleep", "60"], directory: folder.path, executable: "/usr/bin/env")
        let wanted = isRoot ? uid_t(65534) : geteuid()
        #expect(Deadline.usual.until { stat("/proc/\(other.processID)/environ", &status) == 0 && status.st_uid == wanted })
        program.stop()
    }
}
