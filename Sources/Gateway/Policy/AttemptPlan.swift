public import EventLoop

/// Which candidate is tried next, whether to wait for one, and when it is time to give up.
///
/// Candidates are tried in their order, each once; what rests is passed over. When nothing is left but what rests, the request waits as long as
/// its client's patience allows. Only when that brings nothing either, one that rests by guess alone may be tried early, by one request at a time.
public struct AttemptPlan {
    /// What to do now.
    public enum Step: Equatable {
        /// Try the candidate at this place of the list.
        case attempt(Int)
        /// Wait for capacity, which may come any time and at `next` for certain, but not beyond the client's patience.
        case wait(next: LoopInstant?)
        /// Nothing is left.
        case giveUp(Leftover)
    }

    /// What the candidates that were not tried wait for.
    public struct Leftover: Equatable, Sendable {
        /// When the first of those that come back by waiting does.
        public var soonest: LoopInstant?
        /// How many rest on their provider's word or by its limits.
        public var limited = 0
        /// How many rest after failures.
        public var cooling = 0
        /// How many are in use up to their limit.
        public var busy = 0
        /// How many refuse the gateway's key, or have no money left for it.
        public var rejected = 0
        /// How many do not have the model any more.
        public var gone = 0
        /// How many can't take so large a prompt.
        public var tooSmall = 0
        /// Whether the time of the request is up.
        public var isLate = false
        /// Whether the client's own mistake ended it.
        public var isRequest = false

        /// Makes an empty one.
        public init() {}
    }

    private let count: Int
    private let most: Int
    private let deadline: LoopInstant
    /// Until when the client waits for capacity.
    public let patience: LoopInstant
    private var tried = CandidateSet()
    private var again = CandidateSet()
    private var last = 0
    /// Attempts made so far.
    public private(set) var attempts = 0
    /// Candidates whose context is known to be no larger than this can't take the prompt.
    private var contextFloor = 0

    /// Makes the plan for so many candidates.
    ///
    /// - Parameters:
    ///   - most: The most attempts.
    ///   - deadline: After it nothing is begun.
    ///   - patience: Until when the request may wait for capacity.
    public init(candidates count: Int, most: Int, deadline: LoopInstant, patience: LoopInstant) {
        self.count = min(count, CandidateSet.capacity)
        self.most = most
        self.deadline = deadline
        self.patience = min(patience, deadline)
    }

    /// Whether nothing was tried yet.
    public var isFresh: Bool { attempts == 0 }

    /// How many candidates a deadline is shared among: those that may still be tried, the current one included.
    public var shares: Int { max(1, min(most - attempts, count - attempts) + (attempts > 0 ? 1 : 0)) }

    /// The deadline.
    public var end: LoopInstant { deadline }

    /// What to do first, or after a failure.
    ///
    /// - Parameters:
    ///   - verdict: What the last attempt's failure means; `nil` first, and after a wait.
    ///   - availability: Whether the candidate at a place may be asked.
    ///   - context: The known context length of the candidate at a place, in tokens; 0 when it is not known.
    public mutating func step(
        after verdict: FailureVerdict?, at now: LoopInstant, availability: (Int) -> Availability, context: (Int) -> Int
    ) -> Step {
        if let verdict, let end = learn(verdict, context) { return .giveUp(end) }
        guard attempts < most, now < deadline else {
            var left = survey(at: now, availability, context).leftover
            left.isLate = now >= deadline
            return .giveUp(left)
        }
        for place in 0..<count where !tried.contains(place) {
            guard availability(place) == .ready, fits(context(place)) else { continue }
            return attempt(place)
        }
        let survey = survey(at: now, availability, context)
        let waits = now < patience
        if waits, survey.leftover.busy > 0 { return .wait(next: survey.next) }
        if waits, let next = survey.next, next <= patience { return .wait(next: next) }
        if let place = survey.early, survey.earlyFrom <= now { return attempt(place) }
        if waits, survey.early != nil, survey.earlyFrom <= patience { return .wait(next: survey.earlyFrom) }
        return .giveUp(survey.leftover)
    }

    /// Takes in what the last failure says about the others.
    ///
    /// - Returns: The end, when no other may be tried.
    private mutating func learn(_ verdict: FailureVerdict, _ context: (Int) -> Int) -> Leftover? {
        guard verdict.kind.allowsNext else {
            var end = Leftover()
            end.isRequest = true
            return end
        }
        if verdict.kind == .contextLength { contextFloor = max(contextFloor, context(last)) }
        if verdict.kind.isLimit, verdict.hint.wait != nil, !again.contains(last) {
            // It has done nothing and said when: it may be asked once more then.
            again.insert(last)
            tried.remove(last)
        }
        return nil
    }

    private struct Survey {
        var leftover = Leftover()
        /// When a candidate is ready for certain.
        var next: LoopInstant?
        /// The candidate that may be tried although it rests, and from when on.
        var early: Int?
        var earlyFrom = LoopInstant(nanoseconds: .max)
    }

    private func survey(at now: LoopInstant, _ availability: (Int) -> Availability, _ context: (Int) -> Int) -> Survey {
        var survey = Survey()
        for place in 0..<count where !tried.contains(place) {
            guard fits(context(place)) else {
                survey.leftover.tooSmall += 1
                continue
            }
            switch availability(place) {
            case .ready: survey.next = now
            case .busy: survey.leftover.busy += 1
            case .limited(let until):
                survey.leftover.limited += 1
                survey.next = min(survey.next ?? until, until)
            case .cooling(let until, let from):
                survey.leftover.cooling += 1
                survey.next = min(survey.next ?? until, until)
                if from < survey.earlyFrom { (survey.early, survey.earlyFrom) = (place, from) }
            case .denied(let until, let from):
                survey.leftover.rejected += 1
                survey.next = min(survey.next ?? until, until)
                if from < survey.earlyFrom { (survey.early, survey.earlyFrom) = (place, from) }
            case .gone: survey.leftover.gone += 1
            case .rejected, .unpaid: survey.leftover.rejected += 1
            }
        }
        survey.leftover.soonest = survey.next
        return survey
    }

    private func fits(_ context: Int) -> Bool { contextFloor == 0 || context == 0 || context > contextFloor }

    private mutating func attempt(_ place: Int) -> Step {
        attempts += 1
        last = place
        tried.insert(place)
        return .attempt(place)
    }
}
