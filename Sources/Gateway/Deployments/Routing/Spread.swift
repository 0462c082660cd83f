/// Shares requests out by configured weights, in turn and exactly: of 40 requests at weights 3 and 1 the first gets 30 and the second 10, and never many in
/// a row that could be spread.
///
/// Each turn every member gains its weight in credit, the one with the most goes first and pays the sum of all weights (the smooth weighted round-robin of
/// nginx). What goes first may rest; then the next in the order takes the request, as ever.
struct Spread {
    /// One that takes part.
    struct Member {
        var deployment: Deployment
        let weight: Double
    }

    private let members: [Member]
    private let credit: WritableKeyPath<Standing, Double>
    /// The one whose turn it is.
    let first: Deployment

    /// Finds out whose turn it is; `nil` where there is nobody to choose from. Nothing is noted until `commit`.
    init?(_ members: [Member], by credit: WritableKeyPath<Standing, Double>) {
        // Of weight 0 is only who is left when the others can't.
        let able = members.filter { $0.weight > 0 }
        guard members.count > 1, let start = able.first else { return nil }
        self.credit = credit
        self.members = able
        var best = start
        for member in able.dropFirst()
        where member.deployment.standing[keyPath: credit] + member.weight > best.deployment.standing[keyPath: credit] + best.weight {
            best = member
        }
        first = best.deployment
    }

    /// Notes that the request goes there.
    func commit() {
        let sum = members.reduce(0) { $0 + $1.weight }
        for member in members { member.deployment.standing[keyPath: credit] += member.weight }
        first.standing[keyPath: credit] -= sum
    }
}

extension Deployment {
    /// The configured weight of its key; `nil` where no key of the provider's pool has one.
    var keyWeight: Double? {
        let keys = provider.configuration.keys
        guard provider.hasKeyWeights, keys.indices.contains(keyIndex) else { return nil }
        return Double(keys[keyIndex].weight ?? 1)
    }

    /// The configured weight of its model.
    var modelWeight: Double? { model.weight.map(Double.init) }
}

/// A model at a provider, whatever the key.
private struct ModelOfProvider: Hashable {
    let provider: ObjectIdentifier
    let model: String

    init(_ deployment: Deployment) {
        provider = ObjectIdentifier(deployment.provider)
        model = deployment.model.id
    }
}

extension Router {
    /// Puts first whose turn it is by the weights: among the models that have one, when the best is one of them, and among the keys of its provider.
    ///
    /// - Parameter isOnePart: Whether the request names one thing, so that all candidates stand for the same.
    func spread(_ decision: inout Decision, isOnePart: Bool) {
        if isOnePart, decision.candidates[0].modelWeight != nil {
            // A model with several keys takes part once, by the first of them.
            var places: [ModelOfProvider: Int] = [:]
            var members: [Spread.Member] = []
            for candidate in decision.candidates {
                guard let weight = candidate.modelWeight else { continue }
                let place = places[ModelOfProvider(candidate), default: members.count]
                if place == members.count {
                    places[ModelOfProvider(candidate)] = place
                    members.append(Spread.Member(deployment: candidate, weight: weight))
                } else if candidate.keyIndex < members[place].deployment.keyIndex {
                    members[place].deployment = candidate
                }
            }
            apply(Spread(members, by: \.modelCredit), to: &decision) { $0.provider === $1.provider && $0.model.id == $1.model.id }
            putLast(in: &decision, of: { $0.modelWeight != nil }) { $0.modelWeight == 0 }
        }
        let best = decision.candidates[0]
        guard best.keyWeight != nil else { return }
        let members = decision.candidates.filter { $0.provider === best.provider && $0.model.id == best.model.id }
            .map { Spread.Member(deployment: $0, weight: $0.keyWeight ?? 1) }
        apply(Spread(members, by: \.keyCredit), to: &decision) { $0 === $1 }
        putLast(in: &decision, of: { $0.provider === best.provider && $0.model.id == best.model.id }) { $0.keyWeight == 0 }
    }

    /// Puts those without a share behind the others that share.
    private func putLast(in decision: inout Decision, of isMember: (Deployment) -> Bool, where isIdle: (Deployment) -> Bool) {
        let idle = decision.candidates.filter { isMember($0) && isIdle($0) }
        guard !idle.isEmpty, decision.candidates.contains(where: { isMember($0) && !isIdle($0) }) else { return }
        decision.candidates.removeAll { isMember($0) && isIdle($0) }
        let last = decision.candidates.lastIndex(where: isMember) ?? decision.candidates.count - 1
        decision.candidates.insert(contentsOf: idle, at: last + 1)
    }

    private func apply(_ spread: Spread?, to decision: inout Decision, isSame: (Deployment, Deployment) -> Bool) {
        guard let spread else { return }
        decision.spreads.append(spread)
        guard let index = decision.candidates.firstIndex(where: { isSame($0, spread.first) }), index > 0 else { return }
        decision.candidates.insert(decision.candidates.remove(at: index), at: 0)
        decision.reason = .weight
    }
}
