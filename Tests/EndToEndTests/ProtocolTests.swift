import Foundation
import Testing

@Suite struct ProtocolTests {
    /// What a smuggler wants to have executed.
    private static let smuggled: String = {
        let body = "{\"model\":\"smuggled\",\"messages\":[]}"
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }()

    private static func post(_ fields: String, _ body: String = "") -> String {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n\(body)"
    }

    private static let abuses: [(status: Int, bytes: String)] = [
        (400, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        (400, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")),
        (400, post("Content-Length: 0\r\nContent-Length: 5\r\n", "hello")), (400, post("Content-Length: 0, 5\r\n")),
        (400, post("Content-Length: +0\r\n")), (400, post("Content-Length: 0x0\r\n")), (400, post("Content-Length: -1\r\n")),
        (400, post("Content-Length: 18446744073709551616\r\n")), (400, post("Content-Length:\r\n")),
        (400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")),
        (400, post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")), (400, post("Transfer-Encoding:\u{0B}chunked\r\n", "0\r\n\r\n")),
        (400, post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")), (501, post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
        (501, post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
        (400, "POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (400, "GET /ok HTTP/1.1\nHost: localhost\n\n"), (400, "GET /ok HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n"),
        (400, "GET /ok HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n"), (400, "GET /ok HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n"),
        (400, "GET /ok HTTP/1.1\r\nHost: localhost\r\nX: a\u{0}b\r\n\r\n"), (400, "GET /ok HTTP/1.1\r\nHost: localhost\r\nX\u{0}: y\r\n\r\n"),
        (400, "GET /ok HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n"), (400, "GET /ok HTTP/1.1\r\n X: y\r\nHost: localhost\r\n\r\n"),
        (400, "GET /ok HTTP/1.1\r\nHost: localhost\r\n: y\r\n\r\n"), (400, "GET /ok HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n"),
        (400, "GET /ok HTTP/1.1\r\n\r\n"), (400, "GET /ok HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),
        (400, "GET /ok HTTP/1.1\r\nHost: local host\r\n\r\n"), (400, "GET /ok HTTP/1.1\r\nHost: user@localhost\r\n\r\n"),
        (400, "GET http://other/ok HTTP/1.1\r\nHost: localhost\r\n\r\n"), (400, "GET /ok\u{1} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, "GET  /ok HTTP/1.1\r\nHost: localhost\r\n\r\n"), (400, "GET\t/ok\tHTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, "GET /ok http/1.1\r\nHost: localhost\r\n\r\n"), (400, "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, "GET ok HTTP/1.1\r\nHost: localhost\r\n\r\n"), (400, "G(T /ok HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (505, "GET /ok\r\n\r\n"), (505, "GET /ok HTTP/1.2\r\nHost: localhost\r\n\r\n"), (505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (501, "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n"), (501, "TRACE /ok HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, post("Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n")), (400, post("Transfer-Encoding: chunked\r\n", "-1\r\n\r\n")),
        (400, post("Transfer-Encoding: chunked\r\n", "\r\n\r\n")), (400, post("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\n")),
        (400, post("Transfer-Encoding: chunked\r\n", "2\r\n{}X0\r\n\r\n")), (400, post("Transfer-Encoding: chunked\r\n", "0\n\r\n")),
        (400, post("Transfer-Encoding: chunked\r\n", "0;a\nb\r\n\r\n")),
        (400, post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 1\r\n\r\n")),
        (400, "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}"),
    ]

    @Test func `what could hide a second request is refused, the connection ends, and nothing behind it is executed`() throws {
        try withGateway([Provider("a"), Provider("s", models: [.init(id: "smuggled")])]) { gateway throws in
            for abuse in Self.abuses {
                let client = try gateway.connect()
                try client.send(abuse.bytes + Self.smuggled)
                let answer = try client.answer()
                #expect(answer.status == abuse.status, "\(abuse.bytes.debugDescription): \(answer.text)")
                #expect(answer.error != nil && answer["connection"] == "close" && answer["x-request-id"] != nil, "\(abuse.bytes.debugDescription)")
                #expect(try client.ends() && !client.wasReset, "\(abuse.bytes.debugDescription)")
            }
            #expect(try gateway.mock.counter("requests") == 0)
            // The same request as itself, so that the test is known to see it.
            #expect(try gateway.exchange(Self.smuggled).status == 200)
            #expect(try gateway.mock.counter("requests") == 1)
        }
    }

    @Test func `empty lines before a request and an absolute target are taken`() throws {
        try withGateway { gateway throws in
            #expect(try gateway.exchange("\r\nGET /ok HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
            #expect(try gateway.exchange("GET http://localhost/ok HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
        }
    }

    @Test func `requests sent at once are answered one after the other, in order`() throws {
        try withGateway([Provider("a", "delay=50;ttft=50")]) { gateway throws in
            let client = try gateway.connect()
            var bytes: [UInt8] = []
            for number in 0..<12 {
                let id = ["X-Request-ID: n\(number)"]
                switch number % 4 {
                case 0: bytes += WireClient.request("POST", "/v1/chat/completions", id, body: Array(Chat.body().utf8))
                case 1: bytes += WireClient.request("GET", "/v1/models", id)
                case 2: bytes += WireClient.request("POST", "/v1/chat/completions", id, body: Array(Chat.body(stream: true).utf8))
                default: bytes += WireClient.request("POST", "/v1/chat/completions", id, body: Array("{".utf8))
                }
            }
            try client.send(bytes)
            for number in 0..<12 {
                let answer = try client.answer()
                #expect(answer["x-request-id"] == "n\(number)" && answer.status == (number % 4 == 3 ? 400 : 200))
            }
        }
    }

    @Test func `a client in the middle of an upload sees the refusal and not a reset`() throws {
        try withGateway(environment: ["ALLOWED_BEARER_TOKENS": "token"]) { gateway throws in
            for size in [900_000, 6_000_000] {
                let client = try gateway.connect()
                try client.send("POST", "/v1/chat/completions", body: [UInt8](repeating: 0x20, count: size))
                #expect(try client.answer().status == 401, "\(size)")
                if size < 1_000_000 {
                    try client.send("GET", "/v1/models", ["Authorization: Bearer token"])
                    #expect(try client.answer().status == 200, "a short rest is read, and the connection goes on")
                }
            }
            let client = try gateway.connect()
            try client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\nContent-Length: 40000000\r\n\r\n")
            try client.send([UInt8](repeating: 0x20, count: 8_000_000))
            let answer = try client.answer()
            #expect(answer.status == 413 && answer.error?.code == "request_too_large" && answer["connection"] == "close")
        }
    }

    @Test func `a chunked body that grows over the limit is a 413`() throws {
        try withGateway { gateway throws in
            let client = try gateway.connect()
            try client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = Array("400000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0x400000) + [13, 10]
            for _ in 0..<9 { try client.send(chunk) }
            let answer = try client.answer()
            #expect(answer.status == 413 && answer.error?.code == "request_too_large")
        }
    }

    @Test func `a client that waits for 100 Continue gets it, unless it is refused at once`() throws {
        try withGateway(environment: ["ALLOWED_BEARER_TOKENS": "token"]) { gateway throws in
            let body = Chat.body()
            let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n"
            let client = try gateway.connect()
            try client.send(head + "Authorization: Bearer token\r\n\r\n")
            #expect(try client.head().status == 100)
            try client.send(body)
            #expect(try client.answer().status == 200)
            let refused = try gateway.connect()
            try refused.send(head + "\r\n")
            let answer = try refused.answer()
            #expect(answer.status == 401 && answer["connection"] == "close", "the body may never come")
            let large = try gateway.connect()
            try large.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nAuthorization: Bearer token\r\nContent-Length: 40000000\r\n\r\n"
            )
            #expect(try large.answer().status == 413)
        }
    }

    @Test func `HTTP 1.0 is spoken with and without keep-alive`() throws {
        try withGateway { gateway throws in
            let client = try gateway.connect()
            try client.send("GET /ok HTTP/1.0\r\n\r\n")
            #expect(try client.answer()["connection"] == "close")
            #expect(try client.ends())
            let kept = try gateway.connect()
            for _ in 0..<2 {
                try kept.send("GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try kept.answer()["connection"] == "keep-alive")
            }
            let body = Chat.body(stream: true)
            try kept.send("POST /v1/chat/completions HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let stream = try kept.answer()
            #expect(stream["transfer-encoding"] == nil && stream["connection"] == "close" && stream.events.dones == 1)
            let closing = try gateway.connect()
            try closing.send("GET", "/ok", ["Connection: close"])
            #expect(try closing.answer()["connection"] == "close")
            #expect(try closing.ends())
        }
    }

    @Test func `with keys any page may call, and its browser's questions need none`() throws {
        try withGateway(environment: ["ALLOWED_BEARER_TOKENS": "token"]) { gateway throws in
            let asked = [
                "Origin: https://app.example", "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: authorization,content-type,x-stainless-lang",
            ]
            for target in ["/v1/chat/completions", "/v1/models", "/none"] {
                let answer = try gateway.get(target, asked, method: "OPTIONS")
                #expect(answer.status == 204 && answer.body.isEmpty && answer["content-length"] == nil, "\(target)")
                #expect(answer["access-control-allow-origin"] == "*" && answer["access-control-allow-methods"]?.contains("POST") == true)
                #expect(answer["access-control-allow-headers"] == "authorization,content-type,x-stainless-lang")
            }
            let fields = ["Origin: https://app.example", "Host: gateway.example", "Authorization: Bearer token"]
            let answers = [
                try gateway.chat("m", stream: false, "", fields), try gateway.chat("m", stream: true, "", fields),
                try gateway.chat("none", stream: false, "", fields),
                try gateway.get("/v1/models", ["Origin: https://app.example"]),
            ]
            #expect(answers.map(\.status) == [200, 200, 404, 401])
            for answer in answers {
                #expect(answer["access-control-allow-origin"] == "*" && answer["access-control-expose-headers"] == "*")
            }
        }
    }

    @Test func `without keys no web page may use the gateway`() throws {
        try withGateway { gateway throws in
            for host in [
                "evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0", "[::2]", "128.0.0.1",
            ] {
                let answer = try gateway.chat("m", stream: false, "", ["Host: \(host)"])
                #expect(answer.status == 403 && answer.error?.code == "host_not_allowed" && answer.error?.type == "permission_error", "\(host)")
            }
            for origin in [
                "https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example:80", "file://",
                "http://evil.example#://localhost", "http://localhost:80.evil.example", "http://[::1]x", "file://localhost", "http://user@localhost",
                "http://localhost:", "http://localhost:65536", "app://obsidian.md", "tauri://localhost", "vscode-webview://abc",
            ] {
                let answer = try gateway.chat("m", stream: false, "", ["Origin: \(origin)"])
                #expect(
                    answer.status == 403 && answer.error?.code == "origin_not_allowed" && answer["access-control-allow-origin"] == nil, "\(origin)")
                #expect(answer.text.contains("server.allowed_origins"), "the remedy is named")
            }
            for field in [
                "Host: 127.0.0.1:8000", "Host: LOCALHOST", "Host: [::1]:8000", "Host: 127.9.9.9", "Origin: http://localhost:3000",
                "Origin: http://127.0.0.1", "Origin: http://[::1]:5173",
            ] {
                #expect(try gateway.chat("m", stream: false, "", [field]).status == 200, "\(field)")
            }
            #expect(try gateway.get("/v1/models", ["Origin: http://localhost"], method: "OPTIONS")["access-control-allow-origin"] == nil)
            #expect(try gateway.get("/v1/models", ["Origin: http://localhost"])["vary"] == nil)
            let twice = try gateway.get("/v1/models", ["Origin: http://localhost", "Origin: https://evil.example"])
            #expect(twice.status == 400 && twice.text.contains("more than one `origin` field"))
        }
    }

    @Test func `without keys pages of the allowed origins may use the clients' endpoints, and nothing else`() throws {
        let origins = "server: {allowed_origins: ['https://Chat.example:443', 'app://obsidian.md', 'http://localhost:3000']}\n"
        try withGateway(best: origins + "metrics: {public: true}\n") { gateway throws in
            for origin in ["https://chat.example", "app://obsidian.md", "http://localhost:3000"] {
                for stream in [false, true] {
                    let answer = try gateway.chat("m", stream: stream, "", ["Origin: \(origin)"])
                    #expect(answer.status == 200 && answer["access-control-allow-origin"] == origin && answer["vary"] == "origin", "\(origin)")
                    #expect(answer["access-control-expose-headers"] == "*")
                }
                let asked = try gateway.get(
                    "/v1/chat/completions", ["Origin: \(origin)", "Access-Control-Request-Headers: authorization,content-type"], method: "OPTIONS")
                #expect(asked.status == 204 && asked["access-control-allow-origin"] == origin && asked["vary"] == "origin")
                #expect(asked["access-control-allow-headers"] == "authorization,content-type")
                let missing = try gateway.chat("none", stream: false, "", ["Origin: \(origin)"])
                #expect(missing.status == 404 && missing["access-control-allow-origin"] == origin)
                // The operator's pages are for no page of another origin.
                let metrics = try gateway.get("/metrics", ["Origin: \(origin)"])
                #expect(metrics["access-control-allow-origin"] == nil && metrics["cache-control"] == "no-store")
                #expect(try gateway.get("/metrics", ["Origin: \(origin)"], method: "OPTIONS")["access-control-allow-methods"] == nil)
            }
            for origin in ["https://chat.example.evil.example", "https://chat.example:8443", "http://chat.example", "app://obsidian.md.evil", "null"]
            {
                let answer = try gateway.chat("m", stream: false, "", ["Origin: \(origin)"])
                #expect(answer.status == 403 && answer["access-control-allow-origin"] == nil && answer["vary"] == "origin", "\(origin)")
                #expect(try gateway.get("/v1/models", ["Origin: \(origin)"], method: "OPTIONS")["access-control-allow-methods"] == nil)
            }
            // Who is no page is not asked for an origin; a page of this machine may ask, but not read.
            let plain = try gateway.chat()
            #expect(plain.status == 200 && plain["access-control-allow-origin"] == nil && plain["vary"] == "origin")
            let own = try gateway.chat("m", stream: false, "", ["Origin: http://127.0.0.1"])
            #expect(own.status == 200 && own["access-control-allow-origin"] == nil)
            #expect(try gateway.chat("m", stream: false, "", ["Origin: https://chat.example", "Host: evil.example"]).status == 403)
            // Once a key is needed, pages of any origin may ask with one.
            try gateway.write(text: origins + "metrics: {public: true}\n" + "\n", to: "best.yaml")
            try gateway.write(text: "ALLOWED_BEARER_TOKENS=t\n", to: ".env")
            try gateway.reload()
            let other = try gateway.chat("m", stream: false, "", ["Origin: https://other.example", "Authorization: Bearer t"])
            #expect(other.status == 200 && other["access-control-allow-origin"] == "*" && other["vary"] == nil)
        }
    }

    @Test func `what is the operator's alone is read by no page of another origin and kept by nobody`() throws {
        let admin = "X-Admin-API-Key: adm1n"
        let origin = "Origin: https://app.example"
        try withGateway(environment: ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "t"]) { gateway throws in
            var answers: [(String, Answer)] = []
            for (method, target, fields, body) in [
                ("GET", "/admin/keys", [admin], nil), ("GET", "/admin/keys", [], nil), ("GET", "/admin/keys", ["X-Admin-API-Key: wrong"], nil),
                ("GET", "/admin/keys/none", [admin], nil), ("PUT", "/admin/keys", [admin], nil), ("POST", "/admin/keys", [admin], "{"),
                ("POST", "/admin/keys", [admin], #"{"name": "a"}"#), ("POST", "/admin/keys", [admin, "Content-Encoding: gzip"], "x"),
                ("POST", "/admin/keys", [admin], String(repeating: " ", count: 70_000)), ("GET", "/admin/usage", [admin], nil),
                ("GET", "/admin/usage?format=csv", [admin], nil), ("POST", "/admin/reload", [admin], ""), ("GET", "/admin/none", [admin], nil),
                ("GET", "/admin/%zz", [admin], nil), ("GET", "/admin/", [admin], nil), ("GET", "/admin", [admin], nil), ("GET", "/admin?x", [], nil),
                ("OPTIONS", "/admin/keys", [], nil), ("OPTIONS", "/admin", [], nil), ("HEAD", "/admin/keys", [admin], nil),
                ("GET", "/metrics", [admin], nil), ("GET", "/metrics", [], nil), ("POST", "/metrics", [admin], ""), ("OPTIONS", "/metrics", [], nil),
                ("GET", "/admin/keys", [admin, admin], nil), ("GET", "/metrics", [admin, "Authorization: Bearer a", "Authorization: Bearer b"], nil),
            ] as [(String, String, [String], String?)] {
                let client = try gateway.connect()
                try client.send(method, target, fields + [origin, "Access-Control-Request-Method: GET"], body: body.map { Array($0.utf8) })
                answers.append(("\(method) \(target) \(fields)", try client.answer(toHead: method == "HEAD")))
            }
            for (request, answer) in answers {
                let fields = answer.fields.map { $0.name.lowercased() }
                #expect(!fields.contains { $0.hasPrefix("access-control-") }, "\(request): \(answer.statusLine) \(fields)")
                #expect(answer["cache-control"] == "no-store", "\(request): \(answer.statusLine)")
                #expect(fields.count { $0 == "cache-control" } == 1, "\(request)")
            }
            // The clients' endpoints are another matter.
            for target in ["/v1/models", "/stats", "/health"] {
                let answer = try gateway.get(target, [origin, "Authorization: Bearer t"])
                #expect(answer.status == 200 && answer["access-control-allow-origin"] == "*" && answer["cache-control"] == nil, "\(target)")
            }
        }
    }

    @Test func `a credential that is sent twice is refused, whichever of the two is right`() throws {
        let admin = "X-Admin-API-Key: adm1n"
        try withGateway(environment: ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "t"]) { gateway throws in
            for (first, second) in [("t", "x"), ("x", "t"), ("t", "t"), ("x", "y"), ("t", "")] {
                let fields = ["Authorization: Bearer \(first)", "AUTHORIZATION: Bearer \(second)"]
                for answer in [
                    try gateway.chat("m", stream: false, "", fields), try gateway.get("/v1/models", fields), try gateway.get("/stats", fields),
                    try gateway.get("/admin/keys", fields + [admin]), try gateway.get("/metrics", fields), try gateway.get("/none", fields),
                ] {
                    #expect(answer.status == 400 && answer.error?.type == "invalid_request_error", "\(answer.statusLine)")
                    #expect(answer.text.contains("more than one `authorization` field"))
                }
            }
            for (first, second) in [("adm1n", "x"), ("x", "adm1n"), ("adm1n", "adm1n")] {
                for target in ["/admin/keys", "/metrics"] {
                    let answer = try gateway.get(target, ["X-Admin-API-Key: \(first)", "x-admin-api-key: \(second)"])
                    #expect(answer.status == 400 && answer.text.contains("more than one `x-admin-api-key` field"), "\(answer.statusLine)")
                }
            }
            // On a connection whose key is known already, too.
            let client = try gateway.connect()
            for (fields, status) in [(["Authorization: Bearer t"], 200), (["Authorization: Bearer t", "Authorization: Bearer x"], 400)] {
                try client.send("GET", "/v1/models", fields)
                #expect(try client.answer().status == status)
            }
        }
        try withGateway { gateway throws in
            let fields = ["Authorization: Bearer a", "Authorization: Bearer b"]
            #expect(try gateway.chat("m", stream: false, "", fields).status == 400, "also where no key is needed")
        }
    }
}
