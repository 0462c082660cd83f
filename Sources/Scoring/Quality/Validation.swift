/// Measures a ranking by leaving out whole leaderboards: fits the others and compares the result with the rows
/// that were left out.
public struct Validation: Sendable {
    /// How well one left-out board is predicted.
    public struct Line: Sendable {
        /// The board.
        public var board: String
        /// Its models, each counted once, at its best row.
        public var models: Int
        /// Spearman's rank correlation of its scores with the ability fitted without its family.
        public var fitted: Double
        /// The same in the better half of the board.
        public var fittedTopHalf: Double
        /// The same for the order of release dates.
        public var newest: Double
        /// The same for the order of context lengths.
        public var context: Double
        /// The same for the original's formula.
        public var original: Double
    }

    /// Leaves out each family with a board of at least `minimumModels` models, one family at a time.
    ///
    /// - Parameter original: The original's score of a name with a context length.
    public static func leaveOneFamilyOut(
        _ content: BoardSource.Content, listing: [ListedModel], minimumModels: Int = 15, original: (String, Int?) -> Double
    ) -> [Line] {
        var families: [String] = []
        for board in content.boards where !families.contains(board.family) { families.append(board.family) }
        var lines: [Line] = []
        for family in families {
            let held = content.boards.filter { $0.family == family && !$0.isPart && $0.rows.count >= minimumModels }
            guard !held.isEmpty else { continue }
            let names = held.flatMap { $0.rows.map { ListedModel(id: $0.model) } }
            let table = QualityTable(fitting: content.boards.filter { $0.family != family }, facts: content.facts, listing: listing + names)
            for board in held { lines += line(board, table, original).map { [$0] } ?? [] }
        }
        return lines
    }

    private static func line(_ board: Board, _ table: QualityTable, _ original: (String, Int?) -> Double) -> Line? {
        var best: [String: (score: Double, model: String)] = [:]
        for row in board.rows {
            let identity = ModelIdentity(parsing: row.model)
            guard !identity.isComposite, row.score > best[identity.canonical]?.score ?? -1 else { continue }
            best[identity.canonical] = (row.score, row.model)
        }
        let names = best.keys.sorted()
        guard names.count >= 10 else { return nil }
        let scores = names.map { best[$0]!.score }
        let qualities = names.map { table.quality(ofID: best[$0]!.model) }
        let abilities = qualities.map(\.ability)
        let top = Array(names.indices.sorted { scores[$0] > scores[$1] }.prefix(names.count / 2))
        return Line(
            board: board.name, models: names.count, fitted: spearman(abilities, scores),
            fittedTopHalf: spearman(top.map { abilities[$0] }, top.map { scores[$0] }),
            newest: spearman(qualities.map { Double($0.releasedDay ?? 0) }, scores),
            context: spearman(qualities.map { Double($0.contextLength ?? 0) }, scores),
            original: spearman(zip(names, qualities).map { original(best[$0]!.model, $1.contextLength) }, scores))
    }

    /// Spearman's rank correlation; ties share their mean rank. 0 if one side does not vary.
    public static func spearman(_ first: [Double], _ second: [Double]) -> Double {
        let (a, b) = (ranks(first), ranks(second))
        let mean = Double(a.count + 1) / 2
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            ab += (x - mean) * (y - mean)
            aa += (x - mean) * (x - mean)
            bb += (y - mean) * (y - mean)
        }
        return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
    }

    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }
}
