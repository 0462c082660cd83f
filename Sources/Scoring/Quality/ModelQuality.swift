internal import Foundation

/// How good a model is expected to be, and what the estimate is based on.
public struct ModelQuality: Sendable, Equatable {
    /// What an estimate is based on.
    public enum Basis: Sendable, Equatable {
        /// Rows of this model on boards.
        case boards
        /// Rows of another release, mode or spelling of it, named here.
        case relative(String)
        /// No board has it: only its date, price, size and the like.
        case description
    }

    /// The canonical name.
    public var canonical: String
    /// The expected ability, 0…1: about 0.27 for a model one spread below the mean of all measured models, 0.5
    /// at it, 0.73 one above.
    public var mean: Double
    /// The standard deviation of `mean`.
    public var deviation: Double
    /// The number of board rows it is based on; 0 for `Basis.description`.
    public var evidence: Int
    /// What it is based on.
    public var basis: Basis
    /// The expected ability at tasks that boards measure separately, on the scale of `mean`; a task without
    /// rows is missing.
    public var tasks: [TaskClass: Double]
    /// When the model was released, in days since 2020-01-01.
    public var releasedDay: Int?
    /// The tokens it accepts, according to the catalogues.
    public var contextLength: Int?
    /// The most tokens of one answer, according to the catalogues.
    public var outputLimit: Int?
    /// The kinds of input it accepts, such as `text` and `image`, by its list or the catalogues; empty if they
    /// do not say.
    public var inputModalities: [String]
    /// The kinds of output it produces.
    public var outputModalities: [String]
    /// The cost of a million tokens, by the catalogues (the median over providers).
    public var price: ModelPrice?
    /// What kind of model it is; quality orders only chat models.
    public var modelClass: ModelClass
    /// The ability before it is put on the scale of 0…1, in spreads of all measured models.
    public var ability: Double
    /// The standard deviation of `ability`.
    public var abilityDeviation: Double
    /// The ability predicted by the description alone.
    public var priorAbility: Double

    /// The scale from abilities to 0…1: the logistic function.
    public static func scaled(_ ability: Double) -> Double { 1 / (1 + exp(-ability)) }
}
