import Foundation
import Testing

@testable import Scoring

@Suite struct CommittedSnapshotTests {
    private static func committed() throws -> [UInt8] {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: package.appending(path: "config/quality-snapshot.json")))
    }

    @Test func `the committed snapshot is small, complete, and made from sources whose terms allow it`() throws {
        let bytes = try Self.committed()
        #expect(bytes.count < 300_000)
        let table = try QualitySnapshot.read(bytes)
        #expect(table.measuredCount > 300)
        let permissive = Set(BoardSource.all.filter { $0.terms == .permissive }.map { "\($0.id): \($0.licence)" })
        #expect(!table.sources.isEmpty && Set(table.sources).isSubset(of: permissive))
        #expect(QualitySnapshot.write(table) == bytes)
    }

    @Test func `with the snapshot alone a larger sibling is better than a smaller one`() throws {
        let table = try QualitySnapshot.read(Self.committed())
        for (better, worse) in [
            ("gpt-4o", "gpt-4o-mini"), ("llama-3.1-405b-instruct", "llama-3.1-8b-instant"), ("claude-opus-4-5", "claude-3-haiku-20240307"),
            ("google/gemini-2.5-pro", "gemini-2.0-flash-lite"), ("deepseek-ai/DeepSeek-V3.2-TEE", "deepseek/deepseek-r1-distill-qwen-14b:free"),
        ] {
            #expect(table.quality(ofID: better).mean > table.quality(ofID: worse).mean, "\(better), \(worse)")
        }
    }

    @Test(.realBoards) func `the snapshot matches its sources`() throws {
        let store = BoardStore(directory: try #require(Leaderboards.directory))
        let read = store.load(BoardSource.all.filter { $0.terms == .permissive })
        let table = QualityTable(fitting: read.content.boards, facts: read.content.facts, sources: read.sources)
        #expect(QualitySnapshot.write(table) == (try Self.committed()), "make it again: best scores --fit DIR --write")
    }

    @Test(.realBoards) func `most chat ids of the providers have evidence, and no other class is among them`() throws {
        let directory = try #require(Leaderboards.directory)
        let content = BoardStore(directory: directory).load().content
        let folder = directory.appending(path: "provider-models")
        let names = FileManager.default.subpaths(atPath: folder.path)?.filter { $0.hasSuffix(".json") } ?? []
        let models = try names.sorted().flatMap { try ListedModelReader.read(Leaderboards.bytes("provider-models/\($0)")) }
        #expect(models.count > 1000)
        let table = QualityTable(fitting: content.boards, facts: content.facts, listing: models)
        let chat = models.map(table.quality(of:)).filter(\.modelClass.isChat)
        #expect(Double(chat.count { $0.evidence > 0 }) / Double(chat.count) >= 0.68)
        #expect(chat.allSatisfy { $0.mean > 0 && $0.mean < 1 && $0.deviation > 0 })
    }
}
