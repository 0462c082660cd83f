/// A user's thumb on the scale: a number for every model whose id one of the patterns is found in.
///
/// What the number means is the scorer's matter: in `scoring.mode: original` it is added to the sum that
/// `MODEL_ADJUSTMENT_SCALAR` multiplies.
public struct ModelAdjustment: Hashable, Sendable {
    /// What the file calls it; unique, and shown where a score is explained.
    public let name: String
    /// The number, in `-1000...1000`; above 0 for models that should come first.
    public let priority: Double
    /// Patterns that are found anywhere in an id, whatever its case (Swift `Regex` syntax, which has nearly all of Python's); at least one,
    /// each of them valid.
    public let patterns: [String]

    /// Makes an adjustment.
    public init(name: String, priority: Double, patterns: [String]) {
        self.name = name
        self.priority = priority
        self.patterns = patterns
    }
}
