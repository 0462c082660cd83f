internal import EventLoop
internal import Wire

/// Holds a request to the limits of its key: reserves before the first attempt, settles or gives back at the end.
///
/// Keys without limits pass without any book being kept.
final class Admission {
    private let limits: any SharedLimits
    private let loop: EventLoop

    init(_ limits: any SharedLimits, on loop: EventLoop) {
        self.limits = limits
        self.loop = loop
    }

    /// Reserves what the request will probably use.
    ///
    /// - Parameters:
    ///   - deployment: The deployment that will probably answer.
    ///   - outputLimit: The most tokens the client asks for, where it says so.
    /// - Throws: 429, with the limit that would be crossed.
    func admit(_ context: RequestContext, _ deployment: Deployment, outputLimit: Int?) async throws(GatewayError) {
        guard let grant = context.key.grant, !grant.limits.isUnlimited else { return }
        let expected = deployment.learned.tokens.expected(bytes: context.bytesIn, outputLimit: outputLimit)
        let claim = LimitClaim(
            key: context.key.id, limits: grant.limits, tokens: expected.totalTokens, cost: deployment.model.cost(of: expected))
        switch await limits.reserve(claim, at: loop.unixTime) {
        case .granted(let reservation, let standing):
            context.reservation = reservation
            context.standing = standing
        case .refused(let refusal):
            context.standing = refusal.standing
            throw .limitReached(refusal)
        }
    }

    /// Ends the reservation of a request that has ended: what was used counts, what was not done is given back.
    func settle(_ context: RequestContext) {
        guard let reservation = context.reservation else { return }
        context.reservation = nil
        // Something was generated for it when content came: then it counts, by the estimate where the provider does not say.
        if context.outcome == .answered || context.firstContentAt != nil {
            let usage = context.usage
            let cost = usage.map { context.deployment?.model.cost(of: $0) ?? .zero } ?? reservation.cost
            limits.settle(reservation, tokens: usage?.totalTokens ?? reservation.tokens, cost: cost, at: loop.unixTime)
        } else {
            limits.release(reservation, at: loop.unixTime)
        }
    }
}

extension GatewayError {
    /// A limit of the client's own key.
    static func limitReached(_ refusal: LimitRefusal) -> GatewayError {
        let wait = refusal.retryAfter
        let when = wait.map { "; there is room again in \($0.seconds) s" } ?? ""
        let isLong = wait.map { $0 > .seconds(60) }
        let name = refusal.limit.rawValue.split(separator: "_").joined(separator: " ")
        switch refusal.limit {
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
            return GatewayError(429, .requests, code: "rate_limit_exceeded", "this API key has as many requests in work as it may")
        case .requestsPerDay, .tokensPerDay, .budget:
            return GatewayError(
                429, .insufficientQuota, code: "insufficient_quota", "this API key's limit of \(name) is used up\(when)", retryAfter: wait,
                shouldRetry: isLong ?? true ? false : nil)
        }
    }
}
