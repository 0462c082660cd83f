import Foundation
import Testing

/// That a gateway which needed a key never does without one by accident, and that its start says what is true.
@Suite struct OpenModeTests {
    /// A folder in which gateways are started one after the other.
    private final class Site {
        let mock: MockProcess
        let folder: Folder

        init(best: String? = nil) throws {
            mock = try MockProcess()
            folder = try Folder()
            try folder.write("providers:\n" + Provider("a").yaml(mock: mock.url), to: "meta-providers.yaml")
            if let best { try folder.write(best, to: "best.yaml") }
        }

        var data: String { folder.path + "/data" }

        /// Runs a story with a gateway, which it may end itself.
        func serve(_ environment: [String: String] = [:], _ arguments: [String] = [], _ body: (Program, Int) throws -> Void) throws {
            let program = try Program(["serve", "--config", ".", "--port", "0"] + arguments, environment: environment, directory: folder.path)
            let port = try program.port(in: " on http://127.0.0.1:")
            _ = try program.line(with: "curl -N ")
            try body(program, port)
            program.stop()
        }

        /// The status of a request with a key, or without one.
        func status(_ port: Int, key: String? = nil) throws -> Int {
            let client = try WireClient(port: port)
            try client.send(
                "POST", "/v1/chat/completions", key.map { ["Authorization: Bearer \($0)"] } ?? [], body: Array(Chat.body("m").utf8))
            return try client.answer().status
        }

        /// Makes a key from the shell.
        func createKey() throws -> (id: String, key: String) {
            let program = try Program(["keys", "create", "ann", "--json", "--config", "."], directory: folder.path)
            try #require(try program.waitForExit() == .code(0), "\(program.text)")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(program.text.utf8)) as? [String: Any])
            return (try #require(object["id"] as? String), try #require(object["plaintext_key"] as? String))
        }

        /// Removes what lies in the data directory, but for what is kept.
        func empty(keeping kept: (String) -> Bool) throws {
            for name in try FileManager.default.contentsOfDirectory(atPath: data) where !kept(name) {
                try FileManager.default.removeItem(atPath: data + "/" + name)
            }
        }

        func stop() { mock.program.stop() }
    }

    @Test func `the first key that the shell makes ends open mode at once`() throws {
        let site = try Site()
        try site.serve { program, port throws in
            #expect(program.text.contains("no key is needed: open to this machine only"), "\(program.text)")
            #expect(try site.status(port) == 200 && site.status(port, key: "anything") == 200)
            let client = try WireClient(port: port)
            try client.send("GET", "/v1/models")
            #expect(try client.answer().status == 200)
            let made = try site.createKey()
            #expect(try site.status(port) == 401)
            try client.send("GET", "/v1/models")
            #expect(try client.answer().status == 401, "nor on a connection that was open")
            #expect(try site.status(port, key: "anything") == 401)
            #expect(try Deadline.usual.until { try site.status(port, key: made.key) == 200 })
            #expect(program.text.contains("the first key was made"))
        }
        site.stop()
    }

    @Test(arguments: ["the database deleted", "the database damaged", "all but the marker deleted", "an empty database put back"])
    func `keys that are lost leave the gateway closed, and the start says what was lost and what to do`(loss: String) throws {
        let site = try Site()
        try site.serve { _, _ throws in }
        let empty = try Data(contentsOf: URL(fileURLWithPath: site.data + "/best.db"))
        let key = try site.createKey().key
        try site.serve { program, port throws in
            #expect(try site.status(port) == 401 && site.status(port, key: key) == 200)
            #expect(program.text.contains("a key is needed: there is 1 key") && !program.text.contains("warning"), "\(program.text)")
        }
        switch loss {
        case "the database deleted": try site.empty { !$0.hasPrefix("best.db") }
        case "the database damaged":
            try site.empty { !$0.hasPrefix("best.db-") }
            try Data(repeating: 0x41, count: 65_536).write(to: URL(fileURLWithPath: site.data + "/best.db"))
        case "all but the marker deleted": try site.empty { $0 == "keys-required" }
        default:
            try site.empty { !$0.hasPrefix("best.db") }
            try empty.write(to: URL(fileURLWithPath: site.data + "/best.db"))
        }
        // It does not get used to it.
        for _ in 0..<2 {
            try site.serve { program, port throws in
                #expect(try site.status(port) == 401 && site.status(port, key: key) == 401)
                #expect(!program.text.contains("no key is needed") && program.text.contains("a key is needed, and there is none"), "\(program.text)")
                #expect(try program.line(with: "warning: data has held keys").contains("server.authentication: none"))
                #expect(program.text.contains("best keys create first"))
            }
        }
        try site.folder.write("server: {authentication: none}\n", to: "best.yaml")
        try site.serve { program, port throws in
            #expect(try site.status(port) == 200)
            #expect(program.text.contains("no key is needed (server.authentication: none)"), "\(program.text)")
        }
        try FileManager.default.removeItem(atPath: site.folder.path + "/best.yaml")
        try site.serve { _, port throws in
            let new = try site.createKey().key
            #expect(try Deadline.usual.until { try site.status(port, key: new) == 200 })
            #expect(try site.status(port) == 401)
        }
        site.stop()
    }

    @Test func `with a store in memory the shell makes no key, nothing says it would, and a key kept there by others ends open mode`() throws {
        let site = try Site(best: "store: {kind: memory}\n")
        try site.serve { program, port throws in
            let said = try program.line(with: "no key is needed")
            #expect(said.contains("until ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY is set") && !said.contains("best keys"), "\(said)")
            #expect(try site.status(port) == 200)
            for command in [["keys", "create", "ann"], ["keys", "list"], ["usage"]] {
                let program = try Program(command + ["--config", "."], directory: site.folder.path)
                #expect(try program.waitForExit() == .code(78))
                #expect(program.text.contains("store.kind is memory") && program.text.contains("/admin/keys"), "\(program.text)")
            }
            #expect(!FileManager.default.fileExists(atPath: site.data + "/best.db"))
            #expect(try site.status(port) == 200)
            // Another program has the directory for its own, and makes a key there.
            try FileManager.default.createDirectory(atPath: site.data, withIntermediateDirectories: true)
            let other = try Program(["keys", "create", "ann", "--data", "data"], directory: site.folder.path)
            #expect(try other.waitForExit() == .code(0), "\(other.text)")
            #expect(try Deadline.usual.until { try site.status(port) == 401 })
        }
        try site.serve { program, port throws in
            #expect(try site.status(port) == 401)
            let warning = try program.line(with: "warning: data has held keys")
            #expect(warning.contains("store.kind: memory does not read them") && !warning.contains("best.db"), "\(warning)")
            #expect(program.text.contains("a key is needed, and there is none") && !program.text.contains("best keys"), "\(program.text)")
        }
        site.stop()
    }

    @Test func `a key that the admin API made is remembered when both it and the admin key are gone`() throws {
        let site = try Site()
        try site.serve(["LLMGW_ADMIN_API_KEY": "adm1n"]) { program, port throws in
            let client = try WireClient(port: port)
            try client.send("POST", "/admin/keys", ["X-Admin-API-Key: adm1n"], body: Array(#"{"name": "a"}"#.utf8))
            #expect(try client.answer().status == 201)
        }
        try site.empty { !$0.hasPrefix("best.db") }
        try site.serve { _, port throws in #expect(try site.status(port) == 401) }
        site.stop()
    }

    @Test func `the last key's end opens nothing, and is told`() throws {
        let site = try Site()
        let made = try site.createKey()
        let revoke = try Program(["keys", "revoke", made.id, "--config", "."], directory: site.folder.path)
        #expect(try revoke.waitForExit() == .code(0))
        try site.serve { program, port throws in
            #expect(try site.status(port) == 401 && site.status(port, key: made.key) == 401)
            #expect(
                program.text.contains("all of the 1 there are have expired or were revoked") && !program.text.contains("warning"), "\(program.text)")
        }
        site.stop()
    }

    @Test(arguments: ["ALLOWED_BEARER_TOKENS=t\n", "LLMGW_ADMIN_API_KEY=adm1n\n"])
    func `a reload that loses every key leaves the gateway closed until the operator says none`(variables: String) throws {
        let site = try Site()
        try site.folder.write(variables, to: ".env")
        try site.serve { program, port throws in
            #expect(try site.status(port) == 401)
            func reload() throws {
                let before = program.count(of: "reloaded (")
                program.send(SIGHUP)
                #expect(Deadline.usual.until { program.count(of: "reloaded (") > before }, "\(program.text)")
            }
            try site.folder.write("", to: ".env")
            try reload()
            #expect(try site.status(port) == 401)
            #expect(program.text.contains("reload: a key is needed, as it was before, and there is none"), "\(program.text)")
            try site.folder.write("server: {authentication: none}\n", to: "best.yaml")
            try reload()
            #expect(try site.status(port) == 200)
            try site.folder.write("server: {authentication: automatic}\n", to: "best.yaml")
            try reload()
            #expect(try site.status(port) == 401)
        }
        // A start is another matter: there never was a key.
        try site.serve { _, port throws in #expect(try site.status(port) == 200) }
        site.stop()
    }

    @Test func `where keys are asked for, a start without any prints the command that makes the first, and it works as it is printed`() throws {
        let site = try Site(best: "server: {authentication: keys, data_directory: \"it's data\"}\n")
        for host in ["127.0.0.1", "0.0.0.0"] {
            let program = try Program(["serve", "--config", ".", "--port", "0", "--host", host], directory: site.folder.path)
            let port = try program.port(in: " on http://\(host):")
            let line = try program.line(with: host == "127.0.0.1" ? "  best keys create first" : "a key is needed: there is 1 key")
            #expect(try site.status(port) == 401)
            if host == "127.0.0.1" {
                let command = line.trimmingCharacters(in: .whitespaces).dropFirst("best ".count)
                let shell = try Program(["-c", "\"$0\" \(command)", Program.path], directory: site.folder.path, executable: "/bin/sh")
                #expect(try shell.waitForExit() == .code(0), "\(shell.text)")
                let key = try #require(shell.text.split(separator: "\n").last { $0.hasPrefix("llmgw-sk-") })
                #expect(try Deadline.usual.until { try site.status(port, key: String(key)) == 200 })
            }
            program.stop()
        }
        site.stop()
    }

    @Test func `nobody is served without a key but this machine, whoever asks for it`() throws {
        let site = try Site(best: "server: {authentication: none}\n")
        for arguments in [["--host", "0.0.0.0"], ["--host", "::"]] {
            let program = try Program(
                ["serve", "--config", ".", "--port", "0"] + arguments, environment: ["ALLOWED_BEARER_TOKENS": "t"], directory: site.folder.path)
            #expect(try program.waitForExit() == .code(78) && program.text.contains("server.authentication: none"), "\(program.text)")
        }
        site.stop()
    }

    @Test func `a store in memory does not forget what the data directory remembers`() throws {
        let site = try Site()
        _ = try site.createKey()
        try site.folder.write("store: {kind: memory}\n", to: "best.yaml")
        try site.serve { program, port throws in
            #expect(try site.status(port) == 401)
            #expect(program.text.contains("keys are kept in memory only"), "\(program.text)")
        }
        site.stop()
    }

    @Test func `keys that are kept in memory are needed as long as the process lives`() throws {
        let site = try Site(best: "store: {kind: memory}\n")
        try site.folder.write("LLMGW_ADMIN_API_KEY=adm1n\n", to: ".env")
        try site.serve { program, port throws in
            let client = try WireClient(port: port)
            try client.send("POST", "/admin/keys", ["X-Admin-API-Key: adm1n"], body: Array(#"{"name": "a"}"#.utf8))
            let key = try #require(try client.answer().object["plaintext_key"] as? String)
            try site.folder.write("", to: ".env")
            program.send(SIGHUP)
            _ = try program.line(with: "reloaded (")
            #expect(try site.status(port) == 401 && site.status(port, key: key) == 200)
        }
        site.stop()
    }

    @Test func `a data directory that leads nowhere is not taken for a new one`() throws {
        let site = try Site()
        try FileManager.default.createSymbolicLink(atPath: site.data, withDestinationPath: site.folder.path + "/not-mounted")
        try site.serve { program, port throws in
            #expect(try site.status(port) == 401)
            #expect(program.text.contains("nobody can say whether data ever held one"), "\(program.text)")
        }
        site.stop()
    }

    @Test func `keys and tokens are counted in what the start says`() throws {
        let site = try Site()
        for _ in 0..<2 { _ = try site.createKey() }
        try site.serve(["ALLOWED_BEARER_TOKENS": "t"]) { program, _ throws in
            #expect(program.text.contains("a key is needed: there are 2 keys and 1 static token"), "\(program.text)")
            #expect(!program.text.contains("open to this machine only") && program.text.contains("-H \"Authorization: Bearer $KEY\""))
        }
        site.stop()
    }
}
