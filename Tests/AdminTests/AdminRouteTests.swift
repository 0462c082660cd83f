import Gateway
import GatewayTesting
import Testing

@testable import Admin

/// What there is below `/admin/`, for whom, and by which door.
@Suite struct AdminRouteTests {
    @Test(arguments: [
        ("/admin/keys", "PUT", "GET, HEAD, POST, OPTIONS"), ("/admin/keys", "DELETE", "GET, HEAD, POST, OPTIONS"),
        ("/admin/keys/abc", "POST", "GET, HEAD, PATCH, DELETE, OPTIONS"), ("/admin/keys/abc/rotate", "GET", "POST, OPTIONS"),
        ("/admin/usage", "POST", "GET, HEAD, OPTIONS"), ("/admin/rests", "DELETE", "GET, HEAD, OPTIONS"),
        ("/admin/rests/clear", "GET", "POST, OPTIONS"), ("/admin/reload", "GET", "POST, OPTIONS"),
    ])
    func `a wrong method is told with those that are right`(target: String, method: String, allow: String) throws {
        try withOperator(reload: { ReloadReport() }) { admin in
            let answer = try admin.ask(method, target, method == "GET" ? nil : "{}")
            #expect(answer.status == 405 && answer.errorCode == "unknown_url" && answer["allow"] == allow, "\(answer)")
            #expect(answer.errorMessage?.hasPrefix("this address takes no \(method), but ") == true)
        }
    }

    @Test(arguments: [
        "/admin/", "/admin/none", "/admin/keys/abc/turn", "/admin/keys/abc/rotate/now", "/admin/usage/today", "/admin/rests/end", "/admin/reload",
    ])
    func `what is not there is not found`(target: String) throws {
        try withOperator { admin in
            let answer = try admin.ask("POST", target, "{}")
            #expect(answer.status == 404 && answer.errorCode == "unknown_url", "\(answer)")
        }
    }

    @Test func `HEAD is answered as GET, without the body`() throws {
        try withOperator { admin in
            _ = try admin.makeKey()
            for target in ["/admin/keys", "/admin/usage", "/admin/rests"] {
                let (head, get) = (try admin.ask("HEAD", target), try admin.ask("GET", target))
                #expect(head.status == 200 && head.body.isEmpty && head["content-length"] == get["content-length"], "\(target)")
            }
        }
    }

    @Test func `an id is read as it was meant, whatever a client has made of it`() throws {
        try withOperator { admin in
            let (id, _) = try admin.makeKey()
            let spelt = id.utf8.map { "%" + String($0, radix: 16) }.joined()
            #expect(try admin.ask("GET", "/admin/keys/\(spelt)").values(of: "id") == [id])
            let unknown = try admin.ask("GET", "/admin/keys/no%22where")
            #expect(unknown.status == 404 && unknown.errorMessage?.contains(#"no"where"#) == true)
            #expect(try admin.ask("GET", "/admin/keys/%zz").status == 400)
        }
    }

    // MARK: Who

    @Test func `a client's key opens no operator's endpoint, and the operator's key none for clients`() throws {
        try withOperator { admin in
            let (_, token) = try admin.makeKey()
            let client = admin.simulation.client(token)
            client.request("GET", "/admin/keys")
            #expect(client.answer?.status == 401 && client.answer?.errorCode == "invalid_api_key")
            #expect(try admin.ask("GET", "/admin/keys", key: token).status == 401 && admin.ask("GET", "/admin/keys", key: nil).status == 401)
            #expect(try admin.ask("GET", "/admin/keys", key: nil, fields: [("authorization", "Bearer \(Operator.key)")]).status == 200)
            #expect(admin.status(of: Operator.key) == 401)
            let twice = try admin.ask("GET", "/admin/keys", fields: [("x-admin-api-key", Operator.key)])
            #expect(twice.status == 400, "who sends two may have meant either")
        }
    }

    @Test func `without an operator's key there are no such endpoints`() throws {
        try withOperator(configure: { $0.server.adminKey = nil }) { admin in
            for key in [Operator.key, nil] {
                let answer = try admin.ask("GET", "/admin/keys", key: key)
                #expect(answer.status == 404 && answer.errorCode == "unknown_url")
            }
        }
    }

    @Test func `after ten wrong keys further ones are told to wait, while the right one is heard`() throws {
        try withOperator { admin in
            for number in 0..<10 { #expect(try admin.ask("GET", "/admin/keys", key: "wrong \(number)").status == 401) }
            let refused = try admin.ask("GET", "/admin/keys", key: "wrong")
            let wait = try #require(Int(refused["retry-after"] ?? ""))
            #expect(refused.status == 429 && refused.errorCode == "rate_limit_exceeded" && wait > 50)
            #expect(try admin.ask("GET", "/admin/keys").status == 200 && admin.ask("GET", "/admin/keys", key: nil).status == 401)
            admin.simulation.advance(by: .seconds(wait))
            #expect(try admin.ask("GET", "/admin/keys", key: "wrong").status == 401, "after that a slip is a slip again")
        }
    }

    @Test func `a body of more than 64 KiB is none of an operator's`() throws {
        try withOperator { admin in
            let answer = try admin.ask("POST", "/admin/keys", #"{"name":"\#(String(repeating: "x", count: 64 * 1024))"}"#)
            #expect(answer.status == 413 && answer.errorCode == "request_too_large")
        }
    }

    // MARK: The operator's own door

    @Test(arguments: [
        ("GET", "/admin/keys", 200, 404), ("POST", "/admin/keys", 400, 404), ("GET", "/admin/none", 404, 404), ("GET", "/readyz", 200, 200),
        ("GET", "/livez", 200, 200), ("GET", "/v1/models", 404, 401), ("GET", "/v1/models/m", 404, 401),
        ("POST", "/v1/chat/completions", 404, 401), ("POST", "/v1/route/explain", 404, 401), ("GET", "/none", 404, 401),
    ])
    func `where the operator has a listener, his endpoints are there and clients' are not`(
        method: String, target: String, inside: Int, outside: Int
    ) throws {
        try withOperator(configure: { $0.admin.listen = AdminAddress(parsing: "127.0.0.1:9001") }) { admin in
            // A client's key is needed, so that nothing is open.
            _ = admin.simulation.addKey("client")
            for (client, status) in [(admin.simulation.operatorClient(), inside), (admin.simulation.client(), outside)] {
                client.request(method, target, fields: [("x-admin-api-key", Operator.key)], body: method == "POST" ? "{}" : nil)
                #expect(client.answer?.status == status, "\(client.received)")
                if status == 404 { #expect(client.answer?.errorCode == "unknown_url") }
            }
        }
    }

    @Test func `reaching the operator's door is not enough for his endpoints`() throws {
        try withOperator(configure: { $0.admin.listen = AdminAddress(parsing: "127.0.0.1:9001") }) { admin in
            let client = admin.simulation.operatorClient()
            client.request("GET", "/admin/keys")
            #expect(client.answer?.status == 401)
            client.request("OPTIONS", "/admin/keys", fields: [("origin", "https://page.test")])
            #expect(client.answer?["access-control-allow-methods"] == nil, "pages of other origins have no business there")
        }
    }
}
