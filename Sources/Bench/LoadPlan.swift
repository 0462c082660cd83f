/// A whole run: the targets, and the load that each of them gets.
public struct LoadPlan: Sendable {
    /// How far apart pairs begin among the prepared requests, if their number isn't known: a prime, so that
    /// they differ from pair to pair.
    private static let requestsBetweenPairs = 101

    /// One target, or two to compare: the gateway first, then the provider behind it.
    public var targets: [LoadTarget]
    /// The total load of each target.
    public var load: LoadStretch
    /// The number of alternating stretches into which the load of two targets is cut.
    public var pairs: Int

    /// Makes a plan; `pairs` is at least 1.
    public init(targets: [LoadTarget], load: LoadStretch, pairs: Int) {
        precondition(pairs >= 1 && (1...2).contains(targets.count))
        self.targets = targets
        self.load = load
        self.pairs = targets.count == 1 ? 1 : pairs
    }

    /// The stretches in the order in which they run.
    ///
    /// The targets take turns, so that other activity of the machine affects both alike; the two stretches of a
    /// pair have the same seed, so that both get the same requests at the same times; and which comes first
    /// changes from pair to pair.
    public var stretches: [(target: Int, pair: Int, load: LoadStretch)] {
        (0..<pairs).flatMap { pair in
            let order = pair % 2 == 0 ? Array(targets.indices) : targets.indices.reversed()
            return order.map { target in
                var part = load
                part.seed = load.seed &+ UInt64(pair)
                switch load.length {
                case .duration(let duration):
                    part.length = .duration(duration / pairs)
                    part.firstRequest = pair * LoadPlan.requestsBetweenPairs
                case .requests(let count):
                    part.length = .requests(count / pairs + (pair < count % pairs ? 1 : 0))
                    part.firstRequest = pair * (count / pairs) + min(pair, count % pairs)
                }
                return (target, pair, part)
            }
        }
    }
}
