internal import EventLoop

/// That nothing is left of a limit for longer than a minute, as one client's answer alone states it. It may be true of that client only, or of its request, so
/// the others find out one by one as of a limit that one client alone has met, see `LoneLimit`: the newest statement holds, whoever's answer has it, and
/// a success without one contradicts it.
struct LoneStatement: Equatable, Sendable {
    /// Whose answer stated it.
    var client: ClientTag { limit.client }
    /// When more is there, as it was stated.
    private(set) var until: LoopInstant
    private var limit: LoneLimit
    private let statedAt: LoopInstant
    /// When another client's success last showed that it is the one client's own.
    private var contradictedAt: LoopInstant?

    /// A statement of no more than this is believed: what an account has used up in a minute comes back with the next.
    static let longestBelieved = LoopInterval(.seconds(60))

    init(of client: ClientTag, until: LoopInstant, step: LoopInterval, at now: LoopInstant) {
        self.until = until
        statedAt = now
        limit = LoneLimit(of: client, until: until, step: step, at: now)
    }

    /// From when on another client may find out.
    var from: LoopInstant { contradictedAt ?? limit.from }

    /// Whether it still says anything.
    func holds(at now: LoopInstant) -> Bool {
        now < until || contradictedAt.map { now < $0.advanced(by: HealthTrack.memory) } ?? false
    }

    /// The same client states it again.
    mutating func restate(until end: LoopInstant) { until = max(until, end) }

    /// Another client's request tries.
    mutating func begin(at now: LoopInstant) { if contradictedAt == nil, limit.from <= now { limit.begin(at: now) } }

    /// Whether another client's answer has shown that it is the one client's own.
    var isContradicted: Bool { contradictedAt != nil }

    /// Another client's answer states that something is left.
    mutating func contradict(at now: LoopInstant) { contradictedAt = now }

    /// Another client's request that was sent at `startedAt` has succeeded without a word about it.
    mutating func othersSucceeded(startedAt: LoopInstant, at now: LoopInstant) { if startedAt > statedAt { contradict(at: now) } }
}
