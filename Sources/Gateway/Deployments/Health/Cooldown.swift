public import EventLoop

/// Keeps what failed out of use for a while: closed, cooling, then half-open until one trial request has an end.
///
/// A pause never becomes shorter by a further failure. Only the success of a request that was begun after the failure, or the provider's own
/// word that its limit is free again, ends it early.
public struct Cooldown: Sendable, Equatable {
    /// What the pause is for.
    public enum Cause: UInt8, Sendable {
        case none
        /// Failures of any kind that may pass.
        case failure
        /// No connection.
        case unreachable
        /// A limit of the provider's.
        case limit
        /// The credential was rejected.
        case credential
        /// The model is not there.
        case gone
        /// The account has no money, or no allowance that comes back by waiting.
        case money
        /// The provider closes its door to this key without saying that the key is wrong.
        case denied
    }

    /// What there is to do with a request now.
    public enum State: Equatable, Sendable {
        /// Nothing stands in the way.
        case closed
        /// Left alone.
        case cooling
        /// The pause is over: one request may try.
        case halfOpen
        /// One request is trying.
        case trial
    }

    /// When the pause ends; the clock's start when there is none.
    public private(set) var until = LoopInstant(nanoseconds: 0)
    /// When the last failure that counted was learnt.
    public private(set) var failedAt = LoopInstant(nanoseconds: 0)
    /// How often in a row it failed, less the successes since.
    public private(set) var rung: UInt8 = 0
    /// What the pause is for.
    public private(set) var cause = Cause.none
    /// Whether its end is the provider's own word and not the ladder's guess.
    public private(set) var isWord = false
    /// Who finds out whether it is over.
    private var trial = Trial()

    /// Makes one that is closed.
    public init() {}

    /// Whether nothing stands in the way, at any time.
    @inline(__always)
    public var isClosed: Bool { until.nanoseconds == 0 }

    /// Whether a trial is under way.
    var isTrying: Bool { trial.isUnderWay }

    /// Whether the pause is not over, also while a request tries early.
    func rests(at now: LoopInstant) -> Bool { now < until }

    /// Where it stands.
    public func state(at now: LoopInstant) -> State { state(for: .everybody, at: now) }

    /// Where it stands for a client.
    func state(for client: ClientTag, at now: LoopInstant) -> State {
        if isClosed { return .closed }
        // Also before the pause is over: where nothing else was left one request may have been let through early.
        if trial.keepsWaiting(client, at: now) { return .trial }
        return now < until ? .cooling : .halfOpen
    }

    /// Until when a client lets the others try, having had its turn without a success; `nil` where it need not.
    func holdsBack(_ client: ClientTag, at now: LoopInstant) -> LoopInstant? { isClosed ? nil : trial.holdsBack(client, at: now) }

    /// A client's request is sent.
    ///
    /// - Returns: Whether it is the trial, whose end must be told by `trialEnded(begunAt:)`.
    mutating func begin(for client: ClientTag = .everybody, at now: LoopInstant) -> Bool {
        guard !isClosed, !trial.keepsWaiting(client, at: now) else { return false }
        trial.begin(for: client, at: now)
        return true
    }

    /// The head of a success is there, of the trial that began at `instant`: others need not wait for its end.
    mutating func trialAnswered(begunAt instant: LoopInstant, at now: LoopInstant) { trial.open(begunAt: instant, at: now) }

    /// A trial has an end, whatever it was.
    ///
    /// - Parameter instant: When it began: one that took too long does not end the one behind it.
    mutating func trialEnded(begunAt instant: LoopInstant) { trial.ended(begunAt: instant) }

    /// Learns from a failure.
    ///
    /// - Parameters:
    ///   - startedAt: When the failed request was sent. One that was under way when the last failure came is of the same trouble and climbs no rung.
    ///   - word: The pause the provider asked for.
    ///   - chance: A random number for the jitter, 0 to 1.
    mutating func failed(
        _ cause: Cause, startedAt: LoopInstant, at now: LoopInstant, word: LoopInterval? = nil, ladder: CooldownLadder, chance: Double
    ) {
        let isSame = startedAt < failedAt
        if isSame, word == nil, now < until { return }
        if !isSame, rung < CooldownLadder.highestRung { rung += 1 }
        failedAt = now
        let end = now.advanced(by: word ?? ladder.pause(max(rung, 1), chance: chance))
        guard end > until else { return }
        until = end
        isWord = word != nil
        self.cause = cause
    }

    /// Learns from a success of a request sent at `startedAt`: each steps the ladder down, and one that was sent after the failure ends the pause.
    ///
    /// - Returns: Whether a pause has ended.
    @discardableResult
    mutating func succeeded(startedAt: LoopInstant) -> Bool {
        guard startedAt >= failedAt else { return false }
        if rung > 0 { rung -= 1 }
        guard !isClosed else { return false }
        until = LoopInstant(nanoseconds: 0)
        isWord = false
        cause = .none
        trial.reset()
        return true
    }

    /// The provider says that its limit is free again.
    ///
    /// - Returns: Whether a pause has ended.
    @discardableResult
    mutating func limitWasReset() -> Bool {
        guard cause == .limit, !isClosed else { return false }
        until = LoopInstant(nanoseconds: 0)
        isWord = false
        cause = .none
        return true
    }

    /// Goes on with the trial of another state of the same cooldown.
    mutating func keepTrial(of other: Cooldown) { trial = other.trial }

    /// A state from an earlier run of the program.
    static func restored(until: LoopInstant, rung: UInt8, cause: Cause, isWord: Bool) -> Cooldown {
        var cooldown = Cooldown()
        cooldown.until = until
        cooldown.rung = min(rung, CooldownLadder.highestRung)
        cooldown.cause = cause
        cooldown.isWord = isWord
        return cooldown
    }
}
