/// A provider that can be used: where it is, its keys and what is known about it.
public struct ProviderConfiguration: Sendable {
    /// What logs, metrics and `provider/id` call it; unique, without `/`, comma or white space. By default the host of `baseURL`.
    public let name: String
    /// Where its API begins; `/chat/completions` and the other endpoints follow.
    public let baseURL: HTTPURL
    /// Where its model list is, less `/models`, if not at `baseURL`.
    public var modelURL: HTTPURL?
    /// Its keys, in the order of the file; several are a pool, none means that it needs no key.
    public var keys: [APIKeyReference] = []
    /// A factor on the score of all its models, in `0...1000`.
    public var basePriority = 1.0
    /// Whether it charges; `nil` when the file does not say.
    public var tier: ProviderTier?
    /// Its fixed models, less those that `include` and `exclude` drop; `nil` when they are to be discovered.
    public var models: [ModelConfiguration]?
    /// The endpoints it serves; `nil` when the file does not say.
    public var endpoints: Set<Endpoint>?
    /// Patterns of discovered ids to keep (Swift `Regex` syntax, found anywhere in the id); empty keeps all.
    public var include: [String] = []
    /// Patterns of discovered ids to drop, also when `include` would keep them.
    public var exclude: [String] = []
    /// Its published limits.
    public var limits = ProviderLimits()
    /// Waiting times that differ from the server's.
    public var timeouts = ProviderTimeouts()
    /// Fields added to every request to it; names are unique regardless of case.
    public var headers: [ConfiguredHeader] = []
    /// The HTTP proxy it is reached through; `nil` leaves that to the environment.
    public var proxy: HTTPURL?
    /// The credentials of the proxies that the environment names, in every form in which they are sent or may be quoted.
    public var proxyCredentials: [Secret] = []
    /// A PEM file of certificate authorities trusted for it instead of the system's.
    public var caFile: String?
    /// Ways in which it differs from the API it claims to speak.
    public var quirks: ProviderQuirks = []

    /// Makes a provider with defaults for all but its name and place.
    public init(name: String, baseURL: HTTPURL) {
        self.name = name
        self.baseURL = baseURL
    }
}
