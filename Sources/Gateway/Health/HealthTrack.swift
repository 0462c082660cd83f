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
    /// Counts what was learnt, so that a failure can be taken back as long as nothing came after it.
    private var incident: UInt32 = 0

    /// One sign of trouble that lasts.
    private struct Sign: Equatable, Sendable {
        var cause: Cooldown.Cause
        var client: ClientTag
        var request: UInt64
    }

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
    var isQuiet: Bool { cooldown.isClosed && cooldown.rung == 0 && test.level == 0 && sign == nil }

    /// Whether there is a sign of trouble of this kind, of another client than `client`.
    func hasSign(_ cause: Cooldown.Cause, notOf client: ClientTag) -> Bool { sign.map { $0.cause == cause && $0.client != client } ?? false }

    /// Whether it rests at `now`, founded on evidence of this kind.
    func rests(by source: RestEvidence.Source, at now: LoopInstant) -> Bool { evidence?.source == source && cooldown.rests(at: now) }

    /// Takes a sign of trouble that lasts.
    mutating func confirm(_ cause: Cooldown.Cause, by client: ClientTag, request: UInt64) -> Confirmation {
        guard let known = sign, known.cause == cause else {
            sign = Sign(cause: cause, client: client, request: request)
            return .none
        }
        if known.client != client { return .otherClient }
        return known.request != request ? .otherRequest : .none
    }

    /// Begins a rest, or makes one longer.
    mutating func rest(
        _ evidence: RestEvidence, startedAt: LoopInstant, at now: LoopInstant, word: LoopInterval?, ladder: CooldownLadder, chance: Double
    ) {
        incident &+= 1
        let before = cooldown
        cooldown.failed(evidence.cause, startedAt: startedAt, at: now, word: word, ladder: ladder, chance: chance)
        guard cooldown.until != before.until else {
            // A shorter rest changes nothing but how sure the longer one is: its reason stays the one in force.
            if let known = self.evidence, known.cause == evidence.cause, evidence.confirmation.rawValue > known.confirmation.rawValue {
                self.evidence?.confirmation = evidence.confirmation
            }
            return
        }
        var evidence = evidence
        // One that goes on began when it began.
        if let known = self.evidence, known.cause == evidence.cause, !before.isClosed { (evidence.since, evidence.age) = (known.since, known.age) }
        self.evidence = evidence
    }

    /// Takes a failure that may say nothing.
    mutating func failed(_ weight: Float) {
        incident &+= 1
        test.failed(weight)
    }

    /// An attempt that was begun at `startedAt` succeeded.
    ///
    /// - Returns: Whether a rest has ended.
    mutating func succeeded(startedAt: LoopInstant) -> Bool {
        test.succeeded()
        guard startedAt >= cooldown.failedAt else { return false }
        sign = nil
        guard cooldown.succeeded(startedAt: startedAt) else { return false }
        test.recovered()
        return true
    }

    /// The provider says that its limit is free again.
    mutating func limitWasReset() -> Bool { cooldown.limitWasReset() }

    /// An answer, whatever it said, has shown that the host can be reached.
    mutating func wasReached(startedAt: LoopInstant) {
        guard cooldown.cause == .unreachable || cooldown.isClosed else { return }
        _ = succeeded(startedAt: startedAt)
    }

    /// Takes back a failure that turned out to be the request's.
    ///
    /// - Parameters:
    ///   - before: The state before it.
    ///   - weight: What it had added.
    mutating func takeBack(to before: HealthTrack, weight: Float) {
        guard incident == before.incident &+ 1 else { return test.takeBack(weight) }
        let (trial, count) = (cooldown, incident)
        self = before
        cooldown.keepTrial(of: trial)
        incident = count
    }

    mutating func begin(at now: LoopInstant) -> Bool { cooldown.begin(at: now) }

    mutating func trialEnded() { cooldown.trialEnded() }

    /// Takes a rest from an earlier run of the program.
    mutating func restore(_ cooldown: Cooldown, _ evidence: RestEvidence?) {
        self.cooldown = cooldown
        self.evidence = evidence
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
