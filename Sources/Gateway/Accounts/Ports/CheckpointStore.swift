/// Keeps what was learnt while serving, such as cooldowns and the state of limits, over a restart. Called on the loop, which it never blocks.
public protocol CheckpointStore: AnyObject {
    /// Keeps `bytes` under a name, in place of what was there; durable within a second. Never waits. While the store is out of order the last
    /// bytes of each name are kept in memory.
    func checkpoint(_ name: String, _ bytes: [UInt8])
    /// Keeps `bytes` under a name, in place of what was there, and returns when that outlives the process, `kill -9` included. Where the store is out of
    /// order they are kept as those of a checkpoint are.
    func record(_ name: String, _ bytes: [UInt8]) async throws(StoreFailure)
    /// What was kept under a name last.
    func restore(_ name: String) async throws(StoreFailure) -> [UInt8]?
}

extension CheckpointStore {
    /// What nothing outlives is kept at once.
    public func record(_ name: String, _ bytes: [UInt8]) async throws(StoreFailure) { checkpoint(name, bytes) }
}
