internal import EventLoop
internal import Glibc

/// The deployments at the head of an order that are as good as the first, as far as anyone can tell: of the same quality, price and success, and about as
/// quick. Load decides among them, and what is not known yet is found out.
///
/// They are found when the order is made, some ten times a second at most; a request only looks at how many requests each of them has under way.
final class Peers {
    /// Most that take part.
    static let most = 64
    /// How much longer a typical answer may take, as a logarithm: 30 %.
    private static let tolerance = 0.262
    /// By how much the probability of success may be less. That of one of which nothing is known, 0.95, is within it of one that never fails.
    private static let successTolerance = 0.05
    /// By how much the terms of price and of quota may be less.
    private static let termTolerance = 0.02
    /// How many answers show how quick one is.
    fileprivate static let answersToKnow = 3.0
    /// Of those that are not known so many, the best first, are found out at a time, so that thousands of models do not cost thousands of requests.
    private static let mostTried = 8

    /// In the order of the files.
    private let members: [Deployment]
    /// Which of them are not known well, the best of them.
    private let unknown: UInt64
    /// All deployments, best first.
    private let order: [Deployment]
    /// The same with one of the members first, for those that were first already.
    private var orders: [[Deployment]]

    /// Finds them; `nil` where the first has none.
    ///
    /// - Parameter count: How many at the head of the order the first of the request's names stands for. The others were asked for behind it, and none
    ///   of them takes part; by default all stand for one name.
    init?(of order: [Deployment], first count: Int = .max, by ranking: Ranking, profile: Int, size: PromptSize) {
        guard min(order.count, count) > 1, ranking.options.mode == .ability, let measure = Measure(of: order[0], ranking, profile, size) else {
            return nil
        }
        var members = [order[0]]
        var rest = order.prefix(min(count, CandidateSet.capacity)).dropFirst()
        // The standing of most is so much lower that nothing else need be looked at.
        while let next = rest.popFirst(), members.count < Peers.most {
            if measure.holds(for: next) { members.append(next) }
        }
        guard members.count > 1 else { return nil }
        let tried = ranking.options.exploration.enabled ? Peers.unknown(of: members) : []
        members.sort { $0.standing.place < $1.standing.place }
        var unknown: UInt64 = 0
        for (index, member) in members.enumerated() where tried.contains(where: { $0 === member }) { unknown |= 1 << UInt64(index) }
        self.members = members
        self.unknown = unknown
        self.order = order
        orders = Array(repeating: [], count: members.count)
    }

    /// Those, best first, of which it is to be found out how quick they are. The keys of a pool are as quick as each other.
    private static func unknown(of members: [Deployment]) -> [Deployment] {
        var unknown: [Deployment] = []
        for member in members where !member.isKnownWell && unknown.count < Peers.mostTried {
            func isSibling(_ other: Deployment) -> Bool {
                other !== member && other.provider === member.provider && other.model.id == member.model.id
            }
            let isFirst = !members.contains { isSibling($0) && ($0.standing.live.isTimed || $0.standing.place < member.standing.place) }
            if isFirst || member.standing.live.isTimed { unknown.append(member) }
        }
        return unknown
    }

    /// How the first compares with others.
    private struct Measure {
        let ranking: Ranking
        let first: Deployment
        let profile: ScoringProfile
        let size: PromptSize
        let quality: Double
        let terms: NormalisedFacts
        let now: LoopInstant

        init?(of first: Deployment, _ ranking: Ranking, _ profile: Int, _ size: PromptSize) {
            self.ranking = ranking
            self.first = first
            self.profile = ranking.profiles[profile].profile
            self.size = size
            now = ranking.refreshedAt
            quality = first.standing.quality.ability(self.profile.task).cautious(ranking.options)
            terms = Measure.terms(of: first, size)
        }

        private static func terms(of deployment: Deployment, _ size: PromptSize) -> NormalisedFacts {
            NormalisedFacts(
                deployment.standing.facts, size: size, priority: deployment.model.priority ?? 0,
                factor: deployment.provider.configuration.basePriority, adjustment: deployment.standing.quality.adjustment)
        }

        /// Whether another one is as good.
        func holds(for other: Deployment) -> Bool {
            // The order of quality stays, and what the operator prefers.
            guard other.standing.quality.ability(profile.task).cautious(ranking.options) == quality else { return false }
            let others = Measure.terms(of: other, size)
            guard others.priority == terms.priority, others.providerFactor == terms.providerFactor, others.adjustment == terms.adjustment,
                abs(others.price - terms.price) * profile.price <= Peers.termTolerance,
                (terms.quota - others.quota) * profile.quota <= Peers.termTolerance,
                first.standing.facts.success - other.standing.facts.success <= Peers.successTolerance
            else { return false }
            return isAsQuick(other)
        }

        /// Whether it is, within what is tolerated and what may be chance. What was never timed may be.
        private func isAsQuick(_ other: Deployment) -> Bool {
            let (mine, others) = (first.standing.live, other.standing.live)
            // The time for the tokens counts where both are known, or what is known would drown in what is not.
            let hasPace = mine.pace.weight > 0 && others.pace.weight > 0
            guard let known = mine.timing(size, withPace: hasPace, at: now, decay: ranking.decay),
                let compared = others.timing(size, withPace: hasPace, at: now, decay: ranking.decay)
            else { return true }
            return compared.time - known.time <= Peers.tolerance + 2 * (known.doubt + compared.doubt).squareRoot()
        }
    }

    // MARK: Whose turn it is

    /// A member that a request goes to.
    struct Turn {
        let deployment: Deployment
        /// Whether that is for finding out how quick it is.
        let isTrial: Bool
        /// All deployments, this one first.
        let order: [Deployment]
    }

    /// Whose turn it is: one that is not known well, as long as few find that out; else the one with the least under way for what it can take. Among the keys
    /// of its pool it is the one that has most left of its limits. What is equal stays in the order of the files.
    ///
    /// - Parameters:
    ///   - finds: Whether the request may be one to find out with.
    ///   - isReady: Whether a deployment may be asked now.
    /// - Returns: `nil` where none may be asked.
    func turn(finds: Bool, isReady: (Deployment) -> Bool, at now: LoopInstant) -> Turn? {
        guard let first = leastLoaded(finds: finds, besides: 0, at: now) else { return nil }
        if mayBeAsked(members[first.index], isReady) { return led(by: first) }
        // Each is asked once whether it is ready, however many are not.
        var passed: UInt64 = 0
        for index in members.indices where !mayBeAsked(members[index], isReady) { passed |= 1 << UInt64(index) }
        return leastLoaded(finds: finds, besides: passed, at: now).map(led)
    }

    private func led(by pick: (index: Int, isTrial: Bool)) -> Turn {
        Turn(deployment: members[pick.index], isTrial: pick.isTrial, order: order(led: pick.index))
    }

    @inline(__always)
    private func mayBeAsked(_ member: Deployment, _ isReady: (Deployment) -> Bool) -> Bool { member.health.areFree || isReady(member) }

    /// Whose turn it is if all are ready but `passed`.
    private func leastLoaded(finds: Bool, besides passed: UInt64, at now: LoopInstant) -> (index: Int, isTrial: Bool)? {
        let scale = scale
        var best: (index: Int, isTrial: Bool, load: Double, own: Int)?
        for index in members.indices where passed & 1 << UInt64(index) == 0 {
            let member = members[index]
            let nodes = member.health
            let timings = member.standing.live.timings
            let isTrial = finds && unknown & 1 << UInt64(index) != 0 && timings + Double(nodes.keyModel.inFlight) < Peers.answersToKnow
            // Of those that are to be found out the one that is known least.
            let load = isTrial ? timings + Double(nodes.keyModel.inFlight) : nodes.load(of: scale)
            let own = nodes.keyModel.inFlight
            if let known = best {
                guard isTrial != known.isTrial ? isTrial : (load, own) < (known.load, known.own) else { continue }
            }
            best = (index, isTrial, load, own)
        }
        return best.map { ($0.isTrial ? $0.index : fullest(beside: $0.index, passed, at: now), $0.isTrial) }
    }

    func contains(_ deployment: Deployment) -> Bool { members.contains { $0 === deployment } }

    /// Whether one has so much more under way than another that what stays with it goes there: twice as much, and some.
    func isCrowded(_ deployment: Deployment) -> Bool {
        guard let place = members.firstIndex(where: { $0.learned === deployment.learned }) else { return false }
        let scale = scale
        let least = members.reduce(Double.infinity) { min($0, $1.health.load(of: scale)) }
        return members[place].health.load(of: scale) > 2 * least + Peers.someMore / scale
    }

    /// So many more may be under way where conversations stay.
    private static let someMore = 8.0

    /// What those can take of which it is not known: as much as the one that can take most, where any is known.
    private var scale: Double { members.reduce(1) { max($0, $1.health.knownConcurrency) } }

    /// Of the keys of a member's pool the one that has most left.
    private func fullest(beside index: Int, _ passed: UInt64, at now: LoopInstant) -> Int {
        let picked = members[index]
        guard picked.provider.hasSeveralKeys else { return index }
        var (best, most) = (index, picked.health.left(at: now))
        for other in members.indices where other != index && passed & 1 << UInt64(other) == 0 {
            let sibling = members[other]
            guard sibling.provider === picked.provider, sibling.model.id == picked.model.id, !sibling.health.key.isFull else { continue }
            let left = sibling.health.left(at: now)
            if left > most { (best, most) = (other, left) }
        }
        return best
    }

    private func order(led index: Int) -> [Deployment] {
        if orders[index].isEmpty {
            var led = order
            if let place = led.firstIndex(where: { $0 === members[index] }), place > 0 { led.insert(led.remove(at: place), at: 0) }
            orders[index] = led
        }
        return orders[index]
    }
}

extension Deployment {
    /// Whether enough answers have shown how quick it is.
    fileprivate var isKnownWell: Bool { standing.live.timings >= Peers.answersToKnow }
}

extension LiveRecord {
    /// How long an answer takes as it was measured, as a logarithm, and how far that may be off, as a mean square.
    ///
    /// - Parameter withPace: Whether the time for a typical answer's tokens is in it, else it is the time to the first.
    /// - Returns: `nil` where nothing was measured.
    func timing(_ size: PromptSize, withPace: Bool, at now: LoopInstant, decay: Decay) -> (time: Double, doubt: Double)? {
        var known: PromptSize?
        for other in PromptSize.allCases where delays[other.rawValue].weight > 0 && (other == size || known == nil) { known = other }
        guard let known else { return nil }
        let delay = delays[known.rawValue].mean - known.typicalDelay + size.typicalDelay
        let doubt = delays[known.rawValue].doubt(at: now, decay: decay)
        guard withPace else { return (delay, doubt) }
        let (first, rest) = (exp(delay), LiveRecord.typicalOutput * exp(pace.mean))
        let share = first / (first + rest)
        return (log(first + rest), share * share * doubt + (1 - share) * (1 - share) * pace.doubt(at: now, decay: decay))
    }
}
