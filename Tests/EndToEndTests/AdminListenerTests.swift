import Foundation
import Testing

/// The operator's own listener: what is there, what is not, how it begins and how it ends.
@Suite struct AdminListenerTests {
    private static let admin = "X-Admin-API-Key: adm1n"
    private static let environment = ["LLMGW_ADMIN_API_KEY": "adm1n"]

    /// What is on the operator's listener, and on the clients'.
    private static let routes: [(method: String, target: String, admin: Int, clients: Int)] = [
        ("GET", "/admin/keys", 200, 404), ("POST", "/admin/keys", 400, 404), ("GET", "/admin/usage", 200, 404), ("POST", "/admin/reload", 200, 404),
        ("GET", "/admin/nothing", 404, 404), ("GET", "/metrics", 200, 200), ("GET", "/readyz", 200, 200), ("GET", "/livez", 200, 200),
        ("GET", "/docs", 200, 200), ("GET", "/openapi.json", 200, 200), ("GET", "/v1/models", 404, 401), ("GET", "/v1/models/m", 404, 401),
        ("POST", "/v1/chat/completions", 404, 401), ("POST", "/v1/route/explain", 404, 401), ("GET", "/nothing", 404, 401),
    ]

    private func ask(_ client: WireClient, _ method: String, _ target: String, _ fields: [String] = [], _ body: String? = nil) throws -> Answer {
        try client.send(method, target, fields, body: body.map { Array($0.utf8) } ?? (method == "POST" ? [] : nil))
        return try client.answer()
    }

    private func checkRoutes(_ gateway: Gateway, _ connect: () throws -> WireClient) throws {
        for route in Self.routes {
            let inside = try ask(try connect(), route.method, route.target, [Self.admin])
            #expect(inside.status == route.admin, "\(route): \(inside.statusLine) \(inside.text)")
            if inside.status == 404 { #expect(inside.error?.code == "unknown_url") }
            let outside = try ask(try gateway.connect(), route.method, route.target, [Self.admin])
            #expect(outside.status == route.clients, "\(route): \(outside.statusLine) \(outside.text)")
            if outside.status == 404 { #expect(outside.error?.code == "unknown_url") }
        }
        // Reaching the listener is enough for the metrics, not for the keys.
        #expect(try ask(try connect(), "GET", "/metrics").status == 200)
        #expect(try gateway.get("/metrics").status == 401)
        #expect(try ask(try connect(), "GET", "/admin/keys").status == 401)
        // Pages of other origins are for the clients' listener.
        let origin = "Origin: https://page.example"
        #expect(try ask(try connect(), "GET", "/metrics", [origin])["access-control-allow-origin"] == nil)
        #expect(try ask(try connect(), "OPTIONS", "/admin/keys", [origin])["access-control-allow-methods"] == nil)
        #expect(try gateway.get("/readyz", [origin])["access-control-allow-origin"] == "*")
        // A key that is made there opens the clients' listener.
        let made = try ask(try connect(), "POST", "/admin/keys", [Self.admin], #"{"name": "a"}"#)
        let key = try #require(made.object["plaintext_key"] as? String)
        #expect(try gateway.chat("m", stream: false, "", ["Authorization: Bearer \(key)"]).status == 200)
        #expect(try ask(try connect(), "GET", "/admin/keys", ["Authorization: Bearer \(key)"]).status == 401)
        #expect(try ask(try connect(), "GET", "/stats", ["Authorization: Bearer \(key)"]).status == 200)
    }

    @Test func `on an address of its own it has the operator's endpoints and the metrics, and the clients' has them no more`() throws {
        try withGateway(best: "admin: {listen: '127.0.0.1:0'}\n", environment: Self.environment) { gateway throws in
            let port = try gateway.program.port(in: "/admin/ and metrics on http://127.0.0.1:")
            try checkRoutes(gateway) { try WireClient(port: port) }
            // A name that leads here is no proof of having reached it (DNS rebinding).
            #expect(try ask(try WireClient(port: port), "GET", "/metrics", ["Host: page.example"]).status == 401)
            #expect(try ask(try WireClient(port: port), "GET", "/metrics", ["Host: page.example", Self.admin]).status == 200)
        }
    }

    @Test func `on a socket in the file system too, whose permissions are the configured ones and which goes at the end`() throws {
        let folder = try Folder()
        let path = folder.path + "/admin.sock"
        for (mode, line) in [(0o600, ""), (0o660, ", socket_mode: 0660")] {
            try withGateway(best: "admin: {listen: 'unix:\(path)'\(line)}\n", environment: Self.environment) { gateway throws in
                _ = try gateway.program.line(with: "/admin/ and metrics on unix:\(path)")
                #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == mode)
                try checkRoutes(gateway) { try WireClient(socket: path) }
                // Whoever has reached it may name any host.
                #expect(try ask(try WireClient(socket: path), "GET", "/metrics", ["Host: best"]).status == 200)
            }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `without an admin key it has the metrics`() throws {
        let folder = try Folder()
        let path = folder.path + "/admin.sock"
        try withGateway(best: "admin: {listen: 'unix:\(path)'}\n") { gateway throws in
            _ = try gateway.program.line(with: "metrics (no /admin/: LLMGW_ADMIN_API_KEY is not set) on unix:\(path)")
            #expect(try ask(try WireClient(socket: path), "GET", "/metrics", ["Host: best"]).status == 200)
            #expect(try ask(try WireClient(socket: path), "GET", "/admin/keys", [Self.admin]).status == 404)
            #expect(try gateway.get("/metrics").status == 404)
            #expect(try gateway.chat().status == 200)
        }
    }

    @Test func `a socket that a killed process left is replaced, one that is in use is not`() throws {
        let folder = try Folder()
        let path = folder.path + "/admin.sock"
        try withGateway(best: "admin: {listen: 'unix:\(path)'}\n", environment: Self.environment) { gateway throws in
            _ = try gateway.program.line(with: path)
            let second = try serve("unix:\(path)")
            #expect(second.code == .code(69) && second.text.split(separator: "\n").count == 1, "\(second.text)")
            #expect(second.text.contains("the socket \(path) is in use"), "\(second.text)")
            #expect(try ask(try WireClient(socket: path), "GET", "/readyz").status == 200, "the first is not disturbed")
        }
        let own = try configured("unix:\(path)")
        let killed = try Program(["serve", "--port", "0"], environment: Self.environment, directory: own.path)
        _ = try killed.line(with: "try it:")
        killed.send(SIGKILL)
        _ = try killed.waitForExit()
        #expect(FileManager.default.fileExists(atPath: path))
        try withGateway(best: "admin: {listen: 'unix:\(path)'}\n", environment: Self.environment) { _ throws in
            #expect(try ask(try WireClient(socket: path), "GET", "/admin/keys", [Self.admin]).status == 200)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `an address that can't be had is told in one line, and nothing is left behind`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let taken = try serve("127.0.0.1:\(gateway.port)")
            #expect(taken.code == .code(69) && taken.text.contains("the address 127.0.0.1:\(gateway.port) is in use"), "\(taken.text)")
        }
        let folder = try Folder()
        try folder.write("precious", to: "file")
        for (address, words) in [
            ("unix:\(folder.path)/file", "\(folder.path)/file is there and no socket"),
            ("unix:\(folder.path)/none/s", "the directory of \(folder.path)/none/s is not there"), ("192.0.2.1:9", "can't listen on 192.0.2.1:9"),
        ] {
            let ended = try serve(address)
            #expect(ended.code == .code(69) && ended.text.split(separator: "\n").count == 1 && ended.text.contains(words), "\(ended.text)")
        }
        #expect(try String(contentsOfFile: folder.path + "/file", encoding: .utf8) == "precious")
    }

    @Test func `a reload says that another address needs a restart, and keeps this one`() throws {
        try withGateway(best: "admin: {listen: '127.0.0.1:0'}\n", environment: Self.environment) { gateway throws in
            let port = try gateway.program.port(in: "/admin/ and metrics on http://127.0.0.1:")
            try gateway.write(text: "admin: {socket_mode: 0666}\n", to: "best.yaml")
            try gateway.reload()
            for name in ["admin.listen", "admin.socket_mode"] {
                #expect(gateway.program.text.contains("reload: \(name) has changed, which takes effect when the gateway is restarted"))
            }
            let answer = try ask(try WireClient(port: port), "POST", "/admin/reload", [Self.admin]).object
            let notes = try #require(answer["notes"] as? [String])
            #expect(answer["status"] as? String == "reloaded" && answer["changes"] as? String == "the same providers")
            #expect(notes.contains("admin.listen has changed, which takes effect when the gateway is restarted"), "\(notes)")
            #expect(try gateway.get("/admin/keys", [Self.admin]).status == 404)
        }
    }

    @Test func `while answers in work are finished it tells how it stands, and then it ends with the rest`() throws {
        let folder = try Folder()
        let path = folder.path + "/admin.sock"
        try withGateway([Provider("a", "gap=40;tokens=30")], best: "admin: {listen: 'unix:\(path)'}\n") { gateway throws in
            let idle = try WireClient(socket: path)
            #expect(try ask(idle, "GET", "/readyz").status == 200)
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            _ = try client.head()
            gateway.program.send(SIGTERM)
            _ = try gateway.program.line(with: "stopping")
            let during = try ask(try WireClient(socket: path), "GET", "/readyz")
            #expect(during.status == 503 && during.object["status"] as? String == "draining")
            #expect(try ask(try WireClient(socket: path), "GET", "/metrics").text.contains("best_inflight 2"))
            while try client.chunk() != nil {}
            #expect(client.chunkedBodyIsWhole)
            let start = ContinuousClock.now
            #expect(try gateway.program.waitForExit() == .code(0))
            #expect(ContinuousClock.now - start < .seconds(1), "an idle operator is not waited for")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test(arguments: [false, true]) func `the command that makes the first key works as it is printed`(bySocket: Bool) throws {
        let folder = try Folder()
        let best = bySocket ? "admin: {listen: 'unix:\(folder.path)/it''s admin.sock'}\n" : nil
        try withGateway(best: best, environment: Self.environment) { gateway throws in
            _ = try gateway.program.line(with: "there is no client key yet; this makes the first:")
            let line = try gateway.program.line(with: "curl -X POST ")
            let curl = try Program(["-c", line], environment: Self.environment, executable: "/bin/sh")
            #expect(try curl.waitForExit() == .code(0))
            #expect(curl.text.contains("\"plaintext_key\":\"llmgw-sk-"), "\(line): \(curl.text)")
        }
        try withGateway(environment: ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "t"]) { gateway throws in
            _ = try gateway.program.line(with: "try it:")
            #expect(!gateway.program.text.contains("this makes the first"), "there is a static token")
        }
    }

    /// A folder whose configuration has the operator's listener at an address.
    private func configured(_ address: String) throws -> Folder {
        let folder = try Folder()
        try folder.makeFolder("config")
        try folder.write("admin: {listen: '\(address)'}\n", to: "config/best.yaml")
        try folder.write("providers:\n  - {name: a, base_url: http://127.0.0.1:9/v1, models: [m]}\n", to: "config/meta-providers.yaml")
        return folder
    }

    /// Serves with the operator's listener at an address that can't be had.
    private func serve(_ address: String) throws -> (code: Program.Exit, text: String) {
        let folder = try configured(address)
        let program = try Program(["serve", "--port", "0"], environment: Self.environment, directory: folder.path)
        let exit = try program.waitForExit()
        return (exit, program.text)
    }
}
