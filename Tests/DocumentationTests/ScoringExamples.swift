import Testing

@testable import Scoring

@Suite struct ScoringExamples {
    @Test func `ModelIdentity is the same for all names of one model`() {
        // Example: ModelIdentity
        let bedrock = ModelIdentity(parsing: "us.anthropic.claude-4-5-sonnet-v1:0")
        let router = ModelIdentity(parsing: "anthropic/claude-sonnet-4.5")
        let isSame = bedrock.key == router.key  // true
        let name = router.canonical  // "claude-sonnet-4.5"
        // End
        #expect(isSame && name == "claude-sonnet-4.5")
    }

    @Test func `AbilityFit makes one scale of several boards`() {
        func board(_ name: String, _ rows: [(String, Double)]) -> Board {
            Board(name, family: name, task: .general, rows: rows.compactMap { BoardRow($0.0, percent: $0.1) })
        }
        let easy = [
            ("alpha-1-7b", 40.0), ("alpha-2-7b", 55), ("alpha-3-7b", 70), ("beta-1-7b", 45), ("beta-2-7b", 60), ("beta-3-7b", 75),
            ("gamma-1-70b", 90),
        ]
        let hard = [("alpha-3-7b", 10.0), ("beta-3-7b", 14), ("gamma-1-70b", 30), ("gamma-2-70b", 45)]
        let boards = [board("easy", easy), board("hard", hard)]
        // Example: AbilityFit
        let models = boards.flatMap(\.rows).map { ModelIdentity(parsing: $0.model) }
        var fit = AbilityFit(boards, ModelCatalogue([], naming: models, firstSeen: [:]))
        fit.run()
        let abilities = zip(fit.catalogue.entries.map(\.identity.canonical), fit.ability)  // higher is better
        // End
        let order = abilities.sorted { $0.1 < $1.1 }.map(\.0)
        #expect(order.first == "alpha-1-7b" && order.suffix(2) == ["gamma-1-70b", "gamma-2-70b"], "\(order)")
        // Example: QualityTable
        let table = QualityTable(fitting: boards, facts: [])
        let known = table.quality(ofID: "provider/alpha-2-7b")  // by its rows
        let unknown = table.quality(ofID: "omega-9-7b")  // by its description alone, and less surely
        // End
        #expect(known.abilityDeviation < unknown.abilityDeviation && known.evidence == 1 && unknown.evidence == 0)
    }
}
