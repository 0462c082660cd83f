internal import EventLoop
internal import Wire

/// Where a request would go and why, as `POST /v1/route/explain` answers: every candidate with every term of its score, and everybody who can't
/// take the request with the reason. Nothing is sent and nothing is learnt.
struct Explanation {
    /// What keeps a candidate from being asked now.
    struct State {
        /// In a word.
        var name: String
        /// Seconds until that is over; `nil` when it is not known.
        var seconds: Double?

        static let ready = State(name: "ready", seconds: nil)
    }

    let requested: String
    /// The decision; `nil` when nobody can take the request.
    let decision: Decision?
    /// What the client would be told then.
    let error: GatewayError?
    let refused: [Decision.Refused]
    let ranking: Ranking
    let snapshot: String
    /// Whether a candidate can be asked now.
    let state: (Deployment) -> State

    /// The answer's body.
    func write() -> ByteBuffer {
        var json = JSONWriter()
        json.object { json in
            json.member("object", "route.explanation")
            json.member("snapshot", snapshot)
            json.member("model", requested)
            if let decision { describe(decision, &json) }
            if let error {
                json.name("error")
                error.envelope.writeObject(into: &json.buffer)
            }
            json.member("candidates") { json in
                json.array { json in
                    guard let decision else { return }
                    for deployment in decision.candidates { json.element { describe(deployment, decision, &$0) } }
                }
            }
            json.member("filtered") { json in
                json.array { json in
                    for refused in refused { json.element { describe(refused, &$0) } }
                }
            }
        }
        return json.take()
    }

    private func describe(_ decision: Decision, _ json: inout JSONWriter) {
        let profile = ranking.profiles[decision.profile]
        json.member("profile") { json in
            json.object { json in
                json.member("name", profile.name)
                json.member("task", profile.profile.task.rawValue)
                json.member("prompt_size", "\(decision.size)")
                json.member("mode", ranking.options.mode.rawValue)
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
                // The first that can be asked now is the one that is.
                if let asked = decision.candidates.first(where: { state($0).name == State.ready.name }) {
                    json.member("asked_first", "\(asked.provider.name)/\(asked.model.id)")
                }
            }
        }
    }

    private func describe(_ deployment: Deployment, _ decision: Decision, _ json: inout JSONWriter) {
        let facts = deployment.standing.facts
        json.object { json in
            name(deployment, &json)
            json.member("score", decision.score(of: deployment))
            json.member("terms") { json in
                json.array { json in
                    for term in ranking.terms(of: deployment, profile: decision.profile, size: decision.size) {
                        json.element { json in
                            json.object { json in
                                json.member("name", term.kind.name.description)
                                json.member("unit", term.kind.unit.description)
                                json.member("raw", term.raw)
                                json.member("normalised", term.normalised)
                                json.member("weight", term.weight)
                                json.member("product", term.product)
                            }
                        }
                    }
                }
            }
            let state = state(deployment)
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
            describe(deployment.standing.quality, ranking.profiles[decision.profile].profile.task, &json)
        }
    }

    private func describe(_ quality: QualityRating, _ task: ScoringProfile.TaskClass, _ json: inout JSONWriter) {
        let ability = quality.ability(task)
        json.member("quality") { json in
            json.object { json in
                json.member("mean", ability.mean)
                json.member("sd", ability.deviation)
                json.member("evidence", ability.evidence)
                json.member("boards") { json in
                    json.array { json in
                        for row in quality.canonical.map({ ranking.source?.evidence(for: $0) ?? [] }) ?? [] {
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
                }
            }
        }
    }

    private func describe(_ refused: Decision.Refused, _ json: inout JSONWriter) {
        json.object { json in
            name(refused.deployment, &json)
            json.member("reason", refused.reason.name.description)
            json.member("detail", refused.reason.text)
        }
    }

    private func name(_ deployment: Deployment, _ json: inout JSONWriter) {
        json.member("provider", deployment.provider.name)
        json.member("model", deployment.model.id)
        if let canonical = deployment.standing.quality.canonical { json.member("canonical", canonical) }
        // The variable's name, never the key.
        let keys = deployment.provider.configuration.keys
        if keys.count > 1 { json.member("key", keys[deployment.keyIndex].variable) }
    }
}
