internal import EventLoop

/// A limit on tokens that a request did not fit in, though smaller ones may: those as large are left out until more is there.
struct TokenBar: Equatable, Sendable {
    /// From what need on a request is left out.
    private(set) var need: TokenNeed
    private(set) var cooldown = Cooldown()
    private(set) var evidence: RestEvidence

    init(_ need: TokenNeed, _ evidence: RestEvidence) {
        self.need = need
        self.evidence = evidence
    }

    /// Until when a request is left out; `nil` when it is not.
    func end(for demand: TokenDemand, at now: LoopInstant) -> LoopInstant? {
        cooldown.rests(at: now) && demand.need != .none && demand.need.isAtLeast(need) ? cooldown.until : nil
    }

    /// Another request did not fit. Where it needed no less than the one before, that one's need stays the bar.
    mutating func met(
        _ other: TokenNeed, _ evidence: RestEvidence, startedAt: LoopInstant, at now: LoopInstant, word: LoopInterval?, ladder: CooldownLadder,
        chance: Double
    ) {
        let goesOn = cooldown.rests(at: now)
        if !goesOn || !other.isAtLeast(need) { need = other }
        let since = goesOn ? self.evidence.since : evidence.since
        self.evidence = evidence
        self.evidence.since = since
        cooldown.failed(.limit, startedAt: startedAt, at: now, word: word, ladder: ladder, chance: chance)
    }

    /// Whether a request that was let in shows that there is room.
    func isOver(by demand: TokenDemand, startedAt: LoopInstant) -> Bool { demand.need.isAtLeast(need) && startedAt >= cooldown.failedAt }
}
