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
        let before: Cooldown
        let provider: Provider
    }

    /// Told when something came free that somebody may wait for.
    var capacityReturned: () -> Void = {}
    /// Told what an operator should know.
    var notice: (String) -> Void = { _ in }

    private var rules: Rules
    /// From so long after a failure on one request may try when nothing else is left.
    var spacing: LoopInterval { rules.spacing }
    private var random: HealthRandom
    /// Told of changes that should be kept.
    var changed: () -> Void = {}
    /// The time of day, in seconds since the Unix epoch.
    var secondsSinceEpoch: () -> Int = { WallClock.secondsSinceEpoch }

    init(_ options: FailureOptions, seed: UInt64) {
        rules = Rules(options)
        random = HealthRandom(state: seed)
    }

    /// Goes over to other options; pauses that have begun stay as long as they were to be.
    func apply(_ options: FailureOptions) {
        rules = Rules(options)
    }

    /// What follows from the options.
    private struct Rules {
        let options: FailureOptions
        let failures: CooldownLadder
        let limits: CooldownLadder
        let credentials: CooldownLadder
        let missing: CooldownLadder
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
            longestPause = LoopInterval(options.longestPause)
            retirement = LoopInterval(options.retirement)
            spacing = LoopInterval(options.cooldownFirst)
        }
    }

    /// Whether a deployment may be asked.
    @inline(__always)
    func availability(of deployment: Deployment, tokens: Int, at now: LoopInstant) -> Availability {
        if deployment.health.areFree { return .ready }
        return deployment.health.availability(tokens: tokens, spacing: spacing, at: now)
    }

    /// Begins an attempt.
    func begin(_ deployment: Deployment, tokens: Int, at now: LoopInstant) -> AttemptPermit {
        let nodes = deployment.health
        var trials: AttemptPermit.Trials = []
        if nodes.keyModel.begin(tokens: tokens, at: now) { trials.insert(.keyModel) }
        if nodes.key.begin(tokens: tokens, at: now) { trials.insert(.key) }
        if nodes.provider.begin(tokens: tokens, at: now) { trials.insert(.provider) }
        nodes.model.inFlight += 1
        if !nodes.model.cooldown.isClosed, nodes.model.cooldown.begin(at: now) { trials.insert(.model) }
        return AttemptPermit(deployment: deployment, startedAt: now, tokens: tokens, trials: trials)
    }

    /// The provider lets the attempt in: content has come. Ends pauses and trials without waiting for the end of a long answer.
    func admitted(_ permit: inout AttemptPermit, at now: LoopInstant) {
        guard !permit.isAdmitted else { return }
        permit.isAdmitted = true
        let nodes = permit.deployment.health
        nodes.keyModel.quota.admitted(sentAt: permit.startedAt)
        nodes.key.quota.admitted(sentAt: permit.startedAt)
        nodes.provider.quota.admitted(sentAt: permit.startedAt)
        var changed = succeeded(nodes.keyModel, permit)
        changed = succeeded(nodes.model, permit) || changed
        changed = succeeded(nodes.key, permit) || changed
        changed = succeeded(nodes.provider, permit) || changed
        guard changed || !permit.trials.isEmpty else { return }
        endTrials(&permit)
        self.changed()
        capacityReturned()
    }

    private func succeeded(_ node: HealthNode, _ permit: AttemptPermit) -> Bool {
        if node.cooldown.isClosed, node.cooldown.rung == 0 { return false }
        return node.cooldown.succeeded(startedAt: permit.startedAt)
    }

    /// Ends an attempt.
    ///
    /// - Parameter tokens: The tokens it took, where that is known.
    /// - Returns: The failure, where it may turn out to be the request's own.
    @discardableResult
    func end(_ permit: inout AttemptPermit, _ outcome: Outcome, tokens: Int? = nil, at now: LoopInstant) -> Incident? {
        let nodes = permit.deployment.health
        nodes.keyModel.inFlight -= 1
        nodes.model.inFlight -= 1
        nodes.key.inFlight -= 1
        nodes.provider.inFlight -= 1
        var incident: Incident?
        switch outcome {
        case .succeeded:
            admitted(&permit, at: now)
        case .failed(let verdict):
            incident = failed(permit, verdict, at: now)
        case .abandoned:
            break
        }
        if let tokens {
            nodes.keyModel.quota.settle(estimated: permit.tokens, used: tokens, sentAt: permit.startedAt)
            nodes.key.quota.settle(estimated: permit.tokens, used: tokens, sentAt: permit.startedAt)
            nodes.provider.quota.settle(estimated: permit.tokens, used: tokens, sentAt: permit.startedAt)
        }
        endTrials(&permit)
        capacityReturned()
        return incident
    }

    /// Takes back what turned out to be the request's own: the same 5xx came from a second provider.
    func takeBack(_ incident: Incident) {
        incident.node.cooldown.takeBack(to: incident.before)
        capacityReturned()
    }

    /// Takes what an answer states about limits. One that lets a request in and states that at least half of every limit is left says that a limit
    /// met before is free again.
    func note(_ reading: QuotaReading, for deployment: Deployment, isRefusal: Bool, at now: LoopInstant) {
        guard !reading.isEmpty else { return }
        (deployment.standing.quota, deployment.standing.quotaAt, deployment.standing.isChanged) = (reading, now, true)
        let node = deployment.health.keyModel
        let isFree = node.quota.note(reading, inFlight: max(0, node.inFlight - 1), at: now)
        if isFree, !isRefusal, node.cooldown.limitWasReset() { capacityReturned() }
    }

    // MARK: Failures

    private func failed(_ permit: AttemptPermit, _ verdict: FailureVerdict, at now: LoopInstant) -> Incident? {
        let nodes = permit.deployment.health
        reached(permit, verdict)
        guard let stated = nodes.node(for: verdict.scope), verdict.kind.countsAgainstProvider else {
            // Where nothing was sent nothing was counted either.
            if verdict.kind == .local { takeBack(permit) }
            return nil
        }
        changed()
        let word = verdict.hint.wait.map { min(max(LoopInterval($0), HealthLedger.shortestWord), rules.longestPause) }
        switch verdict.kind {
        case .rateLimited(let window):
            takeBack(permit)
            let node = verdict.scope == .keyModel ? limited(permit, word, at: now) : stated
            node.quota.refused(at: now, sentAt: permit.startedAt, wait: word)
            fail(node, .limit, permit, word: word ?? known(window), rules.limits, at: now)
        case .quota:
            fail(stated, .money, permit, word: word, rules.credentials, at: now)
        case .credential:
            let wasRejected = stated.cooldown.cause == .credential
            fail(stated, .credential, permit, word: nil, rules.credentials, at: now)
            if !wasRejected { notice("\(permit.deployment.provider.name): a key is rejected and left alone: \(name(of: permit.deployment))") }
        case .modelGone:
            let isRetired = Int(stated.cooldown.rung) + 1 >= rules.options.retireAfter
            if isRetired, Int(stated.cooldown.rung) + 1 == rules.options.retireAfter {
                notice("\(permit.deployment.provider.name): the model \(permit.deployment.model.id) is gone and retired")
            }
            fail(stated, .gone, permit, word: isRetired ? rules.retirement : nil, rules.missing, at: now)
        default:
            let before = stated.cooldown
            let cause: Cooldown.Cause = stated === nodes.provider ? .unreachable : verdict.kind.isDenial ? .denied : .failure
            fail(stated, cause, permit, word: word, rules.failures, at: now)
            if verdict.kind.isServerFault, word == nil { return Incident(node: stated, before: before, provider: permit.deployment.provider) }
        }
        return nil
    }

    private func fail(
        _ node: HealthNode, _ cause: Cooldown.Cause, _ permit: AttemptPermit, word: LoopInterval?, _ ladder: CooldownLadder, at now: LoopInstant
    ) {
        node.cooldown.failed(cause, startedAt: permit.startedAt, at: now, word: word, ladder: ladder, chance: random.unit())
    }

    /// The node whose limit a refusal met that names no scope: the narrowest, unless its parts turned out to share one.
    private func limited(_ permit: AttemptPermit, _ word: LoopInterval?, at now: LoopInstant) -> HealthNode {
        let nodes = permit.deployment.health
        let isExplained = nodes.keyModel.quota.explainsRefusal(at: now, wait: word)
        let isKeys = nodes.key.partWasRefused(nodes.keyModel, isExplained: isExplained, startedAt: permit.startedAt, at: now)
        let keyIsExplained = isKeys ? nodes.key.quota.explainsRefusal(at: now, wait: word) : isExplained
        if nodes.provider.partWasRefused(nodes.key, isExplained: keyIsExplained, startedAt: permit.startedAt, at: now) {
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
        guard verdict.scope != .provider, verdict.scope != .account, verdict.kind != .local, provider.cooldown.cause == .unreachable else { return }
        provider.cooldown.succeeded(startedAt: permit.startedAt)
    }

    private func takeBack(_ permit: AttemptPermit) {
        let nodes = permit.deployment.health
        nodes.keyModel.quota.takeBack(tokens: permit.tokens, sentAt: permit.startedAt)
        nodes.key.quota.takeBack(tokens: permit.tokens, sentAt: permit.startedAt)
        nodes.provider.quota.takeBack(tokens: permit.tokens, sentAt: permit.startedAt)
    }

    private func endTrials(_ permit: inout AttemptPermit) {
        let nodes = permit.deployment.health
        if permit.trials.contains(.keyModel) { nodes.keyModel.cooldown.trialEnded() }
        if permit.trials.contains(.model) { nodes.model.cooldown.trialEnded() }
        if permit.trials.contains(.key) { nodes.key.cooldown.trialEnded() }
        if permit.trials.contains(.provider) { nodes.provider.cooldown.trialEnded() }
        permit.trials = []
    }

    private func name(of deployment: Deployment) -> String {
        let keys = deployment.provider.configuration.keys
        return keys.indices.contains(deployment.keyIndex) ? keys[deployment.keyIndex].variable : "none is configured"
    }

    /// The pause of a limit whose window is known and that names no time; half-open then.
    private func known(_ window: RateWindow) -> LoopInterval? {
        switch window {
        case .unknown, .minute: nil
        case .hour: LoopInterval(.seconds(300))
        // What is left of a month is tried once or twice a day.
        case .day, .month: DailyReset.pause(at: secondsSinceEpoch())
        }
    }

    /// A pause of less is no pause.
    private static let shortestWord = LoopInterval(.milliseconds(20))
}

extension FailureClass {
    /// Whether the provider closes its door to the key.
    fileprivate var isDenial: Bool {
        if case .denied = self { true } else { false }
    }

    /// Whether it is a 5xx, which may be the request's fault.
    var isServerFault: Bool {
        switch self {
        case .unavailable(let status), .overloaded(let status): status >= 500
        default: false
        }
    }
}

/// Random numbers for jitter: splitmix64 (Steele, Lea, Flood 2014), so that a test has its own.
struct HealthRandom {
    private var state: UInt64

    init(state: UInt64) { self.state = state }

    /// A number from 0 to 1.
    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((value ^ (value >> 31)) >> 11) / 9_007_199_254_740_992
    }
}
