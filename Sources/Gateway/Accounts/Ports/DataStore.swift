/// Everything that is kept: one object stands behind all these ports.
public protocol DataStore: KeyStore, UsageLedger, UsageReader, CheckpointStore {
    /// How the store is now.
    var status: StoreStatus { get }
}
