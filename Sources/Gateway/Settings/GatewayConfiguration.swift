/// Everything the gateway is told from outside, checked; immutable once it is in use.
///
/// Each section of `best.yaml` is one property. A new one also gets its list of options in Configuration (see `ConfigurationOption`).
public struct GatewayConfiguration: Sendable {
    /// Where the gateway listens and what a client may ask of it.
    public var server: ServerOptions
    /// Where the operator's endpoints are served.
    public var admin = AdminOptions()
    /// The waiting times of providers that set none of their own.
    public var timeouts = UpstreamTimeouts()
    /// What follows from failures.
    public var failure = FailureOptions() { didSet { digest = nil } }
    /// How models are found out.
    public var discovery = DiscoveryOptions()
    /// How streams are kept alive.
    public var streaming = StreamingOptions()
    /// By what deployments are put in order.
    public var scoring = ScoringOptions() { didSet { digest = nil } }
    /// The operator's own names for models and profiles, in the order of the file.
    public var aliases: [ModelAlias] = [] { didSet { digest = nil } }
    /// How public leaderboards are kept fresh.
    public var leaderboards = LeaderboardOptions()
    /// What is logged.
    public var logging = LoggingOptions()
    /// Where keys, usage and what was learnt are kept.
    public var store = StoreOptions()
    /// How long and how finely usage is kept.
    public var usage = UsageOptions()
    /// Who may read the metrics.
    public var metrics = MetricsOptions()
    /// The providers that can be used, in the order of the file.
    public var providers: [ProviderConfiguration] { didSet { digest = nil } }
    /// The credentials of the proxies that the environment names, in every form in which they are sent or may be quoted.
    public var proxyCredentials: [Secret] = []
    /// What `model-adjustments.yaml` adds to or takes from models, in the order of the file.
    public var adjustments: [ModelAdjustment] = [] { didSet { digest = nil } }
    /// The providers left out for want of a key: one entry for each variable that would change that.
    public var skipped: [SkippedProvider]

    /// The name of what decisions follow from, where it was made out beforehand; a change of that takes it away.
    private(set) var digest: String?

    /// Makes a configuration.
    public init(server: ServerOptions = ServerOptions(), providers: [ProviderConfiguration] = [], skipped: [SkippedProvider] = []) {
        self.server = server
        self.providers = providers
        self.skipped = skipped
    }

    /// Makes out the name of what decisions follow from. With thousands of models that takes a tenth of a second, so whoever reads files beside the loop
    /// does it there.
    public mutating func prepare() { prepare(as: ConfigurationDigest.text(of: self)) }

    /// Gives what decisions follow from a name: for those who make configurations by the thousand and tell them apart by other means.
    package mutating func prepare(as name: String) { digest = name }
}
