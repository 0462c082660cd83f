public import Wire

/// The sums of one group of requests.
public struct UsageRow: Equatable, Sendable {
    /// The key, where the question tells keys apart.
    public var key: VirtualKey.ID?
    /// The name of the key; the key's id when the store does not know it, as with static tokens.
    public var name: String?
    /// The provider, where the question tells them apart; empty when no provider was asked.
    public var provider: String?
    /// The model, where the question tells them apart; empty when no provider was asked.
    public var model: String?
    /// The beginning of the day (UTC), where the question tells days apart.
    public var day: UnixTime?
    /// Requests, however they ended.
    public var requests = 0
    /// Requests whose client did not get a whole answer, unless it left by itself.
    public var failedRequests = 0
    /// Requests whose tokens are estimated.
    public var estimatedRequests = 0
    /// Tokens of all the requests.
    public var usage = Usage()
    /// What the tokens cost, where prices were known at the time.
    public var cost = Money.zero
    /// The part of `cost` that was made with prices of providers' lists.
    public var costByProvider = Money.zero
    /// The part of `cost` that was made with prices of catalogues.
    public var costByCatalogue = Money.zero
    /// Requests that used tokens whose price nobody says.
    public var unpricedRequests = 0
    /// When the last of the requests began.
    public var lastUsed: UnixTime?

    /// The part of `cost` that was made with prices of the configuration.
    public var costConfigured: Money { max(.zero, cost - costByProvider - costByCatalogue) }

    /// Makes a row of nothing.
    public init() {}

    /// Counts one request in.
    public mutating func add(_ record: UsageRecord) {
        if record.isRequest {
            requests = requests.addingCount(1)
            if record.hasFailed { failedRequests += 1 }
            if record.source == .estimated { estimatedRequests += 1 }
            if record.priceSource == .unknown, record.usage.totalTokens > 0 { unpricedRequests += 1 }
        }
        usage.add(record.usage)
        cost += record.cost
        switch record.priceSource {
        case .provider: costByProvider += record.cost
        case .catalogue: costByCatalogue += record.cost
        case .configured, .unknown: break
        }
        lastUsed = lastUsed.map { max($0, record.startedAt) } ?? record.startedAt
    }

    /// Counts another row's requests in; what tells the groups apart stays.
    public mutating func add(_ row: UsageRow) {
        requests = requests.addingCount(row.requests)
        failedRequests = failedRequests.addingCount(row.failedRequests)
        estimatedRequests = estimatedRequests.addingCount(row.estimatedRequests)
        unpricedRequests = unpricedRequests.addingCount(row.unpricedRequests)
        usage.add(row.usage)
        cost += row.cost
        costByProvider += row.costByProvider
        costByCatalogue += row.costByCatalogue
        if let last = row.lastUsed { lastUsed = lastUsed.map { max($0, last) } ?? last }
    }
}

extension Usage {
    /// Adds the counts of another usage; each sum stops at `ForeignNumber.sum`.
    public mutating func add(_ other: Usage) {
        inputTokens = inputTokens.addingCount(other.inputTokens)
        outputTokens = outputTokens.addingCount(other.outputTokens)
        totalTokens = totalTokens.addingCount(other.totalTokens)
        cachedTokens = cachedTokens.addingCount(other.cachedTokens)
        cacheWriteTokens = cacheWriteTokens.addingCount(other.cacheWriteTokens)
        reasoningTokens = reasoningTokens.addingCount(other.reasoningTokens)
    }

    /// The same with each count from 0 to `limit`, for what did not come through the reader of answers.
    public func clamped(to limit: Int) -> Usage {
        var usage = Usage()
        usage.inputTokens = inputTokens.clamped(to: 0...limit)
        usage.outputTokens = outputTokens.clamped(to: 0...limit)
        usage.totalTokens = totalTokens.clamped(to: 0...limit)
        usage.cachedTokens = cachedTokens.clamped(to: 0...limit)
        usage.cacheWriteTokens = cacheWriteTokens.clamped(to: 0...limit)
        usage.reasoningTokens = reasoningTokens.clamped(to: 0...limit)
        return usage
    }
}
