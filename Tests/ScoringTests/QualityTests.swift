import Foundation
import Testing

@testable import Scoring

@Suite struct QualityTests {
    /// Two boards that share half of their models: a hard one of new models and an easy one of old ones.
    private static func boards() -> [Board] {
        func rows(_ models: [(String, Double)]) -> [BoardRow] { models.compactMap { BoardRow($0.0, percent: $0.1) } }
        let old = rows([
            ("alpha-1-7b", 40), ("alpha-2-7b", 55), ("alpha-3-7b", 70), ("beta-1-7b", 45), ("beta-2-7b", 60), ("beta-3-7b", 75), ("gamma-1-70b", 90),
        ])
        let new = rows([
            ("alpha-3-7b", 10), ("beta-3-7b", 14), ("gamma-1-70b", 30), ("gamma-2-70b", 45), ("delta-1-70b (high reasoning)", 70),
            ("delta-1-70b (low reasoning)", 50),
        ])
        return [Board("old", family: "old", task: .general, rows: old), Board("new", family: "new", task: .code, rows: new)]
    }

    @Test func `boards are linked through the models they share`() {
        let table = QualityTable(fitting: Self.boards(), facts: [])
        let order = ["alpha-1-7b", "alpha-2-7b", "alpha-3-7b", "gamma-1-70b", "gamma-2-70b", "delta-1-70b"].map { table.quality(ofID: $0).mean }
        #expect(order == order.sorted())
        #expect(Set(order).count == order.count)
    }

    @Test func `the same boards give the same bits`() {
        let tables = (0..<3).map { _ in QualitySnapshot.write(QualityTable(fitting: Self.boards(), facts: [])) }
        #expect(tables[0] == tables[1] && tables[1] == tables[2])
        let abilities = (0..<2).map { _ in QualityTable(fitting: Self.boards(), facts: []).entries.map(\.ability.bitPattern) }
        #expect(abilities[0] == abilities[1])
    }

    @Test func `a model without a row is judged by its description, with less certainty`() {
        let table = QualityTable(fitting: Self.boards(), facts: [])
        let measured = table.quality(ofID: "alpha-2-7b"), unknown = table.quality(ofID: "omega-9-7b")
        #expect(measured.basis == .boards && measured.evidence == 1)
        #expect(unknown.basis == .description && unknown.evidence == 0)
        #expect(unknown.abilityDeviation > measured.abilityDeviation)
        #expect(table.quality(ofID: "omega-9-70b").mean > unknown.mean)
    }

    @Test func `a name that is on no board is matched by whole words only`() {
        let table = QualityTable(fitting: Self.boards(), facts: [])
        #expect(table.quality(ofID: "vendor/gamma-2").basis == .relative("gamma-2-70b"))
        #expect(table.quality(ofID: "gamma-2-70b-20260101").basis == .relative("gamma-2-70b"))
        #expect(table.quality(ofID: "gam-2-70b").basis == .description)
        #expect(table.quality(ofID: "supergamma-2-70b").basis == .description)
        var aliased = table
        aliased.aliases["house-model"] = "delta-1-70b"
        #expect(aliased.quality(ofID: "house-model").basis == .boards)
        var listed = ListedModel(id: "gamma-prime")
        listed.aliases = ["gamma-1-70b"]
        #expect(table.quality(of: listed).basis == .relative("gamma-1-70b"))
    }

    @Test func `a task has its own quality where boards measure it`() {
        let quality = QualityTable(fitting: Self.boards(), facts: []).quality(ofID: "gamma-2-70b")
        #expect(quality.tasks[.code] != nil)
        #expect(quality.tasks[.tools] == nil)
    }

    @Test func `a snapshot preserves what was written, to three decimals`() throws {
        let table = QualityTable(fitting: Self.boards(), facts: [], sources: ["here: MIT"])
        let bytes = QualitySnapshot.write(table)
        let read = try QualitySnapshot.read(bytes)
        #expect(QualitySnapshot.write(read) == bytes)
        #expect(read.sources == ["here: MIT"])
        for id in ["alpha-1-7b", "vendor/gamma-2", "delta-1-70b", "omega-9-7b"] {
            let (before, after) = (table.quality(ofID: id), read.quality(ofID: id))
            #expect(abs(before.mean - after.mean) < 0.002)
            #expect(before.basis == after.basis && before.evidence == after.evidence)
        }
        for length in stride(from: 0, to: bytes.count - 3, by: 7) {
            #expect(throws: BoardError.self) { try QualitySnapshot.read(Array(bytes.prefix(length))) }
        }
    }

    @Test func `a table without any boards still gives qualities`() {
        #expect((0...1).contains(QualityTable.empty.quality(ofID: "gpt-4o").mean))
        #expect((0...1).contains(QualityTable(fitting: [], facts: []).quality(ofID: "gpt-4o").mean))
    }

    @Test func `rank correlation takes ties for their mean rank`() {
        #expect(Validation.spearman([1, 2, 3], [10, 20, 30]) == 1)
        #expect(Validation.spearman([1, 2, 3], [3, 2, 1]) == -1)
        #expect(abs(Validation.spearman([1, 2, 2, 3], [1, 2, 3, 4]) - 0.948_683_298) < 1e-6)
        #expect(Validation.spearman([1, 1], [1, 2]) == 0)
    }

    @Test(.realBoards) func `boards that are left out are predicted from the others`() throws {
        let content = BoardStore(directory: try #require(Leaderboards.directory)).load().content
        let live = content.boards.filter { ["livebench", "aider", "arena-hard", "bigcodebench"].contains($0.family) }
        #expect(live.count > 20)
        let facts = content.facts
        let table = QualityTable(fitting: content.boards.filter { $0.family != "livebench" }, facts: facts)
        let latest = try #require(content.boards.first { $0.name == "livebench 2026_01_08" })
        let rho = Validation.spearman(latest.rows.map { table.quality(ofID: $0.model).ability }, latest.rows.map(\.score))
        let newest = Validation.spearman(latest.rows.map { Double(table.quality(ofID: $0.model).releasedDay ?? 0) }, latest.rows.map(\.score))
        #expect(rho > 0.55)
        #expect(rho > newest + 0.1)
    }
}
