/// The deployments that one name stands for, kept in order for each way of ordering that was asked for.
final class CandidateGroup {
    /// An order and what is worth trying out of it.
    struct Order {
        fileprivate let place: Int
        /// The refresh of the ranking that it was made after.
        fileprivate var refresh: UInt64
        /// Best first.
        fileprivate(set) var deployments: [Deployment]
        /// What was left of them for requests with certain needs; made anew with the order.
        fileprivate var filtered: [(key: NeedsKey, able: Able)] = []
        /// The one that goes first this once, to find out whether it has become better.
        fileprivate(set) var probe: Deployment?
        /// Those at the head that are as good as the first; `nil` where it is alone.
        fileprivate(set) var peers: Peers?
    }

    /// The deployments that can take a request, best first.
    struct Able {
        var deployments: [Deployment] = []
        var probe: Deployment?
        var peers: Peers?
    }

    /// Needs that leave the same deployments: the abilities, and the smallest context among the deployments that is large enough.
    fileprivate struct NeedsKey: Equatable {
        let abilities: Abilities.Needs
        let contextLength: Int
    }

    /// The kinds of needs for which an order remembers what is left.
    private static let maximumFiltered = 8

    /// What every one of the deployments can do, so that most requests need not look at each.
    let common: Abilities
    private let members: [Deployment]
    private var orders: [Order] = []
    /// The context lengths there are, smallest first.
    private let contextLengths: [Int]

    init(_ members: [Deployment]) {
        self.members = members
        contextLengths = Set(members.map(\.abilities.contextLength)).sorted()
        common = members.reduce(Abilities.all) { $0.intersection($1.abilities) }
    }

    var first: Deployment? { members.first }
    var isEmpty: Bool { members.isEmpty }

    /// The order under a profile, made anew when the scores have changed.
    func order(by ranking: Ranking, profile: Int, size: PromptSize) -> Order {
        let place = ranking.place(profile: profile, size: size)
        if let index = orders.firstIndex(where: { $0.place == place }) {
            if orders[index].refresh != ranking.refreshes { sort(&orders[index], ranking, profile, size) }
            return orders[index]
        }
        var order = Order(place: place, refresh: 0, deployments: members, probe: nil)
        sort(&order, ranking, profile, size)
        orders.append(order)
        return order
    }

    /// The deployments that can take a request with certain needs, best first; none when there is none.
    ///
    /// What an agent needs is the same from request to request, so what is left is remembered until the order changes.
    func able(_ needs: RequestNeeds, by ranking: Ranking, profile: Int, size: PromptSize) -> Able {
        let order = order(by: ranking, profile: profile, size: size)
        if common.can.isSuperset(of: needs.abilities), needs.tokens <= common.contextLength {
            return Able(deployments: order.deployments, probe: order.probe, peers: order.peers)
        }
        let key = NeedsKey(abilities: needs.abilities, contextLength: contextLengths.first { $0 >= needs.tokens } ?? .max)
        if needs.tokens > contextLengths.last ?? 0 { return Able() }
        if let known = order.filtered.first(where: { $0.key == key }) { return known.able }
        let left = order.deployments.filter { $0.abilities.can.isSuperset(of: needs.abilities) && $0.abilities.contextLength >= needs.tokens }
        let able = Able(
            deployments: left, probe: order.probe, peers: Peers(of: left, by: ranking, profile: profile, size: size))
        if let index = orders.firstIndex(where: { $0.place == order.place }) {
            if orders[index].filtered.count >= CandidateGroup.maximumFiltered { orders[index].filtered.removeFirst() }
            orders[index].filtered.append((key, able))
        }
        return able
    }

    private func sort(_ order: inout Order, _ ranking: Ranking, _ profile: Int, _ size: PromptSize) {
        let place = order.place
        // The order changes little from one time to the next, which the standard library's sort makes use of.
        order.deployments.sort { left, right in
            let (a, b) = (left.standing.scores[place], right.standing.scores[place])
            return a != b ? a > b : left.standing.place < right.standing.place
        }
        order.probe = ranking.probe(among: order.deployments, profile: profile, size: size)
        order.peers = Peers(of: order.deployments, by: ranking, profile: profile, size: size)
        order.filtered = []
        order.refresh = ranking.refreshes
    }
}
