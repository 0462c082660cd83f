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
        room = WaitingRoom(on: loop, ledger: ledger, capacity: options.waitingRequests)
        ledger.capacityReturned = { [unowned room] in room.serve() }
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

    /// How many requests wait for capacity.
    var waiting: Int { room.count }

    /// Sends everybody away who waits.
    func stop() {
        room.close()
    }

    /// Carries one request to its end.
    ///
    /// - Throws: The error for the client when no attempt has brought an answer.
    func run(
        _ candidates: Candidates, for exchange: HTTPExchange, _ context: RequestContext, _ envelope: RequestEnvelope, _ endpoint: Endpoint
    ) async throws(GatewayError) -> RequestContext.Outcome {
        let deployments = candidates.deployments
        let budget = RequestBudget(
            receivedAt: context.receivedAt, deadline: deadline,
            readTimeout: ClientPatience.parse(exchange.value(of: "x-stainless-read-timeout")), isStream: context.isStream)
        var plan = AttemptPlan(
            candidates: deployments.count, most: options.attempts, deadline: budget.commitBy,
            patience: context.receivedAt.advanced(by: patience(of: exchange)))
        let tokens = context.bytesIn / AttemptLoop.bytesPerToken + (envelope.maximumOutputTokens ?? 0)
        var verdict: FailureVerdict?
        var blame = SharedBlame()
        // Those who wait come first.
        if !room.isEmpty { room.serve() }
        while true {
            let place: Int
            let permit: AttemptPermit
            let now = loop.now
            let step = plan.step(
                after: verdict, at: now, availability: { ledger.availability(of: deployments[$0], tokens: tokens, at: now) },
                context: { deployments[$0].model.contextLength ?? 0 })
            switch step {
            case .attempt(let chosen):
                place = chosen
                permit = ledger.begin(deployments[place], tokens: tokens, at: now)
            case .giveUp(let leftover):
                throw .exhausted(context.failures, leftover, at: now)
            case .wait(let next):
                let result = await room.wait(deployments, &plan, tokens: tokens, next: next, key: context.key, exchange)
                context.waitedMicroseconds += loop.now.microseconds(since: now)
                switch result {
                case .granted(let chosen, let granted): (place, permit) = (chosen, granted)
                case .refused(let leftover): throw .exhausted(context.failures, leftover, at: loop.now)
                case .crowdedOut: throw .saturated
                case .cut: throw .shuttingDown
                case .clientGone: return .clientGone
                }
            }
            let deployment = deployments[place]
            context.attempts += 1
            context.deployment = deployment
            let bucket = FirstTokenBucket(isStream: context.isStream, bytes: context.bytesIn)
            let attempt = UpstreamAttempt(
                context, exchange: exchange, envelope: envelope, deployment: deployment, endpoint: endpoint, writer: writer, permit: permit,
                ledger: ledger, bounds: bounds(deployment, bucket, plan, budget, isStream: context.isStream))
            router.ranking.began(deployment, context, at: now)
            let result = await attempt.run(on: transport)
            learn(result, attempt, bucket, context)
            count(result, of: deployment, since: attempt.permit.startedAt, context)
            router.ranking.learn(from: result, deployment, context, startedAt: attempt.permit.startedAt, at: loop.readClock())
            switch result {
            case .answered:
                router.answered(context.conversation, by: deployment, at: loop.now)
                ledger.end(&attempt.permit, .succeeded, tokens: context.usage?.totalTokens, at: loop.now)
                return .answered
            case .clientGone:
                ledger.end(&attempt.permit, .abandoned, at: loop.now)
                return .clientGone
            case .cut:
                ledger.end(&attempt.permit, .abandoned, at: loop.now)
                context.detail = GatewayError.shuttingDown.message
                guard exchange.hasBegun else { throw .shuttingDown }
                return .broken
            case .broken(let failure):
                ledger.end(&attempt.permit, .failed(failure.verdict), at: loop.now)
                context.failures.append(failure)
                context.detail = failure.detail
                return .broken
            case .failed(let failure):
                blame.note(ledger.end(&attempt.permit, .failed(failure.verdict), at: loop.now), ledger)
                context.failures.append(failure)
                context.detail = failure.detail
                verdict = failure.verdict
                if !endpoint.isRepeatable, !failure.verdict.nothingWasDone {
                    throw .exhausted(context.failures, AttemptPlan.Leftover(), at: loop.now)
                }
                if exchange.hasLostClient { return .clientGone }
            }
        }
    }

    /// A token of a request's body in bytes, roughly; OpenAI's rule of thumb for English.
    private static let bytesPerToken = 4

    /// How long the client waits for capacity.
    private func patience(of exchange: HTTPExchange) -> LoopInterval {
        guard let asked = ClientPatience.parse(exchange.value(of: "x-best-wait")) else { return wait }
        return min(asked, waitMost)
    }

    /// The bounds of one attempt.
    private func bounds(
        _ deployment: Deployment, _ bucket: FirstTokenBucket, _ plan: AttemptPlan, _ budget: RequestBudget, isStream: Bool
    ) -> UpstreamBounds {
        let provider = deployment.provider
        let most = provider.firstTokenMost ?? firstTokenMost
        let wanted = deployment.learned.firstTokens[bucket.index].timeout(least: min(firstTokenLeast, most), most: most, unknown: provider.firstToken)
        let firstToken = budget.firstToken(wanted: wanted, shares: plan.shares, reserve: firstTokenLeast, at: loop.now)
        return UpstreamBounds(firstContent: firstToken, contentBy: budget.commitBy, endBy: budget.endBy, waitsForWord: isStream)
    }

    /// Learns how long the deployment takes to its first token, also from one that did not come in time.
    private func learn(_ result: AttemptResult, _ attempt: UpstreamAttempt, _ bucket: FirstTokenBucket, _ context: RequestContext) {
        switch result {
        case .answered, .broken:
            guard let first = context.firstContentAt else { return }
            attempt.deployment.learned.firstTokens[bucket.index].record(microseconds: first.microseconds(since: attempt.permit.startedAt))
        case .failed(let failure):
            guard failure.failure == .timeout(.firstByte) else { return }
            attempt.deployment.learned.firstTokens[bucket.index].record(microseconds: loop.now.microseconds(since: attempt.permit.startedAt))
        case .clientGone, .cut: return
        }
    }

    /// Counts what came of an attempt; one whose client left counts for nobody.
    private func count(_ result: AttemptResult, of deployment: Deployment, since begunAt: LoopInstant, _ context: RequestContext) {
        switch result {
        case .answered:
            deployment.learned.statistics.succeeded(
                microseconds: loop.readClock().microseconds(since: begunAt), firstToken: context.firstContentAt?.microseconds(since: begunAt),
                usage: context.usage, cost: context.usage.map { deployment.model.cost(of: $0) } ?? .zero)
        case .failed(let failure), .broken(let failure): deployment.learned.statistics.failed(failure.verdict)
        case .clientGone, .cut: break
        }
    }
}
