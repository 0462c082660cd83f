/// Where a model's ability comes from: terms that add up to it, and the rows of boards behind them.
public struct QualityExplanation: Sendable {
    /// One term.
    public struct Term: Sendable, Equatable {
        /// What the term is about, such as `years` or `boards`.
        public let name: String
        /// The value, its weight, and their product; the products add up to the ability.
        public let value: Double, weight: Double, product: Double
    }

    /// One row of a board about the model or another release of it.
    public struct MatchedRow: Sendable, Equatable {
        /// The board, and the model under its name there.
        public let board: String, model: String
        /// The share of the highest possible score, 0…1.
        public let score: Double
        /// The day of the entry, or of the board's newest one, in days since 2020-01-01.
        public let day: Int?
        /// Whether it is about this model itself, not another release or mode of it.
        public let isOwn: Bool
    }

    /// The terms that are not 0.
    public let terms: [Term]
    /// The rows, in the boards' order; none if the table comes from a snapshot, which keeps only their number.
    public let rows: [MatchedRow]
}

extension QualityTable {
    /// Explains the quality of a listed model.
    ///
    /// - Parameter boards: The boards that the table was fitted to.
    public func explain(_ model: ListedModel, boards: [Board]) -> QualityExplanation {
        let quality = quality(of: model)
        let source = source(of: model)
        let columns = AbilityFeatures.columns(source, prior.centre)
        var terms = zip(zip(AbilityFeatures.names, columns), prior.weights).map {
            QualityExplanation.Term(name: $0.0, value: $0.1, weight: $1, product: $0.1 * $1)
        }
        let rest = quality.ability - terms.reduce(0) { $0 + $1.product }
        if quality.evidence > 0 {
            terms.append(.init(name: "boards", value: Double(quality.evidence), weight: rest / Double(quality.evidence), product: rest))
        } else {
            // No board has it: the estimate from the rows of its family and version.
            terms.append(.init(name: "relatives", value: 1, weight: rest, product: rest))
        }
        return QualityExplanation(terms: terms.filter { $0.product != 0 }, rows: BoardRows(boards).rows(for: source.identity))
    }

    /// The rows of boards about the model with a canonical name, or about other releases of it.
    public func rows(for canonical: String, in rows: BoardRows) -> [QualityExplanation.MatchedRow] {
        rows.rows(for: source(of: ListedModel(id: canonical)).identity)
    }
}
