/// The four weights of the original project's formula, by which `scoring.mode: original` adds up a model's score:
///
/// `base_priority × (leaderboard × L + parameters × P + context × C + adjustment × A)`, where `L` is the mean of the leaderboard rows in
/// `0...1`, `P` billions of parameters, `C` the context length in tokens and `A` the sum of the adjustments that apply.
///
/// The defaults are the original's constants (n00b001/BEST, `src/config.py`): the best row, 405 billion parameters and two million tokens
/// of context are each worth 100 points.
public struct OriginalWeights: Hashable, Sendable {
    /// `MODEL_LEADERBOARD_SCORE_SCALAR`.
    public var leaderboard = 100.0
    /// `MODEL_PARAM_SCORE_SCALAR`.
    public var parameters = 100.0 / 405
    /// `MODEL_CTX_SCORE_SCALAR`.
    public var context = 100.0 / 2_000_000
    /// `MODEL_ADJUSTMENT_SCALAR`.
    public var adjustment = 2.0

    /// Makes the original's weights.
    public init() {}
}
