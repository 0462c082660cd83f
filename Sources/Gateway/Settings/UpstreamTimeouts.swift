/// The waiting times of one attempt at a provider.
public struct UpstreamTimeouts: Hashable, Sendable {
    /// For name resolution, TCP and TLS together. 5 s: what openai-python allows (its `DEFAULT_TIMEOUT`, connect).
    public var connect = Duration.seconds(5)
    /// From the request sent to the first byte of the answer. 60 s: free tiers are slow to start.
    public var firstByte = Duration.seconds(60)
    /// The longest silence between two pieces of the answer. 60 s.
    public var idle = Duration.seconds(60)
    /// For one attempt, from its start to the last byte of the answer. 300 s: the original project's `API_TIMEOUT_SECS`.
    public var total = Duration.seconds(300)

    /// Makes the default set.
    public init() {}

    /// This set with what `provider` says in its place.
    public func overridden(by provider: ProviderTimeouts) -> UpstreamTimeouts {
        var timeouts = self
        timeouts.connect = provider.connect ?? connect
        timeouts.firstByte = provider.firstByte ?? firstByte
        timeouts.idle = provider.idle ?? idle
        timeouts.total = provider.total ?? total
        return timeouts
    }
}
