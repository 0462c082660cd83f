import EventLoop
import Testing

@testable import Gateway

/// A provider with a limit nobody is told of.
private struct HiddenLimit {
    enum Window {
        /// The last so many seconds, at any moment.
        case rolling
        /// From one multiple of the length to the next.
        case aligned
        /// From the first request after the last window.
        case fromFirst
    }

    enum Hint {
        case none
        /// `retry-after` in whole seconds, rounded up.
        case seconds
        /// The exact time.
        case exact
    }

    let name: String
    let window: Window
    let seconds: Double
    let requests: Int
    let hint: Hint
    /// How many keys share it.
    var keys = 1

    var admitted: [Double] = []
    private var started = -1e18
    private var used = 0

    init(_ name: String, _ window: Window, _ requests: Int, per seconds: Double, _ hint: Hint, keys: Int = 1) {
        (self.name, self.window, self.seconds, self.requests, self.hint, self.keys) = (name, window, seconds, requests, hint, keys)
    }

    /// Counts a request.
    ///
    /// - Returns: `nil` when it is let in, otherwise the seconds until there is room.
    mutating func refuse(at now: Double) -> Double? {
        let wait: Double
        switch window {
        case .rolling:
            let oldest = admitted.count - requests
            guard oldest >= 0, admitted[oldest] > now - seconds else {
                admitted.append(now)
                return nil
            }
            wait = admitted[oldest] + seconds - now
        case .aligned, .fromFirst:
            if now >= started + seconds { (started, used) = (window == .aligned ? (now / seconds).rounded(.down) * seconds : now, 0) }
            guard used >= requests else {
                used += 1
                admitted.append(now)
                return nil
            }
            wait = started + seconds - now
        }
        return wait
    }

    func hinted(_ wait: Double) -> Duration? {
        switch hint {
        case .none: nil
        case .seconds: .seconds(Int(wait.rounded(.up)))
        case .exact: .microseconds(Int(wait * 1_000_000))
        }
    }
}

/// More requests than a provider allows, for a long time, against the real estimator with a clock of its own.
private struct Saturation {
    struct Outcome {
        var admitted = 0
        var wasted = 0
        var used = 0.0
        var waste: Double { Double(wasted) / Double(max(1, wasted + admitted)) }
    }

    private struct Answer {
        let at: Double
        var permit: AttemptPermit
        let verdict: FailureVerdict?
    }

    private static let start = 1_000_000_000.0

    /// Runs for `duration` seconds and judges what came after the first `learning` ones.
    static func run(_ limit: HiddenLimit, for duration: Double, learning: Double, seed: UInt64) throws -> Outcome {
        var limit = limit
        var random = HealthRandom(state: seed)
        let ledger = HealthLedger(FailureOptions(), seed: seed)
        var configuration = ProviderConfiguration(name: limit.name, baseURL: try HTTPURL(parsing: "https://\(limit.name)/v1"))
        configuration.keys = (0..<limit.keys).map { APIKeyReference(variable: "K\($0)", value: Secret("k\($0)")) }
        let provider = Provider(configuration, defaults: UpstreamTimeouts())
        let keys = (0..<limit.keys).map {
            Deployment(provider: provider, model: ModelConfiguration(id: "m"), keyIndex: $0, origin: provider.origin(for: configuration.baseURL))
        }
        var outcome = Outcome()
        var answers: [Answer] = []
        // Not at the beginning of a window.
        let begin = start + random.unit() * limit.seconds
        var now = begin
        func instant(_ seconds: Double) -> LoopInstant { LoopInstant(nanoseconds: UInt64(seconds * 1_000_000_000)) }
        while now < begin + duration {
            while let index = answers.indices.filter({ answers[$0].at <= now }).min(by: { answers[$0].at < answers[$1].at }) {
                var answer = answers.remove(at: index)
                if answer.verdict == nil { ledger.admitted(&answer.permit, at: instant(answer.at)) }
                ledger.end(&answer.permit, answer.verdict.map { .failed($0) } ?? .succeeded, request: UInt64(answer.at * 1e6), at: instant(answer.at))
            }
            var next = answers.map(\.at).min() ?? .infinity
            var chosen: Deployment?
            for key in keys {
                switch ledger.availability(of: key, for: .everybody, .none, at: instant(now)) {
                case .ready: chosen = chosen ?? key
                case .busy, .crowded: break
                case .limited(let until), .cooling(let until, _), .denied(let until, _), .gone(let until), .unpaid(let until), .rejected(let until):
                    next = min(next, Double(until.nanoseconds) / 1_000_000_000)
                }
            }
            guard let chosen else {
                now = max(next, now + 0.001)
                continue
            }
            let permit = ledger.begin(chosen, for: .everybody, .none, at: instant(now))
            // It arrives a little later.
            let wait = limit.refuse(at: now + 0.002 + random.unit() * 0.004)
            let isJudged = now > begin + learning
            if let wait {
                if isJudged { outcome.wasted += 1 }
                let refusal = verdict(.rateLimited(.unknown), retryAfter: limit.hinted(wait))
                answers.append(Answer(at: now + 0.03 + random.unit() * 0.02, permit: permit, verdict: refusal))
            } else {
                if isJudged { outcome.admitted += 1 }
                answers.append(Answer(at: now + 0.3 + random.unit() * 2, permit: permit, verdict: nil))
            }
            now += 0.02 + random.unit() * 0.1
        }
        outcome.used = Double(outcome.admitted) / (Double(limit.requests) * (duration - learning) / limit.seconds)
        return outcome
    }
}

@Suite struct HiddenLimitTests {
    private static let minute = 60.0
    private static let day = 86_400.0

    fileprivate static let limits = [
        HiddenLimit("rolling-told", .rolling, 30, per: minute, .seconds), HiddenLimit("rolling-silent", .rolling, 40, per: minute, .none),
        HiddenLimit("aligned-told", .aligned, 20, per: minute, .exact), HiddenLimit("fixed-silent", .fromFirst, 40, per: minute, .none),
        HiddenLimit("daily-told", .aligned, 200, per: day, .seconds), HiddenLimit("daily-silent", .rolling, 300, per: day, .none),
        HiddenLimit("account-silent", .rolling, 40, per: minute, .none, keys: 2),
        HiddenLimit("account-daily-told", .aligned, 250, per: day, .seconds, keys: 2),
    ]

    @Test(arguments: 0..<8) func `a hidden limit is learnt: hardly a call is wasted, and hardly one is left unused`(index: Int) throws {
        let limit = Self.limits[index]
        let isDaily = limit.seconds == Self.day
        for seed in 1...3 {
            let outcome = try Saturation.run(
                limit, for: isDaily ? 20 * Self.day : 4 * 3600, learning: isDaily ? 4 * Self.day : 1200, seed: UInt64(seed))
            print("\(limit.name) \(seed): \(outcome.admitted) let in, \(outcome.wasted) wasted, \(outcome.used) of the allowance")
            #expect(outcome.waste < 0.02, "\(limit.name): \(outcome)")
            #expect(outcome.used >= 0.9, "\(limit.name): \(outcome)")
        }
    }
}

@Suite struct SendLogTests {
    private func at(_ seconds: Double) -> LoopInstant { LoopInstant(nanoseconds: UInt64((1_000_000 + seconds) * 1_000_000_000)) }

    @Test func `amounts that are too large to be added are the largest there is, and not a small one`() {
        var log = SendLog()
        for _ in 0..<3 { log.add(.max - 1, at: LoopInstant(nanoseconds: 1_000_000)) }
        #expect(log.count(after: LoopInstant(nanoseconds: 0)) == Int(UInt32.max))
        // Also where groups are joined to make room.
        for step in 0..<2000 { log.add(.max / 2, at: LoopInstant(nanoseconds: UInt64(step) * 6_000_000 + 20_000_000)) }
        #expect(log.count(after: LoopInstant(nanoseconds: 0)) >= Int(UInt32.max))
    }

    @Test func `a sliding window has room again when the oldest leaves it`() {
        var log = SendLog()
        for second in 0..<40 { log.add(at: at(Double(second))) }
        let window = LoopInterval(.seconds(60))
        #expect(log.roomFor(1, limit: 41, window: window, at: at(40)) == nil)
        #expect(log.roomFor(1, limit: 40, window: window, at: at(40)) == at(60))
        #expect(log.roomFor(1, limit: 40, window: window, at: at(60)) == nil)
        #expect(log.roomFor(3, limit: 40, window: window, at: at(60)) == at(62))
        #expect(log.count(after: at(9.5)) == 30 && log.count(after: at(9.5), through: at(19.5)) == 10)
        log.remove(sentAt: at(20))
        #expect(log.count(after: at(9.5)) == 29)
    }

    @Test func `memory is bounded, and a count is never too small nor far too large`() {
        var log = SendLog()
        var random = HealthRandom(state: 3)
        var all: [Double] = []
        var now = 0.0
        for _ in 0..<20_000 {
            now += random.unit() * 8
            all.append(now)
            log.add(at: at(now))
        }
        for window in [60.0, 3600, 40_000, 86_400] {
            let exact = all.filter { $0 > now - window }.count
            let counted = log.count(after: at(now - window))
            #expect(counted >= exact && Double(counted) <= Double(exact) * 1.1 + 1, "\(window): \(counted) for \(exact)")
        }
    }
}
