/// Takes what a request used, for accounting. Called on the loop; it never waits.
public protocol UsageLedger: AnyObject {
    /// Takes the record of one request; it is durable within a second, or counted in `StoreStatus` as waiting or dropped.
    func append(_ record: UsageRecord)
}

/// Answers questions about what was used. Called on the loop, which it never blocks.
public protocol UsageReader: AnyObject {
    /// The sums of what the ledger took so far, the rows in the order of key, provider, model and day.
    func usage(_ query: UsageQuery) async throws(StoreFailure) -> [UsageRow]
}
