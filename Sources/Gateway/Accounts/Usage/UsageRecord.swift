public import Wire

/// What one request used.
public struct UsageRecord: Sendable {
    /// The key that made the request.
    public let key: VirtualKey.ID
    /// The provider and the model that answered or were tried last; empty when none was.
    public let provider: String
    /// The provider's id of the model.
    public let model: String
    /// When the request began.
    public let startedAt: UnixTime
    /// The status the client got; 0 when it had left before.
    public let status: Int
    /// Whether the client did not get a whole answer, unless it left by itself.
    public let hasFailed: Bool
    /// The tokens, zero where unknown.
    public let usage: Usage
    /// Where the tokens come from.
    public let source: UsageSource
    /// What the tokens cost, where the prices of the model are known.
    public let cost: Money
    /// By whose prices; `unknown` also where nothing was used.
    public let priceSource: PriceSource
    /// Whether it is a request of its own, and not what another attempt of one used beside the one that answered.
    public let isRequest: Bool

    /// Makes a record. Counts beyond `ForeignNumber.count`, money less than none and times that no calendar has are clamped: nothing that is booked
    /// can keep the rest from being booked.
    public init(
        key: VirtualKey.ID, provider: String, model: String, startedAt: UnixTime, status: Int, hasFailed: Bool, usage: Usage, source: UsageSource,
        cost: Money, priceSource: PriceSource = .configured, isRequest: Bool = true
    ) {
        self.key = key
        self.provider = provider
        self.model = model
        self.startedAt = UnixTime(clamping: startedAt.milliseconds)
        self.status = status
        self.hasFailed = hasFailed
        self.usage = usage.clamped(to: ForeignNumber.count)
        self.source = source
        self.cost = max(.zero, cost)
        self.priceSource = priceSource
        self.isRequest = isRequest
    }
}
