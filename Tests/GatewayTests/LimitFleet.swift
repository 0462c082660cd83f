import EventLoop

@testable import Gateway

/// Who decides when a simulated provider is asked.
protocol SimulatedPacer {
    /// `nil` when a call may go now; otherwise the time that would be told, infinite while a trial is under way.
    mutating func room(at now: Double, in provider: inout HiddenProvider) -> Double?
    /// A call is sent; the result comes back with its answer.
    mutating func send(at now: Double) -> Bool
    mutating func answered(_ answer: HiddenProvider.Answer, sentAt: Double, isTrial: Bool, at now: Double, _ provider: inout HiddenProvider)
    /// Whether a call takes time to arrive.
    var isReal: Bool { get }
}

/// One that knows the limit: what is granted to it is all there is.
struct OraclePacer: SimulatedPacer {
    var isReal: Bool { false }
    func room(at now: Double, in provider: inout HiddenProvider) -> Double? {
        let room = provider.nextRoom(at: now)
        return room <= now ? nil : room
    }
    func send(at now: Double) -> Bool { false }
    func answered(_ answer: HiddenProvider.Answer, sentAt: Double, isTrial: Bool, at now: Double, _ provider: inout HiddenProvider) {}
}

/// The estimator as the ledger uses it: a quota, and the rest that refusals lead to.
struct GatewayPacer: SimulatedPacer {
    var isReal: Bool { true }
    var quota = Quota()
    private var cooldown = Cooldown()
    private var random: HealthRandom
    private var inFlight = 0
    private var refusals = 0
    private let ladder = CooldownLadder(first: .seconds(1), most: .seconds(600), jitter: 0.2)

    init(seed: UInt64) { random = HealthRandom(state: seed) }

    mutating func room(at now: Double, in provider: inout HiddenProvider) -> Double? {
        let instant = LoopInstant(now)
        var isTrial = false
        switch cooldown.state(at: instant) {
        case .closed: break
        case .halfOpen: isTrial = true
        case .trial: return .infinity
        case .cooling: return max(cooldown.until, quota.nextRoom(tokens: 0, isTrial: true, at: instant) ?? instant).seconds
        }
        guard let room = quota.nextRoom(tokens: 0, isTrial: isTrial, at: instant) else { return nil }
        return room.seconds
    }

    mutating func send(at now: Double) -> Bool {
        inFlight += 1
        quota.sent(tokens: 0, at: LoopInstant(now))
        return cooldown.isClosed ? false : cooldown.begin(at: LoopInstant(now))
    }

    mutating func answered(_ answer: HiddenProvider.Answer, sentAt: Double, isTrial: Bool, at now: Double, _ provider: inout HiddenProvider) {
        inFlight -= 1
        let (sent, instant) = (LoopInstant(sentAt), LoopInstant(now))
        if provider.hasHeaders, !isFailure(answer) {
            var reading = QuotaReading()
            let stated = provider.stated(at: now)
            reading.note(.requests, .unknown) {
                $0.limit = provider.limit
                $0.remaining = stated.remaining
                $0.reset = LoopInterval(.milliseconds(Int(stated.reset * 1000)))
            }
            reading.nameWindows()
            let isFree = quota.note(reading, inFlight: max(0, inFlight), longest: LoopInterval(.seconds(86_400 * 31)), at: instant)
            if isFree, isAdmission(answer) { cooldown.limitWasReset() }
        }
        switch answer {
        case .admitted:
            quota.admitted(sentAt: sent)
            cooldown.succeeded(startedAt: sent)
        case .failed: break
        case .refused(let wait, let isCrowded):
            var word: Double?
            switch provider.hint {
            case .none: break
            case .exact: if !isCrowded { word = wait }
            case .seconds: if !isCrowded { word = wait.rounded(.up) }
            }
            refusals += 1
            let named = GatewayPacer.named(provider)
            let signs = RefusalSigns(wait: word.map { LoopInterval(nanoseconds: UInt64($0 * 1_000_000_000)) }, window: named)
            quota.takeBack(tokens: 0, sentAt: sent)
            quota.refused(at: instant, sentAt: sent, signs)
            let pause = signs.wait ?? GatewayPacer.known(named, at: now)
            cooldown.failed(.limit, startedAt: sent, at: instant, word: pause, ladder: ladder, chance: random.unit())
        }
        if isTrial { cooldown.trialEnded(begunAt: sent) }
    }

    /// The window that a refusal names.
    static func named(_ provider: HiddenProvider) -> RateWindow {
        guard provider.hasWords else { return .unknown }
        switch provider.window {
        // No words are known for less.
        case ..<60: return .unknown
        case ...60: return .minute
        case ...3600: return .hour
        case ...86_400: return .day
        default: return .month
        }
    }

    /// The pause of a window that is named without a time.
    static func known(_ window: RateWindow, at now: Double) -> LoopInterval? {
        switch window {
        case .unknown, .minute: nil
        case .hour: LoopInterval(.seconds(300))
        case .day, .week, .month: LoopInterval(.seconds(86_400 - Int(now) % 86_400))
        }
    }

    private func isFailure(_ answer: HiddenProvider.Answer) -> Bool { if case .failed = answer { true } else { false } }
    private func isAdmission(_ answer: HiddenProvider.Answer) -> Bool { if case .admitted = answer { true } else { false } }
}

extension LoopInstant {
    init(_ seconds: Double) { self.init(nanoseconds: UInt64(seconds * 1_000_000_000)) }
    var seconds: Double { Double(nanoseconds) / 1_000_000_000 }
}

/// How requests come to a simulated provider.
struct SimulatedLoad {
    /// What comes, as a multiple of the limit.
    var share = 2.0
    /// How many come at once.
    var burst = 1
    /// How long one waits for room.
    var patience = 0.0
}

/// What came of a simulation.
struct SimulatedOutcome {
    var admitted = 0
    var refused = 0
    var arrived = 0
    /// Told less true times.
    var told: [Double] = []
    /// What was let in and refused, by windows from the beginning.
    var admittedBins: [Int] = []
    var refusedBins: [Int] = []
}

enum LimitFleet {
    static let start = 1_000_000_000.0

    private struct Pending {
        var at: Double
        var sentAt: Double
        var isTrial: Bool
        var answer: HiddenProvider.Answer
        var patience: Double
    }

    /// Runs one provider for `duration` seconds, and judges what came after the first `learning` ones.
    static func run<Pacer: SimulatedPacer>(
        _ provider: HiddenProvider, _ load: SimulatedLoad, _ pacer: Pacer, from begin: Double, for duration: Double, learning: Double
    ) -> SimulatedOutcome {
        var (provider, pacer) = (provider, pacer)
        var arrivals = HealthRandom(state: provider.seed)
        var random = HealthRandom(state: provider.seed ^ 0xABCD)
        provider.start(at: begin)
        var outcome = SimulatedOutcome()
        let bins = Int(duration / provider.window) + 2
        (outcome.admittedBins, outcome.refusedBins) = (Array(repeating: 0, count: bins), Array(repeating: 0, count: bins))
        let capacity = Double(max(provider.limit, provider.changes.map(\.limit).max() ?? 0)) / provider.window
        let rate = capacity * load.share / Double(load.burst)
        var now = begin
        var nextArrival = begin + -log1(arrivals.unit()) / rate
        var waiting: [Double] = []
        var first = 0
        var pending: [Pending] = []
        var sampledAt = 0.0
        let judgedFrom = begin + learning
        let end = begin + duration
        while true {
            // Whoever waits goes while there is room.
            var room: Double?
            while first < waiting.count {
                if waiting[first] < now {
                    first += 1
                    continue
                }
                room = pacer.room(at: now, in: &provider)
                guard room == nil else { break }
                let deadline = waiting[first]
                first += 1
                let isTrial = pacer.send(at: now)
                let duration = 0.2 + random.unit() * 2
                let answer = provider.ask(at: pacer.isReal ? now + 0.002 + random.unit() * 0.004 : now, for: duration)
                var answerAt = now + 0.03 + random.unit() * 0.02
                if case .admitted = answer { answerAt = now + duration }
                let bin = Int((now - begin) / provider.window)
                switch answer {
                case .admitted, .failed:
                    if now >= judgedFrom { outcome.admitted += 1 }
                    outcome.admittedBins[bin] += 1
                case .refused:
                    if now >= judgedFrom { outcome.refused += 1 }
                    outcome.refusedBins[bin] += 1
                }
                let item = Pending(at: answerAt, sentAt: now, isTrial: isTrial, answer: answer, patience: deadline)
                pending.insert(item, at: pending.firstIndex { $0.at <= answerAt } ?? pending.count)
                // The next one a moment later.
                now += 0.001
            }
            if first == waiting.count {
                waiting.removeAll(keepingCapacity: true)
                first = 0
            } else if let room, room.isFinite, now >= judgedFrom, now - sampledAt > max(0.2, provider.window / 100), pacer.isReal {
                sampledAt = now
                outcome.told.append(room - max(now, provider.nextRoom(at: now)))
            }
            // Those who do not wait leave.
            while first < waiting.count, waiting[first] <= now { first += 1 }
            var next = min(nextArrival, pending.last?.at ?? .infinity)
            if first < waiting.count, let room { next = min(next, max(room, now + 0.0005)) }
            if next >= end { break }
            now = max(now, next)
            while let last = pending.last, last.at <= now {
                pending.removeLast()
                pacer.answered(last.answer, sentAt: last.sentAt, isTrial: last.isTrial, at: last.at, &provider)
            }
            if nextArrival <= now {
                for _ in 0..<load.burst {
                    waiting.append(nextArrival + load.patience)
                    if now >= judgedFrom { outcome.arrived += 1 }
                }
                if load.patience == 0 { waiting = waiting.map { max($0, now) } }
                nextArrival += -log1(arrivals.unit()) / rate
            }
        }
        return outcome
    }
}
