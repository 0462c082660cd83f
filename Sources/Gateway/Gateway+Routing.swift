internal import EventLoop
internal import HTTPServer
internal import Wire

/// Phase route: where a request goes, and the explanation of it.
extension Gateway {
    /// Decides where a request goes.
    private func decide(
        _ exchange: HTTPExchange, _ context: RequestContext, _ reading: RequestReading, _ endpoint: Endpoint
    ) throws(GatewayError) -> Decision {
        let question = question(exchange, context, reading, endpoint)
        if reading.envelope.modelHasEscapes || !reading.envelope.hasModel {
            let name = Array(context.requestedModel.utf8)
            return try router.decide(name.span.bytes, question, at: loop.now)
        }
        return try router.decide(reading.envelope.rawModel(in: exchange.body), question, at: loop.now)
    }

    /// Carries a decision out, and notes why it is as it is.
    private func carryOut(_ decision: Decision, _ context: RequestContext) -> Candidates {
        context.ticket = router.carriedOut(decision, at: loop.now)
        context.nameMatch = decision.match
        context.bestScored = decision.best
        (context.scorePlace, context.scoreGeneration) = (decision.place, router.ranking.generation)
        context.decisionReason = decision.reason
        context.conversation = decision.conversation
        return Candidates(deployments: decision.candidates)
    }

    /// Decides where a request goes; one that asks for what a list may still bring waits for it.
    ///
    /// - Returns: `nil` when the client has left meanwhile.
    /// - Throws: Why it goes nowhere, but never that a model does not exist which may still come: 503 then.
    func routeWhenKnown(
        _ exchange: HTTPExchange, _ context: RequestContext, _ reading: RequestReading, _ endpoint: Endpoint
    ) async throws(GatewayError) -> Candidates? {
        let limit = context.receivedAt.advanced(by: models.patience(settings.configuration.discovery))
        var mayWait = true
        while true {
            if context.key.grant?.isRestricted == true {
                await prepareAllowance(of: context.key)
                if exchange.hasLostClient { return nil }
            }
            var decision: Decision?
            var refusal: GatewayError?
            do throws(GatewayError) {
                let made = try decide(exchange, context, reading, endpoint)
                // A name that only comes near one may be another's very name.
                if made.match == .exact { return carryOut(made, context) }
                decision = made
            } catch {
                guard error.mayPassWithMoreModels else { throw error }
                refusal = error
            }
            var result = ExpectantRequest.Result.noRoom
            if mayWait, models.isGrowing, loop.now < limit { result = await expectants.wait(exchange, of: context.key, until: limit) }
            switch result {
            case .told: break
            case .noRoom:
                if let decision { return carryOut(decision, context) }
                if let refusal { throw later(than: refusal) }
            // What was decided before the wait may be out of date.
            case .crowdedOut: mayWait = false
            case .clientGone: return nil
            case .cut: throw .shuttingDown
            }
            if exchange.hasLostClient { return nil }
            if isDraining { throw .shuttingDown }
        }
    }

    /// The same where no list is waited for: without a suspension.
    func routeAtOnce(
        _ exchange: HTTPExchange, _ context: RequestContext, _ reading: RequestReading, _ endpoint: Endpoint
    ) throws(GatewayError) -> Candidates {
        do throws(GatewayError) {
            return carryOut(try decide(exchange, context, reading, endpoint), context)
        } catch {
            throw error.mayPassWithMoreModels ? later(than: error) : error
        }
    }

    /// The error for a model that nobody has: another one when it may still come.
    private func later(than error: GatewayError) -> GatewayError {
        guard error.status != 403, let news = models.nextNews else { return error }
        return GatewayError(
            503, .server, code: "overloaded", param: "model",
            "not every provider has told its models yet, and none of those known fits; try again shortly", retryAfter: news)
    }

    /// Returns when the lists are there that are waited for, or there is no room to wait; at most as long as a request waits for them.
    private func waitForModels(_ exchange: HTTPExchange, _ context: RequestContext) async {
        let limit = loop.now.advanced(by: models.patience(settings.configuration.discovery))
        while models.isGrowing, loop.now < limit {
            guard case .told = await expectants.wait(exchange, of: context.key, until: limit) else { return }
        }
    }

    /// Answers `POST /v1/route/explain`: the body of a chat request, of which nothing is sent anywhere. It counts as a request of the key all the same.
    func explain(_ exchange: HTTPExchange, _ context: RequestContext) async throws(GatewayError) -> RequestContext.Outcome {
        try await admission.count(context)
        if exchange.hasLostClient { return .clientGone }
        let isLong = exchange.body.byteCount > RequestReading.mostOnLoop
        let reading =
            isLong ? try await readBesideLoop(exchange, context, .chatCompletions) : try readAtOnce(exchange, context, .chatCompletions)
        context.requestedModel = reading.model
        if exchange.hasLostClient { return .clientGone }
        let question = question(exchange, context, reading, .chatCompletions)
        let name = Array(context.requestedModel.utf8)
        guard try await waitToExplain(name, question, exchange, context) else { return .clientGone }
        let lane = LongAnswers.Lane.client(context.key.tag)
        await longAnswers.begin(in: lane)
        defer { longAnswers.end(in: lane) }
        if exchange.hasLostClient { return .clientGone }
        let explained = router.explain(name.span.bytes, question, at: loop.now)
        // A name that means nothing is not explained but refused.
        if let error = explained.error, explained.notes.refused.isEmpty, explained.notes.notAllowed == 0 {
            throw error.mayPassWithMoreModels ? later(than: error) : error
        }
        let client = context.key.tag
        var explanation = Explanation(
            context.requestedModel, explained, by: router.ranking, snapshot: snapshot.text,
            state: { [self] in
                var state = state(of: $0, for: client, at: loop.now)
                state.limits = $0.health.limitReports(at: loop.now, epoch: loop.millisecondsSinceEpoch)
                return state
            })
        let held = HeldShare(of: loop.held)
        var isNoted = explanation.note(effort: explanation.effortOfFirstTurn)
        while !isNoted {
            guard held.hold(explanation.heldBytes) else { throw .tooMuchHeld }
            await turns.nextTurn()
            if exchange.hasLostClient { return .clientGone }
            isNoted = explanation.note()
        }
        let text = explanation.text
        var isWhole = false
        while !isWhole {
            guard held.hold(explanation.heldBytes) else { throw .tooMuchHeld }
            isWhole = await answerLane.run { text.advance() }
            if exchange.hasLostClient { return .clientGone }
        }
        guard held.hold(explanation.heldBytes) else { throw .tooMuchHeld }
        // What its client does not take at once is counted where it waits, and not twice.
        held.release()
        writer.respond(with: text.take(), on: exchange, context)
        return .answered
    }

    /// Returns when there is something to explain, or the time is up that a request waits for lists of models.
    ///
    /// - Returns: `false` when the client has left meanwhile.
    private func waitToExplain(
        _ name: [UInt8], _ question: Router.Question, _ exchange: HTTPExchange, _ context: RequestContext
    ) async throws(GatewayError) -> Bool {
        let limit = context.receivedAt.advanced(by: models.patience(settings.configuration.discovery))
        while true {
            await prepareAllowance(of: context.key)
            if exchange.hasLostClient { return false }
            guard models.isGrowing, loop.now < limit else { return true }
            // Only whether there is something to explain: what an explanation takes is done in its lane.
            let isSettled: Bool
            do throws(GatewayError) {
                isSettled = try router.decide(name.span.bytes, question, at: loop.now).match == .exact
            } catch {
                isSettled = !error.mayPassWithMoreModels
            }
            if isSettled { return true }
            switch await expectants.wait(exchange, of: context.key, until: limit) {
            case .told: break
            case .noRoom, .crowdedOut:
                await prepareAllowance(of: context.key)
                return !exchange.hasLostClient
            case .clientGone: return false
            case .cut: throw .shuttingDown
            }
            if isDraining { throw .shuttingDown }
        }
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

    /// Has written what all lists of models are made of, where it is not; where another table comes again and again, that is done in one go later.
    private func prepareListing() async {
        for _ in 0..<3 {
            let listing = models.listing
            while !listing.advance() {
                await turns.nextTurn()
                if listing !== models.listing { break }
            }
            if listing === models.listing { return }
        }
    }

    /// Answers `GET /v1/models`: what the key may ask for.
    func listModels(_ exchange: HTTPExchange, _ context: RequestContext) async -> RequestContext.Outcome {
        await waitForModels(exchange, context)
        if exchange.hasLostClient { return .clientGone }
        for _ in 0..<3 {
            await prepareListing()
            let table = router.table
            await prepareAllowance(of: context.key)
            // Another list may have come in meanwhile.
            if exchange.hasLostClient || table === router.table { break }
        }
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
        var id = exchange.path.extracting(droppingFirst: idOffset)
        // No id begins or ends with a slash, but addresses that were put together have more of them.
        while id.byteCount > 1, id[byte: 0] == UInt8(ascii: "/") { id = id.extracting(droppingFirst: 1) }
        while id.byteCount > 1, id[byte: id.byteCount - 1] == UInt8(ascii: "/") { id = id.extracting(first: id.byteCount - 1) }
        let name = try PercentDecoding.decode(id)
        guard !name.holdsHiddenCharacter else { throw .badRequest("a model's name must not hold a control character") }
        await prepareAllowance(of: context.key)
        if exchange.hasLostClient { return .clientGone }
        var entry = models.listing.entry(name, router.table.allowance(of: context.key.grant), context.key.grant)
        if entry == nil, models.isGrowing {
            await waitForModels(exchange, context)
            await prepareAllowance(of: context.key)
            if exchange.hasLostClient { return .clientGone }
            entry = models.listing.entry(name, router.table.allowance(of: context.key.grant), context.key.grant)
        }
        if let entry {
            writer.respond(with: entry, on: exchange, context)
            return .answered
        }
        try await admission.count(context)
        throw later(than: router.table.unknown(name, router.table.allowance(of: context.key.grant)))
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
        case .weight: return "requests are shared out by weight, and it was another's turn"
        case .exploration: return "another one is tried to find out whether it has become better"
        case .load: return "another one is as good, and has less under way or is not known yet"
        case .request: return "the request asks for another order"
        case .score: return "it was not available when it was its turn"
        }
    }

    private func question(
        _ exchange: HTTPExchange, _ context: RequestContext, _ reading: RequestReading, _ endpoint: Endpoint
    ) -> Router.Question {
        var question = Router.Question(needs: RequestNeeds(reading.envelope, endpoint: endpoint, bytes: exchange.body.byteCount))
        question.further = reading.further
        question.grant = context.key.grant
        question.preferences = reading.preferences
        question.client = context.key.tag
        question.conversation = reading.conversation
        question.isConversationNamed = reading.isConversationNamed
        question.isUserNamed = reading.isUserNamed
        return question
    }

    /// What keeps a client from asking a deployment now.
    func state(of deployment: Deployment, for client: ClientTag, at now: LoopInstant) -> Explanation.State {
        func until(_ name: String, _ end: LoopInstant) -> Explanation.State {
            Explanation.State(name: name, seconds: Double(end.microseconds(since: now)) / 1_000_000)
        }
        return switch attempts.ledger.availability(of: deployment, for: client, .none, at: now) {
        case .ready: .ready
        case .busy: Explanation.State(name: "busy", seconds: nil)
        case .crowded: Explanation.State(name: "crowded", seconds: nil)
        case .cooling(let end, _): until("cooling", end)
        case .denied(let end, _): until("access_denied", end)
        case .limited(let end): until("out_of_quota", end)
        case .unpaid(let end): until("out_of_money", end)
        case .gone(let end): until("model_gone", end)
        case .rejected(let end): until("credential_rejected", end)
        }
    }
}

extension GatewayError {
    /// Whether it says that nobody has, or may be asked for, what was asked for, so that another list of models may change it.
    fileprivate var mayPassWithMoreModels: Bool {
        code == "model_not_found" || code == "model_not_allowed" || status == 503 && code == "overloaded"
    }
}
