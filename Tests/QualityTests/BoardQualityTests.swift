import EventLoop
import Foundation
import Gateway
import GatewayTesting
import Scoring
import Testing

@testable import Quality

/// How good models are by the boards in the data directory: for the gateway's ranking and for explanations.
@Suite struct BoardQualityTests {
    /// Ten models, in each of the board's two columns.
    private static let table =
        "Model,i@1,o@1,link\nmock-large,80,90,-\nmock-small,10,15,-\n"
        + (0..<8).map { "other-\($0),\(40 + $0),\(45 + $0),-\n" }.joined()

    private func configuration(_ folder: TemporaryFolder) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.server.dataDirectory = folder.path
        return configuration
    }

    /// Runs a story on a loop on which everything is done here and now.
    private func onLoop(_ body: @escaping (EventLoop) async -> Void) {
        let loop = EventLoop(simulatedFrom: GatewaySimulation.start, epoch: GatewaySimulation.epoch, seed: 1)
        loop.step { loop.task((loop, body)) { await $0.1($0.0) } }
        loop.close()
    }

    @Test func `models are rated by the boards that were fetched`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.table, to: "leaderboards/cruxeval/data.csv")
        let (configuration, quality) = (configuration(folder), ScoringQuality())
        var changes: [Bool] = []
        onLoop { loop in for _ in 0..<2 { changes.append(await quality.loadBoards(configuration, directory: folder.path, on: loop)) } }
        #expect(changes == [true, false], "what is equal has the same name")
        let rate = quality.rater
        let ratings = ["mock-large", "mock-small", "unheard-of"].map { rate(ModelConfiguration(id: $0), "a") }
        #expect(ratings[0].general.evidence > 0 && ratings[1].general.evidence > 0 && ratings[2].general.evidence == 0)
        // One board alone says something of its kind of task, and nothing in general.
        let means = ratings.map { $0.tasks[.code]?.mean ?? 0 }
        #expect(means[0] > means[1])
        #expect(ratings[0].isChat == true && ratings[0].canonical == quality.canonicalName(of: "mock-large"))
        let rows = quality.evidence(try #require(ratings[0].canonical))
        #expect(!rows.isEmpty && rows.allSatisfy { $0.row == "mock-large" })
        let copy = try #require(quality.copies.first)
        #expect(quality.copies.count == 1 && copy.source == "cruxeval" && copy.isUsable && copy.rows == 20 && copy.age < 60)
        #expect(quality.newProblems().isEmpty)
    }

    @Test func `after a restart the last fit is there at once, under the same name`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.table, to: "leaderboards/cruxeval/data.csv")
        let configuration = configuration(folder)
        let whole = KnownQuality.whole(configuration, directory: folder.path)
        let atHand = KnownQuality.atHand(configuration, directory: folder.path)
        #expect(whole.identity == atHand.identity && whole.identity.hasPrefix("ability."))
        #expect(atHand.statuses.isEmpty && whole.statuses.contains { $0.source == "cruxeval" && $0.rows == 20 })
        // A board that is newer than the fit has it made again.
        try folder.write(Self.table + "mock-huge,90,95,-\n", to: "leaderboards/cruxeval/data.csv")
        try folder.age("leaderboards/fitted.json", by: 60)
        #expect(KnownQuality.whole(configuration, directory: folder.path).identity != whole.identity)
    }

    @Test func `what changes a rating changes the name of it all`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.table, to: "leaderboards/cruxeval/data.csv")
        var configuration = configuration(folder)
        var names = [KnownQuality.whole(configuration, directory: folder.path).identity]
        configuration.adjustments = [ModelAdjustment(name: "mine", priority: 1, patterns: ["mock"])]
        names.append(KnownQuality.whole(configuration, directory: folder.path).identity)
        configuration.scoring.aliases = ["x = mock-large"]
        names.append(KnownQuality.whole(configuration, directory: folder.path).identity)
        configuration.scoring.mode = .original
        names.append(KnownQuality.whole(configuration, directory: folder.path).identity)
        #expect(Set(names).count == 4 && names[3].hasPrefix("original."))
    }

    @Test func `an adjustment and an alias count for the models that they name`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.table, to: "leaderboards/cruxeval/data.csv")
        var configuration = configuration(folder)
        configuration.adjustments = [ModelAdjustment(name: "mine", priority: 2, patterns: ["small"])]
        configuration.scoring.aliases = ["house-model = mock-large"]
        let (fixed, quality) = (configuration, ScoringQuality())
        onLoop { loop in _ = await quality.loadBoards(fixed, directory: folder.path, on: loop) }
        let rate = quality.rater
        #expect(rate(ModelConfiguration(id: "mock-small"), "a").adjustment > 0 && rate(ModelConfiguration(id: "mock-large"), "a").adjustment == 0)
        #expect(rate(ModelConfiguration(id: "house-model"), "a").general.mean == rate(ModelConfiguration(id: "mock-large"), "a").general.mean)
    }

    @Test func `a copy that can't be used is told once, and counts as none that is usable`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.table, to: "leaderboards/cruxeval/data.csv")
        try folder.write("<html>", to: "leaderboards/evalplus/results.json")
        let (configuration, quality) = (configuration(folder), ScoringQuality())
        onLoop { loop in _ = await quality.loadBoards(configuration, directory: folder.path, on: loop) }
        let told = quality.newProblems()
        #expect(told.count == 1 && told[0].hasPrefix("the copy of evalplus is ignored: ") && quality.newProblems().isEmpty)
        let copies = quality.copies
        #expect(copies.map(\.source).sorted() == ["cruxeval", "evalplus"] && copies.map(\.isUsable).contains(false))
    }

    @Test func `a digest tells the same bytes in other pieces apart`() {
        func text(_ pieces: [String]) -> String {
            var digest = ContentDigest()
            for piece in pieces { digest.add(piece) }
            return digest.text
        }
        #expect(text(["ab"]) == text(["ab"]) && Set([text(["ab"]), text(["a", "b"]), text(["ab", ""]), text(["ba"]), text([])]).count == 5)
        #expect(text(["ab"]).utf8.count == 16 && text([]) == "cbf29ce484222325", "the offset basis of FNV-1a")
    }
}
