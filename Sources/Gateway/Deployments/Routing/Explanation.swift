internal import EventLoop
internal import Wire

/// Where a request would go and why, as `POST /v1/route/explain` answers: every candidate with every term of its score, and everybody who can't
/// take the request with the reason. Nothing is sent and nothing is learnt.
///
/// To describe thousands of candidates takes a tenth of a second, so the loop only notes what there is to say of them, a few hundred in each turn, and
/// `ExplanationText` writes it on another thread. What was decided is held from the start, and does not change when scores or the configuration do
/// meanwhile.
struct Explanation: ~Copyable {
    /// What keeps a candidate from being asked now.
    struct State: Sendable {
        /// In a word.
        var name: String
        /// Seconds until that is over; `nil` when it is not known.
        var seconds: Double?
        /// The limits that it is held to, also where there is room.
        var limits: [LimitReport] = []

        static let ready = State(name: "ready", seconds: nil)
    }

    /// How much is noted in one turn of the loop: less than half a millisecond.
    static let effortPerTurn = 1024
    /// What is left of that in the turn in which the decision was made, and held.
    var effortOfFirstTurn: Int { Explanation.effortPerTurn - (explained.decision?.candidates.count ?? 0) - explained.notes.refused.count }
    /// What finding the health of a deployment counts as, where nobody has asked for it before, beside noting one of which it is known.
    private static let effortOfHealth = 32

    private let explained: Router.Explained
    private let state: (Deployment) -> State
    /// What writes it, once all is noted.
    let text: ExplanationText

    /// Holds what is to be written.
    ///
    /// - Parameters:
    ///   - requested: The name that the request gives.
    ///   - state: Whether a candidate can be asked now.
    init(_ requested: String, _ explained: Router.Explained, by ranking: Ranking, snapshot: String, state: @escaping (Deployment) -> State) {
        self.explained = explained
        self.state = state
        let profile = ranking.profiles[explained.decision?.profile ?? 0]
        text = ExplanationText(
            profile.profile, explained.decision?.size ?? .small, ranking.options, notAllowed: explained.notes.notAllowed,
            evidence: ranking.source?.evidence)
        if let decision = explained.decision {
            text.scores.reserveCapacity(decision.candidates.count)
            for candidate in decision.candidates {
                let basis = ScoreBasis(candidate, profile.profile.task)
                text.scores.append(
                    ExplanationText.Score(value: decision.score(of: candidate), basis: basis, canonical: candidate.standing.quality.canonical))
            }
            text.candidates.reserveCapacity(decision.candidates.count)
        }
        text.refused.reserveCapacity(explained.notes.refused.count)
        text.begin(requested, snapshot, explained, profileName: profile.name, state)
    }

    /// How many bytes it holds, about.
    var heldBytes: Int {
        let candidates = explained.decision?.candidates.count ?? 0
        return candidates * MemoryLayout<Deployment>.stride + explained.notes.refused.count * MemoryLayout<Decision.Refused>.stride + text.heldBytes
    }

    /// Notes a piece of what there is to say; whether all is noted then.
    mutating func note(effort: Int = effortPerTurn) -> Bool {
        var left = effort
        if let decision = explained.decision {
            while text.candidates.count < decision.candidates.count {
                guard left > 0 else { return false }
                let candidate = decision.candidates[text.candidates.count]
                left -= candidate.hasKnownHealth ? 1 : Explanation.effortOfHealth
                text.candidates.append(ExplanationText.Candidate(name: ExplanationText.Name(candidate), state: state(candidate)))
            }
        }
        while text.refused.count < explained.notes.refused.count {
            guard left > 0 else { return false }
            left -= 1
            let refused = explained.notes.refused[text.refused.count]
            text.refused.append(
                ExplanationText.Refused(
                    name: ExplanationText.Name(refused.deployment), canonical: refused.deployment.standing.quality.canonical, reason: refused.reason))
        }
        return true
    }
}
