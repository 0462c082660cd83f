internal import EventLoop

/// What failures say about one node, to everybody or to one client: the test whether it is down, the rest that follows, and the first sign of trouble
/// for which a longer rest waits until a second one confirms it.
struct HealthTrack: Equatable, Sendable {
    /// The rest, if there is one.
    private(set) var cooldown = Cooldown()
    /// Whether it is down, by failures that say nothing more.
    private(set) var test = DownTest()
    /// Why it rests; of the last rest, when it is over.
    private(set) var evidence: RestEvidence?
    private var sign: Sign?
    /// The limit on tokens that large requests did not fit in.
    private(set) var bar: TokenBar?
    /// Who alone has met the limit for which everybody rests; `nil` where the rest is everybody's.
    private(set) var lone: LoneLimit?
    /// Whose request failed since the rest of everybody began; another client's failure confirms it.
    private var witness: Witness?
    /// When a limit that the client had met last turned out to be its own: another was let in meanwhile.
    private var ownLimitAt: LoopInstant?
    /// When it was last told of trouble.
    private var troubledAt = LoopInstant(nanoseconds: 0)
    /// Counts what was learnt, so that a failure can be taken back as long as nothing came after it.
    private(set) var incident: UInt32 = 0

    /// One sign of trouble that lasts.
    private struct Sign: Equatable, Sendable {
        var cause: Cooldown.Cause
        var client: ClientTag
        var request: UInt64
        var at: LoopInstant
    }

    /// A client whose request failed.
    private struct Witness: Equatable, Sendable {
        var client: ClientTag
        var at: LoopInstant
    }

    /// How long trouble is evidence for what another client, or the same one later, meets: what lies further apart has hardly one cause.
    static let memory = LoopInterval(.seconds(600))

    /// How much a sign of lasting trouble is worth.
    enum Confirmation: UInt8, Sendable {
        /// It is the first.
        case none
        /// Another request of the same client met the same.
        case otherRequest
        /// Another client met the same.
        case otherClient
    }

    /// Whether nothing is known that matters to anybody.
    var isQuiet: Bool { cooldown.isClosed && cooldown.rung == 0 && test.level == 0 && sign == nil && bar == nil && ownLimitAt == nil }

    /// Whether there is a sign of trouble of this kind, of another client than `client`, that is not old and that nobody's success has contradicted since.
    func hasSign(_ cause: Cooldown.Cause, notOf client: ClientTag, at now: LoopInstant, succeededAt: LoopInstant) -> Bool {
        guard let sign, sign.cause == cause, sign.client != client else { return false }
        return HealthTrack.isEvidence(sign.at, at: now, succeededAt: succeededAt)
    }

    /// Whether the trouble is not old, and nobody's success has contradicted it since.
    func isEvidence(at now: LoopInstant, succeededAt: LoopInstant) -> Bool {
        HealthTrack.isEvidence(troubledAt, at: now, succeededAt: succeededAt)
    }

    private static func isEvidence(_ instant: LoopInstant, at now: LoopInstant, succeededAt: LoopInstant) -> Bool {
        succeededAt <= instant && now < instant.advanced(by: memory)
    }

    /// Whether all of it is so long ago that it matters to nobody.
    func isForgotten(at now: LoopInstant) -> Bool {
        let last = max(max(troubledAt, sign?.at ?? troubledAt), max(cooldown.until, max(bar?.cooldown.until ?? troubledAt, ownLimitAt ?? troubledAt)))
        return last.advanced(by: HealthTrack.memory) <= now
    }

    /// Whether it rests at `now`, founded on evidence of this kind.
    func rests(by source: RestEvidence.Source, at now: LoopInstant) -> Bool { evidence?.source == source && cooldown.rests(at: now) }

    /// A client's request, sent at `startedAt`, has failed although everybody's rest had begun before. What only one client meets may be of its own making.
    ///
    /// - Returns: Whether another client's has failed, too, so that the trouble goes on.
    mutating func trialFailed(by client: ClientTag, startedAt: LoopInstant, at now: LoopInstant) -> Bool {
        guard startedAt > cooldown.failedAt else { return false }
        if let witness, witness.client != client, witness.at > cooldown.failedAt, now < witness.at.advanced(by: HealthTrack.memory) {
            self.witness = nil
            return true
        }
        witness = Witness(client: client, at: now)
        return false
    }

    /// A client's failure turned out to be its request's.
    mutating func forgetWitness(_ client: ClientTag) { if witness?.client == client { witness = nil } }

    /// From when on signs say something about what a request met that was sent at `startedAt`: what began before everybody's rest is what that is for.
    func signsCount(from succeededAt: LoopInstant, startedAt: LoopInstant) -> LoopInstant {
        guard !cooldown.isClosed, startedAt > cooldown.failedAt else { return succeededAt }
        return max(succeededAt, LoopInstant(nanoseconds: cooldown.failedAt.nanoseconds + 1))
    }

    /// Takes a sign of trouble that lasts. One before it counts as long as it is not old, or the rest that it led to is not long over. Of a limit that
    /// everybody has rested for, another client's sign of before says nothing: who meets it when the rest is over may be the one whose limit it is.
    mutating func confirm(_ cause: Cooldown.Cause, by client: ClientTag, request: UInt64, at now: LoopInstant) -> Confirmation {
        guard let known = sign, known.cause == cause, now < max(known.at, cooldown.until).advanced(by: HealthTrack.memory),
            known.client == client || !isOfEarlierRest(known, at: now)
        else {
            sign = Sign(cause: cause, client: client, request: request, at: now)
            return .none
        }
        sign?.at = now
        if known.client != client { return .otherClient }
        return known.request != request ? .otherRequest : .none
    }

    private func isOfEarlierRest(_ sign: Sign, at now: LoopInstant) -> Bool {
        sign.cause == .limit && cooldown.cause == .limit && cooldown.until <= now && sign.at <= cooldown.failedAt
    }

    /// Begins a rest, or makes one longer.
    ///
    /// - Parameter trials: Whose limit it may be alone, and after how long another client may find out; `nil` where it is everybody's rest.
    mutating func rest(
        _ evidence: RestEvidence, startedAt: LoopInstant, at now: LoopInstant, word: LoopInterval?, ladder: CooldownLadder,
        trials: (client: ClientTag, step: LoopInterval)? = nil, chance: Double
    ) {
        incident &+= 1
        troubledAt = now
        let before = cooldown
        cooldown.failed(evidence.cause, startedAt: startedAt, at: now, word: word, ladder: ladder, chance: chance)
        if let trials {
            noteLone(trials.client, trials.step, insteadOf: before, at: now)
        } else if cooldown.until != before.until {
            lone = nil
        } else {
            // The other client was told a shorter time, or has met something else: until that is over nobody need try.
            lone?.hold(until: now.advanced(by: word ?? ladder.pause(max(cooldown.rung, 1), chance: chance)))
        }
        guard cooldown.until != before.until else {
            // A shorter rest changes nothing but how sure the longer one is: its reason stays the one in force.
            if let known = self.evidence, known.cause == evidence.cause {
                if evidence.confirmation.rawValue > known.confirmation.rawValue { self.evidence?.confirmation = evidence.confirmation }
                if evidence.named != nil { self.evidence?.named = evidence.named }
            }
            return
        }
        var evidence = evidence
        // One that goes on began when it began.
        if let known = self.evidence, known.cause == evidence.cause, !before.isClosed { (evidence.since, evidence.age) = (known.since, known.age) }
        self.evidence = evidence
    }

    /// Notes who alone has met the limit.
    private mutating func noteLone(_ client: ClientTag, _ step: LoopInterval, insteadOf before: Cooldown, at now: LoopInstant) {
        guard cooldown.until != before.until else { return }
        let goesOn = before.rests(at: now)
        if goesOn, lone?.client == client { return }
        var limit = LoneLimit(of: client, until: cooldown.until, step: step, at: now)
        // What everybody rests for anyway is not tried before that is over.
        if goesOn { limit.hold(until: lone?.from ?? before.until) }
        lone = limit
    }

    /// Another client was let in: the limit that everybody rested for is this client's own.
    mutating func take(_ limit: Cooldown, _ evidence: RestEvidence?, at now: LoopInstant) {
        ownLimitAt = now
        troubledAt = now
        guard limit.until > cooldown.until else { return }
        let trial = cooldown
        cooldown = limit
        cooldown.keepTrial(of: trial)
        self.evidence = evidence
    }

    /// Whether the limits that the client meets are known to be its own.
    func hasOwnLimit(at now: LoopInstant) -> Bool { ownLimitAt.map { now < $0.advanced(by: HealthTrack.memory) } ?? false }

    /// Another client's request that was sent at `startedAt` was let in.
    mutating func otherSucceeded(startedAt: LoopInstant, at now: LoopInstant) {
        if ownLimitAt != nil, cooldown.cause == .limit, startedAt >= cooldown.failedAt { ownLimitAt = now }
    }

    /// Takes a failure that may say nothing.
    mutating func failed(_ weight: Float, at now: LoopInstant) {
        incident &+= 1
        troubledAt = now
        test.failed(weight)
    }

    /// A limit on tokens was met of which something is left.
    mutating func met(
        _ need: TokenNeed, _ evidence: RestEvidence, startedAt: LoopInstant, at now: LoopInstant, word: LoopInterval?, ladder: CooldownLadder,
        chance: Double
    ) {
        var bar = self.bar ?? TokenBar(need, evidence)
        bar.met(need, evidence, startedAt: startedAt, at: now, word: word, ladder: ladder, chance: chance)
        self.bar = bar
    }

    /// A request of so many tokens was let in.
    mutating func fitted(_ demand: TokenDemand, startedAt: LoopInstant) {
        guard bar?.isOver(by: demand, startedAt: startedAt) == true else { return }
        bar = nil
        if sign?.cause == .limit { sign = nil }
    }

    /// Forgets a limit on tokens that was met long ago.
    mutating func forgetBar(at now: LoopInstant) {
        if let bar, bar.cooldown.until.advanced(by: HealthTrack.memory) <= now { self.bar = nil }
    }

    /// An attempt that was begun at `startedAt` succeeded.
    ///
    /// - Returns: Whether a rest has ended.
    mutating func succeeded(startedAt: LoopInstant) -> Bool {
        test.succeeded()
        guard startedAt >= cooldown.failedAt else { return false }
        sign = nil
        guard cooldown.succeeded(startedAt: startedAt) else { return false }
        (lone, witness) = (nil, nil)
        test.recovered()
        return true
    }

    /// The provider says that its limit is free again.
    mutating func limitWasReset() -> Bool {
        guard cooldown.limitWasReset() else { return false }
        lone = nil
        return true
    }

    /// An answer, whatever it said, has shown that the host can be reached.
    mutating func wasReached(startedAt: LoopInstant) {
        guard cooldown.cause == .unreachable || cooldown.isClosed else { return }
        _ = succeeded(startedAt: startedAt)
    }

    /// Takes back a failure that turned out to be the request's.
    ///
    /// - Parameters:
    ///   - before: The state before it.
    ///   - number: `incident` behind it, with the rest that it may have begun.
    ///   - weight: What it had added.
    mutating func takeBack(to before: HealthTrack, from number: UInt32, weight: Float) {
        guard incident == number else { return test.takeBack(weight) }
        let (trial, count) = (cooldown, incident)
        self = before
        cooldown.keepTrial(of: trial)
        incident = count
    }

    /// A request of a client's is sent.
    ///
    /// - Returns: Whether it is the trial.
    mutating func begin(for client: ClientTag = .everybody, at now: LoopInstant) -> Bool {
        guard cooldown.begin(for: client, at: now) else { return false }
        lone?.begin(at: now)
        return true
    }

    /// The head of a success is there, of the trial that began at `instant`.
    mutating func trialAnswered(begunAt instant: LoopInstant, at now: LoopInstant) { cooldown.trialAnswered(begunAt: instant, at: now) }

    mutating func trialEnded(begunAt instant: LoopInstant) { cooldown.trialEnded(begunAt: instant) }

    /// Takes a rest from an earlier run of the program.
    ///
    /// - Parameter client: Who alone had met the limit that it is for.
    mutating func restore(_ cooldown: Cooldown, _ evidence: RestEvidence?, metBy client: ClientTag?, at now: LoopInstant) {
        self.cooldown = cooldown
        self.evidence = evidence
        lone = client.map { LoneLimit(of: $0, until: cooldown.until, step: LoopInterval(.seconds(1)), at: now) }
    }

    /// Forgets everything: an operator says that it is well.
    mutating func clear() {
        let (trial, count) = (cooldown, incident)
        self = HealthTrack()
        cooldown.keepTrial(of: trial)
        // A failure that is taken back later must not bring back the state before it.
        incident = count &+ 1
    }
}
