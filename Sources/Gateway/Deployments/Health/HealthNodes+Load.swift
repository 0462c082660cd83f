internal import EventLoop

extension HealthNodes {
    /// How many requests may be under way at a time, by the narrowest of its limits; 0 where none is known.
    var knownConcurrency: Double {
        var least = 0
        for limit in [keyModel.knownConcurrency, model.knownConcurrency, key.knownConcurrency, provider.knownConcurrency] where limit > 0 {
            least = least == 0 ? limit : min(least, limit)
        }
        return Double(least)
    }

    /// What would be under way with one more, as a share of what may be.
    ///
    /// - Parameter scale: How many may be where that is not known: each model of a key takes of the same.
    func load(of scale: Double) -> Double {
        func load(_ node: HealthNode) -> Double { node.knownConcurrency > 0 ? Double(node.inFlight + 1) / Double(node.knownConcurrency) : 0 }
        return max(Double(key.inFlight + 1) / scale, load(keyModel), load(model), load(key), load(provider))
    }

    /// What is left of the limits: the share of the one of which least is left, 0 to 1.
    func left(at now: LoopInstant) -> Double { min(keyModel.left(at: now), key.left(at: now), provider.left(at: now)) }
}
