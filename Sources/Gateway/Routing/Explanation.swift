internal import EventLoop
internal import Wire

/// Where a request would go and why, as `POST /v1/route/explain` answers: every candidate with every term of its score, and everybody who can't
/// take the request with the reason. Nothing is sent and nothing is learnt.
///
/// Thousands of candidates take a tenth of a second to describe, so it is written in pieces between which the loop does other things. What was
/// decided is held from the start, and does not change when scores or the configuration do meanwhile.
struct Explanation: ~Copyable {
    /// What keeps a candidate from being asked now.
    struct State {
        /// In a word.
        var name: String
        /// Seconds until that is over; `nil` when it is not known.
        var seconds: Double?

        static let ready = State(name: "ready", seconds: nil)
    }

    /// A candidate as it was when it was decided.
    private struct Candidate {
        let deployment: Deployment
        let score: Double
        let facts: ScoreFacts
        let quality: QualityRating
    }

    /// How much is written in one turn of the loop: about a millisecond or two.
    static let effortPerTurn = 512
    /// What looking up the rows of boards for one model counts as, beside the description of one candidate.
    private static let effortOfEvidence = 8

    private let explained: Router.Explained
    private let candidates: [Candidate]
    private let profile: (name: String, profile: ScoringProfile)
    private let options: ScoringOptions
    private let source: (any QualitySource)?
    private let state: (Deployment) -> State
    private var json = JSONWriter()
    /// How many candidates are written, and how many of the others.
    private var written = (candidates: 0, refused: 0)
    private var isWhole = false
    /// The rows of boards for each model that came up, as JSON: several providers have it.
    private var evidence: [String: [UInt8]] = [:]
    private var evidenceBytes = 0

    /// Holds what is to be written.
    ///
    /// - Parameters:
    ///   - requested: The name that the request gives.
    ///   - state: Whether a candidate can be asked now.
    init(_ requested: String, _ explained: Router.Explained, by ranking: Ranking, snapshot: String, state: @escaping (Deployment) -> State) {
        self.explained = explained
        self.state = state
        options = ranking.options
        source = ranking.source
        profile = ranking.profiles[explained.decision?.profile ?? 0]
        candidates =
            explained.decision.map { decision in
                decision.candidates.map {
                    Candidate(deployment: $0, score: decision.score(of: $0), facts: $0.standing.facts, quality: $0.standing.quality)
                }
            } ?? []
        begin(requested, snapshot)
    }

    /// How many bytes it holds, about.
    var heldBytes: Int {
        let (candidate, refused) = (MemoryLayout<Candidate>.stride, MemoryLayout<Decision.Refused>.stride)
        return candidates.count * candidate + explained.notes.refused.count * refused + json.buffer.capacity + evidenceBytes
    }

    /// Writes a piece; whether all is written then.
    mutating func advance(effort: Int = effortPerTurn) -> Bool {
        guard !isWhole else { return true }
        var left = effort
        while written.candidates < candidates.count {
            guard left > 0 else { return false }
            let candidate = candidates[written.candidates]
            left -= 1 + (hasEvidence(candidate) ? 0 : Explanation.effortOfEvidence)
            describe(candidate)
            written.candidates += 1
            if written.candidates == candidates.count { beginRefused() }
        }
        while written.refused < explained.notes.refused.count {
            guard left > 0 else { return false }
            left -= 1
            describe(explained.notes.refused[written.refused])
            written.refused += 1
        }
        json.end("]")
        json.member("not_allowed", explained.notes.notAllowed)
        json.end("}")
        isWhole = true
        return true
    }

    /// The answer's body, once it is whole.
    mutating func take() -> ByteBuffer { json.take() }

    private mutating func begin(_ requested: String, _ snapshot: String) {
        json.begin("{")
        json.member("object", "route.explanation")
        json.member("snapshot", snapshot)
        json.member("model", requested)
        if let decision = explained.decision { describe(decision) }
        if let error = explained.error {
            json.name("error")
            error.envelope.writeObject(into: &json.buffer)
        }
        json.name("candidates")
        json.begin("[")
        if candidates.isEmpty { beginRefused() }
    }

    private mutating func beginRefused() {
        json.end("]")
        json.name("filtered")
        json.begin("[")
    }

    private mutating func describe(_ decision: Decision) {
        let (profile, options, state) = (profile, options, state)
        json.member("profile") { json in
            json.object { json in
                json.member("name", profile.name)
                json.member("task", profile.profile.task.rawValue)
                json.member("prompt_size", "\(decision.size)")
                json.member("mode", options.mode.rawValue)
            }
        }
        json.member("matched_by", decision.match.name.description)
        json.member("decision") { json in
            json.object { json in
                json.member("provider", decision.candidates[0].provider.name)
                json.member("model", decision.candidates[0].model.id)
                json.member("reason", decision.reason.name.description)
                json.member("score", decision.score(of: decision.candidates[0]))
                if decision.candidates[0] !== decision.best {
                    json.member("best_scored", "\(decision.best.provider.name)/\(decision.best.model.id)")
                }
                // The first that can be asked now is the one that is; none behind these is looked at.
                if let asked = decision.candidates.prefix(CandidateSet.capacity).first(where: { state($0).name == State.ready.name }) {
                    json.member("asked_first", "\(asked.provider.name)/\(asked.model.id)")
                }
            }
        }
    }

    private mutating func describe(_ candidate: Candidate) {
        guard let decision = explained.decision else { return }
        let (facts, profile, options, state) = (candidate.facts, profile.profile, options, state(candidate.deployment))
        let ability = candidate.quality.ability(profile.task)
        let rows = rows(of: candidate)
        json.element { json in
            json.object { json in
                Explanation.name(candidate.deployment, candidate.quality, &json)
                json.member("score", candidate.score)
                json.member("terms") { json in
                    json.array { json in
                        for term in Ranking.terms(candidate.deployment, facts, candidate.quality, profile, decision.size, options) {
                            json.element { Explanation.describe(term, &$0) }
                        }
                    }
                }
                json.member("state", state.name)
                if let seconds = state.seconds { json.member("ready_in_seconds", seconds) }
                json.member("predicted") { json in
                    json.object { json in
                        json.member("seconds", facts.seconds[decision.size.rawValue])
                        json.member("usd", facts.dollars[decision.size.rawValue])
                        json.member("price_known", facts.isPriceKnown)
                        json.member("success", facts.success)
                    }
                }
                json.member("quality") { json in
                    json.object { json in
                        json.member("mean", ability.mean)
                        json.member("sd", ability.deviation)
                        json.member("evidence", ability.evidence)
                        json.name("boards")
                        json.buffer.append(rows.span.bytes)
                    }
                }
            }
        }
    }

    private static func describe(_ term: ScoreTerm, _ json: inout JSONWriter) {
        json.object { json in
            json.member("name", term.kind.name.description)
            json.member("unit", term.kind.unit.description)
            json.member("raw", term.raw)
            json.member("normalised", term.normalised)
            json.member("weight", term.weight)
            json.member("product", term.product)
        }
    }

    private mutating func describe(_ refused: Decision.Refused) {
        json.element { json in
            json.object { json in
                Explanation.name(refused.deployment, refused.deployment.standing.quality, &json)
                json.member("reason", refused.reason.name.description)
                json.member("detail", refused.reason.text)
            }
        }
    }

    private static func name(_ deployment: Deployment, _ quality: QualityRating, _ json: inout JSONWriter) {
        json.member("provider", deployment.provider.name)
        json.member("model", deployment.model.id)
        if let canonical = quality.canonical { json.member("canonical", canonical) }
        // The variable's name, never the key.
        let keys = deployment.provider.configuration.keys
        if keys.count > 1 { json.member("key", keys[deployment.keyIndex].variable) }
    }

    // MARK: Evidence

    private func hasEvidence(_ candidate: Candidate) -> Bool { candidate.quality.canonical.map { evidence[$0] != nil } ?? true }

    /// The rows of boards that speak of a candidate's model, as a JSON array.
    private mutating func rows(of candidate: Candidate) -> [UInt8] {
        guard let canonical = candidate.quality.canonical else { return Array("[]".utf8) }
        if let known = evidence[canonical] { return known }
        var json = JSONWriter()
        json.array { json in
            for row in source?.evidence(for: canonical) ?? [] {
                json.element { json in
                    json.object { json in
                        json.member("board", row.board)
                        json.member("row", row.row)
                        json.member("value", row.value)
                        json.member("weight", row.weight)
                        if let age = row.age { json.member("age_days", age / .seconds(86_400)) }
                    }
                }
            }
        }
        let rows = json.buffer.bytes.array
        evidence[canonical] = rows
        evidenceBytes += rows.count
        return rows
    }
}
