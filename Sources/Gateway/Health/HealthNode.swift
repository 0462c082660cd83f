internal import EventLoop

/// What is known about one thing that can fail or be limited for itself: a deployment, a model of a provider, a key, a provider.
///
/// Known by an identity, so that it outlives a change of the configuration and a restart.
public final class HealthNode {
    /// What it is: `provider`, `provider model`, `provider key` or `provider key model`, with the parts that tell it from others.
    public let identity: String
    /// Whether it rests.
    public internal(set) var cooldown = Cooldown()
    /// What it may still send.
    var quota: Quota
    /// Requests under way.
    public internal(set) var inFlight = 0
    /// The most requests under way; 0 for any number.
    let concurrency: Int

    /// When a part of it was refused last, and which: two parts that are refused together share a limit.
    private var partRefusedAt = LoopInstant(nanoseconds: 0)
    private var refusedPart: HealthNode?
    private var sharedVotes = 0
    private var votedAt = LoopInstant(nanoseconds: 0)
    /// Whether refusals of its parts are its own: they turned out to share a limit.
    public private(set) var ownsLimits = false

    init(_ identity: String, quota: Quota = Quota(), concurrency: Int = 0) {
        self.identity = identity
        self.quota = quota
        self.concurrency = concurrency
    }

    /// Whether nothing stands in the way, at any time.
    @inline(__always)
    var isFree: Bool { cooldown.isClosed && !quota.isConstrained && concurrency == 0 }

    /// Whether it may be asked.
    ///
    /// - Parameter spacing: From so long after the last failure on one request may try when nothing else is left.
    func availability(tokens: Int, spacing: LoopInterval, at now: LoopInstant) -> Availability {
        let state = cooldown.state(at: now)
        switch state {
        case .cooling:
            switch cooldown.cause {
            case .credential: return .rejected(until: cooldown.until)
            case .money: return .unpaid(until: cooldown.until)
            case .gone: return .gone(until: cooldown.until)
            case .limit: return .limited(until: cooldown.until)
            case .denied: return .denied(until: cooldown.until, trialFrom: trialFrom(spacing))
            case .none, .failure, .unreachable:
                if cooldown.isWord { return .limited(until: cooldown.until) }
                return .cooling(until: cooldown.until, trialFrom: trialFrom(spacing))
            }
        case .trial: return .busy
        case .closed, .halfOpen: break
        }
        if let room = quota.nextRoom(tokens: tokens, isTrial: state == .halfOpen, at: now) { return .limited(until: room) }
        return concurrency > 0 && inFlight >= concurrency ? .busy : .ready
    }

    /// From when on one request may try although the pause is not over: not before a time that is the provider's word.
    private func trialFrom(_ spacing: LoopInterval) -> LoopInstant {
        cooldown.isWord ? cooldown.until : min(cooldown.until, cooldown.failedAt.advanced(by: spacing))
    }

    /// A request is sent.
    ///
    /// - Returns: Whether it is the trial.
    func begin(tokens: Int, at now: LoopInstant) -> Bool {
        inFlight += 1
        quota.sent(tokens: tokens, at: now)
        return cooldown.isClosed ? false : cooldown.begin(at: now)
    }

    /// Whether refusals of the parts now count as this one's: they share a limit when one is refused that has hardly sent anything while another
    /// has just been refused, and that happens twice.
    ///
    /// - Parameters:
    ///   - part: What was refused.
    ///   - isExplained: Whether what the part has sent explains it.
    ///   - startedAt: When the refused request was sent.
    func partWasRefused(_ part: HealthNode, isExplained: Bool, startedAt: LoopInstant, at now: LoopInstant) -> Bool {
        defer {
            if isExplained || refusedPart == nil {
                partRefusedAt = now
                refusedPart = part
            }
        }
        if ownsLimits { return true }
        guard !isExplained, let other = refusedPart, other !== part, now < partRefusedAt.advanced(by: HealthNode.together) else { return false }
        // Requests that were under way together are one sign.
        guard startedAt >= votedAt else { return false }
        votedAt = now
        sharedVotes += 1
        guard sharedVotes >= 2 else { return false }
        ownsLimits = true
        other.quota.forgetEstimate()
        part.quota.forgetEstimate()
        return true
    }

    /// What an earlier run had learnt.
    func restore(cooldown: Cooldown, estimate: LimitEstimate?, ownsLimits: Bool) {
        self.cooldown = cooldown
        self.ownsLimits = ownsLimits
        if let estimate { quota.restore(estimate) }
    }

    /// How long after one part's refusal another's counts as together with it: the commonest window.
    private static let together = LoopInterval(.seconds(60))
}
