import EventLoop
import Gateway
import GatewayTesting
import Quality
import Testing
import Wire

@testable import Observability
@testable import best

/// How the boards are, as metrics.
@Suite struct LeaderboardMetricsTests {
    @Test func `a copy is told with its age and rows, and is ok while it can be used and its last fetch did not fail`() throws {
        let folder = try TemporaryFolder()
        try folder.write("Model,i@1,o@1,link\nmock-large,60,70,-\nmock-small,30,40,-\n", to: "leaderboards/cruxeval/data.csv")
        try folder.write("<html>", to: "leaderboards/evalplus/results.json")
        var configuration = GatewayConfiguration()
        configuration.server.dataDirectory = folder.path
        let (read, quality) = (configuration, ScoringQuality())
        let loop = EventLoop(simulatedFrom: GatewaySimulation.start, epoch: GatewaySimulation.epoch, seed: 1)
        loop.step { loop.task((quality, read, folder, loop)) { _ = await $0.0.loadBoards($0.1, directory: $0.2.path, on: $0.3) } }
        func lines(_ failed: [String: String]) -> [String] {
            var text = PrometheusText()
            LeaderboardMetrics.write(quality, failed: failed, into: &text)
            var buffer = ByteBuffer()
            text.write(into: &buffer)
            return buffer.bytes.text.split(separator: "\n").map(String.init)
        }
        let found = lines(["aider": "gone"])
        #expect(found.contains("best_leaderboard_rows{source=\"cruxeval\"} 4") && found.contains("best_leaderboard_ok{source=\"cruxeval\"} 1"))
        #expect(found.contains("best_leaderboard_ok{source=\"evalplus\"} 0") && found.contains("best_leaderboard_ok{source=\"aider\"} 0"))
        #expect(found.contains { $0.hasPrefix("best_leaderboard_age_seconds{source=\"cruxeval\"} ") })
        #expect(!found.contains { $0.hasPrefix("best_leaderboard_age_seconds{source=\"aider\"}") })
        #expect(lines(["cruxeval": "status 500"]).contains("best_leaderboard_ok{source=\"cruxeval\"} 0"))
        loop.close()
    }
}
