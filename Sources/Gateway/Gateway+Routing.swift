internal import EventLoop
internal import HTTPServer
internal import Wire

/// Phase route: where a request goes, and the explanation of it.
extension Gateway {
    /// Decides where a request goes, and notes why.
    func route(
        _ exchange: HTTPExchange, _ context: RequestContext, _ envelope: RequestEnvelope, _ endpoint: Endpoint
    ) throws(GatewayError) -> Candidates {
        let question = question(exchange, context, envelope, endpoint)
        let decision: Decision
        if envelope.modelHasEscapes {
            let name = Array(context.requestedModel.utf8)
            decision = try router.decide(name.span.bytes, question, at: loop.now)
        } else {
            decision = try router.decide(envelope.rawModel(in: exchange.body), question, at: loop.now)
        }
        router.carriedOut(decision, at: loop.now)
        context.nameMatch = decision.match
        context.bestScored = decision.best
        (context.scorePlace, context.scoreGeneration) = (decision.place, router.ranking.generation)
        context.decisionReason = decision.reason
        context.conversation = decision.conversation
        return Candidates(deployments: decision.candidates)
    }

    /// Answers `POST /v1/route/explain`: the body of a chat request, of which nothing is sent anywhere. It counts as a request of the key all the same.
    func explain(_ exchange: HTTPExchange, _ context: RequestContext) async throws(GatewayError) -> RequestContext.Outcome {
        try await admission.count(context)
        if exchange.hasLostClient { return .clientGone }
        let envelope = try parse(exchange, .chatCompletions)
        context.requestedModel = envelope.modelName(in: exchange.body)
        await prepareAllowance(of: context.key)
        if exchange.hasLostClient { return .clientGone }
        let question = question(exchange, context, envelope, .chatCompletions)
        let name = Array(context.requestedModel.utf8)
        let explained = router.explain(name.span.bytes, question, at: loop.now)
        // A name that means nothing is not explained but refused.
        if let error = explained.error, explained.notes.refused.isEmpty, explained.notes.notAllowed == 0 { throw error }
        let client = context.key.tag
        var explanation = Explanation(
            context.requestedModel, explained, by: router.ranking, snapshot: snapshot.text,
            state: { [self] in state(of: $0, for: client, at: loop.now) })
        while !explanation.advance() {
            await turns.nextTurn()
            if exchange.hasLostClient { return .clientGone }
        }
        writer.respond(with: explanation.take(), on: exchange, context)
        return .answered
    }

    /// Finds out what a key may ask for, where that is not known.
    func prepareAllowance(of key: VirtualKey) async {
        guard let grant = key.grant, grant.isRestricted else { return }
        // While another list of models comes in the work begins anew; when that happens again and again it is done in one go.
        for _ in 0..<3 {
            let table = router.table
            await table.searchAllowance(of: grant, turns)
            if table === router.table { return }
        }
    }

    /// Answers `GET /v1/models`: what the key may ask for.
    func listModels(_ exchange: HTTPExchange, _ context: RequestContext) async -> RequestContext.Outcome {
        await prepareAllowance(of: context.key)
        if exchange.hasLostClient { return .clientGone }
        if let allowance = router.table.allowance(of: context.key.grant) {
            writer.respond(with: models.listing.list(allowance), on: exchange, context)
        } else {
            models.listing.withAll { writer.respond(with: $0, on: exchange, context) }
        }
        return .answered
    }

    /// Answers `GET /v1/models/{id}`. What the key may not ask for is as good as not there.
    func showModel(
        _ exchange: HTTPExchange, _ context: RequestContext, idOffset: Int
    ) async throws(GatewayError) -> RequestContext.Outcome {
        let name = try PercentDecoding.decode(exchange.path.extracting(droppingFirst: idOffset))
        guard !name.holdsHiddenCharacter else { throw .badRequest("a model's name must not hold a control character") }
        await prepareAllowance(of: context.key)
        if exchange.hasLostClient { return .clientGone }
        let allowance = router.table.allowance(of: context.key.grant)
        if let entry = models.listing.entry(name, allowance) {
            writer.respond(with: entry, on: exchange, context)
            return .answered
        }
        try await admission.count(context)
        throw router.table.unknown(name, allowance)
    }

    /// Why the candidate with the best score did not answer; `nil` when it did, or when nobody did.
    func whyNotBest(_ context: RequestContext) -> String? {
        guard let best = context.bestScored, let used = context.deployment, best !== used else { return nil }
        if let failure = context.failures.last(where: { $0.provider == best.provider.name && $0.model == best.model.id }) {
            return "it failed: \(failure.failure.name)"
        }
        let state = state(of: best, for: context.key.tag, at: loop.now)
        if state.name != Explanation.State.ready.name {
            return state.seconds.map { "\(state.name) for \(Int($0.rounded(.up))) s" } ?? state.name
        }
        switch context.decisionReason {
        case .affinity: return "the conversation stays where it was"
        case .exploration: return "another one is tried to find out whether it has become better"
        case .request: return "the request asks for another order"
        case .score: return "it was not available when it was its turn"
        }
    }

    private func question(
        _ exchange: HTTPExchange, _ context: RequestContext, _ envelope: RequestEnvelope, _ endpoint: Endpoint
    ) -> Router.Question {
        var question = Router.Question(needs: RequestNeeds(envelope, endpoint: endpoint, bytes: exchange.body.byteCount))
        if envelope.models != nil { question.further = envelope.modelNames(in: exchange.body) }
        question.grant = context.key.grant
        if envelope.provider != nil { question.preferences = envelope.providerPreferences(in: exchange.body) }
        guard router.remembersConversations, endpoint.modelKind == .chat else { return question }
        let key = UInt64(bitPattern: Int64(context.key.id.hashValue))
        question.conversation = Conversation.identify(envelope, in: exchange.body, key: key, session: session(exchange))
        return question
    }

    @_lifetime(borrow exchange)
    private func session(_ exchange: HTTPExchange) -> RawSpan? {
        for name in Conversation.fields {
            if let value = exchange.value(of: name) { return value }
        }
        return nil
    }

    /// What keeps a client from asking a deployment now.
    func state(of deployment: Deployment, for client: ClientTag, at now: LoopInstant) -> Explanation.State {
        func until(_ name: String, _ end: LoopInstant) -> Explanation.State {
            Explanation.State(name: name, seconds: Double(end.microseconds(since: now)) / 1_000_000)
        }
        return switch attempts.ledger.availability(of: deployment, for: client, .none, at: now) {
        case .ready: .ready
        case .busy: Explanation.State(name: "busy", seconds: nil)
        case .cooling(let end, _): until("cooling", end)
        case .denied(let end, _): until("access_denied", end)
        case .limited(let end): until("out_of_quota", end)
        case .unpaid(let end): until("out_of_money", end)
        case .gone(let end): until("model_gone", end)
        case .rejected(let end): until("credential_rejected", end)
        }
    }
}
