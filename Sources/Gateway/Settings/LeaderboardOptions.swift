/// How public leaderboards and catalogues are kept fresh: section `leaderboards` of `best.yaml`.
public struct LeaderboardOptions: Sendable, Equatable {
    /// Whether they are fetched at all. Without them models are ranked by the last good copy, else by the quality snapshot.
    public var enabled = true
    /// How long a copy is good for before it is fetched again. 24 h, from `product.md`; 1 h to 90 d.
    public var refreshInterval = Duration.seconds(24 * 3600)
    /// How long fetching one file may take. 60 s; 1 s to 10 min.
    public var timeout = Duration.seconds(60)
    /// Largest file that is taken, in bytes. 64 MiB: the largest real one has 30 MB; 64 KiB to 1 GiB.
    public var maximumBytes = 64 << 20
    /// Sources that are not fetched, by the names `best scores --sources` shows.
    public var skip: [String] = []
    /// An address from which every file is fetched by its path, instead of from its source: for hosts that reach no other. `nil` for none.
    public var mirror: String?

    /// Makes the defaults.
    public init() {}
}
