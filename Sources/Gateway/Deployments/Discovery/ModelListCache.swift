/// Keeps the lists of models across restarts. Called on the loop, which must not wait for a disk: the work is done elsewhere.
public protocol ModelListCache: AnyObject {
    /// Where the lists are kept, for messages.
    var place: String { get }
    /// What was kept last; `nil` when there is nothing.
    ///
    /// - Throws: `ModelListCacheError` when there is something and it can't be read.
    func load() async throws(ModelListCacheError) -> [UInt8]?
    /// Replaces what is kept as a whole: after a crash at any point the old or the new bytes are there.
    func save(_ bytes: [UInt8]) async throws(ModelListCacheError)
}
