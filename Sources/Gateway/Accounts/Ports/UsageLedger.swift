/// Takes what a request used, for accounting. Called on the loop; it never waits.
public protocol UsageLedger: AnyObject {
    /// Takes the record of one request; it is durable within a second, or counted in `StoreStatus` as waiting or dropped.
    func append(_ record: UsageRecord)
}
