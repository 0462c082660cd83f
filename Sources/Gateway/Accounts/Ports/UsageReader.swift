/// Answers questions about what was used. Called on the loop, which it never blocks.
public protocol UsageReader: AnyObject {
    /// The sums of what the ledger took so far, the rows in the order of key, provider, model and day.
    func usage(_ query: UsageQuery) async throws(StoreFailure) -> [UsageRow]
}
