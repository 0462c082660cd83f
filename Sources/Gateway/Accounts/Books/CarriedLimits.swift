/// Limits whose books are in the process alone, and so must be carried over a restart. An engine that keeps them itself is none.
public protocol CarriedLimits: SharedLimits {
    /// Whether the books are others than at the last checkpoint.
    var hasChanged: Bool { get }
    /// The books, for a store. Of requests in work they hold what was measured so far: what is only reserved would stay used for ever if the process
    /// ended before they do.
    func checkpoint(at now: Moment) -> LimitsCheckpoint
    /// Takes the books of an earlier checkpoint, as far as they can be read.
    ///
    /// - Returns: How many keys' books were taken.
    @discardableResult
    func restore(_ bytes: [UInt8], at now: Moment) -> Int
}
