internal import EventLoop

/// Applies what attempts find out to the health of deployments, keys and providers.
final class HealthLedger {
    /// What became of an attempt.
    enum Outcome {
        /// The client has a whole answer.
        case succeeded
        /// It failed.
        case failed(FailureVerdict)
        /// It has no result that says anything about the provider: the client left.
        case abandoned
    }

    /// A failure that may turn out to be the request's own.
    struct Incident {
        let node: HealthNode
        let client: ClientTag
        let before: HealthTrack
        /// The node's count of what was learnt behind it.
        let number: UInt32
        let weight: Float
        let provider: Provider
    }

    /// Told when something came free that somebody may wait for, and of what provider; `nil` for any.
    var capacityReturned: (HealthNode?) -> Void = { _ in }
    /// Keeps what is sent over a restart.
    var journal: SentJournal?
    /// Told what an operator should know.
    var notice: (String) -> Void = { _ in }

    private var rules: Rules
    /// From so long after a failure on one request may try when nothing else is left.
    var spacing: LoopInterval { rules.spacing }
    private var random: HealthRandom
    /// Told of changes that should be kept.
    var changed: () -> Void = {}
    /// The time of day, in seconds since the Unix epoch.
    var secondsSinceEpoch: () -> Int = { Int(UnixTime.now.seconds) }

    init(_ options: FailureOptions, seed: UInt64) {
        rules = Rules(options)
        random = HealthRandom(state: seed)
    }

    /// The clients that were there last.
    private var clients = RecentClients()

    /// Goes over to other options; pauses that have begun stay as long as they were to be.
    func apply(_ options: FailureOptions) {
        rules = Rules(options)
    }

    /// The longest pause believed of a provider that names one.
    var longestPause: Duration { rules.options.longestPause }

    /// What follows from the options.
    private struct Rules {
        let options: FailureOptions
        let failures: CooldownLadder
        let limits: CooldownLadder
        let credentials: CooldownLadder
        let missing: CooldownLadder
        let doors: CooldownLadder
        let longestPause: LoopInterval
        let retirement: LoopInterval
        /// From so long after a failure on one request may try when nothing else is left.
        let spacing: LoopInterval

        init(_ options: FailureOptions) {
            self.options = options
            failures = CooldownLadder(first: options.cooldownFirst, most: options.cooldownMost, jitter: options.jitter)
            limits = CooldownLadder(first: options.cooldownFirst, most: options.limitCooldownMost, jitter: options.jitter)
            credentials = CooldownLadder(first: options.quarantine, most: max(options.quarantine, .seconds(24 * 3600)), jitter: options.jitter)
            // A minute, two, four: a model that is being put up again is not taken for one that is gone.
            missing = CooldownLadder(first: .seconds(60), most: options.retirement, jitter: options.jitter)
            // A minute up to an hour: somebody may accept the terms, or move the gateway, at any time.
            doors = CooldownLadder(first: .seconds(60), most: .seconds(3600), jitter: options.jitter)
            longestPause = LoopInterval(options.longestPause)
            retirement = LoopInterval(options.retirement)
            spacing = LoopInterval(options.cooldownFirst)
        }
    }

    /// Whether a client's request may be sent to a deployment.
    @inline(__always)
    func availability(of deployment: Deployment, for client: ClientTag, _ need: TokenNeed, at now: LoopInstant) -> Availability {
        if deployment.health.areFree { return .ready }
        return deployment.health.availability(for: client, tokens: need.tokens(of: deployment, for: client), spacing: spacing, at: now)
    }

    /// A random number, 0 to 1.
    func chance() -> Double { random.unit() }

    /// Whether a failure that a client has just met says something about the deployment to everybody: where clients can't be told apart, or nobody else is
    /// there, each does. Else the first of a row does when another client has met one lately, too: what only one meets may be of its own making.
    func isNews(_ deployment: Deployment, _ client: ClientTag, at now: LoopInstant) -> Bool {
        guard client != .everybody else { return true }
        let node = deployment.health.keyModel
        guard (node.clients[client]?.test.level ?? 0) < HealthLedger.newsLevel else { return false }
        return node.hasFailed(besides: client, at: now) || !clients.hasOther(than: client, at: now, within: HealthLedger.presence)
    }

    /// How long after its last request a client counts as there.
    private static let presence = LoopInterval(.seconds(3600))

    /// From so many failures in a row on, less the successes between them, a client's next is no news.
    private static let newsLevel: Float = 1

    /// How many keys clients have.
    var keyCount: () -> Int = { 0 }

    /// A client's request comes to a deployment. Those that limits hold back are shared by the weights of keys, see `RateShares`.
    ///
    /// - Parameter isHeldBack: Whether it can't be sent there now, nor anywhere else.
    func came(to deployment: Deployment, from client: ClientTag, weight: Int, isHeldBack: Bool, _ need: TokenNeed, at now: LoopInstant) {
        let nodes = deployment.health
        guard client != .everybody, nodes.areConstrained else { return }
        let keys = keyCount()
        guard keys > 1 else { return }
        let tokens = need.tokens(of: deployment, for: client).expected
        let limited = nodes.limited
        for index in limited.indices where limited[index].quota.isConstrained {
            limited[index].shares.came(
                from: client, weight: weight, of: keys, isHeldBack: isHeldBack, tokens: tokens, in: limited[index].quota.windows, at: now)
        }
    }

    /// Begins an attempt.
    ///
    /// - Parameter wasHeldBack: Whether it was noted before that the request comes, when it was held back there.
    func begin(
        _ deployment: Deployment, for client: ClientTag, _ need: TokenNeed, wasHeldBack: Bool = false, at now: LoopInstant
    ) -> AttemptPermit {
        let nodes = deployment.health
        let tokens = need.tokens(of: deployment, for: client)
        // One variable: each that a nested function changes takes memory of its own.
        var begun = (trials: AttemptPermit.Trials(), isRecorded: true)
        func begin(_ node: HealthNode, _ trial: AttemptPermit.Trials) {
            if node.shares.isInUse {
                node.shares.used(by: client, requests: 1, tokens: tokens.expected, wasHeldBack: wasHeldBack, at: now)
            }
            if let journal, node.quota.counts, !journal.sent(tokens: tokens.expected, at: node) { begun.isRecorded = false }
            let (shared, own) = node.begin(for: client, tokens: tokens, at: now)
            if shared { begun.trials.insert(trial) }
            if own { begun.trials.insert(trial.own) }
        }
        begin(nodes.keyModel, .keyModel)
        begin(nodes.model, .model)
        begin(nodes.key, .key)
        begin(nodes.provider, .provider)
        clients.note(client, at: now)
        return AttemptPermit(
            deployment: deployment, client: client, startedAt: now, tokens: tokens, beside: nodes.keyModel.inFlight - 1, wasHeldBack: wasHeldBack,
            trials: begun.trials, isRecorded: begun.isRecorded)
    }

    /// The provider lets the attempt in: content has come. Ends pauses and trials without waiting for the end of a long answer.
    func admitted(_ permit: inout AttemptPermit, at now: LoopInstant) {
        guard !permit.isAdmitted else { return }
        permit.isAdmitted = true
        let nodes = permit.deployment.health
        // What was learnt of a limit may have been too little.
        var changed = nodes.hasEstimate || nodes.isGated
        nodes.keyModel.quota.admitted(sentAt: permit.startedAt)
        nodes.key.quota.admitted(sentAt: permit.startedAt)
        nodes.provider.quota.admitted(sentAt: permit.startedAt)
        let (client, tokens, beside, startedAt) = (permit.client, permit.tokens, permit.beside, permit.startedAt)
        var hasEnded = nodes.keyModel.succeeded(client, tokens, beside: beside, startedAt: startedAt, at: now)
        hasEnded = nodes.model.succeeded(client, tokens, beside: beside, startedAt: startedAt, at: now) || hasEnded
        hasEnded = nodes.key.succeeded(client, tokens, beside: beside, startedAt: startedAt, at: now) || hasEnded
        hasEnded = nodes.provider.succeeded(client, tokens, beside: beside, startedAt: startedAt, at: now) || hasEnded
        if hasEnded || !permit.trials.isEmpty {
            endTrials(&permit)
            self.changed()
            changed = true
        }
        if changed { capacityReturned(nodes.provider) }
    }

    /// Ends an attempt.
    ///
    /// - Parameters:
    ///   - request: Tells requests apart, where it failed: the second of two signs must be another request's.
    ///   - wasSent: Whether anything of it was sent. What was not counts nowhere.
    ///   - tokens: The tokens it took, as far as that is known.
    /// - Returns: The failure, where it may turn out to be the request's own.
    @discardableResult
    func end(
        _ permit: inout AttemptPermit, _ outcome: Outcome, request: UInt64 = 0, wasSent: Bool = true, tokens: Int? = nil, at now: LoopInstant
    ) -> Incident? {
        let nodes = permit.deployment.health
        let isFreeing = !permit.trials.isEmpty || nodes.holdsBack || !nodes.provider.cooldown.isClosed
        nodes.keyModel.ended(startedAt: permit.startedAt)
        nodes.model.ended(startedAt: permit.startedAt)
        nodes.key.ended(startedAt: permit.startedAt)
        nodes.provider.ended(startedAt: permit.startedAt)
        // What was never sent, and what a limit refused, counts nowhere; of the rest it is settled what it took.
        if !wasSent || outcome.isRefusedByLimit && !permit.isAdmitted {
            takeBack(permit)
        } else if let tokens {
            settle(permit, tokens)
        }
        var incident: Incident?
        switch outcome {
        case .succeeded:
            nodes.keyModel.answered(beside: permit.beside, startedAt: permit.startedAt, at: now)
            admitted(&permit, at: now)
        case .failed(let verdict):
            incident = failed(permit, verdict, request: request, at: now)
        case .abandoned:
            break
        }
        endTrials(&permit)
        if isFreeing { capacityReturned(nodes.provider) }
        return incident
    }

    /// Notes a failure of an attempt that has ended, and shows itself as one only now.
    func note(_ verdict: FailureVerdict, of permit: AttemptPermit, at now: LoopInstant) {
        _ = failed(permit, verdict, request: 0, at: now)
    }

    /// The provider has answered, whatever it says: its host can be reached, and nobody need wait until the answer is whole to know that.
    ///
    /// - Parameter isSuccess: Whether it has the head of a success, so that the trial it may be keeps nobody waiting any more.
    func reached(_ permit: inout AttemptPermit, isSuccess: Bool = false, at now: LoopInstant) {
        let provider = permit.deployment.health.provider
        if isSuccess, !permit.trials.isEmpty {
            for node in permit.deployment.health.all where permit.isTrial(at: node) { node.trialAnswered(begunAt: permit.startedAt, at: now) }
            capacityReturned(provider)
        }
        guard provider.track.cooldown.cause == .unreachable else { return }
        provider.changeForAll { $0.wasReached(startedAt: permit.startedAt) }
        let ended = permit.trials.intersection([.provider, .provider.own])
        provider.trialEnded(
            shared: ended.contains(.provider), own: ended.contains(.provider.own), of: permit.client, begunAt: permit.startedAt)
        permit.trials.subtract(ended)
        changed()
        capacityReturned(provider)
    }

    /// Takes back what turned out to be the request's own: a second provider failed it, too, while this one has just served others.
    ///
    /// Where nobody has been served lately there is nothing to tell a poisonous request by, and both may be down.
    func takeBack(_ incident: Incident, at now: LoopInstant) {
        guard hasServedLately(incident.node, at: now) else { return }
        incident.node.change(for: incident.client) { $0.takeBack(to: incident.before, from: incident.number, weight: incident.weight) }
        incident.node.changeForAll { $0.forgetWitness(incident.client) }
        capacityReturned(nil)
    }

    /// Whether anybody was served so lately that a request which fails there and elsewhere is itself to blame.
    func hasServedLately(_ node: HealthNode, at now: LoopInstant) -> Bool {
        node.succeededAt.nanoseconds > 0 && now < node.succeededAt.advanced(by: HealthLedger.lately)
    }

    /// How long a success shows that a deployment is well.
    private static let lately = LoopInterval(.seconds(60))

    /// Takes what an answer states about limits. One that lets a request in and states that at least half of every limit is left says that a limit
    /// met before is free again.
    ///
    /// - Parameters:
    ///   - client: Whose request was answered.
    ///   - isOther: Whether it was refused for another reason than a limit. What a client can bring about is then believed of others for no moment.
    func note(
        _ reading: QuotaReading, for deployment: Deployment, of client: ClientTag = .everybody, isRefusal: Bool, isOther: Bool = false,
        at now: LoopInstant
    ) {
        guard !reading.isEmpty else { return }
        (deployment.standing.quota, deployment.standing.quotaAt, deployment.standing.isChanged) = (reading, now, true)
        let node = deployment.health.keyModel
        let isFree = node.quota.note(reading, inFlight: max(0, node.inFlight - 1), longest: rules.longestPause, at: now)
        let usedUp = (0..<reading.count).compactMap { reading[$0].isExhausted ? reading[$0].reset : nil }.max()
        let isBelieved =
            client == .everybody || !isOther && usedUp.map { $0 <= LoneStatement.longestBelieved } ?? true
            || !clients.hasOther(than: client, at: now, within: HealthLedger.presence)
        node.stated(
            to: client, until: usedUp.map { now.advanced(by: min($0, rules.longestPause)) }, isBelieved: isBelieved,
            step: isOther ? LoopInterval(nanoseconds: 0) : spacing, at: now)
        // Of a limit that another client alone has met it says nothing but that it may be that one's own, which this one's success will tell.
        let isOthers = client != .everybody && node.track.lone.map { $0.client != client } == true
        if isFree, !isRefusal, !isOthers, node.changeForAll({ $0.limitWasReset() }) { capacityReturned(deployment.health.provider) }
    }

    // MARK: Failures

    private func failed(_ permit: AttemptPermit, _ verdict: FailureVerdict, request: UInt64, at now: LoopInstant) -> Incident? {
        let nodes = permit.deployment.health
        var verdict = verdict
        verdict.scope = nodes.scope(of: verdict)
        reached(permit, verdict)
        guard let node = nodes.node(for: verdict.scope), verdict.countsAgainstProvider else { return nil }
        nodes.keyModel.failed(permit.client, at: now)
        changed()
        switch verdict.kind {
        case .rateLimited(let window):
            var verdict = verdict
            if verdict.resource == .inFlight, isRoomMade(permit, verdict, at: now) { return nil }
            if verdict.hint.source == .reset, let wait = nodes.keyModel.quota.steadyWait(tokens: permit.tokens.expected, at: now) {
                verdict.hint.wait = .nanoseconds(Int64(clamping: wait.nanoseconds))
            }
            if verdict.isAboutTokens {
                tokensMet(permit, verdict, window, node, request: request, at: now)
            } else {
                limitMet(permit, verdict, window, stated: node, request: request, at: now)
            }
            return nil
        case .quota:
            lasting(node, .money, permit, verdict, request: request, rules.credentials, at: now)
            return nil
        case .credential:
            lasting(node, .credential, permit, verdict, request: request, rules.credentials, at: now)
            return nil
        case .modelGone:
            lasting(node, .gone, permit, verdict, request: request, rules.missing, at: now)
            return nil
        case .denied where verdict.lasts:
            lasting(node, .denied, permit, verdict, request: request, rules.doors, at: now)
            return nil
        case .unknownRoute where verdict.lasts:
            lasting(node, .gone, permit, verdict, request: request, rules.doors, at: now)
            return nil
        case .denied: return refused(node, permit, verdict, request: request, at: now)
        case .unreachable, .timeout(.connect):
            weigh(node, .unreachable, permit, verdict, weight: 2, for: .everybody, at: now)
            return nil
        case .noAnswer, .timeout, .overloaded, .unavailable, .unknownRoute, .malformed, .empty, .errorInAnswer, .contextLength,
            .unsupportedParameter, .unaffordable, .garbled, .contentRefused, .request, .local:
            return passing(node, permit, verdict, at: now)
        }
    }

    /// Trouble that may be over in a moment: the time that its provider names is kept to, and without one it is weighed.
    private func passing(_ node: HealthNode, _ permit: AttemptPermit, _ verdict: FailureVerdict, at now: LoopInstant) -> Incident? {
        let cause: Cooldown.Cause = verdict.kind.isDenial ? .denied : .failure
        let client = permit.client
        if case .overloaded = verdict.kind, isRoomMade(permit, verdict, at: now) { return nil }
        if let word = word(of: verdict), verdict.hint.source != .prose {
            var evidence = RestEvidence(cause: cause, failure: verdict.kind, source: .stated, since: now)
            rest(node, for: client, evidence, permit, word: word, rules.failures, at: now)
            // Of two times the shorter: no client makes the others' rest longer than another one was told.
            guard let end = node.latestStated(besides: client, at: now) else { return nil }
            evidence.confirmation = .otherClient
            rest(node, for: .everybody, evidence, permit, word: min(word, LoopInterval(end.elapsed(since: now))), rules.failures, at: now)
            return nil
        }
        let before = node.track(for: client)
        weigh(node, cause, permit, verdict, weight: 1, for: client, at: now)
        return Incident(
            node: node, client: client, before: before, number: node.track(for: client).incident, weight: 1, provider: permit.deployment.provider)
    }

    /// A door that is closed without a word of why. It may be closed to one odd request, as a firewall's is: weighed like any trouble, until a second one in
    /// a row, of another request or client, has met the same.
    private func refused(
        _ node: HealthNode, _ permit: AttemptPermit, _ verdict: FailureVerdict, request: UInt64, at now: LoopInstant
    ) -> Incident? {
        if word(of: verdict) != nil, verdict.hint.source != .prose { return passing(node, permit, verdict, at: now) }
        let before = node.track(for: permit.client)
        guard confirm(node, .denied, permit, request: request, at: now) == .none else {
            lasting(node, .denied, permit, verdict, request: request, rules.doors, at: now)
            return nil
        }
        // What is taken back as the request's own is no first sign either.
        return passing(node, permit, verdict, at: now).map {
            Incident(node: $0.node, client: $0.client, before: before, number: $0.number, weight: $0.weight, provider: $0.provider)
        }
    }

    /// Takes a refusal for load. Where others are under way that are known to be served the end of one makes room, and there is nothing to rest for; the
    /// provider's own words say that, too.
    private func isRoomMade(_ permit: AttemptPermit, _ verdict: FailureVerdict, at now: LoopInstant) -> Bool {
        let deployment = permit.deployment.health.keyModel
        // What one client meets beside others may be of its own making.
        let isLone = permit.client != .everybody && clients.hasOther(than: permit.client, at: now, within: HealthLedger.presence)
        let isKnown = deployment.refusedForLoad(only: isLone ? permit.client : nil, startedAt: permit.startedAt, at: now)
        return (isKnown || verdict.resource == .inFlight && deployment.inFlight > 0) && word(of: verdict) == nil
    }

    /// Whether another client's trouble, too, says that a node is down: it is not old, and nobody was served since. What everybody rests for already goes on
    /// only when the requests of two have failed since it began; else one client whose requests fail by themselves would prolong it by each trial.
    private func isDownForOthers(_ node: HealthNode, than client: ClientTag, startedAt: LoopInstant, at now: LoopInstant) -> Bool {
        guard node.cooldown.isClosed else { return node.changeForAll { $0.trialFailed(by: client, startedAt: startedAt, at: now) } }
        return node.clients.contains(otherThan: client) {
            $0.isEvidence(at: now, succeededAt: node.succeededAt) && $0.test.isDown && !$0.cooldown.isClosed
        }
    }

    /// Weighs a failure that says little by itself; when enough of them have come the deployment rests.
    private func weigh(
        _ node: HealthNode, _ cause: Cooldown.Cause, _ permit: AttemptPermit, _ verdict: FailureVerdict, weight: Float, for client: ClientTag,
        at now: LoopInstant
    ) {
        let isTrial = permit.isTrial(at: node)
        let isDown = node.change(for: client) { track in
            track.failed(weight, at: now)
            // A rest that is over and was not ended by a success: the trial has failed.
            return track.test.isDown || !track.cooldown.isClosed || isTrial
        }
        guard isDown else { return }
        let source: RestEvidence.Source = cause == .unreachable ? .connection : .failures
        let word = verdict.hint.source == .prose ? word(of: verdict).map { min($0, HealthLedger.longestUnconfirmed) } : nil
        let evidence = RestEvidence(cause: cause, failure: verdict.kind, source: source, named: named(verdict, at: now), since: now)
        rest(node, for: client, evidence, permit, word: word, rules.failures, at: now)
        guard client != .everybody, isDownForOthers(node, than: client, startedAt: permit.startedAt, at: now) else { return }
        var shared = evidence
        shared.confirmation = .otherClient
        rest(node, for: .everybody, shared, permit, word: nil, rules.failures, at: now)
    }

    /// Trouble that lasts: a rejected key, an empty account, a model that is gone, a closed door. At the first sign a short rest, for the client that met it,
    /// of a minute where it is money, which does not come by waiting, or the path; the long one when a second sign confirms it, for everybody when that is another
    /// client's.
    private func lasting(
        _ node: HealthNode, _ cause: Cooldown.Cause, _ permit: AttemptPermit, _ verdict: FailureVerdict, request: UInt64, _ ladder: CooldownLadder,
        at now: LoopInstant
    ) {
        let client = permit.client
        let confirmation = confirm(node, cause, permit, request: request, at: now)
        var evidence = RestEvidence(
            cause: cause, failure: verdict.kind, source: verdict.isProse ? .message : .answer, confirmation: confirmation,
            named: named(verdict, at: now), since: now)
        let stated = verdict.hint.source == .prose ? nil : word(of: verdict)
        switch confirmation {
        case .none:
            let isSlow = cause == .money || verdict.kind == .unknownRoute
            let word = (word(of: verdict) ?? (isSlow ? HealthLedger.longestUnconfirmed : nil)).map {
                min($0, HealthLedger.longestUnconfirmed)
            }
            rest(node, for: client, evidence, permit, word: word, rules.failures, at: now)
        case .otherRequest:
            rest(node, for: client, evidence, permit, word: stated ?? retirement(node, verdict, client), ladder, at: now)
        case .otherClient:
            evidence.confirmation = .otherClient
            rest(node, for: client, evidence, permit, word: stated, ladder, at: now)
            rest(node, for: .everybody, evidence, permit, word: stated ?? retirement(node, verdict, .everybody), ladder, at: now)
        }
    }

    /// Takes a sign of trouble that lasts; another client's counts, too, where nobody's success has contradicted it since.
    private func confirm(
        _ node: HealthNode, _ cause: Cooldown.Cause, _ permit: AttemptPermit, request: UInt64, at now: LoopInstant
    ) -> HealthTrack.Confirmation {
        let client = permit.client
        let confirmation = node.change(for: client) { $0.confirm(cause, by: client, request: request, at: now) }
        guard client != .everybody else { return confirmation }
        let succeededAt = node.track.signsCount(from: node.succeededAt, startedAt: permit.startedAt)
        let isShared = node.clients.contains(otherThan: client, where: { $0.hasSign(cause, notOf: client, at: now, succeededAt: succeededAt) })
        return isShared ? .otherClient : confirmation
    }

    /// How long a model rests that was gone so often in a row that it counts as retired.
    private func retirement(_ node: HealthNode, _ verdict: FailureVerdict, _ client: ClientTag) -> LoopInterval? {
        guard verdict.kind == .modelGone, Int(node.track(for: client).cooldown.rung) + 1 >= rules.options.retireAfter else { return nil }
        return rules.retirement
    }

    /// A limit was met. The time its provider names in a field is believed; what only the message says, or only the window's name, is believed for a
    /// minute at most until a second request has met the same.
    ///
    /// Whose limit it is, no field says, unless one tells that nothing is left to the account: while one client alone has met it the others find out, see
    /// `LoneLimit`, and nothing but what agrees is learnt from it for them. Where nobody else asks it is all the same.
    private func limitMet(
        _ permit: AttemptPermit, _ verdict: FailureVerdict, _ window: RateWindow, stated: HealthNode, request: UInt64, at now: LoopInstant
    ) {
        let (word, client) = (word(of: verdict), permit.client)
        let isAccounts = client == .everybody || statesExhaustion(permit) && word.map { $0 <= LoneStatement.longestBelieved } ?? true
        let counts = isAccounts || !clients.hasOther(than: client, at: now, within: HealthLedger.presence)
        let node = verdict.scope == .keyModel ? limited(permit, word, counts: counts, at: now) : stated
        let isOwn = !isAccounts && node.hasOwnLimit(client, at: now)
        let confirmation = node.change(for: isOwn ? client : .everybody) { $0.confirm(.limit, by: client, request: request, at: now) }
        let isLone = !isAccounts && confirmation != .otherClient
        node.quota.refused(
            at: now, sentAt: permit.startedAt, signs(of: verdict), only: isLone ? client : nil)
        let (pause, evidence) = limitPause(verdict, window, confirmation, at: now)
        rest(
            node, for: isOwn ? client : .everybody, evidence, permit, word: pause, rules.limits, trials: isLone && !isOwn ? (client, spacing) : nil,
            at: now)
    }

    private func signs(of verdict: FailureVerdict) -> RefusalSigns {
        RefusalSigns(wait: word(of: verdict), window: verdict.hint.named, resource: verdict.resource, limit: verdict.statedLimit)
    }

    /// Whether the refusal's own fields tell that of a limit nothing is left.
    private func statesExhaustion(_ permit: AttemptPermit) -> Bool {
        let standing = permit.deployment.standing
        guard standing.quotaAt >= permit.startedAt else { return false }
        return (0..<standing.quota.count).contains { standing.quota[$0].isExhausted }
    }

    /// A limit on tokens was met of which something is left. One large request says nothing about smaller ones, nor of how many requests there may be: as
    /// large ones are left out, the client's own at first, everybody's once another client's did not fit.
    private func tokensMet(
        _ permit: AttemptPermit, _ verdict: FailureVerdict, _ window: RateWindow, _ node: HealthNode, request: UInt64, at now: LoopInstant
    ) {
        let (client, need) = (permit.client, permit.tokens.need)
        let learner = client == .everybody ? nil : client
        node.quota.refusedForTokens(signs(of: verdict), need: permit.tokens.expected, of: learner, at: now)
        let confirmation = node.change(for: client) { $0.confirm(.limit, by: client, request: request, at: now) }
        var (pause, evidence) = limitPause(verdict, window, confirmation, at: now)
        let chance = random.unit()
        func met(_ need: TokenNeed, _ track: inout HealthTrack) {
            track.met(need, evidence, startedAt: permit.startedAt, at: now, word: pause, ladder: rules.limits, chance: chance)
        }
        node.change(for: client) { met(need, &$0) }
        guard client != .everybody, let other = node.needRefused(otherThan: client, at: now) else { return }
        evidence.confirmation = .otherClient
        node.changeForAll { met(need.joined(with: other), &$0) }
    }

    /// How long a limit pauses what it is about, by what is believed of what was said.
    private func limitPause(
        _ verdict: FailureVerdict, _ window: RateWindow, _ confirmation: HealthTrack.Confirmation, at now: LoopInstant
    ) -> (LoopInterval?, RestEvidence) {
        let word = word(of: verdict)
        let isStated = word != nil && verdict.hint.source != .prose
        var pause = word
        if !isStated {
            pause = pause ?? known(window)
            if confirmation == .none { pause = word.map { min($0, HealthLedger.longestUnconfirmed) } }
        }
        let source: RestEvidence.Source = isStated ? .stated : verdict.hint.source == .prose || verdict.isProse ? .message : .answer
        let evidence = RestEvidence(
            cause: .limit, failure: verdict.kind, source: source, confirmation: confirmation, named: named(verdict, at: now), since: now)
        return (pause, evidence)
    }

    /// When a provider's message says that it can be asked again. Such a word is not believed for long without a second sign, but it is the best there is
    /// to tell.
    private func named(_ verdict: FailureVerdict, at now: LoopInstant) -> LoopInstant? {
        guard verdict.hint.source == .prose, let word = word(of: verdict) else { return nil }
        return now.advanced(by: word)
    }

    /// The wait a provider asks for, within bounds.
    private func word(of verdict: FailureVerdict) -> LoopInterval? {
        verdict.hint.wait.map { min(max(LoopInterval($0), HealthLedger.shortestWord), rules.longestPause) }
    }

    private func rest(
        _ node: HealthNode, for client: ClientTag, _ evidence: RestEvidence, _ permit: AttemptPermit, word: LoopInterval?, _ ladder: CooldownLadder,
        trials: (client: ClientTag, step: LoopInterval)? = nil, at now: LoopInstant
    ) {
        let (chance, before) = (random.unit(), node.cooldown)
        node.change(for: client) {
            $0.rest(evidence, startedAt: permit.startedAt, at: now, word: word, ladder: ladder, trials: trials, chance: chance)
        }
        if client == .everybody { tellOfRest(of: node, insteadOf: before, at: now) }
    }

    /// Tells the operator of a long rest of everybody, once: when it begins, when a short one becomes long, and when its cause is another.
    private func tellOfRest(of node: HealthNode, insteadOf before: Cooldown, at now: LoopInstant) {
        let rest = node.cooldown
        let brief = now.advanced(by: HealthLedger.longestUnconfirmed)
        guard rest.until > brief, before.until <= brief || before.cause != rest.cause,
            let report = node.track.report(of: node.subject, for: .everybody, at: now, epoch: secondsSinceEpoch() * 1000)
        else { return }
        let isRetired = node.track.evidence?.failure == .modelGone && rest.rung >= rules.options.retireAfter
        notice("\(report.provider): \(report.subject) \(isRetired ? "is retired and " : "")rests until \(report.until): \(report.grounds)")
    }

    /// The node whose limit a refusal met that names no scope: the narrowest, unless its parts turned out to share one.
    ///
    /// - Parameter counts: Whether the refusal says anything to others but its client.
    private func limited(_ permit: AttemptPermit, _ word: LoopInterval?, counts: Bool, at now: LoopInstant) -> HealthNode {
        let nodes = permit.deployment.health
        let isExplained = nodes.keyModel.quota.explainsRefusal(at: now, wait: word)
        let isKeys = nodes.key.partWasRefused(nodes.keyModel, isExplained: isExplained, counts: counts, startedAt: permit.startedAt, at: now)
        let keyIsExplained = isKeys ? nodes.key.quota.explainsRefusal(at: now, wait: word) : isExplained
        if nodes.provider.partWasRefused(nodes.key, isExplained: keyIsExplained, counts: counts, startedAt: permit.startedAt, at: now) {
            nodes.keyModel.quota.forgetEstimate()
            nodes.key.quota.forgetEstimate()
            return nodes.provider
        }
        if isKeys { nodes.keyModel.quota.forgetEstimate() }
        return isKeys ? nodes.key : nodes.keyModel
    }

    /// What came back with a status has reached the provider.
    private func reached(_ permit: AttemptPermit, _ verdict: FailureVerdict) {
        let provider = permit.deployment.health.provider
        guard verdict.scope != .provider, verdict.scope != .account, verdict.kind != .local, verdict.cause != .gateway, !provider.track.isQuiet else {
            return
        }
        provider.changeForAll { $0.wasReached(startedAt: permit.startedAt) }
    }

    private func takeBack(_ permit: AttemptPermit) {
        let nodes = permit.deployment.health
        let (tokens, sentAt) = (permit.tokens.expected, permit.startedAt)
        let limited = nodes.limited
        for index in limited.indices {
            let node = limited[index]
            node.quota.takeBack(tokens: tokens, sentAt: sentAt)
            if node.shares.isInUse {
                node.shares.used(by: permit.client, requests: -1, tokens: -tokens, wasHeldBack: permit.wasHeldBack, at: permit.startedAt)
            }
            if let journal, node.quota.counts { journal.corrected(more: 0, at: node) }
        }
    }

    private func settle(_ permit: AttemptPermit, _ tokens: Int) {
        let nodes = permit.deployment.health
        let (estimated, sentAt) = (permit.tokens.expected, permit.startedAt)
        let limited = nodes.limited
        for index in limited.indices {
            let node = limited[index]
            node.quota.settle(estimated: estimated, used: tokens, sentAt: sentAt)
            if node.shares.isInUse { node.shares.used(by: permit.client, requests: 0, tokens: tokens - estimated, at: permit.startedAt) }
            if let journal, node.quota.limitsTokens { journal.corrected(more: tokens - estimated, at: node) }
        }
    }

    private func endTrials(_ permit: inout AttemptPermit) {
        guard !permit.trials.isEmpty else { return }
        let (nodes, trials, client, startedAt) = (permit.deployment.health, permit.trials, permit.client, permit.startedAt)
        func end(_ node: HealthNode, _ trial: AttemptPermit.Trials) {
            node.trialEnded(shared: trials.contains(trial), own: trials.contains(trial.own), of: client, begunAt: startedAt)
        }
        end(nodes.keyModel, .keyModel)
        end(nodes.model, .model)
        end(nodes.key, .key)
        end(nodes.provider, .provider)
        permit.trials = []
    }

    /// The pause of a limit whose window is known and that names no time; half-open then.
    private func known(_ window: RateWindow) -> LoopInterval? {
        switch window {
        case .unknown, .minute: nil
        case .hour: LoopInterval(.seconds(300))
        // What is left of a month is tried once or twice a day.
        case .day, .week, .month: DailyReset.pause(at: secondsSinceEpoch())
        }
    }

    // MARK: What clients are told

    /// When what rests is back, as far as anyone knows: at the end of its rest; but while a second sign is waited for, and it rests but for a moment, at the
    /// time that its provider has named, and one whose day is used up, without a time, when the day ends.
    func isBack(_ deployment: Deployment, for client: ClientTag, until end: LoopInstant, at now: LoopInstant) -> LoopInstant {
        var end = end
        for node in deployment.health.all {
            // What another client alone was told says nothing to this one.
            let isOthers = client != .everybody && node.track.lone.map { $0.client != client } == true
            for track in isOthers ? [node.track(for: client)] : [node.track, node.track(for: client)] {
                for (cooldown, evidence) in [(track.cooldown, track.evidence)] + (track.bar.map { [($0.cooldown, $0.evidence)] } ?? []) {
                    guard cooldown.rests(at: now), let evidence, evidence.source != .stated else { continue }
                    if let named = evidence.named {
                        end = max(end, named)
                    } else if evidence.confirmation == .none, case .rateLimited(let window)? = evidence.failure, let pause = known(window),
                        window >= .day
                    {
                        end = max(end, now.advanced(by: pause))
                    }
                }
            }
        }
        return end
    }

    /// Whether nothing but limits of the configuration's holds a request back.
    func isHeldByConfiguration(_ deployment: Deployment, for client: ClientTag, _ need: TokenNeed, at now: LoopInstant) -> Bool {
        let tokens = need.tokens(of: deployment, for: client)
        let nodes = deployment.health.all
        func isBarred(_ track: HealthTrack) -> Bool { track.bar?.end(for: tokens, at: now) != nil }
        func rests(_ node: HealthNode) -> Bool {
            let own = node.track(for: client)
            return node.rests(for: client, at: now) || own.cooldown.rests(at: now) || isBarred(node.track) || isBarred(own)
        }
        return nodes.contains { $0.quota.configuredRoom(tokens: tokens.expected, at: now) != nil }
            && !nodes.contains(where: rests)
    }

    /// The longest rest on one sign of something that a client can bring about, or that only a message says.
    private static let longestUnconfirmed = LoopInterval(.seconds(60))
    /// A pause of less is no pause.
    private static let shortestWord = LoopInterval(.milliseconds(20))
}

extension HealthLedger.Outcome {
    /// Whether a limit of the provider's refused it.
    fileprivate var isRefusedByLimit: Bool {
        guard case .failed(let verdict) = self, case .rateLimited = verdict.kind else { return false }
        return true
    }
}

extension FailureClass {
    /// Whether the provider closes its door to the key.
    fileprivate var isDenial: Bool {
        if case .denied = self { true } else { false }
    }

}
