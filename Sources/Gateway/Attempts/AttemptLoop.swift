internal import EventLoop
internal import HTTPServer
internal import Wire

/// Carries requests over their candidates: one attempt after the other, waits between them, until the client has an answer or nothing is left.
final class AttemptLoop {
    private let loop: EventLoop
    private let transport: any UpstreamTransport
    private let writer: AnswerWriter
    private let router: Router
    private var options: FailureOptions
    private var deadline: LoopInterval
    private var wait: LoopInterval
    private var waitMost: LoopInterval
    private var firstTokenLeast: LoopInterval
    private var firstTokenMost: LoopInterval
    private let room: WaitingRoom
    /// Where long answers are looked at.
    let inspections: AnswerLane
    /// What attempts find out about providers.
    let ledger: HealthLedger

    init(
        _ options: FailureOptions, on loop: EventLoop, transport: any UpstreamTransport, writer: AnswerWriter, router: Router,
        observer: any GatewayObserver
    ) {
        self.options = options
        self.router = router
        self.loop = loop
        self.transport = transport
        self.writer = writer
        deadline = LoopInterval(options.deadline)
        wait = LoopInterval(options.wait)
        waitMost = LoopInterval(options.waitMost)
        firstTokenLeast = LoopInterval(options.firstTokenLeast)
        firstTokenMost = LoopInterval(options.firstTokenMost)
        ledger = HealthLedger(options, seed: loop.makeSeed())
        inspections = AnswerLane(on: loop)
        room = WaitingRoom(on: loop, ledger: ledger, endpoints: router.endpoints, capacity: options.waitingRequests)
        ledger.capacityReturned = { [unowned room] in room.capacityReturned(at: $0) }
        ledger.notice = { observer.notice($0) }
        ledger.secondsSinceEpoch = { [unowned loop] in loop.secondsSinceEpoch }
    }

    /// Goes over to other options; requests in work keep the bounds they began with, and what was learnt stays.
    func apply(_ options: FailureOptions) {
        self.options = options
        deadline = LoopInterval(options.deadline)
        wait = LoopInterval(options.wait)
        waitMost = LoopInterval(options.waitMost)
        firstTokenLeast = LoopInterval(options.firstTokenLeast)
        firstTokenMost = LoopInterval(options.firstTokenMost)
        ledger.apply(options)
        room.capacity = options.waitingRequests
    }

    /// How much was looked at for requests that wait for capacity, see `WaitingRoom.looksPerTurn`.
    var waitingLooks: Int { room.totalLooks }

    /// How many requests wait for capacity.
    var waiting: Int { room.count }

    /// Sends everybody away who waits.
    func stop() {
        room.close()
    }

    /// Whether a client has a time-out of its own that comes before the request's time is up.
    func hasOwnTimeout(_ exchange: HTTPExchange) -> Bool { readTimeout(of: exchange).map { $0 < deadline } ?? false }

    /// How long the client waits for bytes, as it says itself.
    private func readTimeout(of exchange: HTTPExchange) -> LoopInterval? { ClientPatience.parse(exchange.value(of: "x-stainless-read-timeout")) }

    /// Carries one request to its end.
    ///
    /// - Throws: The error for the client when no attempt has brought an answer.
    func run(
        _ candidates: Candidates, for exchange: HTTPExchange, _ context: RequestContext, _ envelope: RequestEnvelope, _ endpoint: Endpoint
    ) async throws(GatewayError) -> RequestContext.Outcome {
        let budget = RequestBudget(
            receivedAt: context.receivedAt, deadline: deadline, readTimeout: readTimeout(of: exchange), isStream: context.isStream)
        do throws(GatewayError) {
            return try await carry(candidates, for: exchange, context, envelope, endpoint, budget)
        } catch {
            // Who reads comments meanwhile is told at once.
            guard error.isTooLate, !context.isKeptAlive, let tellBy = budget.tellsLate(at: loop.now) else { throw error }
            switch await LatePause.wait(until: tellBy, exchange, on: loop) {
            case .over: throw error
            case .clientGone: return .clientGone
            case .cut: throw .shuttingDown
            }
        }
    }

    private func carry(
        _ candidates: Candidates, for exchange: HTTPExchange, _ context: RequestContext, _ envelope: RequestEnvelope, _ endpoint: Endpoint,
        _ budget: RequestBudget
    ) async throws(GatewayError) -> RequestContext.Outcome {
        let deployments = candidates.deployments
        let client = context.key.tag
        var plan = AttemptPlan(
            candidates: deployments.count, most: options.attempts, deadline: budget.commitBy,
            patience: context.receivedAt.advanced(by: try patience(of: exchange)))
        let need = TokenNeed(bytes: context.promptBytes, media: context.mediaTokens, outputLimit: envelope.outputLimit(of: endpoint))
        var verdict: FailureVerdict?
        var blame = SharedBlame()
        // An answer that is sent when nobody has a better one.
        var kept: KeptAnswer?
        defer { if let kept { AttemptLoop.end(kept, context) } }
        // What becomes of the request says whose its failures are; until then they are nobody's.
        var failures: [HeldFailure] = []
        defer { settle(failures, isRequests: blame.isRequests, context) }
        // Attempts that were given up as too slow, until another candidate has shown whether it was quicker.
        var slow: [OpenAttempt] = []
        // Those who refused it without a word of what is wrong with it, until another one answers it or agrees.
        var doubtful: [OpenAttempt] = []
        // Where it was noted that it is held back; `nil` until that was looked at.
        var held: CandidateSet?
        // Those who wait come first.
        room.serveDue()
        while true {
            let place: Int
            let permit: AttemptPermit
            var now = loop.now
            let step = plan.step(
                after: verdict, at: now, availability: { availability(of: deployments[$0], endpoint, for: client, need, at: now) },
                context: { deployments[$0].model.contextLength ?? 0 }, chance: ledger.chance())
            if let kept, !step.isAttempt { return exchange.hasLostClient ? .clientGone : send(kept, on: exchange, context) }
            if held == nil { held = step.isAttempt ? CandidateSet() : holdBack(deployments, endpoint, context, need, at: now) }
            switch step {
            case .attempt(let chosen):
                place = chosen
                ledger.came(to: deployments[place], from: client, weight: context.key.weight, isHeldBack: false, need, at: now)
                permit = ledger.begin(deployments[place], for: client, need, wasHeldBack: held?.contains(place) == true, at: now)
            case .giveUp(let leftover):
                if context.lacksEndpoint(leftover) { throw .endpointNotServed(endpoint, context.requestedModel) }
                throw .exhausted(context.failures, known(leftover, deployments, endpoint, for: client, need, at: now), endpoint, at: now)
            case .wait(let next):
                let result = await room.wait(
                    deployments, &plan, need, endpoint, next: next, key: context.key, heldBack: held ?? CandidateSet(), exchange)
                context.waitedMicroseconds += loop.now.microseconds(since: now)
                switch result {
                case .granted(let chosen, let granted): (place, permit) = (chosen, granted)
                case .refused(let leftover):
                    now = loop.now
                    let nobodyServes = context.failures.isEmpty && nobodyServes(endpoint, deployments, for: client)
                    if nobodyServes || context.lacksEndpoint(leftover) { throw .endpointNotServed(endpoint, context.requestedModel) }
                    throw .exhausted(context.failures, known(leftover, deployments, endpoint, for: client, need, at: now), endpoint, at: now)
                case .crowdedOut: throw .saturated
                case .cut: throw .shuttingDown
                case .clientGone: return .clientGone
                }
                now = loop.now
            }
            if !permit.isRecorded, let journal = ledger.journal {
                await journal.keep(deployments[place].health)
                now = loop.now
                // Who leaves or is sent away meanwhile is noticed only now.
                if exchange.hasLostClient || context.isCutOff || now >= budget.commitBy {
                    var unsent = permit
                    ledger.end(&unsent, .abandoned, wasSent: false, at: now)
                    if exchange.hasLostClient { return .clientGone }
                    if context.isCutOff { throw .revokedKey }
                    // The plan says that it is too late.
                    verdict = nil
                    continue
                }
            }
            let deployment = deployments[place]
            context.attempts += 1
            context.deployment = deployment
            let (bounds, isShare) = bounds(context, envelope, deployment, plan, budget, hasMoved: !slow.isEmpty) { [now] in
                availability(of: deployments[$0], endpoint, for: client, need, at: now)
            }
            let attempt = UpstreamAttempt(
                context, exchange: exchange, envelope: envelope, deployment: deployment, endpoint: endpoint, writer: writer, permit: permit,
                ledger: ledger, inspections: inspections, bounds: bounds, isShareOfPatience: isShare)
            router.ranking.began(deployment, context, at: now)
            let result = await attempt.run(on: transport)
            learn(from: result, attempt, context, envelope.thinking, &failures)
            if !slow.isEmpty, let firstContentAt = context.firstContentAt {
                hold(slow, against: firstContentAt.microseconds(since: attempt.permit.startedAt), at: loop.now)
            }
            switch result {
            case .answered:
                router.answered(context.conversation, of: context.key.tag, by: deployment, at: loop.now)
                router.endpoints.served(endpoint, by: deployment)
                deployment.learned.unclearRefusals.answered(client)
                ledger.end(&attempt.permit, .succeeded, tokens: context.usage?.totalTokens, at: loop.now)
                for other in doubtful where other.permit.deployment.provider !== deployment.provider {
                    ledger.note(other.verdict.turnedOutTheDeployments, of: other.permit, at: loop.now)
                }
                return .answered
            case .clientGone:
                ledger.end(&attempt.permit, .abandoned, wasSent: attempt.wasSent, tokens: context.usage?.totalTokens, at: loop.now)
                return .clientGone
            case .cut:
                ledger.end(&attempt.permit, .abandoned, wasSent: attempt.wasSent, tokens: context.usage?.totalTokens, at: loop.now)
                context.detail = GatewayError.shuttingDown.message
                // Behind comments, too, the client has nothing yet and is told.
                guard context.hasCommitted else { throw .shuttingDown }
                return .broken
            case .broken(let failure):
                ledger.end(&attempt.permit, .failed(failure.verdict), tokens: context.usage?.totalTokens, at: loop.now)
                context.failures.append(failure)
                context.detail = failure.detail
                return .broken
            case .failed(var failure):
                if let answer = attempt.kept {
                    ledger.end(
                        &attempt.permit, answer.isBlank ? .abandoned : .succeeded, tokens: attempt.tokensTaken(by: failure.verdict), at: loop.now)
                    context.failures.append(failure)
                    verdict = failure.verdict
                    let isSecond = kept?.isBlank == true && answer.isBlank
                    if let other = kept, isSecond || other.isBlank {
                        AttemptLoop.end(other, context)
                        kept = answer
                    } else if kept == nil {
                        kept = answer
                    } else {
                        AttemptLoop.end(answer, context)
                    }
                    if exchange.hasLostClient { return .clientGone }
                    // Two that have nothing to say are right, and what a provider may keep is not made a second time.
                    if isSecond || !endpoint.isRepeatable, let kept { return send(kept, on: exchange, context) }
                    continue
                }
                if isSlow(failure.verdict, attempt) { slow.append(OpenAttempt(permit: attempt.permit, verdict: failure.verdict, endedAt: loop.now)) }
                let incident = ledger.end(
                    &attempt.permit, .failed(failure.verdict), request: AttemptLoop.digest(of: exchange.body),
                    wasSent: attempt.wasSent, tokens: attempt.tokensTaken(by: failure.verdict), at: loop.now)
                blame.note(incident, ledger, at: loop.now)
                let isBelieved =
                    !failure.verdict.isUnclear
                    || !failure.verdict.isMute
                        && !deployment.learned.unclearRefusals.refused(client, AttemptLoop.digest(of: exchange.body))
                if !isBelieved { doubtful.append(OpenAttempt(permit: attempt.permit, verdict: failure.verdict, endedAt: loop.now)) }
                failure.backAt = backAt(deployment, for: client, need, failure.verdict)
                context.failures.append(failure)
                context.detail = failure.detail
                verdict = failure.verdict
                if isBelieved { verdict?.isUnclear = false }
                if let refusal = attempt.refusal {
                    if exchange.hasLostClient { return .clientGone }
                    // What is held already is sent without more room.
                    if let kept { return send(kept, on: exchange, context) }
                    throw refusal
                }
                if failure.failure == .unknownRoute {
                    noteMissing(endpoint, failure, attempt, client, request: AttemptLoop.digest(of: exchange.body))
                }
                if context.isCutOff { throw .revokedKey }
                if !AttemptLoop.mayGoOn(after: failure.verdict, endpoint) {
                    throw .exhausted(context.failures, AttemptPlan.Leftover(), endpoint, at: loop.now)
                }
                if exchange.hasLostClient { return .clientGone }
            }
        }
    }

    /// Notes that a request is held back, at those of its candidates whose limits do that.
    ///
    /// - Returns: Their places.
    private func holdBack(
        _ deployments: [Deployment], _ endpoint: Endpoint, _ context: RequestContext, _ need: TokenNeed, at now: LoopInstant
    ) -> CandidateSet {
        let client = context.key.tag
        var held = CandidateSet()
        guard client != .everybody else { return held }
        for (place, deployment) in deployments.prefix(AttemptLoop.mostWanted).enumerated() {
            // What rests, and what can't take so long a prompt, would not have it either if others sent less.
            guard need.bytes / AttemptLoop.mostBytesPerToken <= deployment.model.contextLength ?? .max,
                case .limited = availability(of: deployment, endpoint, for: client, need, at: now)
            else { continue }
            ledger.came(to: deployment, from: client, weight: context.key.weight, isHeldBack: true, need, at: now)
            held.insert(place)
        }
        return held
    }

    /// No text has more bytes for a token: longer prompts are certain not to fit.
    private static let mostBytesPerToken = 8
    /// Of so many candidates it is noted that a request wants one of them which none could have.
    private static let mostWanted = 16

    /// Whether another candidate may be asked for what is made and paid for, or kept.
    private static func mayGoOn(after verdict: FailureVerdict, _ endpoint: Endpoint) -> Bool {
        if verdict.nothingWasDone || verdict.nothingWasMade { return true }
        return verdict.kind.isServerError || verdict.kind == .errorInAnswer ? endpoint.isRepeatableAfterError : endpoint.isRepeatable
    }

    /// Whether a candidate may be asked. What its provider has turned out not to have, in this request even, is not there.
    private func availability(
        of deployment: Deployment, _ endpoint: Endpoint, for client: ClientTag, _ need: TokenNeed, at now: LoopInstant
    ) -> Availability {
        ledger.availability(of: deployment, endpoint, in: router.endpoints, for: client, need, at: now)
    }

    /// Whether every candidate's provider has turned out not to have the endpoint.
    private func nobodyServes(_ endpoint: Endpoint, _ deployments: [Deployment], for client: ClientTag) -> Bool {
        deployments.allSatisfy { router.endpoints.until(endpoint, of: $0, for: client, now: loop.now) != nil }
    }

    /// When a deployment that has just refused is asked again, where its provider did not say.
    private func backAt(_ deployment: Deployment, for client: ClientTag, _ need: TokenNeed, _ verdict: FailureVerdict) -> LoopInstant? {
        guard verdict.hint.wait == nil, verdict.kind.isLimit || verdict.kind.mayPass else { return nil }
        switch ledger.availability(of: deployment, for: client, need, at: loop.now) {
        case .limited(let end), .unpaid(let end): return ledger.isBack(deployment, for: client, until: end, at: loop.now)
        // Whoever comes back may be the one who tries early.
        case .cooling(let end, let from): return min(end, max(from, loop.now))
        case .ready, .busy, .crowded, .denied, .gone, .rejected: return nil
        }
    }

    /// What is left, with what is known of the limits beside when they are asked again.
    private func known(
        _ leftover: AttemptPlan.Leftover, _ deployments: [Deployment], _ endpoint: Endpoint, for client: ClientTag, _ need: TokenNeed,
        at now: LoopInstant
    ) -> AttemptPlan.Leftover {
        guard leftover.limited + leftover.cooling + leftover.rejected + leftover.unpaid > 0 else { return leftover }
        var leftover = leftover
        var soonest: (limit: LoopInstant?, money: LoopInstant?, other: LoopInstant?)
        func note(_ end: LoopInstant, of deployment: Deployment, _ soonest: inout LoopInstant?) {
            let back = ledger.isBack(deployment, for: client, until: end, at: now)
            soonest = min(soonest ?? back, back)
        }
        for deployment in deployments.prefix(CandidateSet.capacity) {
            switch availability(of: deployment, endpoint, for: client, need, at: now) {
            case .limited(let end):
                note(end, of: deployment, &soonest.limit)
                if ledger.isHeldByConfiguration(deployment, for: client, need, at: now) { leftover.ownLimited += 1 }
            case .unpaid(let end): note(end, of: deployment, &soonest.money)
            // Whoever comes back may be the one who tries early.
            case .cooling(let end, let from), .denied(let end, let from): note(min(end, max(from, now)), of: deployment, &soonest.other)
            case .ready, .busy, .crowded, .gone, .rejected: break
            }
        }
        if leftover.limited == 0 { soonest.limit = nil }
        // What has just failed is not waited for, unless it is all there is.
        if leftover.cooling + leftover.rejected == 0 { soonest.other = nil }
        if leftover.soonest.map({ $0 > now }) == true, let limit = soonest.limit ?? soonest.other {
            leftover.soonest = min(limit, soonest.other ?? limit)
        }
        leftover.soonestLimit = soonest.limit ?? leftover.soonestLimit
        if leftover.unpaid > 0 { leftover.soonestMoney = soonest.money ?? leftover.soonestMoney }
        return leftover
    }

    /// Sends an answer that was kept: nobody had a better one.
    private func send(_ answer: KeptAnswer, on exchange: HTTPExchange, _ context: RequestContext) -> RequestContext.Outcome {
        answer.send(on: exchange, context, writer)
        let cost = answer.deployment.charge(for: answer.usage ?? Usage(), images: context.images, madeImages: context.madeImages).amount
        answer.deployment.learned.statistics.succeeded(
            microseconds: loop.readClock().microseconds(since: context.receivedAt), firstToken: nil, usage: answer.usage, cost: cost)
        router.answered(context.conversation, of: context.key.tag, by: answer.deployment, at: loop.now)
        return .answered
    }

    /// Gives up an answer that was kept: what it used was paid for all the same.
    private static func end(_ answer: KeptAnswer, _ context: RequestContext) {
        answer.end()
        guard !answer.isSent, answer.source == .upstream, let usage = answer.usage, usage.totalTokens > 0 else { return }
        context.lost.append(
            LostAttempt(
                deployment: answer.deployment, usage: usage, source: answer.source, images: context.images, madeImages: context.madeImages))
    }

    /// Notes that a provider does not have an endpoint, and tells the operator once.
    private func noteMissing(
        _ endpoint: Endpoint, _ failure: AttemptFailure, _ attempt: UpstreamAttempt, _ client: ClientTag, request: UInt64
    ) {
        let provider = attempt.deployment.provider
        let sign = EndpointBook.Sign(client, model: attempt.deployment.model.id, request: request)
        guard router.endpoints.missed(endpoint, at: provider, sign, status: attempt.errorStatus ?? 404, now: loop.now) else { return }
        ledger.notice(
            "\(provider.name) does not serve \(endpoint.path) (\(failure.detail)); not asked for it any more for a day, or until rests are cleared. "
                + "`endpoints` in meta-providers.yaml can say so outright")
    }

    /// An attempt that was given up because it took longer than was learnt, or that was refused without a word of why: another one's end says what that means.
    private struct OpenAttempt {
        let permit: AttemptPermit
        let verdict: FailureVerdict
        let endedAt: LoopInstant
    }

    /// Whether an attempt was given up because it took longer than was learnt. That is no failure, since a request may be a hard one.
    private func isSlow(_ verdict: FailureVerdict, _ attempt: UpstreamAttempt) -> Bool {
        verdict.cause == .gateway && verdict.kind == .timeout(.firstByte) && !attempt.isPatience(at: loop.now)
    }

    /// Holds it against slow candidates that another one was quicker with the same request, where nobody has heard anything of them meanwhile: they may
    /// be down.
    private func hold(_ slow: [OpenAttempt], against microseconds: Int, at now: LoopInstant) {
        for attempt in slow where microseconds < attempt.endedAt.microseconds(since: attempt.permit.startedAt) {
            guard attempt.permit.deployment.health.keyModel.succeededAt <= attempt.permit.startedAt else { continue }
            var verdict = attempt.verdict
            verdict.cause = .either
            ledger.note(verdict, of: attempt.permit, at: now)
        }
    }

    /// Bytes at each end of a body that tell requests apart.
    private static let digestedBytes = 8 * 1024

    /// A number that tells requests apart: two signs of one trouble must not come from the same request made twice.
    private static func digest(of body: RawSpan) -> UInt64 {
        var hash = ByteHash(seed: UInt64(body.byteCount))
        hash.add(body.extracting(first: min(body.byteCount, digestedBytes)))
        if body.byteCount > digestedBytes { hash.add(body.extracting(droppingFirst: max(digestedBytes, body.byteCount - digestedBytes))) }
        return hash.value
    }

    /// How long the client waits for capacity.
    ///
    /// - Throws: 400 where it says something that is no time.
    private func patience(of exchange: HTTPExchange) throws(GatewayError) -> LoopInterval {
        guard let field = exchange.value(of: "x-best-wait") else { return wait }
        guard let asked = ClientPatience.parse(field) else {
            throw .badRequest("`x-best-wait` is no time: give seconds, or text like 500ms, 5s, 1m30s", param: "x-best-wait")
        }
        return min(asked, waitMost)
    }

    /// The bounds of one attempt. What was learnt of the deployment bounds it only while another one could take over: the last one is waited for as long
    /// as its provider's time-outs and the request's time allow, and so is the second one when the first was given up as too slow: then the request may be a
    /// hard one.
    ///
    /// - Parameter hasMoved: Whether another one was given up as too slow.
    /// - Returns: The bounds, and whether the first content has less time than it should, because the client does not wait so long for all candidates.
    private func bounds(
        _ context: RequestContext, _ envelope: RequestEnvelope, _ deployment: Deployment, _ plan: AttemptPlan, _ budget: RequestBudget,
        hasMoved: Bool, availability: (Int) -> Availability
    ) -> (UpstreamBounds, isShareOfPatience: Bool) {
        let provider = deployment.provider
        let most = provider.firstTokenMost ?? firstTokenMost
        var wanted = learntTime(context, envelope, deployment, most)
        if wanted < provider.firstToken, hasMoved || !plan.hasOther(availability) { wanted = provider.firstToken }
        let firstToken = budget.firstToken(wanted: wanted, shares: plan.shares, reserve: firstTokenLeast, at: loop.now)
        let bounds = UpstreamBounds(firstContent: firstToken, contentBy: budget.tellBy, endBy: budget.endBy, waitsForWord: context.isStream)
        return (bounds, firstToken < wanted)
    }

    /// After how long the first content is late, by what was learnt. A whole answer's first byte is its last, so there the tokens that were asked for
    /// count; where nothing says how many they may be nothing is learnt.
    private func learntTime(_ context: RequestContext, _ envelope: RequestEnvelope, _ deployment: Deployment, _ most: LoopInterval) -> LoopInterval {
        let (least, unknown) = (min(firstTokenLeast, most), deployment.provider.firstToken)
        if context.isStream {
            let bucket = FirstTokenBucket(bytes: context.bytesIn, envelope.thinking)
            return deployment.learned.firstTokens[bucket.index].timeout(for: context.key.tag, least: least, most: most, unknown: unknown)
        }
        // How long a model thinks no limit of its answer says.
        guard envelope.thinking != .much, let limit = context.endpoint.flatMap({ envelope.outputLimit(of: $0) }),
            let answer = router.ranking.seconds(of: deployment, PromptSize(bytes: context.bytesIn), tokens: limit)
        else { return unknown }
        let wanted = min(answer * AttemptLoop.wholeAnswerPatience, Double(most.nanoseconds) / 1e9)
        return max(least, LoopInterval(nanoseconds: UInt64(max(0, wanted) * 1e9)))
    }

    /// A whole answer is late after so many times the time it should take.
    private static let wholeAnswerPatience = 2.5

    // MARK: Learning

    /// Learns from the end of an attempt, and writes down what it used.
    private func learn(
        from result: AttemptResult, _ attempt: UpstreamAttempt, _ context: RequestContext, _ thinking: RequestEnvelope.Thinking,
        _ failures: inout [HeldFailure]
    ) {
        let (deployment, startedAt, now) = (attempt.deployment, attempt.permit.startedAt, loop.readClock())
        let findings = attempt.findings
        if attempt.wasSent { context.wasSent = true }
        learnFirstToken(result, attempt, context, thinking)
        switch result {
        case .answered, .broken, .clientGone, .cut:
            (context.usage, context.usageSource) = attempt.used(isWhole: !context.isStream)
            context.answerIDs = findings.ids
            // What was asked for is not always what was made.
            if case .answered = result, findings.pieces > 0 { context.madeImages = min(context.madeImages, findings.pieces) }
        case .failed(let failure):
            // What came before it failed was paid for, but is not the answer's.
            if attempt.kept == nil, let lost = attempt.lost(by: failure.verdict, isWhole: !context.isStream) { context.lost.append(lost) }
        }
        // What one that has failed says of its counts is true of no answer.
        if !result.isFailure, let usage = attempt.reported, usage.totalTokens > 0 {
            deployment.learned.learn(bytes: context.tellingBytes, usage, of: context.key.tag)
            if case .answered = result, context.isStream {
                deployment.learned.learn(
                    events: findings.contentEvents, contentSize: findings.contentSize, outputTokens: usage.outputTokens)
            }
        }
        if attempt.kept == nil { count(result, of: deployment, context, since: startedAt, at: now) }
        let isNews = ledger.isNews(deployment, context.key.tag, at: now)
        if case .failed = result {
            if isNews {
                failures.append(
                    HeldFailure(
                        result: result, deployment: deployment, outputTokens: attempt.reported?.outputTokens, startedAt: startedAt, endedAt: now))
            }
            return
        }
        router.ranking.learn(
            from: result, deployment, context, outputTokens: attempt.reported?.outputTokens, isNews: isNews, startedAt: startedAt, at: now)
    }

    /// A failed attempt whose ranking is not changed yet.
    private struct HeldFailure {
        let result: AttemptResult
        let deployment: Deployment
        let outputTokens: Int?
        let startedAt: LoopInstant
        let endedAt: LoopInstant
    }

    /// Has the ranking learn from a request's failures when it has an end: not from those that are the request's own, where others have just been served.
    private func settle(_ failures: [HeldFailure], isRequests: Bool, _ context: RequestContext) {
        for failure in failures where !isRequests || !ledger.hasServedLately(failure.deployment.health.keyModel, at: failure.endedAt) {
            router.ranking.learn(
                from: failure.result, failure.deployment, context, outputTokens: failure.outputTokens, isNews: true,
                startedAt: failure.startedAt, at: failure.endedAt)
        }
    }

    /// Learns how long the deployment takes to its first token, also from one that did not come in its provider's time.
    private func learnFirstToken(
        _ result: AttemptResult, _ attempt: UpstreamAttempt, _ context: RequestContext, _ thinking: RequestEnvelope.Thinking
    ) {
        guard context.isStream else { return }
        let (bucket, startedAt) = (FirstTokenBucket(bytes: context.bytesIn, thinking), attempt.permit.startedAt)
        switch result {
        case .answered, .broken:
            guard let first = context.firstContentAt else { return }
            attempt.deployment.learned.firstTokens[bucket.index].record(microseconds: first.microseconds(since: startedAt), of: context.key.tag)
        case .failed(let failure):
            guard failure.failure == .timeout(.firstByte) else { return }
            // How long a client wants to wait says nothing about the provider.
            guard failure.verdict.cause != .gateway || !attempt.isPatience(at: loop.now) else { return }
            attempt.deployment.learned.firstTokens[bucket.index].record(microseconds: loop.now.microseconds(since: startedAt), of: context.key.tag)
            if failure.verdict.cause == .gateway { router.ranking.gaveUp(attempt.deployment, context, startedAt: startedAt, at: loop.readClock()) }
        case .clientGone, .cut: return
        }
    }

    /// Counts what came of an attempt; one whose client left counts for nobody.
    private func count(_ result: AttemptResult, of deployment: Deployment, _ context: RequestContext, since begunAt: LoopInstant, at now: LoopInstant)
    {
        switch result {
        case .answered:
            deployment.learned.statistics.succeeded(
                microseconds: now.microseconds(since: begunAt), firstToken: context.firstContentAt?.microseconds(since: begunAt),
                usage: context.usage,
                cost: deployment.charge(for: context.usage ?? Usage(), images: context.images, madeImages: context.madeImages).amount)
        case .failed(let failure), .broken(let failure): deployment.learned.statistics.failed(failure.verdict)
        case .clientGone, .cut: break
        }
    }
}

extension RequestContext {
    /// Whether nobody has answered, nor could have, because no provider has the endpoint.
    fileprivate func lacksEndpoint(_ left: AttemptPlan.Leftover) -> Bool {
        endpoint != .chatCompletions && !failures.isEmpty && failures.allSatisfy { $0.failure == .unknownRoute }
            && left.limited + left.cooling + left.busy + left.rejected + left.tooSmall == 0 && left.soonest == nil && !left.isLate
    }
}
