internal import EventLoop

/// The four things that can fail when a deployment is asked, from the narrowest.
struct HealthNodes {
    /// The model with this key.
    let keyModel: HealthNode
    /// The model with every key of the provider.
    let model: HealthNode
    /// The key with every model.
    let key: HealthNode
    /// The provider, or the one account that all its keys belong to.
    let provider: HealthNode
    /// Whether the provider has other keys.
    var hasOtherKeys = false
    /// Whether all its keys are known to be one account's: there is but one, or the operator says so.
    var isOneAccount = true

    /// Whether nothing stands in the way of any of them, at any time.
    @inline(__always)
    var areFree: Bool { keyModel.isFree && provider.isFree && key.isFree && model.isFree }

    /// Whether a client may ask all.
    func availability(for client: ClientTag, tokens: TokenDemand, spacing: LoopInterval, at now: LoopInstant) -> Availability {
        keyModel.availability(for: client, tokens: tokens, spacing: spacing, at: now)
            .and(model.availability(for: client, tokens: tokens, spacing: spacing, at: now))
            .and(key.availability(for: client, tokens: tokens, spacing: spacing, at: now))
            .and(provider.availability(for: client, tokens: tokens, spacing: spacing, at: now))
    }

    /// Whether requests may be held back by what others have sent, so that the end of one may make room.
    var holdsBack: Bool { keyModel.holdsBack || model.holdsBack || key.holdsBack || provider.holdsBack }

    /// Whether refusals have taught a limit, which an admission may raise.
    var hasEstimate: Bool { keyModel.quota.hasEstimate || key.quota.hasEstimate || provider.quota.hasEstimate }

    /// Whether what is under way holds others back at the deployment, by what was learnt or after a rest.
    var isGated: Bool { keyModel.isGated || model.isGated || key.isGated || provider.isGated }

    /// Whether anything may hold back a request by its tokens.
    var countsTokens: Bool { keyModel.countsTokens || model.countsTokens || key.countsTokens || provider.countsTokens }

    /// Whether a limit on what is sent is known of any of them.
    @inline(__always)
    var areConstrained: Bool { keyModel.quota.isConstrained || key.quota.isConstrained || provider.quota.isConstrained }

    /// Those that have limits on what is sent.
    var limited: InlineArray<3, HealthNode> { [keyModel, key, provider] }

    /// All four.
    var all: [HealthNode] { [keyModel, model, key, provider] }

    /// The rest of everybody's that lasts longest; `nil` when none of them rests for everybody.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func longestRest(at now: LoopInstant, epoch: Int) -> RestReport? {
        guard let node = all.max(by: { $0.cooldown.until < $1.cooldown.until }) else { return nil }
        return node.track.report(of: node.subject, for: .everybody, at: now, epoch: epoch)
    }

    /// Who is left alone after a failure, as far as one key can tell. The keys of a pool may belong to accounts of their own: what one of them hears of its
    /// account, or of what its account may not have, is said of the others when they have heard it, too. Each of them is asked once, then, and believed.
    func scope(of verdict: FailureVerdict) -> FailureScope {
        switch verdict.scope {
        case .model: verdict.kind == .modelGone && hasOtherKeys ? .keyModel : .model
        case .account: isOneAccount || verdict.kind.isRateLimit && provider.ownsLimits ? .account : .key
        case .request, .keyModel, .key, .provider: verdict.scope
        }
    }

    /// The node a failure is about; `nil` when it is about none.
    func node(for scope: FailureScope) -> HealthNode? {
        switch scope {
        case .request: nil
        case .keyModel: keyModel
        case .model: model
        case .key: key
        case .account, .provider: provider
        }
    }
}
