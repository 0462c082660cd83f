/// By what deployments are put in order.
public struct ScoringOptions: Sendable {
    /// The weights of the original project's formula.
    public var original = OriginalWeights()

    /// Makes the defaults.
    public init() {}
}
