/// A way to weigh what is known about a deployment.
///
/// Each term of the score is a normalised value times a weight: quality is 0 to 1; success, speed and price are natural logarithms, so that
/// halving a long time is worth `speed × 0.69` however long it was.
public struct ScoringProfile: Sendable, Hashable {
    /// The kind of work whose quality counts.
    public enum TaskClass: String, CaseIterable, Hashable, Sendable {
        case general, code, reasoning, tools
        case longContext = "long_context"
    }

    /// Whose quality counts.
    public var task = TaskClass.general
    /// Of the quality, 0 to 1. Each weight is 0 to 100.
    public var quality = 6.0
    /// Of ln(probability of success).
    public var success = 6.0
    /// Of -ln(1 + seconds until a typical answer is whole / 2): below two seconds being faster is worth little.
    public var speed = 1.0
    /// Of -ln(1 + price of a typical request / 0.0001 US dollars).
    public var price = 0.1
    /// Of ln(what is left of the provider's limits), which is 0 until a tenth is left.
    public var quota = 1.0

    /// Makes the weights of `best`.
    public init() {}
}
