/// One holder's part of a loop's budget for held bytes: it grows with what is held and is given back with the
/// share.
///
/// Confined to the loop's thread, as the budget is.
public final class HeldShare {
    private let budget: HeldBytes
    /// How many bytes it counts.
    public private(set) var count = 0

    /// Makes an empty share.
    public init(of budget: HeldBytes) {
        self.budget = budget
    }

    deinit { budget.give(count) }

    /// Gives everything back; nothing is counted until it holds something again.
    public func release() {
        budget.give(count)
        count = 0
    }

    /// Counts `total` bytes from now on, instead of `count`.
    ///
    /// - Returns: Whether there was room for them; if not, nothing has changed.
    public func hold(_ total: Int) -> Bool {
        guard budget.take(total - count) else { return false }
        count = total
        return true
    }
}
