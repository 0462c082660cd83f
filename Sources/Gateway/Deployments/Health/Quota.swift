internal import EventLoop

/// What one account, key or deployment may still send: by the configuration, by what its provider's answers state, and by what its refusals
/// have taught.
struct Quota: Sendable {
    /// A limit of the configuration's, kept to in a sliding window.
    struct Configured: Sendable, Equatable {
        var resource: QuotaAllowance.Resource
        var limit: Int
        var window: LoopInterval
    }

    /// Limits of the configuration.
    private(set) var configured: [Configured]
    /// Whether anything holds requests back, ever.
    private(set) var isConstrained: Bool
    /// What refusals have taught.
    private(set) var estimate = LimitEstimate()
    /// Who alone was refused by what the estimate is of, so that nobody else is held to it; `nil` where it is everybody's.
    private(set) var learner: ClientTag?
    private(set) var told: [ToldAllowance] = []
    /// What the estimate counts; the end of a fixed window empties it.
    private var requests = SendLog()
    /// What the configured limits count.
    private var countedRequests = SendLog()
    private var tokens = SendLog()
    private var limitsTokens: Bool
    private var limitsRequests: Bool
    /// The end of the pause that the last refusal named: when a fixed window begins anew, whatever a sliding one would say.
    private var statedReset: LoopInstant?
    /// Whether an operator has ended the pause, and no answer has said yet how it is: the estimate then holds nothing back.
    private var isReleased = false

    init(_ configured: [Configured] = []) {
        self.configured = configured
        isConstrained = !configured.isEmpty
        limitsTokens = configured.contains { $0.resource != .requests }
        limitsRequests = configured.contains { $0.resource == .requests }
    }

    /// Whether a request may be held back by its tokens.
    var countsTokens: Bool { limitsTokens || told.contains { $0.resource != .requests } }

    /// Takes other limits of the configuration; what was sent, stated and learnt stays.
    mutating func configure(_ configured: [Configured]) {
        guard configured != self.configured else { return }
        self.configured = configured
        limitsTokens = configured.contains { $0.resource != .requests }
        let limitedRequests = limitsRequests
        limitsRequests = configured.contains { $0.resource == .requests }
        if limitsRequests, !limitedRequests { countedRequests = requests }
        isConstrained = !configured.isEmpty || !told.isEmpty || estimate.place != nil
    }

    /// When a request has room; `nil` for now.
    ///
    /// - Parameters:
    ///   - tokens: How many tokens it may take.
    ///   - client: Whose it is.
    ///   - isTrial: Whether it is the one that finds out if a pause is over; an estimate that is not firm yet does not hold that back.
    func nextRoom(tokens need: Int, for client: ClientTag = .everybody, isTrial: Bool, at now: LoopInstant) -> LoopInstant? {
        guard isConstrained else { return nil }
        var latest = configuredRoom(tokens: need, at: now)
        for allowance in told { if let room = allowance.nextRoom(tokens: need, at: now) { latest = max(latest ?? room, room) } }
        // The provider's own word on when to come back, and an operator's, come before what was guessed.
        let isOthers = learner.map { $0 != client && client != .everybody } ?? false
        let isExcused = isReleased || isOthers || isTrial && (!estimate.isFirm || statedReset.map { now >= $0 } ?? false)
        if !isExcused, let room = estimate.nextRoom(in: requests, at: now) { latest = max(latest ?? room, room) }
        return latest
    }

    /// When the limits of the configuration have room for a request; `nil` for now.
    func configuredRoom(tokens need: Int, at now: LoopInstant) -> LoopInstant? {
        var latest: LoopInstant?
        for limit in configured {
            let room =
                limit.resource == .requests
                ? countedRequests.roomFor(1, limit: limit.limit, window: Quota.paced(limit.window), at: now)
                : tokens.roomFor(min(max(need, 1), limit.limit), limit: limit.limit, window: Quota.paced(limit.window), at: now)
            if let room { latest = max(latest ?? room, room) }
        }
        return latest
    }

    /// A request is sent.
    mutating func sent(tokens need: Int, at now: LoopInstant) {
        requests.add(at: now)
        if limitsRequests { countedRequests.add(at: now) }
        if estimate.place != nil { estimate.sent(at: now, log: requests) }
        if limitsTokens, need > 0 { tokens.add(UInt32(clamping: need), at: now) }
        for index in told.indices { told[index].spend(tokens: need, at: now) }
    }

    /// A request was let in.
    mutating func admitted(sentAt: LoopInstant) {
        guard estimate.place != nil else { return }
        if let reset = statedReset, sentAt >= reset {
            (statedReset, isReleased) = (nil, false)
            if estimate.isContradicted(by: sentAt, requests) { return requests.forget(before: reset) }
        }
        estimate.admitted(sentAt: sentAt, log: requests)
    }

    /// The tokens of a request are known, or what there is to be known of them.
    mutating func settle(estimated: Int, used: Int, sentAt: LoopInstant) {
        for index in told.indices { told[index].settle(estimated: estimated, used: used, sentAt: sentAt) }
        guard limitsTokens else { return }
        if used < estimated { tokens.remove(UInt32(clamping: estimated - used), sentAt: sentAt) }
        if used > estimated { tokens.add(UInt32(clamping: used - estimated), at: sentAt) }
    }

    /// A request did not count: it was refused, or never got there.
    mutating func takeBack(tokens need: Int, sentAt: LoopInstant) {
        requests.remove(sentAt: sentAt)
        if limitsRequests { countedRequests.remove(sentAt: sentAt) }
        if limitsTokens, need > 0 { tokens.remove(UInt32(clamping: need), sentAt: sentAt) }
        for index in told.indices { told[index].giveBack(requests: 1, tokens: need, sentAt: sentAt) }
    }

    /// Whether what was sent explains a refusal.
    func explainsRefusal(at now: LoopInstant, wait: LoopInterval?) -> Bool {
        estimate.explains(requests, at: now, wait: wait)
    }

    /// Learns from a refusal whose request was taken back before.
    ///
    /// - Parameters:
    ///   - sentAt: When it was sent.
    ///   - client: Who alone has met it; `nil` where it is everybody's limit. What one client alone meets holds nobody else back, and changes nothing of what
    ///     is known of another's limit unless it agrees.
    mutating func refused(at now: LoopInstant, sentAt: LoopInstant, wait: LoopInterval?, only client: ClientTag? = nil) {
        let isNew = estimate.place == nil
        if let client, !isNew, learner != client {
            guard estimate.agrees(with: requests, at: now, wait: wait) else { return }
            learner = nil
        } else {
            learner = client
        }
        // A limit that is stated or configured and says the same needs no guess beside it.
        estimate.refused(at: now, sentAt: sentAt, wait: wait, log: requests)
        (statedReset, isReleased) = (wait.map { now.advanced(by: $0) }, false)
        isConstrained = isConstrained || estimate.place != nil
        if estimate.place == nil { learner = nil }
    }

    /// An operator says that the limit is free again: what answers stated of it is over, and what refusals have taught holds nothing back until an answer
    /// says how it is. That lesson stays, and so do the configured limits with what was sent.
    mutating func endPause(at now: LoopInstant) {
        told = []
        isConstrained = !configured.isEmpty || estimate.place != nil
        guard estimate.place != nil else { return }
        // What is sent in this turn is of the window that begins now.
        (statedReset, isReleased) = (LoopInstant(nanoseconds: max(now.nanoseconds, 1) - 1), true)
    }

    /// The limit turned out to be another's.
    mutating func forgetEstimate() {
        (estimate, learner) = (LimitEstimate(), nil)
        isConstrained = !configured.isEmpty || !told.isEmpty
    }

    /// Takes what an answer states.
    ///
    /// - Parameter longest: The longest time that is believed.
    /// - Returns: Whether a limit on requests is stated, and at least half is left of every limit that is.
    @discardableResult
    mutating func note(_ reading: QuotaReading, inFlight: Int, longest: LoopInterval, at now: LoopInstant) -> Bool {
        var statesRequests = false
        var hasRoom = true
        for index in 0..<reading.count {
            guard let allowance = ToldAllowance(reading[index], inFlight: inFlight, longest: longest, at: now) else { continue }
            if reading[index].resource == .requests { statesRequests = true }
            if let left = reading[index].remaining, left == 0 || left < (reading[index].limit ?? 0) / 2 { hasRoom = false }
            if let known = told.firstIndex(where: { $0.isAbout(allowance) }) { told[known] = allowance } else { told.append(allowance) }
        }
        if !told.isEmpty { isConstrained = true }
        return statesRequests && hasRoom
    }

    /// What an earlier run of the program had learnt.
    mutating func restore(_ estimate: LimitEstimate, of client: ClientTag? = nil) {
        (self.estimate, learner) = (estimate, client)
        isConstrained = true
    }

    /// A little longer than the window: requests arrive later than they are sent, and not all by the same time.
    private static func paced(_ window: LoopInterval) -> LoopInterval {
        LoopInterval(nanoseconds: window.nanoseconds + min(window.nanoseconds / 100 + 20_000_000, 2_000_000_000))
    }
}

extension Quota {
    /// The configured limits of a provider, where they count for `scope`.
    static func configured(_ limits: ProviderLimits, for scope: ProviderLimits.Scope) -> [Configured] {
        guard limits.scope == scope else { return [] }
        var configured: [Configured] = []
        func add(_ limit: Int?, _ resource: QuotaAllowance.Resource, _ seconds: Int) {
            guard let limit else { return }
            configured.append(Configured(resource: resource, limit: limit, window: LoopInterval(.seconds(seconds))))
        }
        add(limits.requestsPerMinute, .requests, 60)
        add(limits.requestsPerDay, .requests, 86_400)
        add(limits.tokensPerMinute, .tokens, 60)
        add(limits.tokensPerDay, .tokens, 86_400)
        return configured
    }
}
