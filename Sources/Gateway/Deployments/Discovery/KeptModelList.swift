/// A provider's list of models as the cache keeps it, in figures.
public struct KeptModelList: Sendable {
    /// The provider's name.
    public let provider: String
    /// Where the list came from.
    public let url: String
    /// When it came, in seconds since 1970.
    public let fetchedAt: Int
    /// How many models it has that `include` and `exclude` may still leave out.
    public let count: Int

    /// What `bytes`, the content of a `ModelListCache`, hold; `nil` when that is nothing this version has written.
    public static func read(_ bytes: [UInt8]) -> [KeptModelList]? {
        ModelListArchive(reading: bytes)?.lists.map {
            KeptModelList(provider: $0.provider, url: $0.url, fetchedAt: $0.fetchedAt, count: $0.models.count)
        }
    }
}
