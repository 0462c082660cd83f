internal import EventLoop
internal import Wire

/// Holds a request to the limits of its key: reserves before the first attempt, settles or gives back at the end.
///
/// Keys without limits pass without any book being kept.
final class Admission {
    private let limits: any SharedLimits
    private let loop: EventLoop
    /// What the requests of each key that has limits probably use, by the key's own answers: what other keys ask for says nothing about them.
    private var estimates: [VirtualKey.ID: TokenEstimate] = [:]
    /// Estimates that are remembered; more keys than this begin anew now and then.
    private static let mostEstimates = 10_000

    init(_ limits: any SharedLimits, on loop: EventLoop) {
        self.limits = limits
        self.loop = loop
    }

    /// Reserves what the request will probably use; of money as much as it may cost, so that a burst of requests ends at the budget and not behind it.
    ///
    /// - Parameters:
    ///   - deployments: The deployments that may answer, the most probable first.
    ///   - outputLimit: The most tokens the client asks for, where it says so.
    ///   - choices: The answers it asks for.
    ///   - density: What `TokenEstimate.density` says of the request's body, where the key has a budget.
    /// - Throws: 429, with the limit that would be crossed.
    func admit(
        _ context: RequestContext, _ deployments: some Collection<Deployment>, outputLimit: Int?, choices: Int = 1, density: Double = 1
    ) async throws(GatewayError) {
        guard let grant = context.key.grant, !grant.limits.isUnlimited else { return }
        let estimate = estimates[context.key.id] ?? TokenEstimate()
        let (bytes, media, length) = (context.promptBytes, context.mediaTokens, deployments.first?.model.contextLength)
        let expected = estimate.expected(bytes: bytes, media: media, outputLimit: outputLimit, contextLength: length)
        var (cost, mostCost) = (Money.zero, Money.zero)
        if let budget = grant.limits.budget {
            let need = CostNeed(
                expected: expected, outputLimit: outputLimit, choices: choices, density: density, images: context.images,
                madeImages: context.madeImages, endpoint: context.endpoint)
            (cost, mostCost) = need.costs(of: deployments.prefix(Admission.likelyCandidates), estimate, within: budget)
        }
        // A stream is counted as it passes, and can be ended. A whole answer is known when it is there.
        // One in the background is never seen, and settles at what is reserved for it.
        let probable =
            context.isBackground
            ? estimate.atMost(
                bytes: bytes, media: media,
                outputLimit: outputLimit
                    ?? estimate.longestAnswer(modelLimit: deployments.first?.model.maximumOutputTokens, contextLength: length),
                contextLength: length)
            : estimate.expected(bytes: bytes, media: media, outputLimit: outputLimit, answers: choices, contextLength: length)
        let most =
            context.isStream || context.isBackground
            ? probable : estimate.atMost(bytes: bytes, media: media, outputLimit: outputLimit, answers: choices, contextLength: length)
        let claim = LimitClaim(
            key: context.key.id, limits: grant.limits, tokens: probable.totalTokens, mostTokens: most.totalTokens, cost: cost, mostCost: mostCost)
        switch await limits.reserve(claim, at: loop.moment) {
        case .granted(let reservation, let standing):
            context.reservation = reservation
            context.standing = standing
            if grant.limits.growsWithAnswers { context.meter = self }
        case .refused(let refusal):
            context.standing = refusal.standing
            throw .limitReached(refusal, claim)
        }
    }

    /// Candidates of which one probably answers.
    private static let likelyCandidates = 3

    /// How much of a stream passes between two looks at the limits, in events; content of such a size counts as one.
    private static let meteredStep = 16
    private static let sizeOfEvent = 64

    /// Counts what a stream has used so far.
    ///
    /// - Returns: Why it ends here: other answers of the key have used up its limit meanwhile.
    func meter(_ context: RequestContext, _ findings: AttemptFindings) -> GatewayError? {
        let size = findings.contentSize.addingCount(findings.otherSize).addingCount(findings.itemSize)
        let passed = findings.contentEvents &+ size / Admission.sizeOfEvent
        guard passed >= context.meteredUpTo &+ Admission.meteredStep, let deployment = context.deployment, var reservation = context.reservation
        else { return nil }
        context.meteredUpTo = passed
        let usage = deployment.used(by: findings, for: context.key.tag, promptBytes: context.promptBytes, media: context.mediaTokens)
        let (tokens, cost) = context.usedByLost
        let limit = limits.grow(
            &reservation, tokens: tokens.addingCount(usage.totalTokens),
            cost: cost + deployment.charge(for: usage, images: context.images, madeImages: context.madeImages).amount, at: loop.moment)
        context.reservation = reservation
        return limit.map { .limitUsedUp($0) }
    }

    /// Counts a request that no provider is asked for: an explanation, or one that is refused. It takes a request of the limits and no tokens.
    ///
    /// - Throws: 429, with the limit that would be crossed.
    func count(_ context: RequestContext) async throws(GatewayError) {
        guard let grant = context.key.grant, !grant.limits.isUnlimited else { return }
        let claim = LimitClaim(key: context.key.id, limits: grant.limits, tokens: 0, cost: .zero)
        switch await limits.reserve(claim, at: loop.moment) {
        case .granted(let reservation, let standing):
            context.standing = standing
            limits.settle(reservation, tokens: 0, cost: .zero, at: loop.moment)
        case .refused(let refusal):
            context.standing = refusal.standing
            throw .limitReached(refusal, claim)
        }
    }

    /// Notes how far the key's limits are used, for an answer to a request that takes nothing of them.
    func look(_ context: RequestContext) {
        guard context.standing == nil, let grant = context.key.grant, !grant.limits.isUnlimited else { return }
        context.standing = limits.glance(at: context.key.id, grant.limits, at: loop.moment)
    }

    /// Ends the reservation of a request that has ended. From the moment a provider was asked the request counts, with what it used at every provider that
    /// was asked; what was never sent is given back.
    func settle(_ context: RequestContext) {
        guard let reservation = context.reservation else { return }
        context.reservation = nil
        guard context.wasSent else { return limits.release(reservation, at: loop.moment) }
        var (tokens, cost) = context.usedByLost
        if let usage = context.usage { tokens = tokens.addingCount(usage.totalTokens) }
        cost += context.charge?.amount ?? .zero
        limits.settle(reservation, tokens: tokens, cost: cost, at: loop.moment)
        if let usage = context.usage, context.usageSource == .upstream { learn(usage, of: context) }
    }

    private func learn(_ usage: Usage, of context: RequestContext) {
        if estimates.count >= Admission.mostEstimates, estimates[context.key.id] == nil { estimates.removeAll() }
        estimates[context.key.id, default: TokenEstimate()].learn(bytes: context.tellingBytes, usage)
    }
}

extension RequestContext {
    /// What was used by attempts whose answers did not reach the client.
    fileprivate var usedByLost: (tokens: Int, cost: Money) {
        lost.reduce((0, .zero)) { ($0.0.addingCount($1.usage.totalTokens), $0.1 + $1.charge.amount) }
    }
}

extension Deployment {
    /// The prompt of a client's request, and what has come of the stream of its answer.
    func used(by findings: AttemptFindings, for client: ClientTag, promptBytes: Int, media: Int) -> Usage {
        var usage = learned.tokens(for: client).used(
            bytes: promptBytes, media: media, events: findings.contentEvents, contentSize: findings.contentSize,
            contextLength: model.contextLength)
        usage.outputTokens = usage.outputTokens.addingCount(findings.otherTokens)
        usage.totalTokens = usage.inputTokens.addingCount(usage.outputTokens)
        return usage
    }
}

extension KeyLimits {
    /// Whether an answer takes more of them the longer it is.
    fileprivate var growsWithAnswers: Bool { tokensPerMinute != nil || tokensPerDay != nil || budget != nil }
}

extension GatewayError {
    /// A limit of the client's own key that other answers used up while this one was under way.
    static func limitUsedUp(_ limit: KeyLimitName) -> GatewayError {
        let name = limit.rawValue.split(separator: "_").joined(separator: " ")
        let isOfMinute = limit == .tokensPerMinute
        return GatewayError(
            429, isOfMinute ? .tokens : .insufficientQuota, code: isOfMinute ? "rate_limit_exceeded" : "insufficient_quota",
            "this API key's limit of \(name) was used up while the answer was under way, which ends here", shouldRetry: isOfMinute ? nil : false)
    }

    /// A limit of the client's own key.
    static func limitReached(_ refusal: LimitRefusal, _ claim: LimitClaim) -> GatewayError {
        let wait = refusal.retryAfter
        let when = wait.map { "; there is room again in \($0.seconds) s" } ?? ""
        let isLong = wait.map { $0 > .seconds(60) }
        let name = refusal.limit.rawValue.split(separator: "_").joined(separator: " ")
        switch refusal.limit {
        case .tokensPerMinute where refusal.isHeld, .tokensPerDay where refusal.isHeld:
            return GatewayError(
                429, .tokens, code: "rate_limit_exceeded",
                "the answers this API key has in work may use up its limit of \(name); ask again when one is complete, or name `max_tokens`",
                retryAfter: wait)
        case .requestsPerMinute, .tokensPerMinute:
            let type: ErrorType = refusal.limit == .tokensPerMinute ? .tokens : .requests
            guard let wait else {
                return GatewayError(
                    429, type, code: "rate_limit_exceeded", "the request alone is larger than this API key's limit of \(name)", shouldRetry: false)
            }
            return GatewayError(
                429, type, code: "rate_limit_exceeded", "this API key's limit of \(name) is reached\(when)", retryAfter: wait,
                shouldRetry: isLong == true ? false : nil)
        case .concurrency:
            return GatewayError(
                429, .requests, code: "rate_limit_exceeded", "this API key has as many requests in work as it may", retryAfter: .seconds(1))
        case .budget where claim.limits.budget.map { claim.cost > $0 } == true:
            return GatewayError(
                429, .insufficientQuota, code: "insufficient_quota",
                "the request alone may cost \(claim.cost.shortText) US dollars, more than the whole of this API key's budget of "
                    + "\(claim.limits.budget?.shortText ?? "0"); ask for fewer tokens (`max_tokens`) or a cheaper model", shouldRetry: false)
        case .budget where refusal.isHeld && claim.mostCost > claim.cost:
            return GatewayError(
                429, .requests, code: "rate_limit_exceeded",
                "the answers this API key has in work may use up its budget; ask again when one is complete, or name `max_tokens`",
                retryAfter: .seconds(1))
        case .budget where refusal.isHeld:
            return GatewayError(
                429, .requests, code: "rate_limit_exceeded",
                "what is left of this API key's budget is held for its requests in work; there may be room when they end", retryAfter: .seconds(1))
        case .tokensPerDay where wait == nil:
            return GatewayError(
                429, .insufficientQuota, code: "insufficient_quota", "the request alone is larger than this API key's limit of \(name)",
                shouldRetry: false)
        case .requestsPerDay, .tokensPerDay, .budget:
            return GatewayError(
                429, .insufficientQuota, code: "insufficient_quota",
                "this API key's \(refusal.limit == .budget ? "budget" : "limit of \(name)") is used up\(when)", retryAfter: wait,
                shouldRetry: isLong ?? true ? false : nil)
        }
    }
}
