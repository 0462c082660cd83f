internal import EventLoop

/// What one account, key or deployment may still send: by the configuration, by what its provider's answers state, and by what its refusals
/// have taught.
struct Quota {
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
    var estimate: LimitEstimate { learnt ?? LimitEstimate() }
    /// Whether refusals have taught a limit.
    var hasEstimate: Bool { learnt.map { !$0.isEmpty } ?? false }
    /// The estimate, once there was a refusal: most nodes never meet one, and it is large. It is this one's alone: a quota is not copied once it is in use.
    private var learnt: LimitEstimate?
    /// Who alone was refused by what the estimate is of, so that nobody else is held to it; `nil` where it is everybody's.
    private(set) var learner: ClientTag?
    private(set) var told: [ToldAllowance] = []
    /// What the estimate counts; the end of a fixed window empties it.
    private var requests = SendLog()
    /// What the configured limits count.
    private var countedRequests = SendLog()
    private var tokens = SendLog()
    /// A limit on tokens that refusals state in words.
    private(set) var stated: StatedTokens?
    /// Who alone is held to it, as nothing but its refusal says so; `nil` where it is everybody's.
    private var statedLearner: ClientTag?
    /// Whether tokens are counted, for limits of the configuration or for one that refusals state.
    private(set) var limitsTokens: Bool
    /// Whether limits of the configuration count requests.
    private(set) var limitsRequests: Bool
    /// The end of the pause that the last refusal named: when a fixed window begins anew, whatever a sliding one would say.
    private var statedReset: LoopInstant?
    /// Whether the last refusal stated that nothing is left: the estimate is then of the limit that is stated, and holds nothing back while something is.
    private var isOfStated = false
    /// Whether an operator has ended the pause, and no answer has said yet how it is: the estimate then holds nothing back.
    private var isReleased = false

    init(_ configured: [Configured] = []) {
        self.configured = configured
        isConstrained = !configured.isEmpty
        limitsTokens = configured.contains { $0.resource != .requests }
        limitsRequests = configured.contains { $0.resource == .requests }
    }

    /// Whether a request may be held back by its tokens.
    var countsTokens: Bool { limitsTokens || stated != nil || told.contains { $0.resource != .requests } }

    /// Takes other limits of the configuration; what was sent, stated and learnt stays.
    mutating func configure(_ configured: [Configured]) {
        guard configured != self.configured else { return }
        self.configured = configured
        limitsTokens = stated != nil || configured.contains { $0.resource != .requests }
        let limitedRequests = limitsRequests
        limitsRequests = configured.contains { $0.resource == .requests }
        if limitsRequests, !limitedRequests { countedRequests = requests }
        isConstrained = !configured.isEmpty || !told.isEmpty || hasEstimate || stated != nil
    }

    /// What was sent, as far as a limit counts it.
    struct Sent {
        /// What the configured limits on requests count.
        var requests: SendLog?
        /// What the configured limits on tokens count.
        var tokens: SendLog?
        /// What a limit counts that refusals have taught.
        var learnt: SendLog?
    }

    /// What is to be kept over a restart.
    var sent: Sent {
        Sent(requests: limitsRequests ? countedRequests : nil, tokens: limitsTokens ? tokens : nil, learnt: hasEstimate ? requests : nil)
    }

    /// Takes what an earlier run has sent.
    mutating func restore(_ sent: Sent) {
        if let earlier = sent.requests { countedRequests.restore(earlier) }
        if let earlier = sent.tokens { tokens.restore(earlier) }
        if let earlier = sent.learnt ?? sent.requests { requests.restore(earlier) }
    }

    /// A limit as it stands, for those who share it.
    struct LimitUse {
        /// What is counted.
        enum Log { case requests, tokens, learnt(LimitEstimate.Part), told(place: Int) }

        let limit: RateShares.Limit
        fileprivate let log: Log
    }

    /// The lengths of the windows of all limits there are, each once.
    var windows: [LoopInterval] {
        var windows: [LoopInterval] = []
        func add(_ window: LoopInterval) { if !windows.contains(window) { windows.append(window) } }
        for limit in configured { add(limit.window) }
        if let learnt { for part in learnt.parts { add(learnt.window(of: part)) } }
        for allowance in told where allowance.limit != nil { add(allowance.length ?? Quota.usualWindow) }
        if let stated { add(stated.window) }
        return windows
    }

    /// The limits as they stand, as far as they hold for a client.
    func standings(for client: ClientTag, at now: LoopInstant) -> [LimitUse] {
        var standings: [LimitUse] = []
        func add(_ log: LimitUse.Log, _ limit: Int, left: Int, _ window: LoopInterval, countsTokens: Bool) {
            standings.append(
                LimitUse(limit: RateShares.Limit(countsTokens: countsTokens, amount: limit, left: max(0, left), window: window), log: log))
        }
        for limit in configured {
            let isRequests = limit.resource == .requests
            let used = (isRequests ? countedRequests : tokens).count(after: now.back(Quota.paced(limit.window)))
            add(isRequests ? .requests : .tokens, limit.limit, left: limit.limit - used, limit.window, countsTokens: !isRequests)
        }
        if let learnt, holdsToEstimate(at: now), learner == nil || learner == client {
            for part in learnt.parts {
                let (limit, used) = learnt.use(of: part, in: requests, at: now)
                add(.learnt(part), limit, left: limit - used, learnt.window(of: part), countsTokens: false)
            }
        }
        for (place, allowance) in told.enumerated() where now < allowance.resetAt {
            guard let limit = allowance.limit else { continue }
            add(
                .told(place: place), limit, left: allowance.left(at: now), allowance.length ?? Quota.usualWindow,
                countsTokens: allowance.resource != .requests)
        }
        if let stated, let limit = stated.limit(at: now), statedLearner == nil || statedLearner == client {
            let used = tokens.count(after: now.back(Quota.paced(stated.window)))
            add(.tokens, limit, left: limit - used, stated.window, countsTokens: true)
        }
        return standings
    }

    /// When so much is left of a limit if nothing more is sent; now where it is.
    func room(for amount: Int, of standing: LimitUse, at now: LoopInstant) -> LoopInstant {
        let limit = standing.limit
        let room: LoopInstant? =
            switch standing.log {
            case .requests: countedRequests.roomFor(amount, limit: limit.amount, window: Quota.paced(limit.window), at: now)
            case .tokens: tokens.roomFor(amount, limit: limit.amount, window: Quota.paced(limit.window), at: now)
            case .learnt(let part): learnt?.room(for: amount, of: part, in: requests, at: now)
            case .told(let place): told[place].room(for: amount, at: now)
            }
        return room ?? now
    }

    /// The commonest window, where an answer does not say how long it is.
    private static let usualWindow = LoopInterval(.seconds(60))

    /// Whether the operator has set a limit.
    var isBoundByConfiguration: Bool { !configured.isEmpty }

    /// Whether anything counts what is sent.
    var counts: Bool { !configured.isEmpty || hasEstimate || stated != nil }

    /// Whether requests are held back by what refusals have taught: not where an operator has ended the pause, nor where an answer says that something is left.
    private func holdsToEstimate(at now: LoopInstant) -> Bool { !isReleased && !(isOfStated && statesRoom(at: now)) }

    /// Whether limits of the configuration count tokens.
    var boundsTokens: Bool { limitsTokens && configured.contains { $0.resource != .requests } }

    /// How many requests, and how many tokens, the limits of the configuration leave now; 0 where none limits them.
    func leftByConfiguration(at now: LoopInstant) -> (requests: Int, tokens: Int) {
        var left = (requests: Int.max, tokens: Int.max)
        for limit in configured {
            let begin = now.back(limit.window)
            if limit.resource == .requests {
                left.requests = min(left.requests, max(0, limit.limit - countedRequests.count(after: begin)))
            } else {
                left.tokens = min(left.tokens, max(0, limit.limit - tokens.count(after: begin)))
            }
        }
        return (left.requests == .max ? 0 : left.requests, left.tokens == .max ? 0 : left.tokens)
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
        if let room = statedRoom(tokens: need, for: client, at: now) { latest = max(latest ?? room, room) }
        // The provider's own word on when to come back, and an operator's, come before what was guessed.
        guard let learnt, holdsToEstimate(at: now) else { return latest }
        let isOthers = learner.map { $0 != client && client != .everybody } ?? false
        let isExcused = isOthers || isTrial && (!learnt.isFirm || statedReset.map { now >= $0 } ?? false)
        if !isExcused, let room = learnt.nextRoom(in: requests, at: now) { latest = max(latest ?? room, room) }
        return latest
    }

    /// When the limit on tokens that refusals state has room for a request; `nil` for now.
    func statedRoom(tokens need: Int, for client: ClientTag = .everybody, at now: LoopInstant) -> LoopInstant? {
        guard let stated, let limit = stated.limit(at: now) else { return nil }
        if let statedLearner, statedLearner != client, client != .everybody { return nil }
        return tokens.roomFor(min(max(need, 1), limit), limit: limit, window: Quota.paced(stated.window), at: now)
    }

    /// How many tokens were spent in a window up to now.
    func tokensUsed(in window: LoopInterval, at now: LoopInstant) -> Int { tokens.count(after: now.back(window)) }

    /// What of the configured limits is used, and when there is room; `nil` for now.
    func configuredUse(at now: LoopInstant) -> [(limit: Configured, used: Int, room: LoopInstant?)] {
        configured.map { limit in
            let log = limit.resource == .requests ? countedRequests : tokens
            return (limit, log.count(after: now.back(limit.window)), log.roomFor(1, limit: limit.limit, window: Quota.paced(limit.window), at: now))
        }
    }

    /// What is believed of limits that nobody states.
    func beliefs(at now: LoopInstant) -> [LimitBelief] { learnt?.beliefs(requests, at: now) ?? [] }

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

    /// What is left of the limit of which least is left, as a share, and what one request takes of it; all where there is none.
    func left(at now: LoopInstant) -> (share: Double, perRequest: Double) {
        var least = (share: 1.0, perRequest: 0.0)
        func note(_ used: Int, of limit: Int, _ resource: QuotaAllowance.Resource) {
            guard limit > 0 else { return }
            let share = 1 - Double(used) / Double(limit)
            if share < least.share { least = (share, resource == .requests ? 1 / Double(limit) : 0) }
        }
        for limit in configured {
            let log = limit.resource == .requests ? countedRequests : tokens
            note(log.count(after: now.back(limit.window)), of: limit.limit, limit.resource)
        }
        if let learnt, holdsToEstimate(at: now) {
            for part in learnt.parts {
                let (limit, used) = learnt.use(of: part, in: requests, at: now)
                note(used, of: limit, .requests)
            }
        }
        for allowance in told {
            guard now < allowance.resetAt, let limit = allowance.limit else { continue }
            note(limit - min(allowance.left(at: now), limit), of: limit, allowance.resource)
        }
        if statedLearner == nil, let stated, let limit = stated.limit(at: now) { note(tokensUsed(in: stated.window, at: now), of: limit, .tokens) }
        return least
    }

    /// A request is sent.
    mutating func sent(tokens need: Int, at now: LoopInstant) {
        requests.add(at: now)
        if limitsRequests { countedRequests.add(at: now) }
        learnt?.sent(at: now, log: requests)
        if limitsTokens, need > 0 { tokens.add(UInt32(clamping: need), at: now) }
        for index in told.indices { told[index].spend(tokens: need, at: now) }
    }

    /// A request was let in.
    mutating func admitted(sentAt: LoopInstant) {
        guard let learnt, !learnt.isEmpty else { return }
        if let reset = statedReset, sentAt >= reset {
            let wasReleased = isReleased
            (statedReset, isReleased) = (nil, false)
            // The operator was right: what was sent before counts no more.
            if wasReleased { return learnt.begin(at: reset) }
        }
        learnt.admitted(sentAt: sentAt, log: requests)
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
        learnt?.takeBack()
        if limitsRequests { countedRequests.remove(sentAt: sentAt) }
        if limitsTokens, need > 0 { tokens.remove(UInt32(clamping: need), sentAt: sentAt) }
        for index in told.indices { told[index].giveBack(requests: 1, tokens: need, sentAt: sentAt) }
    }

    /// Whether what was sent explains a refusal.
    func explainsRefusal(at now: LoopInstant, wait: LoopInterval?) -> Bool {
        estimate.explains(requests, at: now, wait: wait)
    }

    /// Whether an answer of this moment states that of a limit on requests nothing is left.
    private func statesUsedUp(at now: LoopInstant) -> Bool {
        told.contains { $0.resource == .requests && $0.remaining == 0 && $0.statedAt == now && now < $0.resetAt }
    }

    /// Whether by an answer something is left of a limit on requests.
    private func statesRoom(at now: LoopInstant) -> Bool {
        told.contains { $0.resource == .requests && $0.remaining > 0 && $0.remaining < .max && now < $0.resetAt }
    }

    /// Learns from a refusal whose request was taken back before.
    ///
    /// - Parameters:
    ///   - sentAt: When it was sent.
    ///   - client: Who alone has met it; `nil` where it is everybody's limit. What one client alone meets holds nobody else back, and changes nothing of what
    ///     is known of another's limit unless it agrees.
    mutating func refused(at now: LoopInstant, sentAt: LoopInstant, _ signs: RefusalSigns, only client: ClientTag? = nil) {
        (statedReset, isReleased) = (signs.wait.map { now.advanced(by: $0) }, false)
        guard signs.resource == .requests else { return refusedForTokens(signs, need: 0, of: client, at: now) }
        isOfStated = statesUsedUp(at: now)
        let learnt = self.learnt ?? LimitEstimate()
        self.learnt = learnt
        if let client, !learnt.isEmpty, learner != client {
            guard learnt.agrees(with: requests, at: now) else { return }
            learner = nil
        } else {
            learner = client
        }
        learnt.refused(at: now, sentAt: sentAt, signs, log: requests)
        // Where refused requests count, too, it is noted again as of now: there is no room for it a little longer.
        if learnt.countsRefusals { requests.add(at: now) }
        isConstrained = isConstrained || hasEstimate
        if !hasEstimate { learner = nil }
    }

    /// Learns from a refusal for tokens: what its words state of the limit.
    ///
    /// - Parameters:
    ///   - need: The tokens that the refused request was taken to need.
    ///   - client: Whose it was; `nil` where clients can't be told apart. Before anything was counted nobody else is held to what it was told.
    mutating func refusedForTokens(_ signs: RefusalSigns, need: Int, of client: ClientTag?, at now: LoopInstant) {
        guard signs.resource == .tokens, let limit = signs.limit, let window = StatedTokens.window(signs.window) else { return }
        if stated?.isAbout(limit, window) != true { (stated, statedLearner) = (StatedTokens(limit: limit, window: window, at: now), nil) }
        var used = tokens.count(after: now.back(window))
        if let stated, let learner = statedLearner, client != learner || now >= stated.since.advanced(by: window) { statedLearner = nil }
        if !limitsTokens, signs.window == .minute, let wait = signs.wait, wait < window, limit > need {
            // Nobody has counted tokens up to now. What is in the window when there is room for this one leaves just that, and what was sent has taken it.
            let sent = requests.count(after: now.advanced(by: wait).back(window))
            if sent > 0 {
                (tokens, used) = (requests.weighed(UInt32(clamping: max(1, (limit - need) / sent)), after: now.back(window)), limit)
                statedLearner = client
            }
        }
        stated?.refused(used: used, at: now)
        (limitsTokens, isConstrained) = (true, true)
    }

    /// An operator says that the limit is free again: what answers stated of it is over, and what refusals have taught holds nothing back until an answer
    /// says how it is. That lesson stays, and so do the configured limits with what was sent.
    mutating func endPause(at now: LoopInstant) {
        (told, stated, statedLearner) = ([], nil, nil)
        limitsTokens = configured.contains { $0.resource != .requests }
        isConstrained = !configured.isEmpty || hasEstimate
        guard hasEstimate else { return }
        // What is sent in this turn is of the window that begins now.
        (statedReset, isReleased) = (LoopInstant(nanoseconds: max(now.nanoseconds, 1) - 1), true)
    }

    /// The limit turned out to be another's.
    mutating func forgetEstimate() {
        (learnt, learner) = (nil, nil)
        isConstrained = !configured.isEmpty || !told.isEmpty || stated != nil
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
            guard var allowance = ToldAllowance(reading[index], inFlight: inFlight, longest: longest, at: now) else { continue }
            if reading[index].resource == .requests { statesRequests = true }
            if let left = reading[index].remaining, left == 0 || left < (reading[index].limit ?? 0) / 2 { hasRoom = false }
            if let known = told.firstIndex(where: { $0.isAbout(allowance) })
                ?? told.firstIndex(where: { $0.isPerhaps(allowance) && reading.allowance(of: $0.resource, in: $0.window) == nil })
            {
                allowance.follow(told[known])
                told[known] = allowance
            } else {
                told.append(allowance)
            }
        }
        if !told.isEmpty { isConstrained = true }
        return statesRequests && hasRoom
    }

    /// How long it takes until a request has room by what is stated, where more is there all the time: the reset that such an answer names is the time until
    /// all of it is back. `nil` where no stated limit is of that kind.
    func steadyWait(tokens need: Int, at now: LoopInstant) -> LoopInterval? {
        guard told.contains(where: { $0.isSteady }) else { return nil }
        let room = told.reduce(now) { max($0, $1.nextRoom(tokens: need, at: now) ?? $0) }
        return room > now ? LoopInterval(nanoseconds: room.nanoseconds - now.nanoseconds) : nil
    }

    /// What an earlier run of the program had learnt.
    mutating func restore(_ estimate: LimitEstimate, of client: ClientTag? = nil) {
        (learnt, learner) = (estimate, client)
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
