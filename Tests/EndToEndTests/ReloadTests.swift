import Foundation
import Testing

@Suite struct ReloadTests {
    @Test func `a reload changes the routes, for connections that are open too`() throws {
        try withGateway([Provider("a"), Provider("b")]) { gateway throws in
            let client = try gateway.connect()
            func status(_ model: String) throws -> Int {
                try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(model).utf8))
                return try client.answer().status
            }
            #expect(try status("a") == 200 && status("c") == 404)
            try gateway.reload([Provider("b"), Provider("c")])
            #expect(try status("a") == 404 && status("b") == 200 && status("c") == 200)
            let listing = try gateway.get("/v1/models").text
            #expect(listing.contains("\"c\"") && !listing.contains("\"a\""))
            #expect(gateway.program.text.contains("new: c; gone: a"))
        }
    }

    @Test(arguments: [
        "providers: [\n", "providers:\n  - base_ulr: http://h/v1\n", "providers: []\n", "", "providers:\n  - {name: a, base_url: ftp://h}\n",
        "providers:\n  - {name: a, base_url: \"http://h\", api_key_env_var: NO_SUCH_KEY}\n",
    ])
    func `a bad file keeps the configuration of before and says what is wrong`(text: String) throws {
        try withGateway([Provider("a")]) { gateway throws in
            try gateway.write(text: text)
            gateway.program.send(SIGHUP)
            _ = try gateway.program.line(with: "reload refused: the configuration of before stays in use")
            #expect(gateway.program.text.contains("reload: "))
            if text.contains("base_ulr") { #expect(gateway.program.text.contains("meta-providers.yaml:2")) }
            if text.contains("NO_SUCH_KEY") { #expect(gateway.program.text.contains("NO_SUCH_KEY")) }
            #expect(try gateway.chat("a").status == 200)
            #expect(try gateway.get("/readyz").status == 200)
            try gateway.reload([Provider("z")])
            #expect(try gateway.chat("z").status == 200 && gateway.chat("a").status == 404)
        }
    }

    @Test func `a file that is gone keeps the configuration of before`() throws {
        try withGateway([Provider("a")]) { gateway throws in
            try gateway.remove("meta-providers.yaml")
            gateway.program.send(SIGHUP)
            _ = try gateway.program.line(with: "reload refused")
            #expect(try gateway.chat("a").status == 200)
        }
    }

    @Test func `streams that are open go on untouched, also of a provider that is gone; its connections close when they end`() throws {
        try withGateway([Provider("stays", "gap=30;tokens=30"), Provider("goes", "gap=30;tokens=30")]) { gateway throws in
            let clients = try ["stays", "goes"].map { name in
                let client = try gateway.connect()
                try client.send("POST", "/v1/chat/completions", body: Array(Chat.body("\(name)/\(name):gap=30;tokens=30", stream: true).utf8))
                #expect(try client.head().status == 200)
                return client
            }
            #expect(try Deadline.usual.until { try gateway.mock.counter("open") == 3 }, "two upstream and the one that asks")
            for _ in 0..<3 { try gateway.reload([Provider("stays", "gap=30;tokens=30")]) }
            #expect(try gateway.chat("goes").status == 404)
            for client in clients {
                var body: [UInt8] = []
                while let chunk = try client.chunk() { body += chunk }
                #expect(client.chunkedBodyIsWhole && Event.parse(body).dones == 1 && Event.parse(body).content == Chat.words(30))
            }
            // One is kept for the next request, the other led to a provider that is gone.
            #expect(try Deadline.usual.until { try gateway.mock.counter("open") == 2 })
        }
    }

    @Test func `a cooldown outlives a reload`() throws {
        try withGateway([Provider("a", "status=429;retry-after=600"), Provider("b")]) { gateway throws in
            #expect(try gateway.chat()["x-best-attempts"] == "2")
            #expect(try gateway.chat()["x-best-attempts"] == "1")
            try gateway.reload([Provider("c"), Provider("a", "status=429;retry-after=600", lines: ["base_priority: 9"])])
            let answer = try gateway.chat()
            #expect(answer["x-best-provider"] == "c" && answer["x-best-attempts"] == "1")
        }
    }

    @Test func `tokens come and go with the file .env, which never overrides the environment`() throws {
        try withGateway(environment: ["HOST": "127.0.0.1"], files: [".env": "ALLOWED_BEARER_TOKENS=one,two\nHOST=127.0.0.9\n"]) { gateway throws in
            let client = try gateway.connect()
            func status(_ token: String, on client: WireClient) throws -> Int {
                try client.send("GET", "/v1/models", ["Authorization: Bearer \(token)"])
                return try client.answer().status
            }
            #expect(try status("one", on: client) == 200 && status("two", on: client) == 200)
            try gateway.write(text: "ALLOWED_BEARER_TOKENS=two,three\nHOST=127.0.0.9\n", to: ".env")
            try gateway.reload()
            #expect(try status("two", on: client) == 200, "still on the connection that was open")
            #expect(try status("three", on: gateway.connect()) == 200)
            #expect(!gateway.program.text.contains("127.0.0.9"), "the environment says where it listens")
            #expect(try status("one", on: client) == 401, "a token that is gone is gone on open connections too")
        }
    }

    @Test func `what a reload can't change is said`() throws {
        try withGateway(files: [".env": ""]) { gateway throws in
            try gateway.write(text: "HOST=127.0.0.8\n", to: ".env")
            try gateway.reload()
            #expect(gateway.program.text.contains("server.host has changed, which takes effect when the gateway is restarted"))
            #expect(try gateway.chat().status == 200)
        }
    }

    @Test func `the mock fleet gives way to providers that come by a reload`() throws {
        let folder = try Folder()
        let mock = try MockProcess()
        let program = try Program(["serve", "--demo", "--port", "0"], directory: folder.path)
        let port = try program.port(in: " on http://127.0.0.1:")
        _ = try program.line(with: "made-up text")
        // Nothing has changed, so nothing does.
        program.send(SIGHUP)
        _ = try program.line(with: "reloaded (the same providers)")
        try folder.makeFolder("config")
        try folder.write("providers:\n" + Provider("a").yaml(mock: mock.url), to: "config/meta-providers.yaml")
        program.send(SIGHUP)
        _ = try program.line(with: "reloaded (new: a; gone: ")
        let client = try WireClient(port: port)
        try client.send("POST", "/v1/chat/completions", body: Array(Chat.body("priority-auto").utf8))
        #expect(try client.answer()["x-best-provider"] == "a")
        // And never back: providers that are lost are not replaced by made-up ones.
        try folder.write("providers: []\n", to: "config/meta-providers.yaml")
        program.send(SIGHUP)
        _ = try program.line(with: "reload refused: the configuration of before stays in use")
        try client.send("POST", "/v1/chat/completions", body: Array(Chat.body("priority-auto").utf8))
        #expect(try client.answer()["x-best-provider"] == "a")
        program.stop()
        mock.program.stop()
    }

    @Test(arguments: [[], ["--demo"]])
    func `a reload that leaves no provider is refused, names the variable, and the providers of before go on`(arguments: [String]) throws {
        let provider = Provider("a", lines: ["api_key_env_var: A_KEY"])
        try withGateway([provider], environment: ["LLMGW_ADMIN_API_KEY": "adm1n"], files: [".env": "A_KEY=k\n"], arguments: arguments) {
            gateway throws in
            let key = try gateway.post("/admin/keys", #"{"name": "a"}"#, ["X-Admin-API-Key: adm1n"]).object["plaintext_key"] as? String
            let bearer = ["Authorization: Bearer \(try #require(key))"]
            for (name, text) in [(".env", ""), ("meta-providers.yaml", "providers: []\n"), ("meta-providers.yaml", "")] {
                try gateway.write(text: text, to: name)
                let refused = try gateway.post("/admin/reload", "", ["X-Admin-API-Key: adm1n"])
                #expect(refused.status == 409 && refused.text.contains("no provider can be used"), "\(refused.text)")
                if name == ".env" { #expect(refused.text.contains("A_KEY")) }
                #expect(try gateway.chat("m", stream: false, "", bearer)["x-best-provider"] == "a")
            }
        }
    }

    @Test func `a burst of signals ends with the files as they are last`() throws {
        try withGateway([Provider("a")]) { gateway throws in
            for number in 0..<50 {
                try gateway.write([Provider("p\(number)")])
                gateway.program.send(SIGHUP)
            }
            #expect(try Deadline.usual.until { try gateway.chat("p49").status == 200 })
            #expect(try gateway.chat("a").status == 404)
        }
    }
}
