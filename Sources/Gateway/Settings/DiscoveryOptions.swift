/// How the models of providers without a list in the configuration are found out: section `discovery` of `best.yaml`.
public struct DiscoveryOptions: Sendable, Equatable {
    /// How long a list of models is good for before it is asked for again; up to a tenth is taken off or put on, so that providers and
    /// processes do not ask together. 24 h, from `product.md`; 1 min to 30 d.
    public var refreshInterval = Duration.seconds(24 * 3600)
    /// How long the start waits for lists that are not in the cache. 3 s: "a few seconds" (`product.md`); 0 to 5 min.
    public var patience = Duration.seconds(3)
    /// The pause before a provider that gave no list is asked again; it doubles with each failure, and up to half of it is taken off. 15 s;
    /// 1 s to 1 h.
    public var retryInterval = Duration.seconds(15)
    /// The longest of these pauses. 30 min; `retryInterval` to 24 h.
    public var maximumRetryInterval = Duration.seconds(1800)
    /// How long one call for a list may take. 30 s; 1 s to 5 min.
    public var timeout = Duration.seconds(30)
    /// The file the lists are kept in. `nil` is `models.json` in the data directory; `PROVIDERS_CONFIG_FILENAME` names another.
    public var cacheFile: String?

    /// Makes the defaults.
    public init() {}
}
