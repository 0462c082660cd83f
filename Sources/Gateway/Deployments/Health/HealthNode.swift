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
    /// The most requests under way; 0 for any number.
    private(set) var concurrency: Int
    /// When an attempt succeeded last, whoever's.
    private(set) var succeededAt = LoopInstant(nanoseconds: 0)

    /// Who alone was told that nothing is left for long.
    private var toldAlone: LoneStatement?
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
    var isFree: Bool { track.cooldown.isClosed && track.bar == nil && clients.isEmpty && !quota.isConstrained && concurrency == 0 }

    /// Whether as many requests are under way as may be, whoever's.
    var isFull: Bool { concurrency > 0 && inFlight >= concurrency }

    /// Whether requests may be held back here by what others have sent, so that the end of one may make room.
    var holdsBack: Bool { concurrency > 0 || quota.isConstrained }

    /// Whether a request may be held back by its tokens: a limit on them is configured or stated, or one was met.
    var countsTokens: Bool {
        if quota.countsTokens || track.bar != nil { return true }
        return clients.contains(where: { $0.bar != nil })
    }

    /// Whether there is nothing that is worth keeping.
    var isBlank: Bool { track.isQuiet && clients.isEmpty && inFlight == 0 && !ownsLimits && quota.estimate.place == nil }

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
        if let rest { return rest }
        if let end = track.bar?.end(for: tokens, at: now) { return .limited(until: end) }
        if let room = quota.nextRoom(tokens: tokens.expected, for: client, isTrial: isTrial, at: now) {
            guard let from = findsOut(client, at: now), quota.configuredRoom(tokens: tokens.expected, at: now) == nil else {
                return .limited(until: room)
            }
            if from > now { return .limited(until: min(room, from)) }
        }
        return concurrency > 0 && inFlight >= concurrency ? .busy : .ready
    }

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
        quota.sent(tokens: tokens.expected, at: now)
        if findsOut(client, at: now) != nil { toldAlone?.begin(at: now) }
        if track.bar != nil { track.forgetBar(at: now) }
        let shared = track.cooldown.isClosed ? false : track.begin(for: client, at: now)
        if !clients.isEmpty { clients.forgetOld(at: now) }
        guard !clients.isEmpty else { return (shared, false) }
        return (shared, clients.change(client, adding: false) { $0.cooldown.isClosed ? false : $0.begin(at: now) } ?? false)
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
    func succeeded(_ client: ClientTag, _ tokens: TokenDemand, startedAt: LoopInstant, at now: LoopInstant) -> Bool {
        succeededAt = now
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
