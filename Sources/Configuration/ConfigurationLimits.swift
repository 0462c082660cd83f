/// Every bound on what is read from configuration files and the environment; all are our own, far above honest use.
enum ConfigurationLimits {
    /// 1 MiB: the largest YAML or `.env` file.
    static let maximumFileBytes = 1024 * 1024
    /// 64 KiB: the largest file that holds one secret.
    static let maximumSecretFileBytes = 64 * 1024
    /// 8 KiB: the longest key or token; it must fit a request's head.
    static let maximumSecretBytes = 8 * 1024
    /// 64 levels of lists and mappings.
    static let maximumDepth = 64
    /// 100,000 nodes that exist only because aliases repeat them.
    static let maximumAliasedNodes = 100_000
    /// 64 explicit keys (`? key`), which no configuration needs.
    static let maximumExplicitKeys = 64
    /// 20 repeated keys in one file; reading stops behind that, because each costs another pass over it.
    static let maximumDuplicateKeys = 20
    /// 4 MiB: what all these passes may read together.
    static let maximumParsedBytes = 4 * 1024 * 1024
    /// 1,000 problems are kept; the rest is counted.
    static let maximumProblems = 1000
    /// 1,000 providers.
    static let maximumProviders = 1000
    /// 100 keys in the pool of one provider.
    static let maximumKeys = 100
    /// 10,000 fixed models of one provider.
    static let maximumModels = 10_000
    /// 1,000 groups of adjustments.
    static let maximumAdjustments = 1000
    /// 100 entries in any other list: patterns, aliases, headers, quirks.
    static let maximumEntries = 100
    /// 1,024 characters in any text value.
    static let maximumText = 1024
    /// 0 to 1,000: a share of requests beside other weights.
    static let weights = 0...1000
    /// 64 variables in one message: more than the starter file has, and a message that can still be read.
    static let maximumNamedVariables = 64
    /// 64 characters in a provider's name: it is a label of every metric.
    static let maximumName = 64
}
