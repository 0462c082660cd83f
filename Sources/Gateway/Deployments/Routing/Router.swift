internal import EventLoop
internal import Wire

/// Decides where requests go. The same decision is executed and explained: an explanation only looks and takes note of more.
final class Router {
    let ranking: Ranking
    /// Which endpoints providers have turned out not to have.
    let endpoints = EndpointBook()
    /// The operator's names; they count from the next table on.
    var aliases = ModelAliases.none
    /// Whether a client may ask a deployment now.
    var isReady: (Deployment, ClientTag, LoopInstant) -> Bool = { _, _, _ in true }
    private(set) var table: RouteTable
    private var affinity: AffinityTable?
    /// How many entries the tables before have made.
    private var affinitySerials: UInt64 = 0

    init(_ ranking: Ranking) {
        self.ranking = ranking
        table = RouteTable([], ranking: ranking)
        affinity = ranking.options.affinity.enabled ? AffinityTable(ranking.options.affinity) : nil
    }

    /// Whether conversations stay where they are.
    var remembersConversations: Bool { affinity != nil }

    /// Takes other options into use; the deployments must be adopted again. Conversations stay where they are as long as that is wanted.
    func configure(_ options: ScoringOptions) {
        let isChanged = options.affinity != ranking.options.affinity
        ranking.configure(options)
        guard isChanged else { return }
        affinitySerials = affinity?.serials ?? affinitySerials
        affinity = options.affinity.enabled ? AffinityTable(options.affinity, after: affinitySerials) : nil
    }

    /// Takes other deployments into use, in the order of the files.
    ///
    /// - Parameter names: What they are called, when that was made before and the ranking is prepared for them.
    func adopt(_ deployments: [Deployment], at now: LoopInstant, names: RouteNames? = nil) {
        ranking.adopt(deployments, at: now, isPrepared: names != nil)
        table = RouteTable(deployments, ranking: ranking, aliases: aliases, names: names)
    }

    /// What a request asks for.
    struct Question {
        var further: [String] = []
        var needs: RequestNeeds
        var preferences: ProviderPreferences?
        var conversation: Conversation?
        /// Whether the client says itself which conversation it is, and it was not told by its messages.
        var isConversationNamed = false
        /// Whether `user` alone names it.
        var isUserNamed = false
        /// Whether it is the first request of a conversation, or one of many that begin alike.
        var isBeginning: Bool { conversation?.goesOn != true && (!isConversationNamed || isUserNamed) }
        /// The client's key, which may not allow everything; `nil` does.
        var grant: KeyGrant?
        /// Who asks, as far as failures tell clients apart.
        var client = ClientTag.everybody
    }

    /// Whom a request does not go to, gathered for an explanation.
    struct Notes {
        /// Everybody who can't take the request, best first, but for those whom the client's key may not use.
        var refused: [Decision.Refused] = []
        /// How many those are.
        var notAllowed = 0
    }

    /// What there is to say of a request without carrying it out.
    struct Explained {
        /// The decision; `nil` when nobody can take the request.
        var decision: Decision?
        /// What the client would be told then.
        var error: GatewayError?
        var notes = Notes()
    }

    /// Decides.
    ///
    /// - Throws: What the client is told when no deployment can take the request.
    func decide(_ name: RawSpan, _ question: Question, at now: LoopInstant) throws(GatewayError) -> Decision {
        var notes: Notes?
        return try decide(name, question, at: now, &notes)
    }

    /// Decides as `decide` does and gathers everybody who can't take the request, also when nobody can. Nothing is noted.
    func explain(_ name: RawSpan, _ question: Question, at now: LoopInstant) -> Explained {
        var notes: Notes? = Notes()
        var explained = Explained()
        do throws(GatewayError) {
            explained.decision = try decide(name, question, at: now, &notes)
        } catch {
            explained.error = error
        }
        explained.notes = notes ?? Notes()
        return explained
    }

    private func decide(_ name: RawSpan, _ question: Question, at now: LoopInstant, _ notes: inout Notes?) throws(GatewayError) -> Decision {
        ranking.refreshIfDue(at: now)
        let allowance = table.allowance(of: question.grant)
        let resolution = try table.resolve(name, further: question.further, endpoint: question.needs.endpoint, allowance, question.grant)
        var profile = resolution.profile
        if let sort = question.preferences?.sort { profile = Router.profile(sort, ranking) ?? profile }
        var decision = Decision(
            candidates: [], best: table.deployments[0], profile: profile, size: question.needs.size,
            place: ranking.place(profile: profile, size: question.needs.size), version: ranking.version)
        decision.match = resolution.match
        decision.conversation = question.conversation
        let choice = question.preferences.map { ProviderChoice($0, among: ranking.providerNames) }
        var refusals = Refusals()
        let (probe, peers) = gather(resolution, question, allowance, choice, &decision, &refusals, &notes, at: now)
        guard !decision.candidates.isEmpty else { throw refusals.error(name.text, question.needs) }
        arrange(resolution, question, choice, &decision, probe, peers, at: now)
        return decision
    }

    /// Notes that a decision is carried out.
    ///
    /// - Returns: By what the request's end is to be told, where it is to be.
    @discardableResult
    func carriedOut(_ decision: Decision, at now: LoopInstant) -> AffinityTable.Ticket? {
        if decision.reason == .exploration { ranking.spend(on: decision.candidates[0], at: now) }
        for spread in decision.spreads { spread.commit() }
        return decision.conversation.flatMap { affinity?.began($0) }
    }

    /// Notes that a request of a conversation has its end.
    func ended(_ ticket: AffinityTable.Ticket) {
        affinity?.ended(ticket)
    }

    /// Notes that a conversation got its answer from a deployment.
    func answered(_ conversation: Conversation?, of client: ClientTag = .everybody, by deployment: Deployment, at now: LoopInstant) {
        if let conversation { affinity?.note(conversation, of: client, deployment, at: now) }
    }

    // MARK: Gathering

    /// Gathers the candidates that can take the request, best first within each part.
    ///
    /// - Returns: The one worth trying, and those that are as good as the first.
    private func gather(
        _ resolution: RouteTable.Resolution, _ question: Question, _ allowance: Allowance?, _ choice: ProviderChoice?, _ decision: inout Decision,
        _ refusals: inout Refusals, _ notes: inout Notes?, at now: LoopInstant
    ) -> (probe: Deployment?, peers: Peers?) {
        let needs = refine(question)
        let lacks = missing(question, at: now)
        let first = resolution.parts[0]
        if resolution.parts.count == 1, choice == nil, allowance == nil || first.isFree, needs.endpoint != .embeddings, lacks == nil, notes == nil {
            let able = first.group.able(needs, by: ranking, profile: decision.profile, size: decision.size)
            if !able.deployments.isEmpty {
                decision.candidates = able.deployments
                return (able.probe, able.peers)
            }
        }
        var (probe, head) = gather(resolution.parts, needs, lacks, allowance, choice, &decision, &refusals, &notes)
        if decision.candidates.isEmpty, refusals.largestContext != nil {
            // Bytes are a rough measure: when only they stand in the way, what may just fit is asked.
            var eased = needs
            eased.tokens /= 2
            var (others, said) = (Refusals(), notes.map { _ in Notes() })
            (_, head) = gather(resolution.parts, eased, lacks, allowance, choice, &decision, &others, &said)
            if !decision.candidates.isEmpty { notes = said }
        }
        // Vectors of different models can't be compared, so embeddings stay with one model.
        if needs.endpoint == .embeddings, let first = decision.candidates.first {
            head = decision.candidates.prefix(head).count { $0.model.id == first.model.id }
            decision.candidates.removeAll { $0.model.id != first.model.id }
        }
        guard !decision.candidates.isEmpty, choice == nil else { return (probe, nil) }
        return (probe, Peers(of: decision.candidates, first: head, by: ranking, profile: decision.profile, size: decision.size))
    }

    /// Looks at each deployment once, in the order of the parts: whether the key may use it, and whether it can take the request.
    ///
    /// - Returns: The one of the first part that is worth trying, and how many candidates the first part has that has any.
    private func gather(
        _ parts: [RouteTable.Part], _ needs: RequestNeeds, _ lacks: ((Deployment) -> Bool)?, _ allowance: Allowance?, _ choice: ProviderChoice?,
        _ decision: inout Decision,
        _ refusals: inout Refusals, _ notes: inout Notes?
    ) -> (probe: Deployment?, head: Int) {
        var probe: Deployment?
        var head = 0
        // Of a single part nobody comes twice.
        let isSingle = parts.count == 1
        var seen = PlaceSet(count: isSingle ? 0 : table.deployments.count)
        var forbidden = PlaceSet(count: allowance == nil ? 0 : table.deployments.count)
        for (index, part) in parts.enumerated() {
            let order = part.group.order(by: ranking, profile: decision.profile, size: decision.size)
            if index == 0 { probe = order.probe }
            let allowance = part.isFree ? nil : allowance
            for deployment in order.deployments {
                let place = deployment.standing.place
                if !isSingle, seen.contains(place) { continue }
                if let allowance, !allowance.allows(place) {
                    forbidden.insert(place)
                    continue
                }
                if !isSingle { seen.insert(place) }
                let reason =
                    choice?.reason(against: deployment) ?? needs.reason(against: deployment, ranking)
                    ?? (lacks?(deployment) == true ? .endpointMissing(needs.endpoint) : nil)
                guard let reason else {
                    decision.candidates.append(deployment)
                    continue
                }
                refusals.note(reason)
                notes?.refused.append(Decision.Refused(deployment: deployment, reason: reason))
            }
            if head == 0 { head = decision.candidates.count }
        }
        if allowance != nil {
            // One part may leave free what another does not.
            if !isSingle { forbidden.subtract(seen) }
            notes?.notAllowed = forbidden.count
        }
        return (probe, head)
    }

    /// Whether a deployment's provider is known not to have the endpoint for it; `nil` where all may have it.
    private func missing(_ question: Question, at now: LoopInstant) -> ((Deployment) -> Bool)? {
        let endpoint = question.needs.endpoint
        guard !endpoints.isClear(endpoint) else { return nil }
        return { [endpoints] in endpoints.until(endpoint, of: $0, for: question.client, now: now) != nil }
    }

    private func refine(_ question: Question) -> RequestNeeds {
        var needs = question.needs
        guard let preferences = question.preferences else { return needs }
        if preferences.requireParameters == true { needs.requireStatements() }
        needs.maximumPromptPrice = preferences.maximumPromptPrice
        needs.maximumCompletionPrice = preferences.maximumCompletionPrice
        return needs
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
        _ resolution: RouteTable.Resolution, _ question: Question, _ choice: ProviderChoice?, _ decision: inout Decision, _ probe: Deployment?,
        _ peers: Peers?, at now: LoopInstant
    ) {
        // Then another one may be first, whose peers are not known.
        let peers = question.needs.abilities.contains(.images) && preferStatedImages(&decision) ? nil : peers
        decision.best = decision.candidates[0]
        let preferences = question.preferences
        if let choice, preferences?.order.isEmpty == false { decision.candidates = choice.ordered(decision.candidates) }
        if let sort = preferences?.sort { strictly(sort, &decision) }
        if preferences?.allowFallbacks == false, preferences?.order.isEmpty != false { decision.candidates.removeSubrange(1...) }
        // What a request asks for in person, an order or a conversation it names, goes before how the operator shares requests out.
        func shareOut() {
            guard table.hasWeights, preferences?.sort == nil, preferences?.order.isEmpty != false else { return }
            spread(&decision, isOnePart: resolution.parts.count == 1)
        }
        if resolution.parts.count > 1 { decision.best = decision.candidates.max { decision.score(of: $0) < decision.score(of: $1) }! }
        guard decision.candidates[0] === decision.best, resolution.parts.count == 1, preferences == nil else {
            decision.reason = decision.candidates[0] === decision.best ? .score : .request
            if preferences == nil, !table.hasWeights { return balance(peers, question, &decision, at: now) }
            return shareOut()
        }
        let isShared = table.hasWeights && (decision.best.modelWeight != nil || decision.best.keyWeight != nil)
        // What many may begin with is no conversation yet: whose turn it is decides.
        if isShared, !question.isConversationNamed, question.conversation?.goesOn != true { return shareOut() }
        if let known = home(of: question, isShared: isShared, isFree: peers == nil && probe == nil, peers, at: now) {
            // A reload makes other objects of what it was.
            let known = decision.candidates.first { $0.learned === known.learned } ?? known
            // What shares requests is chosen by weight and not by score, and so it is kept.
            let shares = isShared && (known.modelWeight ?? 0) + (known.keyWeight ?? 0) > 0
            if isShared, !shares { return shareOut() }
            let tolerance = shares ? Double.infinity : ranking.options.affinity.tolerance
            guard known.learned !== decision.best.learned else { return }
            guard promote(known, &decision, tolerance: tolerance) else {
                // It can't take this request, or is gone: whose turn it is among the others decides.
                if isShared { shareOut() }
                return
            }
            decision.reason = .affinity
        } else if isShared {
            shareOut()
        } else {
            let turn = peers?.turn(finds: isTimed(question), isReady: { isReady($0, question.client, now) }, at: now)
            // One that is as good as the best takes its turns, and needs no other trial.
            if turn?.isTrial != true, let probe, peers?.contains(probe) != true, promote(probe, &decision, tolerance: .infinity) {
                decision.reason = .exploration
            } else if let turn {
                lead(with: turn, &decision)
            }
        }
    }

    /// Where the conversation is that a request goes on with; `nil` where nothing keeps it there.
    ///
    /// - Parameter isFree: Whether there is nobody else whose turn it could be.
    private func home(of question: Question, isShared: Bool, isFree: Bool, _ peers: Peers?, at now: LoopInstant) -> Deployment? {
        guard let conversation = question.conversation, let affinity, let known = affinity.deployment(of: conversation, at: now) else { return nil }
        if isShared { return known }
        // So many requests at once are no conversation, whatever they are called.
        guard affinity.underWay(conversation) < Router.mostOfConversation, isFree || !question.isBeginning else { return nil }
        return peers?.isCrowded(known) == true ? nil : known
    }

    /// How many requests of a conversation stay together when they are under way at a time: those of an agent that does some things at once.
    private static let mostOfConversation = 4

    /// Whether it is measured how long the answer takes.
    private func isTimed(_ question: Question) -> Bool {
        question.needs.endpoint.modelKind == .chat || question.needs.endpoint == .completions
    }

    /// Of those that are as good as the first, puts first whose turn it is.
    private func balance(_ peers: Peers?, _ question: Question, _ decision: inout Decision, at now: LoopInstant) {
        guard let turn = peers?.turn(finds: isTimed(question), isReady: { isReady($0, question.client, now) }, at: now) else { return }
        lead(with: turn, &decision)
    }

    private func lead(with turn: Peers.Turn, _ decision: inout Decision) {
        guard turn.deployment !== decision.candidates[0] else { return }
        decision.candidates = turn.order
        decision.reason = .load
    }

    /// Of those that may take pictures, those that say so go first.
    ///
    /// - Returns: Whether that changed anything.
    private func preferStatedImages(_ decision: inout Decision) -> Bool {
        let stated = decision.candidates.filter { $0.abilities.can.contains(.statedImages) }
        guard !stated.isEmpty, stated.count < decision.candidates.count else { return false }
        decision.candidates = stated + decision.candidates.filter { !$0.abilities.can.contains(.statedImages) }
        return true
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
            let index = decision.candidates.firstIndex(where: { $0.learned === deployment.learned }), index > 0
        else { return false }
        decision.candidates.remove(at: index)
        decision.candidates.insert(deployment, at: 0)
        return true
    }
}
