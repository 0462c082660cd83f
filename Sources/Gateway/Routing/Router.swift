internal import EventLoop
internal import Wire

/// Decides where requests go. The same decision is executed and explained: an explanation only looks and takes note of more.
final class Router {
    let ranking: Ranking
    private(set) var table: RouteTable
    private var affinity: AffinityTable?

    init(_ ranking: Ranking) {
        self.ranking = ranking
        table = RouteTable([], ranking: ranking)
        affinity = ranking.options.affinity.enabled ? AffinityTable(ranking.options.affinity) : nil
    }

    /// Whether conversations stay where they are.
    var remembersConversations: Bool { affinity != nil }

    /// Goes over to other options; the deployments must be adopted again. Conversations stay where they are as long as that is wanted.
    func configure(_ options: ScoringOptions) {
        let isChanged = options.affinity != ranking.options.affinity
        ranking.configure(options)
        if isChanged { affinity = options.affinity.enabled ? AffinityTable(options.affinity) : nil }
    }

    /// Goes over to other deployments, in the order of the files.
    func adopt(_ deployments: [Deployment], at now: LoopInstant) {
        ranking.adopt(deployments, at: now)
        table = RouteTable(deployments, ranking: ranking)
    }

    /// What a request asks for.
    struct Question {
        var further: [String] = []
        var needs: RequestNeeds
        var preferences: ProviderPreferences?
        var conversation: UInt64?
        /// What the client's key allows; `nil` is everything.
        var grant: KeyGrant?
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - explaining: Whether those that can't take the request are gathered.
    /// - Throws: What the client is told when no deployment can take the request.
    func decide(_ name: RawSpan, _ question: Question, at now: LoopInstant, explaining: Bool = false) throws(GatewayError) -> Decision {
        ranking.refreshIfDue(at: now)
        let resolution = try table.resolve(name, further: question.further, endpoint: question.needs.endpoint)
        var profile = resolution.profile
        if let sort = question.preferences?.sort { profile = Router.profile(sort, ranking) ?? profile }
        var decision = Decision(
            candidates: [], best: table.deployments[0], profile: profile, size: question.needs.size,
            place: ranking.place(profile: profile, size: question.needs.size), version: ranking.version)
        decision.match = resolution.match
        decision.conversation = question.conversation
        let probe = gather(resolution, question, &decision, explaining)
        guard !decision.candidates.isEmpty else { throw refusal(name.text, question, refused(resolution, question)) }
        arrange(resolution, question, &decision, probe, at: now)
        return decision
    }

    /// Decides as `decide` does and gathers everybody who can't take the request, also when nobody can. Nothing is noted.
    func explain(_ name: RawSpan, _ question: Question, at now: LoopInstant) -> (Decision?, GatewayError?, [Decision.Refused]) {
        do throws(GatewayError) {
            let decision = try decide(name, question, at: now, explaining: true)
            return (decision, nil, decision.refused)
        } catch {
            let resolution = try? table.resolve(name, further: question.further, endpoint: question.needs.endpoint)
            return (nil, error, resolution.map { refused($0, question) } ?? [])
        }
    }

    /// Notes that a decision is carried out.
    func carriedOut(_ decision: Decision, at now: LoopInstant) {
        if decision.reason == .exploration { ranking.spend(on: decision.candidates[0], at: now) }
    }

    /// Notes that a conversation got its answer from a deployment.
    func answered(_ conversation: UInt64?, by deployment: Deployment, at now: LoopInstant) {
        if let conversation { affinity?.note(conversation, deployment, at: now) }
    }

    // MARK: Gathering

    /// Gathers the candidates that can take the request, best first within each group.
    ///
    /// - Returns: The one worth trying.
    private func gather(_ resolution: RouteTable.Resolution, _ question: Question, _ decision: inout Decision, _ explaining: Bool) -> Deployment? {
        let needs = refine(question)
        if resolution.groups.count == 1, question.preferences == nil, question.grant == nil, needs.endpoint != .embeddings, !explaining {
            let able = resolution.groups[0].able(needs, by: ranking, profile: decision.profile, size: decision.size)
            if !able.deployments.isEmpty {
                decision.candidates = able.deployments
                return able.probe
            }
        }
        var probe: Deployment?
        var needed = needs
        // Bytes are a rough measure: when only they stand in the way, what may just fit is asked.
        for _ in 0..<2 {
            var isTooLong = false
            decision.refused = []
            for (place, group) in resolution.groups.enumerated() {
                let order = group.order(by: ranking, profile: decision.profile, size: decision.size)
                if place == 0 { probe = order.probe }
                for deployment in order.deployments {
                    guard let reason = Router.choice(question, deployment) ?? needed.reason(against: deployment, ranking) else {
                        if resolution.groups.count == 1 || !decision.candidates.contains(where: { $0 === deployment }) {
                            decision.candidates.append(deployment)
                        }
                        continue
                    }
                    if case .context = reason { isTooLong = true }
                    if explaining { decision.refused.append(Decision.Refused(deployment: deployment, reason: reason)) }
                }
            }
            if !decision.candidates.isEmpty || !isTooLong { break }
            needed.tokens /= 2
        }
        // Vectors of different models can't be compared, so embeddings stay with one model.
        if needs.endpoint == .embeddings, let first = decision.candidates.first {
            decision.candidates.removeAll { $0.model.id != first.model.id }
        }
        return probe
    }

    private func refine(_ question: Question) -> RequestNeeds {
        var needs = question.needs
        guard let preferences = question.preferences else { return needs }
        if preferences.requireParameters == true { needs.requireStatements() }
        needs.maximumPromptPrice = preferences.maximumPromptPrice
        needs.maximumCompletionPrice = preferences.maximumCompletionPrice
        return needs
    }

    /// What the client's key allows, then OpenRouter's `provider.only`, `ignore`, and `order` without fallbacks.
    private static func choice(_ question: Question, _ deployment: Deployment) -> FilterReason? {
        if let grant = question.grant, !grant.allows(deployment) { return .key }
        guard let preferences = question.preferences else { return nil }
        let name = deployment.provider.name
        if !preferences.only.isEmpty, !preferences.only.contains(name) { return .notChosen }
        if preferences.ignore.contains(name) { return .ignored }
        if preferences.allowFallbacks == false, !preferences.order.isEmpty, !preferences.order.contains(name) { return .notChosen }
        return nil
    }

    /// The profile that OpenRouter's `sort` comes near: it names what counts, and nothing else should count much.
    private static func profile(_ sort: String, _ ranking: Ranking) -> Int? {
        switch sort {
        case "price": ranking.profiles.firstIndex { $0.name == "cheap" }
        case "throughput", "latency": ranking.profiles.firstIndex { $0.name == "fast" }
        default: nil
        }
    }

    // MARK: Arranging

    /// Puts first what has a better claim than the score.
    private func arrange(
        _ resolution: RouteTable.Resolution, _ question: Question, _ decision: inout Decision, _ probe: Deployment?, at now: LoopInstant
    ) {
        if question.needs.abilities.contains(.images) { preferStatedImages(&decision) }
        decision.best = decision.candidates[0]
        let preferences = question.preferences
        if let order = preferences?.order, !order.isEmpty {
            let rank = { (deployment: Deployment) in order.firstIndex(of: deployment.provider.name) ?? order.count }
            // Stable: within a provider the order of the score stays.
            decision.candidates = decision.candidates.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(
                \.element)
        }
        if let sort = preferences?.sort { strictly(sort, &decision) }
        if preferences?.allowFallbacks == false, preferences?.order.isEmpty != false { decision.candidates.removeSubrange(1...) }
        if resolution.groups.count > 1 { decision.best = decision.candidates.max { decision.score(of: $0) < decision.score(of: $1) }! }
        guard decision.candidates[0] === decision.best, resolution.groups.count == 1, preferences == nil else {
            decision.reason = decision.candidates[0] === decision.best ? .score : .request
            return
        }
        if let conversation = question.conversation, let known = affinity?.deployment(of: conversation, at: now) {
            guard known !== decision.best, promote(known, &decision, tolerance: ranking.options.affinity.tolerance) else { return }
            decision.reason = .affinity
        } else if let probe, promote(probe, &decision, tolerance: .infinity) {
            decision.reason = .exploration
        }
    }

    /// Of those that may take pictures, those that say so go first.
    private func preferStatedImages(_ decision: inout Decision) {
        let stated = decision.candidates.filter { $0.abilities.can.contains(.statedImages) }
        guard !stated.isEmpty, stated.count < decision.candidates.count else { return }
        decision.candidates = stated + decision.candidates.filter { !$0.abilities.can.contains(.statedImages) }
    }

    /// Orders by one figure alone, as OpenRouter's `sort` says; what is equal stays in the order of the score.
    private func strictly(_ sort: String, _ decision: inout Decision) {
        let size = decision.size
        let (ranking, now) = (ranking, ranking.refreshedAt)
        let figure: (Deployment) -> Double
        switch sort {
        case "price": figure = { $0.standing.facts.isPriceKnown ? $0.standing.facts.dollars[size.rawValue] : .infinity }
        case "throughput": figure = { $0.standing.live.pace(prior: $0.standing.provider.live, at: now, decay: ranking.decay) }
        case "latency": figure = { $0.standing.live.delay(size, prior: $0.standing.provider.live, at: now, decay: ranking.decay) }
        default: return
        }
        decision.candidates = decision.candidates.map { ($0, figure($0)) }.enumerated()
            .sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element.0)
    }

    /// Puts one first, when it is among the candidates and not worse than the best by more than `tolerance`.
    private func promote(_ deployment: Deployment, _ decision: inout Decision, tolerance: Double) -> Bool {
        guard decision.score(of: decision.best) - decision.score(of: deployment) <= tolerance,
            let index = decision.candidates.firstIndex(where: { $0 === deployment }), index > 0
        else { return false }
        decision.candidates.remove(at: index)
        decision.candidates.insert(deployment, at: 0)
        return true
    }

    // MARK: Refusing

    /// Everybody who can't take the request, best first.
    private func refused(_ resolution: RouteTable.Resolution, _ question: Question) -> [Decision.Refused] {
        let needs = refine(question)
        return resolution.groups.flatMap { $0.order(by: ranking, profile: resolution.profile, size: needs.size).deployments }.compactMap {
            deployment in
            (Router.choice(question, deployment) ?? needs.reason(against: deployment, ranking)).map {
                Decision.Refused(deployment: deployment, reason: $0)
            }
        }
    }

    /// What the client is told when nobody can take the request: the reason of whoever comes nearest.
    private func refusal(_ name: String, _ question: Question, _ refused: [Decision.Refused]) -> GatewayError {
        // What the key does not allow is as good as not there, unless there is nothing else.
        let reasons = refused.map(\.reason).filter { $0 != .key }
        if reasons.isEmpty, !refused.isEmpty { return .modelNotAllowed(name) }
        let largest = reasons.compactMap { if case .context(let has, _) = $0 { has } else { nil as Int? } }.max()
        if let largest {
            return GatewayError(
                400, .invalidRequest, code: "context_length_exceeded", param: "messages",
                "This model's maximum context length is \(largest) tokens, and the request takes about \(question.needs.tokens)",
                shouldRetry: false)
        }
        if let reason = reasons.first(where: { $0 == .notChosen || $0 == .ignored || $0 == .price || $0 == .unstated }) {
            return GatewayError(
                404, .invalidRequest, code: "model_not_found", param: "provider", "no provider that `provider` allows can take this: \(reason.text)")
        }
        let isEndpoint = { (reason: FilterReason) in if case .endpoint = reason { true } else { false } }
        guard let reason = reasons.first(where: { !isEndpoint($0) }) else {
            return .badRequest("the model `\(name)` does not serve \(question.needs.endpoint.path)", param: "model")
        }
        let param: String? =
            switch reason {
            case .tools: "tools"
            case .json, .schemas: "response_format"
            case .images, .audio, .files: "messages"
            case .endpoint, .context, .unstated, .notChosen, .ignored, .price, .key: "model"
            }
        return .badRequest("no deployment of `\(name)` can take the request: \(reason.text)", param: param)
    }
}
