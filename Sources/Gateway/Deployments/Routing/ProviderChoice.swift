internal import Wire

/// What `provider` of a request says of each provider, found out once and not for each of their deployments: OpenRouter's `only`, `ignore`, and `order`
/// without fallbacks. Names mean the same in any case, as no two providers' names differ by case alone.
struct ProviderChoice {
    /// Why each provider's deployments can't take the request, by the provider's number; `nil` where they can.
    private let reasons: [FilterReason?]
    /// The place of each provider in `order`; those that it does not name are behind it.
    private let ranks: [Int]
    /// How many ranks there are.
    private let rankCount: Int

    init(_ preferences: ProviderPreferences, among providers: [String]) {
        rankCount = preferences.order.count + 1
        let (order, only, ignore) = (preferences.order.folded, preferences.only.folded, preferences.ignore.folded)
        let names = providers.folded
        ranks = names.map { order.firstIndex(of: $0) ?? order.count }
        reasons = names.map { name in
            if !only.isEmpty, !only.contains(name) { return .notChosen }
            if ignore.contains(name) { return .ignored }
            if preferences.allowFallbacks == false, !order.isEmpty, !order.contains(name) { return .notChosen }
            return nil
        }
    }

    /// Why a deployment can't take the request; `nil` when it can.
    func reason(against deployment: Deployment) -> FilterReason? { reasons[deployment.standing.provider.number] }

    /// Puts deployments in the order of `order`; those of one rank stay as they are.
    func ordered(_ deployments: [Deployment]) -> [Deployment] {
        var byRank = [[Deployment]](repeating: [], count: rankCount)
        for deployment in deployments { byRank[ranks[deployment.standing.provider.number]].append(deployment) }
        return byRank.flatMap { $0 }
    }
}

extension [String] {
    /// The names in lower case.
    fileprivate var folded: [String] { map { $0.lowercased() } }
}
