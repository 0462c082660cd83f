/// The rows of boards by the models they are about: each name is parsed once, so that looking up one model's
/// rows does not parse thousands of them.
public struct BoardRows: Sendable {
    private struct Row: Sendable {
        let board: String
        let model: String
        let score: Double
        let day: Int?
        let key: IdentityKey
    }

    private var byBase: [IdentityKey: [Row]] = [:]

    /// Takes the rows of boards, in the boards' order. This takes some hundredths of a millisecond for each.
    public init(_ boards: [Board]) {
        for board in boards where !board.isPart {
            for row in board.rows where row.score > 0 {
                let identity = ModelIdentity(parsing: row.model)
                guard !identity.isComposite else { continue }
                let key = identity.key
                byBase[key.base, default: []].append(
                    Row(board: board.name, model: row.model, score: row.score, day: row.day ?? board.day, key: key))
            }
        }
    }

    /// The rows about a model and about other releases of it.
    func rows(for identity: ModelIdentity) -> [QualityExplanation.MatchedRow] {
        let key = identity.key
        return (byBase[key.base] ?? []).map { row in
            QualityExplanation.MatchedRow(board: row.board, model: row.model, score: row.score, day: row.day, isOwn: row.key == key)
        }
    }
}
