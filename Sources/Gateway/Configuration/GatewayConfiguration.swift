/// Everything the gateway is told from outside, checked; immutable once it is in use.
public struct GatewayConfiguration: Sendable {
    /// How the gateway itself behaves.
    public var server: ServerOptions
    /// The providers that can be used, in the order of the file.
    public var providers: [ProviderConfiguration]
    /// The providers left out for want of a key: one entry for each variable that would change that.
    public var skipped: [SkippedProvider]

    /// Makes a configuration.
    public init(server: ServerOptions = ServerOptions(), providers: [ProviderConfiguration] = [], skipped: [SkippedProvider] = []) {
        self.server = server
        self.providers = providers
        self.skipped = skipped
    }

    /// Whether neither a client token nor an admin key is configured.
    public var isOpen: Bool { server.isOpen }
}
