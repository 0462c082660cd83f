public import EventLoop

/// Which candidate is tried next, whether to wait for one, and when it is time to give up.
///
/// Candidates are tried in their order, each once; what rests is passed over. When nothing else is left, one that failed in a way that may have passed is
/// asked again after a short pause, twice at most, and what rests is waited for as long as the client's patience allows. Only when that brings nothing
/// either, one that rests by guess alone may be tried early, by one request at a time.
///
/// ```swift
/// var plan = AttemptPlan(candidates: 2, most: 3, deadline: now.advanced(by: .seconds(60)), patience: now)
/// let first = plan.step(after: nil, at: now, availability: { _ in .ready }, context: { _ in 0 })  // .attempt(0)
/// let busy = FailureVerdict(.overloaded(status: 503), scope: .keyModel)
/// let second = plan.step(after: busy, at: now, availability: { _ in .ready }, context: { _ in 0 })  // .attempt(1)
/// ```
public struct AttemptPlan {
    /// What to do now.
    public enum Step: Equatable {
        /// Try the candidate at this place of the list.
        case attempt(Int)
        /// Wait for capacity, which may come any time and at `next` for certain, but not beyond the client's patience.
        case wait(next: LoopInstant?)
        /// Nothing is left.
        case giveUp(Leftover)

        /// Whether a candidate is to be tried now.
        var isAttempt: Bool { if case .attempt = self { true } else { false } }
    }

    /// What the candidates that were not tried wait for.
    public struct Leftover: Equatable, Sendable {
        /// When the first of those that come back by waiting does.
        public var soonest: LoopInstant?
        /// When the first of those that are limited is back.
        public var soonestLimit: LoopInstant?
        /// When the first of those that have no money is asked again.
        public var soonestMoney: LoopInstant?
        /// How many rest by limits.
        public var limited = 0
        /// How many of them by limits of the configuration alone.
        public var ownLimited = 0
        /// How many rest after failures.
        public var cooling = 0
        /// How many are in use up to their limit.
        public var busy = 0
        /// How many refuse the gateway's key, or to serve it.
        public var rejected = 0
        /// How many of them refuse to serve it, without a word against its key.
        public var denied = 0
        /// How many have no money left for it.
        public var unpaid = 0
        /// How many do not have the model any more.
        public var gone = 0
        /// How many can't take so large a prompt.
        public var tooSmall = 0
        /// Whether the time of the request is up.
        public var isLate = false
        /// Whether the client's own mistake ended it.
        public var isRequest = false
        /// How many of each have been asked in this request: what they said then tells of them, too.
        public var asked = Asked()

        /// Makes an empty one.
        public init() {}

        /// Candidates that are left and have been asked before, by what they wait for now.
        public struct Asked: Equatable, Sendable {
            /// As in `Leftover`, whose counts have these in them.
            public var limited = 0, cooling = 0, busy = 0, rejected = 0, denied = 0, unpaid = 0, gone = 0, tooSmall = 0

            /// Makes counts of nobody.
            public init() {}
        }
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
    /// Whether a candidate has refused the request without a word of what is wrong with it: another one is asked, and nothing is waited for.
    private var isRefused = false
    /// Candidates that failed and may be asked again.
    private var repeats: [Repeat] = []

    /// A candidate that may be asked again.
    private struct Repeat {
        let place: Int
        /// From when on.
        var from: LoopInstant
        /// How often it has failed.
        var failures = 1
        /// Whether it has been asked again since and has not failed.
        var isUsed = false
    }

    /// The pauses before a candidate is asked again, less or more by half at random: long enough for a hiccup to pass, too short for a person to notice.
    private static let pauses: [LoopInterval] = [LoopInterval(.milliseconds(25)), LoopInterval(.milliseconds(100))]

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

    /// Whether a candidate that was not tried yet could take over now from the one that is tried.
    func hasOther(_ availability: (Int) -> Availability) -> Bool {
        guard attempts < most else { return false }
        for place in 0..<count where !tried.contains(place) && availability(place) == .ready { return true }
        return false
    }

    /// What to do first, or after a failure.
    ///
    /// - Parameters:
    ///   - verdict: What the last attempt's failure means; `nil` first, and after a wait.
    ///   - availability: Whether the candidate at a place may be asked.
    ///   - context: The known context length of the candidate at a place, in tokens; 0 when it is not known.
    ///   - chance: A random number for the pause before a candidate is asked again, 0 to 1.
    public mutating func step(
        after verdict: FailureVerdict?, at now: LoopInstant, availability: (Int) -> Availability, context: (Int) -> Int,
        chance: @autoclosure () -> Double = 0.5
    ) -> Step {
        if let verdict, let end = learn(verdict, at: now, availability, context, chance) { return .giveUp(end) }
        guard attempts < most, now < deadline else {
            var left = survey(at: now, availability, context).leftover
            left.isLate = now >= deadline
            left.isRequest = isRefused
            return .giveUp(left)
        }
        for place in 0..<count where !tried.contains(place) {
            guard availability(place) == .ready, fits(context(place)) else { continue }
            return attempt(place)
        }
        if isRefused { return .giveUp(ofTheRequest) }
        for index in repeats.indices where !repeats[index].isUsed && repeats[index].from <= now {
            let state = availability(repeats[index].place)
            guard state == .ready || state == .crowded else { continue }
            repeats[index].isUsed = true
            return attempt(repeats[index].place)
        }
        let survey = survey(at: now, availability, context)
        // The pause before a candidate is asked again is no waiting for capacity, and not subject to how long the client has for that.
        if let soon = survey.repeatFrom, soon < deadline, survey.next.map({ soon <= $0 }) ?? true || now >= patience { return .wait(next: soon) }
        let waits = now < patience
        if waits, survey.leftover.busy > 0 { return .wait(next: survey.next) }
        if waits, let next = survey.next, next <= patience { return .wait(next: next) }
        if let place = survey.early, survey.earlyFrom <= now { return attempt(place) }
        if waits, survey.early != nil, survey.earlyFrom <= patience { return .wait(next: survey.earlyFrom) }
        if let place = survey.crowded { return attempt(place) }
        return .giveUp(survey.leftover)
    }

    /// Takes in what the last failure says about the others.
    ///
    /// - Returns: The end, when no other may be tried.
    private mutating func learn(
        _ verdict: FailureVerdict, at now: LoopInstant, _ availability: (Int) -> Availability, _ context: (Int) -> Int, _ chance: () -> Double
    ) -> Leftover? {
        if verdict.isUnclear, !isRefused {
            isRefused = true
            return nil
        }
        guard verdict.kind.allowsNext else { return ofTheRequest }
        if verdict.kind == .contextLength, !verdict.isOfTier { contextFloor = max(contextFloor, context(last)) }
        guard verdict.nothingWasDone || verdict.kind.isServerError || verdict.kind == .garbled else { return nil }
        if verdict.hint.wait != nil {
            // It has done nothing and said when: it may be asked once more then.
            if verdict.kind.isLimit || verdict.kind.mayPass, !again.contains(last) {
                again.insert(last)
                tried.remove(last)
            }
        } else if verdict.kind.mayPass || verdict.resource == .inFlight && availability(last) == .busy {
            failedAgain(last, at: now, rests: availability(last) != .ready, chance())
        }
        return nil
    }

    private var ofTheRequest: Leftover {
        var end = Leftover()
        end.isRequest = true
        return end
    }

    /// Notes that a candidate may be asked again after a pause, unless that was tried often enough. One that rests is waited for in any case.
    private mutating func failedAgain(_ place: Int, at now: LoopInstant, rests: Bool, _ chance: Double) {
        let index = repeats.firstIndex { $0.place == place }
        let failures = index.map { repeats[$0].failures + 1 } ?? 1
        if let index { repeats.remove(at: index) }
        let pauses = AttemptPlan.pauses
        guard failures <= pauses.count || rests else { return }
        let pause = Double(pauses[min(failures, pauses.count) - 1].nanoseconds) * (0.5 + chance)
        repeats.append(Repeat(place: place, from: now.advanced(by: LoopInterval(nanoseconds: UInt64(pause))), failures: failures))
    }

    private struct Survey {
        var leftover = Leftover()
        /// When a candidate is ready for certain.
        var next: LoopInstant?
        /// The candidate that may be tried although it rests, and from when on.
        var early: Int?
        var earlyFrom = LoopInstant(nanoseconds: .max)
        /// When one that was tried may be tried early.
        var earlyRepeat = LoopInstant(nanoseconds: .max)
        /// The candidate at which it would only queue.
        var crowded: Int?
        /// When a candidate that failed may be asked again for certain.
        var repeatFrom: LoopInstant?
    }

    private func survey(at now: LoopInstant, _ availability: (Int) -> Availability, _ context: (Int) -> Int) -> Survey {
        var survey = Survey()
        for place in 0..<count where !tried.contains(place) {
            let asked = again.contains(place) ? 1 : 0
            guard fits(context(place)) else {
                survey.leftover.tooSmall += 1
                survey.leftover.asked.tooSmall += asked
                continue
            }
            switch availability(place) {
            case .ready: survey.next = now
            case .busy:
                survey.leftover.busy += 1
                survey.leftover.asked.busy += asked
            case .crowded:
                survey.leftover.busy += 1
                survey.leftover.asked.busy += asked
                survey.crowded = survey.crowded ?? place
            case .limited(let until):
                survey.leftover.limited += 1
                survey.leftover.asked.limited += asked
                survey.leftover.soonestLimit = min(survey.leftover.soonestLimit ?? until, until)
                survey.next = min(survey.next ?? until, until)
            case .cooling(let until, let from):
                survey.leftover.cooling += 1
                survey.leftover.asked.cooling += asked
                survey.next = min(survey.next ?? until, until)
                if from < survey.earlyFrom { (survey.early, survey.earlyFrom) = (place, from) }
            case .denied(let until, let from):
                survey.leftover.rejected += 1
                survey.leftover.denied += 1
                survey.leftover.asked.rejected += asked
                survey.leftover.asked.denied += asked
                survey.next = min(survey.next ?? until, until)
                if from < survey.earlyFrom { (survey.early, survey.earlyFrom) = (place, from) }
            case .gone:
                survey.leftover.gone += 1
                survey.leftover.asked.gone += asked
            case .rejected:
                survey.leftover.rejected += 1
                survey.leftover.asked.rejected += asked
            case .unpaid(let until):
                survey.leftover.unpaid += 1
                survey.leftover.asked.unpaid += asked
                survey.leftover.soonestMoney = min(survey.leftover.soonestMoney ?? until, until)
            }
        }
        for candidate in repeats where !candidate.isUsed {
            switch availability(candidate.place) {
            case .ready, .crowded: survey.repeatFrom = min(survey.repeatFrom ?? candidate.from, candidate.from)
            case .cooling(let until, let from), .denied(let until, let from):
                survey.leftover.cooling += 1
                survey.leftover.asked.cooling += 1
                survey.next = min(survey.next ?? until, until)
                survey.earlyRepeat = min(survey.earlyRepeat, from)
            case .limited(let until):
                survey.leftover.limited += 1
                survey.leftover.asked.limited += 1
                survey.leftover.soonestLimit = min(survey.leftover.soonestLimit ?? until, until)
                survey.next = min(survey.next ?? until, until)
            case .busy:
                survey.leftover.busy += 1
                survey.leftover.asked.busy += 1
            case .gone, .rejected, .unpaid: break
            }
        }
        // Whoever comes back then may be the one who tries early, which is sooner than the end of the rest.
        let early = min(survey.earlyFrom, survey.earlyRepeat)
        survey.leftover.soonest = early.nanoseconds < .max ? min(survey.next ?? early, early) : survey.next
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
