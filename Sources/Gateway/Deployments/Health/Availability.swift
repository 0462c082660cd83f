public import EventLoop

/// Whether something may be asked now and, if not, why and until when.
public enum Availability: Equatable, Sendable {
    /// It may be asked.
    case ready
    /// Its slots are in use, or the one trial is under way: the end of a request changes that.
    case busy
    /// It would only let another request queue: others come first, and it is asked all the same where there are none.
    case crowded
    /// It failed: left alone until then, but from `trialFrom` on, which is not before a time that its provider named, one request may try when nothing
    /// else is left.
    case cooling(until: LoopInstant, trialFrom: LoopInstant)
    /// Its provider closes its door to the key: left alone until then, but tried early as what failed is. No other request would fare better now.
    case denied(until: LoopInstant, trialFrom: LoopInstant)
    /// By its limits, whoever states them, there is nothing to be had until then.
    case limited(until: LoopInstant)
    /// The model is not there.
    case gone(until: LoopInstant)
    /// The account has no money, or no allowance that comes back by waiting.
    case unpaid(until: LoopInstant)
    /// The credential is rejected.
    case rejected(until: LoopInstant)

    /// The state of what needs both.
    func and(_ other: Availability) -> Availability {
        switch (self, other) {
        case (.ready, _): other
        case (_, .ready): self
        case (.limited(let a), .limited(let b)): .limited(until: max(a, b))
        case (.cooling(let a, let x), .cooling(let b, let y)): .cooling(until: max(a, b), trialFrom: max(x, y))
        case (.denied(let a, let x), .denied(let b, let y)): .denied(until: max(a, b), trialFrom: max(x, y))
        case (.gone(let a), .gone(let b)): .gone(until: max(a, b))
        case (.unpaid(let a), .unpaid(let b)): .unpaid(until: max(a, b))
        case (.rejected(let a), .rejected(let b)): .rejected(until: max(a, b))
        case (.limited(let a), .cooling(let b, _)), (.cooling(let b, _), .limited(let a)): .limited(until: max(a, b))
        default: weight >= other.weight ? self : other
        }
    }

    private var weight: Int {
        switch self {
        case .ready: 0
        case .crowded: 1
        case .busy: 2
        case .cooling: 3
        case .denied: 4
        case .limited: 5
        case .gone: 6
        case .unpaid: 7
        case .rejected: 8
        }
    }
}
