import Foundation
import Testing

/// What starts again and again with the same data directory.
private struct Restarted {
    let folder: Folder

    init(_ yaml: String) throws {
        folder = try Folder()
        try folder.write("providers:\n" + yaml, to: "meta-providers.yaml")
    }

    /// Starts a gateway, waits for its port and runs a story.
    func run(_ body: (Program, WireClient) throws -> Void) throws {
        let program = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
        let port = try program.port(in: " on http://127.0.0.1:")
        do {
            try body(program, try WireClient(port: port))
        } catch {
            Issue.record(error, "the gateway said:\n\(program.text)")
        }
        program.stop()
    }
}

private func ids(_ client: WireClient) throws -> [String] {
    try client.send("GET", "/v1/models")
    let entries = try client.answer().object["data"] as? [[String: Any]] ?? []
    return entries.compactMap { $0["id"] as? String }
}

@Suite struct DiscoveryTests {
    @Test func `a restart needs no provider: the lists lie in the data directory`() throws {
        let mock = try MockProcess()
        let restarted = try Restarted("  - name: d\n    base_url: \(mock.url)\n")
        try restarted.run { program, client throws in
            #expect(try ids(client).contains("mock-large"))
            #expect(try program.line(with: "d: 4 models") != "")
            let file = restarted.folder.path + "/data/models.json"
            #expect(Deadline.usual.until { FileManager.default.fileExists(atPath: file) })
            #expect(try String(contentsOfFile: file, encoding: .utf8).contains("\"mock-large\""))
        }
        mock.program.stop()
        try restarted.run { program, client throws in
            #expect(try ids(client).contains("mock-large"))
            #expect(try program.line(with: "4 models of 1 provider taken from data/models.json") != "")
        }
        // A file that is cut, as after a crash of a program less careful.
        try "{\"version\":1,\"lists\":[{\"provider\":\"d\"".write(
            toFile: restarted.folder.path + "/data/models.json", atomically: true, encoding: .utf8)
        try restarted.run { program, client throws in
            #expect(try program.line(with: "data/models.json is ignored") != "")
            #expect(try !ids(client).contains("mock-large"))
        }
    }
}
