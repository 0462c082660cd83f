public import EventLoop

/// Which candidate is tried next, and when it is time to give up.
///
/// Candidates that rest are tried after the others, in the order in which they come back; those whose provider asked for a pause are not
/// tried at all.
public struct AttemptPlan {
    /// What to do now.
    public enum Step: Equatable {
        /// Try the candidate at this place of the list.
        case attempt(Int)
        /// Nothing is left; when every candidate rests on its provider's word, the time the first one comes back.
        case giveUp(soonest: LoopInstant?)
    }

    /// Most attempts for one request.
    public static let maximumAttempts = 8

    private let count: Int
    private let deadline: LoopInstant
    /// The candidates before this one have been tried or passed over.
    private var next = 0
    private var attempts = 0
    /// The candidates that rested when they were passed over, the first to come back last; made when the others are used up.
    private var resting: [Int]?

    /// Makes the plan for so many candidates.
    public init(candidates count: Int, deadline: LoopInstant) {
        self.count = count
        self.deadline = deadline
    }

    /// What to do first, or after `failure`.
    ///
    /// - Parameter health: The state of the candidate at a place, best candidate first.
    public mutating func step(after failure: FailureClass?, at now: LoopInstant, health: (Int) -> DeploymentHealth) -> Step {
        if let failure, !failure.allowsNext { return .giveUp(soonest: nil) }
        guard attempts < AttemptPlan.maximumAttempts, now < deadline else { return .giveUp(soonest: nil) }
        while next < count {
            let place = next
            next += 1
            guard health(place).isCooling(at: now) else { return attempt(place) }
            resting = (resting ?? []) + [place]
        }
        guard let waiting = resting, !waiting.isEmpty else { return .giveUp(soonest: nil) }
        let usable = waiting.filter { !health($0).isLimited }
        guard let first = usable.min(by: { end(health($0)) < end(health($1)) }) else {
            // Only when nothing was tried: after a failed attempt that failure says more.
            return .giveUp(soonest: attempts == 0 ? waiting.map { end(health($0)) }.min() : nil)
        }
        resting = waiting.filter { $0 != first }
        return attempt(first)
    }

    private mutating func attempt(_ place: Int) -> Step {
        attempts += 1
        return .attempt(place)
    }

    private func end(_ health: DeploymentHealth) -> LoopInstant {
        health.coolsUntil ?? LoopInstant(nanoseconds: 0)
    }
}
