import Foundation
import Testing

/// What the original project's README tells its users to do, word for word save host and key.
@Suite struct OriginalReadmeTests {
    /// Runs a command of the README in a shell; its standard output as JSON.
    private func run(_ command: String) throws -> [String: Any] {
        // The progress meter of a terminal is not part of the answer; the command itself stays as it is.
        let shell = try Program(["-c", "{ \(command)\n} 2>/dev/null"], executable: "/bin/sh")
        #expect(try shell.waitForExit() == .code(0), "\(command)\n\(shell.text)")
        let object = try JSONSerialization.jsonObject(with: Data(shell.text.utf8))
        return try #require(object as? [String: Any], "\(command)\n\(shell.text)")
    }

    @Test func `the curl commands make a key, list it and use it, with the admin key in the file .env`() throws {
        try withGateway(files: [".env": "LLMGW_ADMIN_API_KEY=your_secret_admin_key\n"]) { gateway throws in
            let host = "http://localhost:\(gateway.port)"
            let made = try run(
                """
                curl -X POST \(host)/admin/keys \\
                     -H "X-Admin-API-Key: your_secret_admin_key" \\
                     -H "Content-Type: application/json" \\
                     -d '{"name": "my_test_key"}'
                """)
            let id = try #require(made["id"] as? String)
            let key = try #require(made["plaintext_key"] as? String)
            #expect(key.hasPrefix("llmgw-sk-") && made["name"] as? String == "my_test_key")
            let listing = """
                curl -X GET \(host)/admin/keys \\
                     -H "X-Admin-API-Key: your_secret_admin_key"
                """
            let listed = try #require(try run(listing)["data"] as? [[String: Any]])
            #expect(listed.map { $0["id"] as? String } == [id] && listed[0]["plaintext_key"] == nil)
            let chat = """
                curl -X POST \(host)/v1/chat/completions \\
                     -H "Authorization: Bearer \(key)" \\
                     -H "Content-Type: application/json" \\
                     -d '{
                           "model": "priority-auto",
                           "messages": [{"role": "user", "content": "Hello!"}]
                         }'
                """
            let choice = try #require((try run(chat)["choices"] as? [[String: Any]])?.first)
            #expect((choice["message"] as? [String: Any])?["content"] as? String == Chat.words(20))
            let usage = try #require(
                try run("curl -X GET \(host)/admin/usage -H \"X-Admin-API-Key: your_secret_admin_key\"")["data"] as? [[String: Any]])
            #expect(usage.first?["key_id"] as? String == id && usage.first?["last_used"] is String)
            let revoked = try run("curl -X DELETE \(host)/admin/keys/\(id) -H \"X-Admin-API-Key: your_secret_admin_key\"")
            #expect(revoked["id"] as? String == id && revoked["revoked_at"] is String)
            #expect((try run(listing)["data"] as? [Any])?.isEmpty == true, "non-revoked ones only")
            #expect((try run(chat)["error"] as? [String: Any])?["code"] as? String == "invalid_api_key")
            // Health checks and the description of the API are open.
            for path in ["/health", "/ok", "/openapi.json", "/docs"] { #expect(try gateway.get(path).status == 200, "\(path)") }
        }
    }

    @Test(.enabled(if: legacy != nil, "BEST_VENVS is not set: `make test` sets it"))
    func `the client of that time is served with a key, and with any key by a gateway that has none`() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Python/original.py").path
        func run(_ gateway: Gateway, _ key: String) throws {
            let program = try Program(
                [script, "http://localhost:\(gateway.port)/v1", key], environment: ["PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*"],
                executable: legacy ?? "")
            #expect(try program.waitForExit(Deadline(.seconds(60))) == .code(0), "\(program.text)")
            #expect(program.text == Chat.words(20) + "\n")
        }
        try withGateway(environment: ["LLMGW_ADMIN_API_KEY": "your_secret_admin_key"]) { gateway throws in
            let made = try gateway.post("/admin/keys", #"{"name": "my_test_key"}"#, ["X-Admin-API-Key: your_secret_admin_key"])
            try run(gateway, try #require(made.object["plaintext_key"] as? String))
        }
        try withGateway { gateway throws in try run(gateway, "any-key") }
    }
}

/// The Python with the client of that time.
private let legacy: String? = {
    let path = ProcessInfo.processInfo.environment["BEST_VENVS"] ?? ""
    return path.isEmpty ? nil : path + "/legacy/bin/python"
}()
