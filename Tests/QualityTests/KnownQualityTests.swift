import EventLoop
import Foundation
import Gateway
import LoopTesting
import Quality
import Scoring
import Testing

@Suite struct KnownQualityTests {
    /// The folder of the repository that has the snapshot.
    private static let configDirectory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../config").standardizedFileURL.path

    private func configuration(_ folder: TemporaryFolder) -> GatewayConfiguration {
        var configuration = GatewayConfiguration(providers: [])
        configuration.server.dataDirectory = folder.path
        return configuration
    }

    @Test func `without boards models are rated by the snapshot that comes with the program`() throws {
        let folder = try TemporaryFolder()
        let known = KnownQuality.atHand(configuration(folder), directory: Self.configDirectory)
        #expect(known.snapshotProblem == nil && known.table.modelCount > 100)
        let whole = KnownQuality.whole(configuration(folder), directory: Self.configDirectory)
        #expect(whole.identity == known.identity, "what is made of the same has the same name")
    }

    @Test func `a snapshot that is missing or damaged is told, and nothing is known then`() throws {
        let folder = try TemporaryFolder()
        let missing = KnownQuality.atHand(configuration(folder), directory: folder.path)
        #expect(missing.snapshotProblem?.hasSuffix("can't be read; it comes with the program") == true && missing.table.modelCount == 0)
        for text in ["", "{}", "{\"models\":", "[1]", "null"] {
            try folder.write(text, to: "quality-snapshot.json")
            let known = KnownQuality.atHand(configuration(folder), directory: folder.path)
            #expect(known.snapshotProblem?.contains("is ignored: ") == true && known.table.modelCount == 0, "\(text)")
        }
    }

    @Test func `what an operator adjusts is another state of what is known`() throws {
        let folder = try TemporaryFolder()
        var settings = configuration(folder)
        let before = KnownQuality.atHand(settings, directory: Self.configDirectory).identity
        settings.adjustments = [ModelAdjustment(name: "liked", priority: 3, patterns: ["gpt-4o*"])]
        #expect(KnownQuality.atHand(settings, directory: Self.configDirectory).identity != before)
    }

    @Test func `a model with public results is rated above one that nobody knows, and says on what evidence`() async throws {
        let folder = try TemporaryFolder()
        let settings = configuration(folder)
        try await withLoop { loop in
            let quality = ScoringQuality()
            #expect(quality.snapshot == "none")
            await quality.load(settings, directory: Self.configDirectory, on: loop)
            #expect(quality.snapshot != "none" && quality.newProblems().isEmpty)
            let known = quality.rater(ModelConfiguration(id: "gpt-4o"), "a")
            let unknown = quality.rater(ModelConfiguration(id: "nobody-knows-this-one"), "a")
            #expect(known.general.evidence > 0 && unknown.general.evidence == 0)
            #expect(known.general.mean > unknown.general.mean && known.isChat == true && unknown.isChat != false)
            #expect(quality.rater(ModelConfiguration(id: "text-embedding-3-small"), "a").isChat == false)
        }
    }

    @Test func `a problem with what is known is told once, until it is another`() async throws {
        let folder = try TemporaryFolder()
        let settings = configuration(folder)
        try await withLoop { loop in
            let quality = ScoringQuality()
            await quality.load(settings, directory: folder.path, on: loop)
            #expect(quality.newProblems().count == 1)
            #expect(quality.newProblems().isEmpty)
            try folder.write("{}", to: "quality-snapshot.json")
            await quality.load(settings, directory: folder.path, on: loop)
            #expect(quality.newProblems().count == 1)
        }
    }

    @Test func `a list of models that can't be read is named, and the others count`() throws {
        let folder = try TemporaryFolder()
        try folder.write("{\"data\":[{\"id\":\"gpt-4o\"},{\"id\":\"text-embedding-3-small\"}]}", to: "provider-models/a/one.json")
        try folder.write("{\"data\":", to: "provider-models/two.json")
        let book = try ScoreBook(configuration: configuration(folder), configDirectory: Self.configDirectory, data: folder.path)
        #expect(book.lists.map(\.file) == ["a/one.json"] && book.lists[0].models.map(\.id) == ["gpt-4o", "text-embedding-3-small"])
        #expect(book.problems.count == 1 && book.problems[0].hasPrefix("two.json: "))
        let rows = book.rows([], unmatched: false)
        #expect(rows.count == 2 && rows[0].score > 0 && rows[1].score < 0, "what makes no conversation can't stand in for one that does")
        #expect(book.rows(["never-seen"], unmatched: true).map(\.model.id) == ["never-seen"])
    }
}
