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

    /// Answers `POST /v1/route/explain`: the body of a chat request, of which nothing is sent anywhere.
    func explain(_ exchange: HTTPExchange, _ context: RequestContext) throws(GatewayError) {
        let envelope = try parse(exchange, .chatCompletions)
        context.requestedModel = envelope.modelName(in: exchange.body)
        let question = question(exchange, context, envelope, .chatCompletions)
        let name = Array(context.requestedModel.utf8)
        let (decision, error, refused) = router.explain(name.span.bytes, question, at: loop.now)
        // A name that means nothing is not explained but refused.
        if let error, refused.isEmpty { throw error }
        let (now, client) = (loop.now, context.key.tag)
        let explanation = Explanation(
            requested: context.requestedModel, decision: decision, error: error, refused: refused, ranking: router.ranking,
            snapshot: snapshot.text(router.ranking.version), state: { [self] in state(of: $0, for: client, at: now) })
        writer.respond(with: explanation.write(), on: exchange, context)
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
        question.grant = context.key.grant?.restricting(context.requestedModel)
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
