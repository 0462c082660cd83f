internal import Foundation

/// How good a model is expected to be, with what that rests on.
public struct ModelQuality: Sendable, Equatable {
    /// What an estimate rests on.
    public enum Basis: Sendable, Equatable {
        /// Rows of this model on boards.
        case boards
        /// Rows of another release, mode or spelling of it, named here.
        case relative(String)
        /// No board has it: its date, price, size and the like only.
        case description
    }

    /// The canonical name.
    public var canonical: String
    /// The expected ability, 0…1: about 0.27 for a model one spread below the mean of all measured models, 0.5 at it, 0.73 above.
    public var mean: Double
    /// The standard deviation of `mean`.
    public var deviation: Double
    /// The board rows it rests on; 0 for `Basis.description`.
    public var evidence: Int
    /// What it rests on.
    public var basis: Basis
    /// The expected ability at tasks that boards measure apart, on the scale of `mean`; a task without rows is missing.
    public var tasks: [TaskClass: Double]
    /// When the model came out, in days since 2020-01-01.
    public var releasedDay: Int?
    /// Tokens it takes in, by the catalogues.
    public var contextLength: Int?
    /// Tokens it gives in one answer at most, by the catalogues.
    public var outputLimit: Int?
    /// What it takes in, such as `text` and `image`, by its list or the catalogues; empty when they do not say.
    public var inputModalities: [String]
    /// What it gives out.
    public var outputModalities: [String]
    /// What a million tokens cost, by the catalogues (the middle over providers).
    public var price: ModelPrice?
    /// Whether it is a chat model at all; quality orders chat models only.
    public var modelClass: ModelClass
    /// The ability before it is put on the scale of 0…1, in spreads of all measured models.
    public var ability: Double
    /// The standard deviation of `ability`.
    public var abilityDeviation: Double
    /// The ability that the description alone gives.
    public var priorAbility: Double

    /// The scale from abilities to 0…1: the logistic function.
    public static func scaled(_ ability: Double) -> Double { 1 / (1 + exp(-ability)) }
}
