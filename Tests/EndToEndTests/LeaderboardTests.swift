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
        try folder.write("providers:\n  - name: a\n    base_url: \(mock.url)\n    models: [mock-large, unheard-of]\n", to: "meta-providers.yaml")
        let mirror = host.url.replacingOccurrences(of: "/v1", with: "")
        try folder.write("leaderboards:\n  mirror: \(mirror)\n  skip: \(Self.skipped)\nmetrics:\n  public: true\n", to: "best.yaml")
        let program = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
        let port = try program.port(in: " on http://127.0.0.1:")
        #expect(try program.line(with: "evalplus is rejected, the last good copy stays") != "")
        #expect(try program.line(with: "leaderboards fetched: cruxeval") != "")
        // It is read on another thread, and the models are rated by it there, a little later.
        #expect(
            try Deadline.usual.until {
                try Set(metrics(port)).isSuperset(of: [
                    "best_leaderboard_rows{source=\"cruxeval\"} 4", "best_unmatched_models 1", "best_leaderboard_coverage_ratio 0.5",
                ])
            })
        let lines = try metrics(port)
        #expect(lines.contains("best_leaderboard_ok{source=\"cruxeval\"} 1") && lines.contains("best_leaderboard_ok{source=\"evalplus\"} 0"))
        #expect(lines.contains { $0.hasPrefix("best_leaderboard_age_seconds{source=\"cruxeval\"} ") })
        #expect(!lines.contains { $0.hasPrefix("best_leaderboard_age_seconds{source=\"evalplus\"}") })
        let quality = try quality(port)
        program.stop()
        host.stop()
        #expect(host.received.contains { $0.hasPrefix("GET /cruxeval/data.csv ") })
        #expect(try String(contentsOfFile: folder.path + "/data/leaderboards/cruxeval/data.csv", encoding: .utf8) == table)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/leaderboards/evalplus/results.json"))
        // The host is gone, and the copy is too new to be fetched again.
        let again = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
        #expect(try self.quality(again.port(in: " on http://127.0.0.1:")) == quality, "equal data have an equal name, at once")
        #expect(try again.line(with: "evalplus can't be fetched") != "")
        again.stop()
        #expect(!again.text.contains("cruxeval"))
        mock.program.stop()
    }

    @Test func `without a network one line tells of all leaderboards`() throws {
        let closed = try RawUpstream.closedPort()
        defer { close(closed.descriptor) }
        let mock = try MockProcess()
        let folder = try Folder()
        try folder.write("providers:\n  - name: a\n    base_url: \(mock.url)\n    models: [m]\n", to: "meta-providers.yaml")
        try folder.write("leaderboards:\n  mirror: http://127.0.0.1:\(closed.port)\n  skip: \(Self.skipped)\n", to: "best.yaml")
        let program = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
        let line = try program.line(with: "2 leaderboards can't be fetched, what is known of them stays: ")
        #expect(line.contains("evalplus") && line.contains("cruxeval") && line.contains("(the first from 127.0.0.1: connect: "), "\(line)")
        program.stop()
        #expect(program.count(of: "can't be fetched") == 1)
        mock.program.stop()
    }

    @Test(arguments: [("", "can't be read"), ("{}", "is ignored: not a quality snapshot")])
    func `a snapshot of qualities that is missing or none is said`(text: String, problem: String) throws {
        try withGateway(files: text.isEmpty ? [:] : ["quality-snapshot.json": text]) { gateway throws in
            let line = try gateway.program.line(with: "models are ordered by their descriptions alone")
            #expect(line.contains("quality-snapshot.json \(problem)"), "\(line)")
            #expect(try gateway.chat().status == 200)
        }
    }

    private func metrics(_ port: Int) throws -> [String] {
        let client = try WireClient(port: port)
        try client.send("GET", "/metrics")
        return try client.answer().text.split(separator: "\n").map(String.init)
    }

    /// The part of the snapshot's name that stands for what is known of quality.
    private func quality(_ port: Int) throws -> String {
        let client = try WireClient(port: port)
        try client.send("POST", "/v1/route/explain", body: Array(Chat.body("best").utf8))
        let name = try client.answer().object["snapshot"] as? String ?? ""
        return name.split(separator: "-").dropFirst().first.map(String.init) ?? ""
    }
}
