public import EventLoop

/// Which candidate is tried next, and when it is time to give up.
///
/// Candidates that rest are tried after the others, as they come back; those whose provider asked for a pause are not tried at all.
public struct AttemptPlan {
    /// What to do now.
    public enum Step: Equatable {
        /// Try the candidate at this place of the list the plan was made from.
        case attempt(Int)
        /// Nothing is left; when every candidate rests on its provider's word, the time the first one comes back.
        case giveUp(soonest: LoopInstant?)
    }

    /// Most attempts for one request.
    public static let maximumAttempts = 8

    private var order: [Int]
    private var next = 0
    private var attempts = 0
    private let soonest: LoopInstant?
    private let deadline: LoopInstant

    /// Plans the order.
    ///
    /// - Parameters:
    ///   - health: The state of each candidate, best candidate first.
    ///   - now: The time now.
    ///   - deadline: When the request must be answered.
    public init(health: [DeploymentHealth], at now: LoopInstant, deadline: LoopInstant) {
        self.deadline = deadline
        var ready: [Int] = []
        var resting: [Int] = []
        var soonest: LoopInstant?
        ready.reserveCapacity(health.count)
        for (index, state) in health.enumerated() {
            guard state.isCooling(at: now), let until = state.coolsUntil else {
                ready.append(index)
                continue
            }
            if state.isLimited {
                soonest = min(soonest ?? until, until)
            } else {
                resting.append(index)
            }
        }
        if resting.count > 1 { resting.sort { health[$0].coolsUntil! < health[$1].coolsUntil! } }
        order = ready + resting
        self.soonest = order.isEmpty ? soonest : nil
    }

    /// What to do first, or after `failure`.
    public mutating func step(after failure: FailureClass?, at now: LoopInstant) -> Step {
        if let failure, !failure.allowsNext { return .giveUp(soonest: nil) }
        guard next < order.count, attempts < AttemptPlan.maximumAttempts, now < deadline else { return .giveUp(soonest: soonest) }
        attempts += 1
        defer { next += 1 }
        return .attempt(order[next])
    }
}
