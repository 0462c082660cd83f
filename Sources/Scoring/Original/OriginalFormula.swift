/// The original project's score, exact: `scoring.mode: original`.
///
/// It is kept for those who rely on it, not because it ranks well: it finds models by substrings, gives 0 to
/// those without a row, and knows sizes only from names (rank correlation with independent evaluations 0.2; see
/// the README).
public struct OriginalFormula: Sendable {
    /// The factor of each part; the defaults are the original's.
    public struct Weights: Sendable, Equatable {
        /// `MODEL_LEADERBOARD_SCORE_SCALAR`, for a row score of 1.
        public var leaderboard = 100.0
        /// `MODEL_PARAM_SCORE_SCALAR`, for a billion parameters.
        public var parameters = 100.0 / 405
        /// `MODEL_CTX_SCORE_SCALAR`, for a token of context.
        public var context = 100.0 / 2_000_000
        /// `MODEL_ADJUSTMENT_SCALAR`, for a point of priority.
        public var adjustment = 2.0

        /// The original's weights.
        public init() {}
    }

    /// A score with its parts.
    public struct Score: Sendable, Equatable {
        /// `base_priority × (leaderboard + parameters + context + adjustment)`.
        public var overall: Double
        /// The parts, each already multiplied by its weight.
        public var leaderboard: Double, parameters: Double, context: Double, adjustment: Double
        /// The merged rows whose names contain the id.
        public var rows: [OriginalBoards.Row]
        /// The adjustments that apply.
        public var adjustments: [ModelAdjustments.Adjustment]
    }

    private let boards: OriginalBoards
    private let adjustments: ModelAdjustments
    private let weights: Weights

    /// Makes the formula over boards and adjustments.
    public init(_ boards: OriginalBoards, adjustments: ModelAdjustments = .none, weights: Weights = Weights()) {
        (self.boards, self.adjustments, self.weights) = (boards, adjustments, weights)
    }

    /// The score of a provider's model.
    public func score(_ id: String, contextLength: Int?, basePriority: Double = 1) -> Score {
        let needle = id.lowercased()
        let rows = zip(boards.rows, boards.lowercased).filter { $1.contains(needle) }.map(\.0)
        let applying = adjustments.matching(id)
        let leaderboard = rows.isEmpty ? 0 : weights.leaderboard * (rows.reduce(0) { $0 + $1.score } / Double(rows.count))
        let parameters = weights.parameters * Self.parameters(in: id)
        let context = Double(contextLength ?? 0) * weights.context
        let adjustment = weights.adjustment * applying.reduce(0) { $0 + $1.priority }
        return Score(
            overall: basePriority * (leaderboard + parameters + context + adjustment), leaderboard: leaderboard, parameters: parameters,
            context: context,
            adjustment: adjustment, rows: rows, adjustments: applying)
    }

    /// The largest size that is believed from a name, in billions; the largest model has a thousandth of it.
    private static let largestSize = 1e6

    /// The original's reading of sizes: the first `-70b` or `-86m`, both as billions, plus the first `8x22b` as
    /// a product.
    static func parameters(in id: String) -> Double {
        let bytes = Array(id.utf8)
        func number(_ start: Int) -> (value: Double, end: Int)? {
            var (value, end) = (0.0, start)
            while end < bytes.count, isDigit(bytes[end]) {
                value = value * 10 + Double(bytes[end] - UInt8(ascii: "0"))
                end += 1
            }
            return end > start ? (value, end) : nil
        }
        func isUnit(_ place: Int) -> Bool { place < bytes.count && [UInt8(ascii: "b"), UInt8(ascii: "m")].contains(bytes[place] | 0x20) }
        var plain: Double?, product: Double?
        for place in bytes.indices {
            if plain == nil, bytes[place] == UInt8(ascii: "-"), let size = number(place + 1), isUnit(size.end) { plain = size.value }
            if product == nil, isDigit(bytes[place]), let first = number(place), first.end < bytes.count, bytes[first.end] == UInt8(ascii: "x"),
                let second = number(first.end + 1), isUnit(second.end)
            {
                product = first.value * second.value
            }
        }
        // Hundreds of digits would make an infinite product.
        return min((plain ?? 0) + (product ?? 0), largestSize)
    }
}
