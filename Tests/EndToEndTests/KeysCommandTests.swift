import Foundation
import Testing

/// `best keys` and `best usage` as a person and a script use them.
@Suite struct KeysCommandTests {
    private func run(_ folder: Folder, _ arguments: [String]) throws -> (code: Program.Exit, text: String) {
        let program = try Program(arguments, directory: folder.path)
        return (try program.waitForExit(Deadline(.seconds(20))), program.text)
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `a key is made, shown once, listed, changed, given a new secret and revoked`() throws {
        let folder = try Folder()
        let made = try run(
            folder,
            [
                "keys", "create", "ann", "--json", "--requests-per-minute", "60", "--budget", "2.5", "--budget-period", "week", "--model", "gpt-*",
                "--tag", "team a", "--expires", "2099-01-01", "--weight", "4",
            ])
        #expect(made.code == .code(0), "\(made.text)")
        let key = try object(made.text)
        let plaintext = try #require(key["plaintext_key"] as? String)
        let id = try #require(key["id"] as? String)
        #expect(key["weight"] as? Int == 4)
        #expect(plaintext.hasPrefix("llmgw-sk-\(id)-") && key["prefix"] as? String == "llmgw-sk-\(id)")
        #expect(
            key["expires_at"] as? String == "2099-01-01T00:00:00Z" && key["models"] as? [String] == ["gpt-*"]
                && key["tags"] as? [String] == ["team a"])
        let limits = try #require(key["limits"] as? [String: Any])
        #expect(limits["requests_per_minute"] as? Int == 60 && limits["budget"] as? Double == 2.5 && limits["budget_period"] as? String == "week")

        let listed = try run(folder, ["keys", "list"])
        #expect(listed.text.contains(id) && listed.text.contains("60 req/min, 2.50 USD/week") && !listed.text.contains(plaintext.suffix(43)))

        let changed = try object(try run(folder, ["keys", "update", id, "--requests-per-minute", "none", "--concurrency", "3", "--json"]).text)
        let after = try #require(changed["limits"] as? [String: Any])
        #expect(after["requests_per_minute"] is NSNull && after["concurrency"] as? Int == 3 && after["budget"] as? Double == 2.5)
        #expect(changed["plaintext_key"] == nil)

        let rotated = try object(try run(folder, ["keys", "rotate", "llmgw-sk-\(id)", "--json"]).text)
        let next = try #require(rotated["plaintext_key"] as? String)
        #expect(next != plaintext && next.hasPrefix("llmgw-sk-\(id)-"))

        #expect(try run(folder, ["keys", "revoke", id]).code == .code(0))
        let twice = try run(folder, ["keys", "revoke", id])
        #expect(twice.code == .code(1) && twice.text.contains("no key of this id"))
        #expect(try run(folder, ["keys", "list"]).text.contains("no keys"))
        #expect(try run(folder, ["keys", "list", "--all"]).text.contains("revoked"))
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/data") {
            let bytes = try #require(FileManager.default.contents(atPath: folder.path + "/data/" + name))
            #expect(bytes.range(of: Data(plaintext.suffix(43).utf8)) == nil && bytes.range(of: Data(next.suffix(43).utf8)) == nil)
        }
    }

    @Test(arguments: [
        ["keys", "create", ""], ["keys", "create", "a", "--requests-per-minute", "0"], ["keys", "create", "a", "--budget", "-1"],
        ["keys", "create", "a", "--expires", "2000-01-01"], ["keys", "create", "a", "--weight", "0"], ["keys", "update", "a", "--weight", "1001"],
        ["keys", "create", "a", "--expires", "soon"], ["usage", "--group-by", "colour"],
        ["usage", "--from", "2026-13-01"], ["usage", "--json", "--csv"], ["usage", "--from", "2026-02-01", "--to", "2026-01-01"],
    ]) func `what makes no sense is refused before anything is done`(arguments: [String]) throws {
        let result = try run(try Folder(), arguments)
        #expect(result.code == .code(64), "\(result.text)")
    }

    @Test func `a database of a newer version keeps the gateway from starting, in one clear line`() throws {
        let folder = try Folder()
        _ = try run(folder, ["keys", "create", "ann"])
        let spoil = try Program(
            [
                "python3", "-c",
                "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nc.execute(\"INSERT INTO grdb_migrations VALUES ('9999 x')\")\nc.commit()",
                folder.path + "/data/best.db",
            ], executable: "/usr/bin/env")
        #expect(try spoil.waitForExit() == .code(0))
        let serve = try run(folder, ["serve", "--demo", "--port", "0"])
        #expect(serve.code == .code(78) && serve.text.contains("newer version of best"), "\(serve.text)")
        #expect(try run(folder, ["keys", "list"]).code == .code(78))
    }

    @Test func `the running gateway takes over what is done to keys in the shell`() throws {
        let store = try StoreHarness()
        let key = try store.createKey("ann")
        #expect(try Deadline(.seconds(9)).until { try store.status(of: key.plaintext) == 200 })
        let rotated = try store.object(["keys", "rotate", key.id])
        let next = try #require(rotated["plaintext_key"] as? String)
        #expect(try Deadline(.seconds(9)).until { try store.status(of: next) == 200 })
        #expect(try store.status(of: key.plaintext) == 401)
        _ = try store.best(["keys", "revoke", key.id])
        #expect(try Deadline(.seconds(9)).until { try store.status(of: next) == 401 })
        // And the other way round.
        let made = try store.admin("POST", "/admin/keys", "{\"name\":\"bob\"}")
        #expect(try made.status == 201 && store.best(["keys", "list"]).contains("bob"))
        store.stop()
    }

    @Test func `usage of requests is in the books, told apart as asked, with failures and streams`() throws {
        let store = try StoreHarness()
        let client = try WireClient(port: store.port)
        for (model, stream) in [("m", false), ("m", true), ("nothing-like-it", false)] {
            try client.send(
                "POST", "/v1/chat/completions", ["Authorization: Bearer \(StoreHarness.token)"], body: Array(Chat.body(model, stream: stream).utf8))
            _ = try client.answer()
        }
        #expect(try Deadline(.seconds(9)).until { try store.bookedRequests() == 3 })
        let rows = try #require(try store.object(["usage", "--group-by", "key,provider,model,day"])["data"] as? [[String: Any]])
        #expect(rows.count == 2)
        let row = try #require(rows.first { $0["provider"] as? String == "a" })
        #expect(row["key_id"] as? String == "token-1" && row["requests"] as? Int == 2 && row["failed_requests"] as? Int == 0)
        #expect((row["output_tokens"] as? Int ?? 0) > 0 && row["day"] as? String != nil)
        #expect(rows.first { $0["provider"] as? String == "" }?["failed_requests"] as? Int == 1)
        let csv = try store.best(["usage", "--csv"])
        #expect(csv.hasPrefix("key_id,name,requests,failed_requests,") && csv.contains("\r\ntoken-1,token-1,3,1,"))
        let table = try store.best(["usage"])
        #expect(table.contains("token-1") && table.contains("COST (USD)"))
        store.stop()
    }

    @Test(arguments: [["keys", "list"], ["usage"], ["keys", "revoke", "a"], ["keys", "update", "a", "--name", "b"]])
    func `a mistyped data directory makes nothing`(arguments: [String]) throws {
        let folder = try Folder()
        let result = try run(folder, arguments + ["--data", "typo"])
        #expect(result.code == .code(64) && result.text.contains("no directory 'typo'"), "\(result.text)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `the first key may be made before the data directory is, and the command says that it makes it`() throws {
        let folder = try Folder()
        let result = try run(folder, ["keys", "create", "ann", "--data", "new"])
        #expect(result.code == .code(0) && result.text.contains("making the data directory new"), "\(result.text)")
        #expect(try run(folder, ["keys", "list", "--data", "new"]).text.contains("ann"))
    }

    @Test func `what only reads makes no database, and says so where one was named`() throws {
        let folder = try Folder()
        #expect(try run(folder, ["keys", "list"]).text.contains("no keys") && run(folder, ["usage"]).code == .code(0))
        try folder.makeFolder("empty")
        for arguments in [["keys", "list"], ["usage"]] {
            let result = try run(folder, arguments + ["--data", "empty"])
            #expect(result.code == .code(69) && result.text.contains("there is no database in empty"), "\(result.text)")
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.path) == ["empty"])
    }

    @Test func `usage has a row for every key in use, and a week is a time`() throws {
        let folder = try Folder()
        let made = try object(try run(folder, ["keys", "create", "idle", "--json", "--expires", "1w"]).text)
        #expect(made["expires_at"] as? String != nil)
        let rows = try #require(try object(try run(folder, ["usage", "--json"]).text)["data"] as? [[String: Any]])
        #expect(rows.count == 1 && rows[0]["name"] as? String == "idle" && rows[0]["last_used"] is NSNull && rows[0]["requests"] as? Int == 0)
        #expect(rows[0]["cost_catalogue"] as? Double == 0 && rows[0]["unpriced_requests"] as? Int == 0)
        let id = try #require(made["id"] as? String)
        _ = try run(folder, ["keys", "revoke", id])
        #expect(try run(folder, ["usage"]).text.contains("nothing was used"))
    }
}
