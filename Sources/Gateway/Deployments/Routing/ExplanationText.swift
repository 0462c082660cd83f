internal import Wire

/// Writes an explanation as JSON, in pieces, of what the loop has noted. It needs nothing of the loop's and is written on another thread.
final class ExplanationText: @unchecked Sendable {  // one thread has it at a time: the loop fills it, hands it on, and waits until a piece is written
    /// What a candidate's score was when it was decided.
    struct Score: Sendable {
        let value: Double
        let basis: ScoreBasis
        let canonical: String?
    }

    /// How a deployment is called.
    struct Name: Sendable {
        let provider: String
        let model: String
        /// The variable of its key, where its provider has several; never the key.
        let key: String?

        init(_ deployment: Deployment) {
            provider = deployment.provider.name
            model = deployment.model.id
            key = deployment.provider.hasSeveralKeys ? deployment.provider.configuration.keys[deployment.keyIndex].variable : nil
        }
    }

    /// A candidate, and whether it can be asked now.
    struct Candidate: Sendable {
        let name: Name
        let state: Explanation.State
    }

    /// Who can't take the request.
    struct Refused: Sendable {
        let name: Name
        let canonical: String?
        let reason: FilterReason
    }

    /// How much is written in one piece: some hundredths of a second, after which it is another explanation's turn. Each piece costs the loop a few
    /// hundredths of a millisecond.
    static let effortPerPiece = 1024
    /// What looking up the rows of boards for one model counts as, beside the description of one candidate.
    private static let effortOfEvidence = 8

    /// What is known of each candidate's score, best first.
    var scores: [Score] = []
    /// The candidates, in the same order.
    var candidates: [Candidate] = []
    /// The others, in their order.
    var refused: [Refused] = []
    private let profile: ScoringProfile
    private let size: PromptSize
    private let options: ScoringOptions
    private let notAllowed: Int
    private let lookUp: (@Sendable (_ canonical: String) -> [QualityEvidence])?
    private var json = JSONWriter()
    /// How many candidates are written, and how many of the others.
    private var written = (candidates: 0, refused: 0)
    private var hasBegunRefused = false
    private var isWhole = false
    /// The rows of boards for each model that came up, as JSON: several providers have it.
    private var evidence: [String: [UInt8]] = [:]
    private var evidenceBytes = 0

    /// Makes the text of nothing yet.
    ///
    /// - Parameters:
    ///   - profile: That of the scores.
    ///   - size: That of the prompt.
    ///   - notAllowed: How many the client's key may not use.
    ///   - evidence: The rows of boards that speak of a model.
    init(
        _ profile: ScoringProfile, _ size: PromptSize, _ options: ScoringOptions, notAllowed: Int,
        evidence: (@Sendable (_ canonical: String) -> [QualityEvidence])?
    ) {
        self.profile = profile
        self.size = size
        self.options = options
        self.notAllowed = notAllowed
        lookUp = evidence
    }

    /// How many bytes it holds, about.
    var heldBytes: Int {
        let (score, candidate, refused) = (MemoryLayout<Score>.stride, MemoryLayout<Candidate>.stride, MemoryLayout<Refused>.stride)
        return scores.capacity * score + candidates.capacity * candidate + self.refused.capacity * refused + json.buffer.capacity + evidenceBytes
    }

    /// Writes what comes before the candidates, on the loop.
    func begin(
        _ requested: String, _ snapshot: String, _ explained: Router.Explained, profileName: String,
        _ state: (Deployment) -> Explanation.State
    ) {
        json.begin("{")
        json.member("object", "route.explanation")
        json.member("snapshot", snapshot)
        json.member("model", requested)
        if let decision = explained.decision { describe(decision, profileName, state) }
        if let error = explained.error {
            json.name("error")
            error.envelope.writeObject(into: &json.buffer)
        }
        json.name("candidates")
        json.begin("[")
    }

    /// Writes a piece; whether all is written then.
    func advance(effort: Int = effortPerPiece) -> Bool {
        guard !isWhole else { return true }
        var left = effort
        while written.candidates < candidates.count {
            guard left > 0 else { return false }
            let (candidate, score) = (candidates[written.candidates], scores[written.candidates])
            left -= 1 + (hasEvidence(score) ? 0 : ExplanationText.effortOfEvidence)
            describe(candidate, score)
            written.candidates += 1
        }
        if !hasBegunRefused { beginRefused() }
        while written.refused < refused.count {
            guard left > 0 else { return false }
            left -= 1
            describe(refused[written.refused])
            written.refused += 1
        }
        json.end("]")
        json.member("not_allowed", notAllowed)
        json.end("}")
        isWhole = true
        // Taking thousands of names apart is no work for the loop.
        (scores, candidates, refused, evidence, evidenceBytes) = ([], [], [], [:], 0)
        return true
    }

    /// The answer's body, once it is whole.
    func take() -> ByteBuffer { json.take() }

    private func beginRefused() {
        hasBegunRefused = true
        json.end("]")
        json.name("filtered")
        json.begin("[")
    }

    private func describe(_ decision: Decision, _ profileName: String, _ state: (Deployment) -> Explanation.State) {
        json.member("profile") { json in
            json.object { json in
                json.member("name", profileName)
                json.member("task", profile.task.rawValue)
                json.member("prompt_size", "\(size)")
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
                if let asked = decision.candidates.prefix(CandidateSet.capacity).first(where: { state($0).name == Explanation.State.ready.name }) {
                    json.member("asked_first", "\(asked.provider.name)/\(asked.model.id)")
                }
            }
        }
    }

    private func describe(_ candidate: Candidate, _ score: Score) {
        let (basis, state, size) = (score.basis, candidate.state, size.rawValue)
        let rows = rows(of: score)
        json.element { json in
            json.object { json in
                ExplanationText.write(candidate.name, score.canonical, &json)
                json.member("score", score.value)
                json.member("terms") { json in
                    json.array { json in
                        for term in basis.terms(profile, self.size, options) { json.element { ExplanationText.write(term, &$0) } }
                    }
                }
                json.member("state", state.name)
                if let seconds = state.seconds { json.member("ready_in_seconds", seconds) }
                if !state.limits.isEmpty {
                    json.member("limits") { json in
                        json.array { json in for limit in state.limits { json.element { limit.appendJSON(to: &$0.buffer) } } }
                    }
                }
                json.member("predicted") { json in
                    json.object { json in
                        json.member("seconds", basis.facts.seconds[size])
                        json.member("usd", basis.facts.dollars[size])
                        json.member("price_known", basis.facts.isPriceKnown)
                        json.member("success", basis.facts.success)
                    }
                }
                json.member("quality") { json in
                    json.object { json in
                        json.member("mean", basis.ability.mean)
                        json.member("sd", basis.ability.deviation)
                        json.member("evidence", basis.ability.evidence)
                        json.name("boards")
                        json.buffer.append(rows.span.bytes)
                    }
                }
            }
        }
    }

    private func describe(_ refused: Refused) {
        json.element { json in
            json.object { json in
                ExplanationText.write(refused.name, refused.canonical, &json)
                json.member("reason", refused.reason.name.description)
                json.member("detail", refused.reason.text)
            }
        }
    }

    private static func write(_ term: ScoreTerm, _ json: inout JSONWriter) {
        json.object { json in
            json.member("name", term.kind.name.description)
            json.member("unit", term.kind.unit.description)
            json.member("raw", term.raw)
            json.member("normalised", term.normalised)
            json.member("weight", term.weight)
            json.member("product", term.product)
        }
    }

    private static func write(_ name: Name, _ canonical: String?, _ json: inout JSONWriter) {
        json.member("provider", name.provider)
        json.member("model", name.model)
        if let canonical { json.member("canonical", canonical) }
        if let key = name.key { json.member("key", key) }
    }

    // MARK: Evidence

    private func hasEvidence(_ score: Score) -> Bool { score.canonical.map { evidence[$0] != nil } ?? true }

    /// The rows of boards that speak of a candidate's model, as a JSON array.
    private func rows(of score: Score) -> [UInt8] {
        guard let canonical = score.canonical else { return Array("[]".utf8) }
        if let known = evidence[canonical] { return known }
        var json = JSONWriter()
        json.array { json in
            for row in lookUp?(canonical) ?? [] {
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
