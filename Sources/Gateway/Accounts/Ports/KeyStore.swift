public import Cryptography

/// Keeps client keys. Called on the loop, which it never blocks: the functions suspend until the work is done elsewhere.
///
/// A function that returns has made its change durable: it outlives `kill -9` in the next moment. One that throws has changed nothing, as far as
/// the store can tell. Requests are never served from here; they are served from what `keys()` and `observeKeys` told.
public protocol KeyStore: AnyObject {
    /// Every key, revoked and expired ones too, the oldest first.
    func keys() async throws(StoreFailure) -> [StoredKey]
    /// Keeps a new key.
    ///
    /// - Throws: `.idTaken` when there is a key of this id, so that another must be drawn.
    func create(_ key: StoredKey) async throws(StoreFailure)
    /// Changes a key that is not revoked.
    ///
    /// - Returns: The key as it is now; `nil` when there is none of this id that is not revoked.
    func update(_ id: VirtualKey.ID, _ change: KeyChange) async throws(StoreFailure) -> StoredKey?
    /// Refuses a key for good.
    ///
    /// - Returns: The key as it is now; `nil` when there is none of this id that is not revoked.
    func revoke(_ id: VirtualKey.ID, at now: UnixTime) async throws(StoreFailure) -> StoredKey?
    /// Gives a key another secret; the one before opens nothing any more.
    ///
    /// - Returns: The key as it is now; `nil` when there is none of this id that is not revoked.
    func rotate(_ id: VirtualKey.ID, to digest: SecretDigest) async throws(StoreFailure) -> StoredKey?
    /// Has `changed` called on the loop, with every key, when another process has changed keys, or when the store could not be read before and
    /// now can. One observer; the last one counts.
    func observeKeys(_ changed: @escaping ([StoredKey]) -> Void)
    /// Has `made` called on the loop when another process makes the first key there ever was, at once and perhaps before that key can be read: from
    /// then on keys are needed. One observer; the last one counts.
    func observeFirstKey(_ made: @escaping () -> Void)
}
