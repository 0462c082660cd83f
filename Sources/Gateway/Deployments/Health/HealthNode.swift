internal import EventLoop

/// What is known about one thing that can fail or be limited for itself: a deployment, a model of a provider, a key, a provider.
///
/// Known by an identity, so that it outlives a change of the configuration and a restart.
public final class HealthNode {
    /// What it is called in the store: its subject in one text, with enough of a key's digest to notice that it was exchanged.
    public let identity: String
    /// What it is about.
    let subject: HealthSubject
    /// What is known for everybody.
    private(set) var track = HealthTrack()
    /// What is known for single clients.
    private(set) var clients = ClientTracks()
    /// What it may still send.
    var quota: Quota
    /// Requests under way.
    public internal(set) var inFlight = 0
    /// The most requests under way by the configuration; 0 for any number.
    private(set) var concurrency: Int
    /// How many at a time its provider takes, as far as refusals have taught that.
    private(set) var places = ConcurrencyEstimate()
    /// Who alone was refused for load, so that nobody else is held to what that has taught; `nil` where it is everybody's.
    private(set) var placesLearner: ClientTag?
    /// From how many under way on others only queue.
    private(set) var queue = QueueEstimate()
    /// How requests are let go after a rest.
    private var ramp: Ramp?
    /// Whether what is under way holds others back, by what was learnt or after a rest.
    private(set) var isGated = false
    /// When an attempt succeeded last, whoever's.
    private(set) var succeededAt = LoopInstant(nanoseconds: 0)

    /// Who alone was told that nothing is left for long.
    private var toldAlone: LoneStatement?
    /// What keys have sent and wanted to, in the windows of its limits.
    var shares = RateShares()
    /// How far the store knows of what was sent.
    var requestsCover = SentCover()
    var tokensCover = SentCover()
    /// The part of the journal that it is recorded in.
    private(set) lazy var journalPart = SentRecord.part(of: identity)
    /// Whether what was sent is to be recorded, and whether anything was sent since it was recorded last.
    var isSentChanged = false
    var sentSinceRecord = false
    /// What is left of its limits, as a share, when that was found or has to be found anew, and what a request takes of it.
    private var left = 1.0
    private var leftPerRequest = 0.0
    private var leftUntil = LoopInstant(nanoseconds: 0)
    /// The clients that met failures last.
    private var failed = RecentClients()

    /// When a part of it was refused last, and which: two parts that are refused together share a limit.
    private var partRefusedAt = LoopInstant(nanoseconds: 0)
    private var refusedPart: HealthNode?
    private var sharedVotes = 0
    private var votedAt = LoopInstant(nanoseconds: 0)
    /// Whether refusals of its parts are its own: they turned out to share a limit.
    public private(set) var ownsLimits = false
    /// The last time it was found to be in use, see `HealthRegistry.keep`.
    var sweep = 0

    init(_ identity: String, about subject: HealthSubject, quota: Quota = Quota(), concurrency: Int = 0) {
        self.identity = identity
        self.subject = subject
        self.quota = quota
        self.concurrency = concurrency
    }

    /// Notes that a client has met a failure.
    func failed(_ client: ClientTag, at now: LoopInstant) { failed.note(client, at: now) }

    /// Whether another client has met a failure lately.
    func hasFailed(besides client: ClientTag, at now: LoopInstant) -> Bool {
        failed.hasOther(than: client, at: now, within: HealthTrack.memory)
    }

    /// Whether everybody leaves it alone.
    public var cooldown: Cooldown { track.cooldown }

    /// Whether nothing stands in the way, at any time.
    @inline(__always)
    var isFree: Bool { track.cooldown.isClosed && track.bar == nil && clients.isEmpty && !quota.isConstrained && concurrency == 0 && !isGated }

    /// How many requests may be under way at a time, by the narrowest of what is configured and what was learnt; 0 where nothing is known. What one client
    /// alone has met is nobody else's.
    var knownConcurrency: Int {
        guard isGated else { return concurrency }
        var least = concurrency > 0 ? concurrency : Int.max
        if places.isKnown, placesLearner == nil { least = min(least, places.limit) }
        if queue.limit > 0 { least = min(least, queue.limit) }
        return least == .max ? 0 : least
    }

    /// What is left of its limits on requests and tokens: the share of the one of which least is left, 0 to 1. Looked up anew some times a second; what is
    /// sent in between is taken off.
    func left(at now: LoopInstant) -> Double {
        guard quota.isConstrained else { return 1 }
        if now >= leftUntil {
            (left, leftPerRequest) = quota.left(at: now)
            leftUntil = now.advanced(by: HealthNode.leftInterval)
        }
        return left
    }

    private static let leftInterval = LoopInterval(.milliseconds(50))

    /// Whether as many requests are under way as may be, whoever's.
    var isFull: Bool { concurrency > 0 && inFlight >= concurrency }

    /// Whether requests may be held back here by what others have sent, so that the end of one may make room.
    var holdsBack: Bool { concurrency > 0 || quota.isConstrained || isGated }

    /// Whether a request may be held back by its tokens: a limit on them is configured or stated, or one was met.
    var countsTokens: Bool {
        if quota.countsTokens || track.bar != nil { return true }
        return clients.contains(where: { $0.bar != nil })
    }

    /// Whether there is nothing that is worth keeping.
    var isBlank: Bool { track.isQuiet && clients.isEmpty && inFlight == 0 && !ownsLimits && !quota.hasEstimate }

    /// Whether a client may ask it.
    ///
    /// - Parameter spacing: From so long after the last failure on one request may try when nothing else is left.
    func availability(for client: ClientTag, tokens: TokenDemand, spacing: LoopInterval, at now: LoopInstant) -> Availability {
        var state = track.cooldown.state(for: client, at: now)
        let heldBack = track.cooldown.holdsBack(client, at: now)
        var rest = HealthNode.rest(track.cooldown, state, spacing, heldBack)
        var end = track.cooldown.until
        if let lone = track.lone, now < end, client != .everybody {
            if lone.client == client {
                // It does not wait for another's trial: its own limit is not free before.
                rest = .limited(until: end)
            } else if state == .cooling {
                end = lone.from
                if end <= now { state = .halfOpen }
                rest = end <= now ? nil : .limited(until: end)
            }
        }
        var isTrial = state == .halfOpen
        if !clients.isEmpty, let own = clients[client] {
            let state = own.cooldown.state(at: now)
            // The longer of two rests is the one to wait for.
            if let ownRest = HealthNode.rest(own.cooldown, state, spacing, nil), rest == nil || own.cooldown.until > end { return ownRest }
            isTrial = isTrial || state == .halfOpen
            if rest == nil, let end = own.bar?.end(for: tokens, at: now) { return .limited(until: end) }
        }
        if let rest {
            // When the rest is over what was counted may still say that there is no room.
            guard case .limited(let until) = rest, quota.isConstrained,
                let room = quota.nextRoom(tokens: tokens.expected, for: client, isTrial: true, at: now)
            else { return rest }
            return .limited(until: max(until, room))
        }
        if let end = track.bar?.end(for: tokens, at: now) { return .limited(until: end) }
        if let room = quota.nextRoom(tokens: tokens.expected, for: client, isTrial: isTrial, at: now) {
            guard let from = findsOut(client, at: now), quota.configuredRoom(tokens: tokens.expected, at: now) == nil else {
                return .limited(until: room)
            }
            if from > now { return .limited(until: min(room, from)) }
        }
        if let room = sharedRoom(for: client, tokens: tokens.expected, at: now) { return .limited(until: room) }
        if isGated, places.isFull(inFlight, at: now), placesLearner == nil || placesLearner == client || client == .everybody { return .busy }
        if concurrency > 0, inFlight >= concurrency { return .busy }
        return isGated && isCrowded(at: now) ? .crowded : .ready
    }

    /// A request was answered whole that was sent beside so many others.
    func answered(beside others: Int, startedAt: LoopInstant, at now: LoopInstant) {
        let isKnown = queue.limit > 0
        queue.answered(beside: others, after: LoopInterval(now.elapsed(since: startedAt)), at: now)
        if queue.limit > 0, !isKnown { isGated = true }
    }

    /// Whether as many are under way as should be, of a server that queues or after a rest.
    private func isCrowded(at now: LoopInstant) -> Bool {
        queue.isCrowded(inFlight) || ramp?.allowed(at: now).map { inFlight >= $0 } ?? false
    }

    /// Its provider refused a request for load, beside so many others that are under way.
    ///
    /// - Parameter client: Who alone it says something to; `nil` for everybody.
    /// - Returns: Whether so many are known to be served at a time, so that it says nothing against the provider.
    func refusedForLoad(only client: ClientTag?, startedAt: LoopInstant, at now: LoopInstant) -> Bool {
        if let client, !places.isKnown || placesLearner == client { placesLearner = client } else { placesLearner = nil }
        let isKnown = places.refused(beside: inFlight, startedAt: startedAt, at: now)
        isGated = isGated || places.isKnown
        return isKnown
    }

    /// A request has an end, whatever it was.
    func ended(startedAt: LoopInstant) {
        inFlight -= 1
        if isGated { places.ended(startedAt: startedAt) }
    }

    /// When a client may have more of a limit, of which what is left is kept for others; `nil` for now.
    private func sharedRoom(for client: ClientTag, tokens: Int, at now: LoopInstant) -> LoopInstant? {
        guard quota.isConstrained, client != .everybody, shares.isInUse else { return nil }
        var latest: LoopInstant?
        for standing in quota.standings(for: client, at: now) {
            let limit = standing.limit
            let need = limit.countsTokens ? min(max(tokens, 1), limit.amount) : 1
            // Where there is no room at all the limit itself has said so, or does not hold for this client.
            guard limit.left >= need else { continue }
            let kept = shares.kept(from: client, limit, at: now)
            // Half a request is kept for nobody.
            let free = Double(limit.left - need) - (limit.countsTokens ? kept.known : kept.known.rounded(.down))
            guard kept.known + kept.newcomers > 0, free < kept.newcomers else { continue }
            var room = quota.room(for: min(limit.amount, Int(kept.known) + need), of: standing, at: now)
            if kept.newcomers > 0, free >= 0 {
                // Little by little until there is room again for all of them.
                let whole = quota.room(for: min(limit.amount, Int(kept.known + kept.newcomers) + need), of: standing, at: now)
                let length = Double(limit.window.nanoseconds)
                let wait = whole > now ? min(1, Double(whole.nanoseconds - now.nanoseconds) / length) : 0
                if free >= RateShares.stillKept(kept.newcomers, wait: wait) { continue }
                let until = max(0, wait - RateShares.wait(free: free, of: kept.newcomers))
                room = now.advanced(by: LoopInterval(nanoseconds: UInt64(until * length)))
            }
            let soonest = max(room, now.advanced(by: HealthNode.leastHold))
            latest = max(latest ?? soonest, soonest)
        }
        return latest
    }

    /// What is kept for others is not looked at more often than that for one that waits.
    private static let leastHold = LoopInterval(.milliseconds(50))

    /// From when on a client may find out whether it is true for it, too, what another one alone was told; `nil` where there is nothing to find out.
    private func findsOut(_ client: ClientTag, at now: LoopInstant) -> LoopInstant? {
        guard let toldAlone, client != .everybody, client != toldAlone.client, toldAlone.holds(at: now) else { return nil }
        return toldAlone.from
    }

    /// A client's answer states its limits.
    ///
    /// - Parameters:
    ///   - until: When more is there of what nothing is left of; `nil` where something is left of all.
    ///   - isBelieved: Whether it is believed of everybody, however long it is.
    ///   - step: After how long another client may find out.
    func stated(to client: ClientTag, until: LoopInstant?, isBelieved: Bool, step: LoopInterval, at now: LoopInstant) {
        let known = toldAlone?.holds(at: now) == true ? toldAlone : nil
        guard let until else {
            if known.map({ $0.client != client }) == true { toldAlone?.contradict(at: now) }
            return
        }
        if let known, known.client == client, known.isContradicted || !isBelieved {
            toldAlone?.restate(until: until)
            return
        }
        // Two who say the same are right.
        let isAgreed = known.map { $0.client != client && !$0.isContradicted } ?? false
        toldAlone = isBelieved || isAgreed ? nil : LoneStatement(of: client, until: until, step: step, at: now)
    }

    /// Whether everybody's rest keeps a client away: not from where it may find out whose limit it is.
    func rests(for client: ClientTag, at now: LoopInstant) -> Bool {
        guard track.cooldown.rests(at: now) else { return false }
        guard let lone = track.lone, client != .everybody, lone.client != client else { return true }
        return now < lone.from
    }

    /// Whether the limits that a client meets here are known to be its own.
    func hasOwnLimit(_ client: ClientTag, at now: LoopInstant) -> Bool { clients[client]?.hasOwnLimit(at: now) ?? false }

    /// What a cooldown says where it stands in the way.
    ///
    /// - Parameter heldBack: Until when the client lets others try, having had its turn.
    private static func rest(_ cooldown: Cooldown, _ state: Cooldown.State, _ spacing: LoopInterval, _ heldBack: LoopInstant?) -> Availability? {
        switch state {
        case .closed: return nil
        case .halfOpen: if heldBack == nil { return nil }
        case .trial: return .busy
        case .cooling: break
        }
        let until = max(cooldown.until, heldBack ?? cooldown.until)
        // From when on one request may try although the pause is not over: not before a time that is the provider's word.
        let early = cooldown.isWord ? cooldown.until : min(cooldown.until, cooldown.failedAt.advanced(by: spacing))
        let trialFrom = max(early, heldBack ?? early)
        switch cooldown.cause {
        case .credential: return .rejected(until: until)
        case .money: return .unpaid(until: until)
        case .gone: return .gone(until: until)
        case .limit: return .limited(until: until)
        case .denied: return .denied(until: until, trialFrom: trialFrom)
        case .none, .failure, .unreachable: return .cooling(until: until, trialFrom: trialFrom)
        }
    }

    /// A client's request is sent.
    ///
    /// - Returns: Whether it is the trial that ends everybody's rest, and the one that ends its client's own.
    func begin(for client: ClientTag, tokens: TokenDemand, at now: LoopInstant) -> (shared: Bool, own: Bool) {
        inFlight += 1
        left -= leftPerRequest
        if isGated { passGate(at: now) }
        quota.sent(tokens: tokens.expected, at: now)
        if findsOut(client, at: now) != nil { toldAlone?.begin(at: now) }
        if track.bar != nil { track.forgetBar(at: now) }
        let shared = track.cooldown.isClosed ? false : track.begin(for: client, at: now)
        if !clients.isEmpty { clients.forgetOld(at: now) }
        guard !clients.isEmpty else { return (shared, false) }
        return (shared, clients.change(client, adding: false) { $0.cooldown.isClosed ? false : $0.begin(at: now) } ?? false)
    }

    private func passGate(at now: LoopInstant) {
        places.begin(beside: inFlight - 1, at: now)
        if ramp?.allowed(at: now) == nil { ramp = nil }
        isGated = ramp != nil || places.isKnown || queue.limit > 0
    }

    /// A trial that began at `instant` has an end, whatever it was.
    func trialEnded(shared: Bool, own: Bool, of client: ClientTag, begunAt instant: LoopInstant) {
        if shared { track.trialEnded(begunAt: instant) }
        if own { clients.change(client, adding: false) { $0.trialEnded(begunAt: instant) } }
    }

    /// The head of a success is there, of everybody's trial that began at `instant`.
    func trialAnswered(begunAt instant: LoopInstant, at now: LoopInstant) { track.trialAnswered(begunAt: instant, at: now) }

    /// Changes what is known: for everybody, where clients can't be told apart, else for the client.
    @discardableResult
    func change<R>(for client: ClientTag, _ body: (inout HealthTrack) -> R) -> R {
        if client == .everybody { return body(&track) }
        // Adding always gives a result.
        return clients.change(client, adding: true, body) ?? body(&track)
    }

    /// Changes what is known for everybody.
    @discardableResult
    func changeForAll<R>(_ body: (inout HealthTrack) -> R) -> R { body(&track) }

    /// What is known for a client alone, or for everybody where clients can't be told apart.
    func track(for client: ClientTag) -> HealthTrack { client == .everybody ? track : clients[client] ?? HealthTrack() }

    /// A request of a client succeeded.
    ///
    /// - Returns: Whether a rest has ended.
    func succeeded(_ client: ClientTag, _ tokens: TokenDemand, beside others: Int, startedAt: LoopInstant, at now: LoopInstant) -> Bool {
        succeededAt = now
        if isGated {
            places.admitted(beside: others, startedAt: startedAt, at: now)
            ramp?.succeeded()
        }
        if findsOut(client, at: now) != nil { toldAlone?.othersSucceeded(startedAt: startedAt, at: now) }
        if track.isQuiet, clients.isEmpty { return false }
        let hadBar = track.bar != nil
        if !clients.isEmpty { clients.otherSucceeded(than: client, startedAt: startedAt, at: now) }
        if let lone = track.lone, client != .everybody, lone.client != client, startedAt >= track.cooldown.failedAt, now < track.cooldown.until {
            let (limit, evidence) = (track.cooldown, track.evidence)
            clients.change(lone.client, adding: true) { $0.take(limit, evidence, at: now) }
        }
        track.fitted(tokens, startedAt: startedAt)
        var hasEnded = track.isQuiet ? false : track.succeeded(startedAt: startedAt)
        if !clients.isEmpty {
            clients.fitted(tokens, startedAt: startedAt)
            hasEnded = (clients.change(client, adding: false) { $0.succeeded(startedAt: startedAt) } ?? false) || hasEnded
        }
        // What is paced by counts need not be let go little by little beside that.
        if hasEnded, !quota.hasEstimate, ramp == nil { (ramp, isGated) = (Ramp(at: now), true) }
        return hasEnded || hadBar && track.bar == nil
    }

    /// Until when another client than `client` has been told, lately and with nobody served since, to leave it alone; `nil` where none was.
    func latestStated(besides client: ClientTag, at now: LoopInstant) -> LoopInstant? {
        guard client != .everybody else { return nil }
        var latest: LoopInstant?
        clients.forEach { other, track in
            guard other != client, track.isEvidence(at: now, succeededAt: succeededAt), track.rests(by: .stated, at: now) else { return }
            latest = max(latest ?? track.cooldown.until, track.cooldown.until)
        }
        return latest
    }

    /// The smallest need that did not fit in a limit on tokens for other clients, not long ago; `nil` where there is none.
    func needRefused(otherThan client: ClientTag, at now: LoopInstant) -> TokenNeed? {
        var least: TokenNeed?
        clients.forEach { other, track in
            guard other != client, let bar = track.bar, bar.cooldown.rests(at: now),
                now < bar.cooldown.failedAt.advanced(by: HealthTrack.memory)
            else { return }
            if let known = least, !known.isAtLeast(bar.need) { return }
            least = bar.need
        }
        return least
    }

    /// Ends every rest, for everybody and for single clients, and forgets what led to them: an operator says that all is well.
    func clear() {
        track.clear()
        toldAlone = nil
        clients.removeAll()
    }

    /// Takes other limits of the configuration; what was sent and learnt stays.
    func configure(_ configured: [Quota.Configured], concurrency: Int) {
        quota.configure(configured)
        self.concurrency = concurrency
    }

    /// Whether refusals of the parts now count as this one's: they share a limit when one is refused that has hardly sent anything while another
    /// has just been refused, and that happens twice.
    ///
    /// - Parameters:
    ///   - part: What was refused.
    ///   - isExplained: Whether what the part has sent explains it.
    ///   - counts: Whether it says anything to others but the client that was refused.
    ///   - startedAt: When the refused request was sent.
    @inline(never)  // Optimised into its caller it makes the compiler crash (Swift 6.3.1, SimplifyCFG).
    func partWasRefused(_ part: HealthNode, isExplained: Bool, counts: Bool, startedAt: LoopInstant, at now: LoopInstant) -> Bool {
        guard counts else { return ownsLimits }
        defer {
            if isExplained || refusedPart == nil {
                partRefusedAt = now
                refusedPart = part
            }
        }
        if ownsLimits { return true }
        guard !isExplained, let other = refusedPart, other !== part, now < partRefusedAt.advanced(by: HealthNode.together) else { return false }
        // Requests that were under way together are one sign.
        guard startedAt >= votedAt else { return false }
        votedAt = now
        sharedVotes += 1
        guard sharedVotes >= 2 else { return false }
        ownsLimits = true
        other.quota.forgetEstimate()
        part.quota.forgetEstimate()
        return true
    }

    /// What an earlier run had learnt.
    ///
    /// - Parameters:
    ///   - client: Who alone had met the limit that the rest is for.
    ///   - learner: Who alone had met the limit that was learnt.
    func restore(
        cooldown: Cooldown, evidence: RestEvidence?, metBy client: ClientTag?, estimate: LimitEstimate?, learntBy learner: ClientTag?,
        ownsLimits: Bool, at now: LoopInstant
    ) {
        track.restore(cooldown, evidence, metBy: client, at: now)
        self.ownsLimits = ownsLimits
        if let estimate { quota.restore(estimate, of: learner) }
    }

    /// How long after one part's refusal another's counts as together with it: the commonest window.
    private static let together = LoopInterval(.seconds(60))
}
