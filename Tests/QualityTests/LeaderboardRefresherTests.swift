import EventLoop
import Foundation
import Gateway
import GatewayTesting
import Scoring
import Testing

@testable import Quality

/// Copies of boards, kept fresh beside the requests.
@Suite struct LeaderboardRefresherTests {
    /// Two boards of one file each; all others are skipped, so that a story is of these alone.
    private static let watched: Set<String> = ["cruxeval", "evalplus"]
    private static let table = "Model,i@1,o@1,link\ngpt-4o,60,70,-\ngpt-4o-mini,30,40,-\n"
    private static let results = #"{"GPT-4o":{"pass@1":{"humaneval+":87.2,"mbpp+":72.2}}}"#

    /// A refresher in simulated time, with a data directory of its own.
    private final class Story {
        let loop = EventLoop(simulatedFrom: GatewaySimulation.start, epoch: GatewaySimulation.epoch, seed: 1)
        let transport: ScriptedTransport
        let observer = CompletionRecorder()
        let folder: TemporaryFolder
        private(set) var refresher: LeaderboardRefresher!
        /// How often new copies were told of.
        private(set) var changes = 0
        /// What the mirror has, by the path of the file.
        var files: [String: UpstreamScript] = [:]

        init(_ change: (inout GatewayConfiguration) -> Void = { _ in }) throws {
            folder = try TemporaryFolder()
            transport = ScriptedTransport(on: loop)
            var configuration = GatewayConfiguration(providers: [ScriptedProvider("a").configuration])
            configuration.server.dataDirectory = folder.path
            configuration.leaderboards.mirror = "https://mirror.test/boards"
            configuration.leaderboards.skip = BoardSource.all.map(\.id).filter { !LeaderboardRefresherTests.watched.contains($0) }
            change(&configuration)
            transport.answer = { [unowned self] call in
                files[call.target.replacing("/boards/", with: "")] ?? .status(404)
            }
            refresher = LeaderboardRefresher(
                configuration, on: loop, transport: transport, observer: observer, boardsChanged: { [unowned self] in changes += 1 })
        }

        func start() { loop.step { [self] in refresher.start() } }

        /// The paths that were asked for since the last time.
        func asked() -> [String] { transport.takeCalls().map { $0.target.replacing("/boards/", with: "") } }

        /// Ends it, and tells what was not given back.
        func end() -> Int {
            loop.step { [self] in refresher.stop() }
            loop.advance(by: .seconds(2))
            return transport.live + loop.close().total
        }
    }

    @Test func `what is not there is fetched, kept and told once`() throws {
        let story = try Story()
        story.files = ["cruxeval/data.csv": .status(200, Self.table), "evalplus/results.json": .status(200, Self.results)]
        story.start()
        #expect(story.asked() == ["evalplus/results.json", "cruxeval/data.csv"])
        #expect(story.observer.notices == ["leaderboards fetched: evalplus, cruxeval"] && story.changes == 1)
        #expect(story.folder.text(of: "leaderboards/cruxeval/data.csv") == Self.table)
        // An hour later both copies are new.
        story.loop.advance(by: .seconds(3600))
        #expect(story.asked().isEmpty && story.changes == 1 && story.end() == 0)
    }

    @Test func `an old copy is fetched again, and its age alone decides`() throws {
        let story = try Story { $0.leaderboards.refreshInterval = .seconds(24 * 3600) }
        try story.folder.write(Self.table, to: "leaderboards/cruxeval/data.csv")
        try story.folder.write(Self.results, to: "leaderboards/evalplus/results.json")
        try story.folder.age("leaderboards/cruxeval/data.csv", by: 24 * 3600 - 30)
        story.files["cruxeval/data.csv"] = .status(200, Self.table + "gpt-5,80,90,-\n")
        story.start()
        #expect(story.asked() == ["cruxeval/data.csv"])
        #expect(story.changes == 2, "once for what was there, once for what came")
        #expect(story.folder.text(of: "leaderboards/cruxeval/data.csv")?.contains("gpt-5") == true && story.end() == 0)
    }

    @Test func `what is no board is rejected, and the last good copy stays`() throws {
        let story = try Story()
        try story.folder.write(Self.table, to: "leaderboards/cruxeval/data.csv")
        try story.folder.age("leaderboards/cruxeval/data.csv", by: 7 * 24 * 3600)
        story.files = ["cruxeval/data.csv": .status(200, "<html>rate limited</html>"), "evalplus/results.json": .status(200, "{}")]
        story.start()
        #expect(story.observer.notices.count == 2 && story.changes == 1)
        #expect(story.observer.notices.allSatisfy { $0.contains(" is rejected, the last good copy stays: ") }, "\(story.observer.notices)")
        #expect(story.folder.text(of: "leaderboards/cruxeval/data.csv") == Self.table)
        #expect(story.folder.text(of: "leaderboards/evalplus/results.json") == nil && Set(story.refresher.problems.keys) == Self.watched)
        #expect(story.end() == 0)
    }

    @Test func `a problem that lasts is told once, and again when it has come back`() throws {
        let story = try Story { $0.leaderboards.skip.append("evalplus") }
        let (bad, good) = (UpstreamScript.status(500), UpstreamScript.status(200, Self.table))
        story.files["cruxeval/data.csv"] = bad
        story.start()
        for _ in 0..<3 { story.loop.advance(by: .seconds(3600)) }
        #expect(story.asked().count == 4 && story.observer.notices == ["cruxeval can't be fetched from mirror.test: status 500"])
        story.files["cruxeval/data.csv"] = .failure(.connect)
        story.loop.advance(by: .seconds(3600))
        #expect(story.observer.notices.count == 2, "it is another problem")
        story.files["cruxeval/data.csv"] = good
        story.loop.advance(by: .seconds(3600))
        #expect(story.refresher.problems.isEmpty && story.observer.notices.last == "leaderboards fetched: cruxeval")
        try story.folder.age("leaderboards/cruxeval/data.csv", by: 7 * 24 * 3600)
        story.files["cruxeval/data.csv"] = bad
        story.loop.advance(by: .seconds(3600))
        #expect(story.observer.notices.last == "cruxeval can't be fetched from mirror.test: status 500" && story.end() == 0)
    }

    @Test func `a file that a source has dropped is no problem`() throws {
        let story = try Story()
        for status in [404, 410] {
            story.files["cruxeval/data.csv"] = .status(status)
            story.files["evalplus/results.json"] = .status(status)
            if status == 404 { story.start() } else { story.loop.advance(by: .seconds(3600)) }
            #expect(story.asked().count == 2 && story.observer.notices.isEmpty && story.changes == 0)
        }
        #expect(story.end() == 0)
    }

    @Test func `a file larger than it may be ends its fetch at once`() throws {
        let story = try Story {
            $0.leaderboards.maximumBytes = 100
            $0.leaderboards.skip.append("evalplus")
        }
        let file = UpstreamScript([.head(status: 200, fields: [])] + (0..<10).map { _ in .read([Array(repeating: 120, count: 30)]) })
        story.files["cruxeval/data.csv"] = file
        story.start()
        let call = try #require(story.transport.calls.first)
        #expect(call.isCancelled && call.takenBytes == 120)
        #expect(story.observer.notices == ["cruxeval can't be fetched from mirror.test: larger than 100 bytes"] && story.end() == 0)
    }

    @Test func `who only uses servers of this machine is not made to call others`() throws {
        let here = try HTTPURL(parsing: "http://127.0.0.1:11434/v1")
        func asked(_ change: (inout GatewayConfiguration) -> Void) throws -> Int {
            let story = try Story {
                $0.providers = [ProviderConfiguration(name: "a", baseURL: here)]
                change(&$0)
            }
            story.start()
            defer { _ = story.end() }
            return story.asked().count
        }
        #expect(try asked { $0.leaderboards.mirror = nil } == 0)
        #expect(try asked { _ in } == 2, "a mirror was named for it")
        #expect(try asked { $0.leaderboards.enabled = false } == 0)
        #expect(
            try asked {
                $0.leaderboards.mirror = nil
                $0.providers.append(ScriptedProvider("b").configuration)
            } == 2)
    }

    @Test func `a name of no source is told with where the names are`() throws {
        let story = try Story { $0.leaderboards.skip.append("aidr") }
        story.start()
        #expect(story.observer.notices.first == "leaderboards.skip: no source is called aidr; see best scores --sources" && story.end() == 0)
    }

    @Test func `the end ends a fetch, and nothing is said of it`() throws {
        let story = try Story()
        story.files = ["evalplus/results.json": .silence]
        story.start()
        let call = try #require(story.transport.calls.first)
        #expect(!call.isCancelled && call.field("accept-encoding") == "identity" && call.request.isCold)
        #expect(story.end() == 0 && call.isCancelled && story.observer.notices.isEmpty && story.asked().count == 1)
    }
}

extension TemporaryFolder {
    /// The text of a file; `nil` when it is not there.
    fileprivate func text(of name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    /// Makes a file look as if it had been written so long ago.
    func age(_ name: String, by seconds: Double) throws {
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -seconds)], ofItemAtPath: "\(path)/\(name)")
    }
}
