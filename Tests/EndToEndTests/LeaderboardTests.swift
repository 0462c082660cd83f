import Foundation
import Testing

@Suite struct LeaderboardTests {
    /// Everything but two sources, so that the stand-in for their hosts need tell only these apart.
    private static let skipped =
        "[models.dev, litellm, aider, tau2, arena-hard, vectara, bigcodebench, livebench, livecodebench, tabby, nyt-connections]"

    @Test func `boards are fetched beside the requests, what is no board is rejected, and a restart has the last good copy`() throws {
        let table = "Model,i@1,o@1,link\nmock-large,60,70,-\nmock-small,30,40,-\n"
        let host = try RawUpstream(answering: "HTTP/1.1 200 OK\r\ncontent-length: \(table.utf8.count)\r\nconnection: close\r\n\r\n\(table)")
        let mock = try MockProcess()
        let folder = try Folder()
        try folder.write("providers:\n  - name: a\n    base_url: \(mock.url)\n", to: "meta-providers.yaml")
        let mirror = host.url.replacingOccurrences(of: "/v1", with: "")
        try folder.write("leaderboards:\n  mirror: \(mirror)\n  skip: \(Self.skipped)\n", to: "best.yaml")
        let program = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
        _ = try program.port(in: " on http://127.0.0.1:")
        #expect(try program.line(with: "evalplus is rejected, the last good copy stays") != "")
        #expect(try program.line(with: "leaderboards fetched: cruxeval") != "")
        program.stop()
        host.stop()
        #expect(host.received.contains { $0.hasPrefix("GET /cruxeval/data.csv ") })
        #expect(try String(contentsOfFile: folder.path + "/data/leaderboards/cruxeval/data.csv", encoding: .utf8) == table)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/leaderboards/evalplus/results.json"))
        // The host is gone, and the copy is too new to be fetched again.
        let again = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
        _ = try again.port(in: " on http://127.0.0.1:")
        #expect(try again.line(with: "evalplus can't be fetched") != "")
        again.stop()
        #expect(!again.text.contains("cruxeval"))
        mock.program.stop()
    }
}
