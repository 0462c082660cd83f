internal import EventLoop
internal import Wire

/// What the gateway has done since the start: the source of `/metrics`. Counting allocates nothing once a status has been seen.
public struct GatewayStatistics: Sendable {
    /// Requests that ended with one status.
    public struct StatusCount: Sendable {
        /// The status the client got; 0 when it had left before.
        public let status: Int
        /// How many.
        public internal(set) var count: Int
    }

    /// Requests by endpoint and status, in the order of `Endpoint.allCases`; one more for what goes to no provider.
    public private(set) var requests: [[StatusCount]] = Array(repeating: [], count: Endpoint.allCases.count + 1)
    /// Requests that are in work.
    public internal(set) var inFlight = 0
    /// Attempts after the first one, by the name of the failure that caused them.
    public private(set) var failovers: [String: Int] = [:]
    /// Requests whose answer broke after its first bytes.
    public private(set) var brokenStreams = 0
    /// Requests whose client left first.
    public private(set) var goneClients = 0
    /// Prompt tokens, as far as they were reported.
    public private(set) var inputTokens = 0
    /// Completion tokens, as far as they were reported.
    public private(set) var outputTokens = 0
    /// Prompt tokens that the provider had in its cache.
    public private(set) var cachedTokens = 0
    /// What was spent, where the prices are known.
    public private(set) var cost = Money.zero
    /// Whole requests to a provider, as the client sees them.
    public private(set) var durations = DurationHistogram(DurationHistogram.requests)
    /// The time of a request that was spent waiting for providers.
    public private(set) var upstream = DurationHistogram(DurationHistogram.requests)
    /// From the whole request to the first content.
    public private(set) var firstTokens = DurationHistogram(DurationHistogram.firstToken)
    /// The mean time between two tokens of one stream.
    public private(set) var betweenTokens = DurationHistogram(DurationHistogram.betweenTokens)
    /// The time until the answer began that was neither spent waiting for providers nor for capacity.
    public private(set) var overhead = DurationHistogram(DurationHistogram.overhead)

    /// Makes the statistics of a gateway that has done nothing.
    public init() {}

    /// Counts a request that has ended.
    mutating func ended(_ request: RequestContext) {
        count(request.status, at: request.endpoint.map { Int($0.rawValue) } ?? requests.count - 1)
        guard request.endpoint != nil else { return }
        switch request.outcome {
        case .broken: brokenStreams += 1
        case .clientGone: goneClients += 1
        case .answered, .refused: break
        }
        for failure in request.failures.prefix(max(0, request.attempts - 1)) { failovers["\(failure.failure.name)", default: 0] += 1 }
        guard request.attempts > 0 else { return }
        durations.record(microseconds: request.endedAt.microseconds(since: request.startedAt))
        upstream.record(microseconds: request.upstreamMicroseconds)
        if let share = request.overheadMicroseconds { overhead.record(microseconds: share) }
        guard let first = request.firstContentAt else { return }
        let untilFirst = first.microseconds(since: request.receivedAt)
        firstTokens.record(microseconds: untilFirst)
        guard let usage = request.usage else { return }
        inputTokens = inputTokens.addingCount(usage.inputTokens)
        outputTokens = outputTokens.addingCount(usage.outputTokens)
        cachedTokens = cachedTokens.addingCount(usage.cachedTokens)
        cost += request.charge?.amount ?? .zero
        if request.isStream, usage.outputTokens > 1 {
            betweenTokens.record(microseconds: request.endedAt.microseconds(since: first) / (usage.outputTokens - 1))
        }
    }

    private mutating func count(_ status: Int, at place: Int) {
        for index in requests[place].indices where requests[place][index].status == status {
            requests[place][index].count += 1
            return
        }
        requests[place].append(StatusCount(status: status, count: 1))
    }
}
