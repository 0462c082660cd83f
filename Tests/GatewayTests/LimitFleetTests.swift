import EventLoop
import Foundation
import Testing

@testable import Gateway

@Suite struct LimitFleetTests {
    @Test func `random hidden limits are learnt: few calls are wasted, and most of what there is is used`() {
        // `BEST_FLEET=1000` for the distributions.
        let count = ProcessInfo.processInfo.environment["BEST_FLEET"].flatMap { UInt64($0) }
        var report = FleetReport()
        for seed in 0..<(count ?? 400) {
            let plan = FleetPlan(seed)
            // Of the others the quick ones are enough.
            if count != nil || Double(plan.provider.limit) * plan.duration / plan.provider.window < 400 { report.add(plan.judge()) }
        }
        report.show(isVerbose: count != nil)
        let steady = report.results.filter { $0.category == "rates" }
        let (refused, calls) = (steady.reduce(0) { $0 + $1.refused }, steady.reduce(0) { $0 + $1.calls })
        #expect(Double(refused) <= 0.03 * Double(calls))
        #expect(FleetReport.percentile(steady.map(\.used), 0.5) > 0.93)
    }

    @Test func `a stated reset at which all is back is told by how fast it comes back`() {
        let now = LoopInstant(1_000_000)
        var quota = Quota()
        func answer(remaining: Int, reset: Duration, at instant: LoopInstant) {
            var reading = QuotaReading()
            reading.note(.requests, .minute) {
                ($0.limit, $0.remaining, $0.reset) = (60, remaining, LoopInterval(reset))
            }
            quota.note(reading, inFlight: 0, longest: LoopInterval(.seconds(86_400)), at: instant)
        }
        answer(remaining: 30, reset: .seconds(30), at: now)
        answer(remaining: 4, reset: .seconds(56), at: now)
        #expect(quota.nextRoom(tokens: 0, isTrial: false, at: now) == nil)
        for _ in 0..<4 { quota.sent(tokens: 0, at: now) }
        let room = quota.nextRoom(tokens: 0, isTrial: false, at: now)
        #expect(room.map { $0.elapsed(since: now) > .milliseconds(990) && $0.elapsed(since: now) < .milliseconds(1010) } == true)
        // A window that ends comes nearer while more is used.
        quota = Quota()
        answer(remaining: 30, reset: .seconds(30), at: now)
        answer(remaining: 0, reset: .seconds(29), at: now.advanced(by: .seconds(1)))
        #expect(quota.nextRoom(tokens: 0, isTrial: false, at: now.advanced(by: .seconds(1))) == now.advanced(by: .seconds(30)))
    }

    @Test func `at a stated reset at which one place may be all that is back, one goes, and twice as many with each second`() {
        let now = LoopInstant(1_000_000)
        func at(_ seconds: Double) -> LoopInstant { LoopInstant(1_000_000 + seconds) }
        var quota = Quota()
        func answer(remaining: Int, reset: Duration, at instant: LoopInstant) {
            var reading = QuotaReading()
            reading.note(.requests, .minute) { ($0.limit, $0.remaining, $0.reset) = (100, remaining, LoopInterval(reset)) }
            quota.note(reading, inFlight: 0, longest: LoopInterval(.seconds(86_400)), at: instant)
        }
        func send(at instant: LoopInstant) -> Bool {
            guard quota.nextRoom(tokens: 0, isTrial: false, at: instant) == nil else { return false }
            quota.sent(tokens: 0, at: instant)
            return true
        }
        answer(remaining: 0, reset: .seconds(5), at: now)
        #expect(quota.nextRoom(tokens: 0, isTrial: false, at: now) == at(5))
        func sent(at instant: LoopInstant) -> Int { (0..<20).count { _ in send(at: instant) } }
        let sentThen: [Int] = [5.1, 5.9, 6.2, 7.2].map { sent(at: at($0)) }
        #expect(sentThen == [1, 0, 1, 2])
        #expect(quota.nextRoom(tokens: 0, isTrial: false, at: at(7.2)) == at(8.1))
        // An answer says what is left.
        answer(remaining: 30, reset: .seconds(3), at: at(7.5))
        #expect(sent(at: at(7.5)) == 20)
        // What had been left is there in any case.
        #expect(sent(at: at(10.6)) == 11)
    }

    @Test func `a limit that falls is followed, and is tried again when it may have risen`() {
        var plan = FleetPlan(0)
        plan.provider = HiddenProvider()
        (plan.provider.limit, plan.provider.hint, plan.provider.seed) = (40, .seconds, 1)
        plan.load = SimulatedLoad(share: 2, burst: 1, patience: 30)
        (plan.begin, plan.learning, plan.duration) = (LimitFleet.start + 13, 180, 1200)
        let (fall, rise) = (plan.begin + 400, plan.begin + 760)
        plan.provider.changes = [(fall, 16), (rise, 40)]
        (plan.fallAt, plan.riseAt) = (fall, rise)
        let result = plan.judge()
        #expect(result.fallCost ?? .max <= 8)
        #expect((result.usedAfterFall ?? 0) >= 0.9 && (result.usedAfterRise ?? 0) >= 0.9, "\(result)")
    }

    /// A provider of a limit of 40 a minute that falls to 16 and rises again.
    private func changing(_ hint: HiddenProvider.Hint, seed: Int) -> FleetResult {
        var plan = FleetPlan(0)
        plan.provider = HiddenProvider()
        (plan.provider.limit, plan.provider.hint, plan.provider.seed) = (40, hint, UInt64(seed))
        plan.load = SimulatedLoad(share: 2, burst: 1, patience: 20)
        (plan.begin, plan.learning, plan.duration) = (LimitFleet.start + Double(seed * 13), 180, 900)
        let fall = plan.begin + 300 + Double(seed) * 1.47
        (plan.fallAt, plan.riseAt) = (fall, fall + 180)
        plan.provider.changes = [(fall, 16), (fall + 180, 40)]
        return plan.judge()
    }

    @Test func `a limit that rises again is followed, however many are sent with the one that shows it`() {
        for seed in 1...40 {
            let result = changing(.seconds, seed: seed)
            #expect((result.usedAfterRise ?? 0) >= 0.9, "\(seed): \(result)")
        }
    }

    @Test(arguments: [(HiddenProvider.Manner.rolling, HiddenProvider.Hint.seconds), (.rolling, .none), (.fromFirst, .seconds), (.fromFirst, .none)])
    private func `limits of a second are found, though a minute is assumed first`(manner: HiddenProvider.Manner, hint: HiddenProvider.Hint) {
        for seed in 1...8 {
            var plan = FleetPlan(0)
            plan.provider = HiddenProvider()
            (plan.provider.window, plan.provider.limit, plan.provider.manner) = (1, 10, manner)
            (plan.provider.hint, plan.provider.seed) = (hint, UInt64(seed))
            plan.load = SimulatedLoad(share: 2, burst: 1, patience: 2)
            (plan.begin, plan.learning, plan.duration) = (LimitFleet.start + Double(seed * 13), 300, 600)
            let result = plan.judge()
            #expect(result.used >= 0.8 && result.wasted <= 0.01, "\(seed): \(result.used) \(result.wasted)")
        }
    }

    @Test func `a limit of a minute is not taken for one of a second, though all of it is sent in one`() {
        for seed in 1...8 {
            var plan = FleetPlan(0)
            plan.provider = HiddenProvider()
            (plan.provider.limit, plan.provider.seed) = (30, UInt64(seed))
            plan.load = SimulatedLoad(share: 2, burst: 30, patience: 2)
            (plan.begin, plan.learning, plan.duration) = (LimitFleet.start + Double(seed * 13), 300, 1500)
            let result = plan.judge()
            #expect(result.used >= 0.9 && result.wasted <= 0.01, "\(seed): \(result.used) \(result.wasted)")
        }
    }

    @Test func `more than was refused is tried after a window first, and then ever more seldom`() {
        let now = LoopInstant(1_000_000)
        var estimate = WindowEstimate(place: WindowEstimate.minute, limit: 100, at: now)
        #expect(estimate.probeAt == now.advanced(by: .seconds(60)))
        var log = SendLog()
        var waits: [UInt64] = []
        var at = now
        for _ in 0..<4 {
            at = at.advanced(by: .seconds(3600))
            for _ in 0..<100 { log.add(at: at) }
            _ = estimate.refused(at: at, sentAt: at, wait: nil, row: 1, isShortest: true, log)
            waits.append((estimate.probeAt.nanoseconds - at.nanoseconds) / 60_000_000_000)
        }
        #expect(waits == [4, 8, 8, 8])
    }

    @Test func `a guess at a day's limit closes nobody's door for the day, however many are refused in a row`() {
        let now = LoopInstant(1_000_000)
        for count in [1, 3, 40] {
            var (log, estimate) = (SendLog(), WindowEstimate(place: 4, limit: 38, at: now))
            for _ in 0..<count { log.add(at: now) }
            var at = now.advanced(by: .seconds(1))
            for row in 1...6 {
                _ = estimate.refused(at: at, sentAt: at, wait: nil, row: row, isShortest: true, log)
                at = max(at, estimate.probeAt)
                guard estimate.confidence < 2 else { break }
                #expect(at <= now.advanced(by: .seconds(7200)) && estimate.nextRoom(1, in: log, at: at) == nil, "\(count) sent, \(row) refused")
            }
        }
    }

    @Test func `a guess at a day's limit that has held for half of a day is believed, and one that was taken back is tried however much was sent`() {
        let now = LoopInstant(1_000_000)
        var (log, estimate) = (SendLog(), WindowEstimate(place: 4, limit: 38, at: now))
        for _ in 0..<38 { log.add(at: now) }
        var (at, tries) = (now.advanced(by: .seconds(1)), 0)
        while estimate.confidence < 2, tries < 30 {
            tries += 1
            _ = estimate.refused(at: at, sentAt: at, wait: nil, row: tries + 1, isShortest: true, log)
            at = max(at, estimate.probeAt)
        }
        #expect(estimate.confidence == 2 && (8...12).contains(tries), "\(tries) tries")
        #expect(at >= now.advanced(by: .seconds(43_200)))
        // A limit below what was sent: no room by itself before the day is over, and a try all the same.
        let small = WindowEstimate(place: 4, limit: 1, at: now)
        #expect(small.nextRoom(1, in: log, at: now.advanced(by: .seconds(59))) != nil)
        #expect(small.nextRoom(1, in: log, at: now.advanced(by: .seconds(61))) == nil)
    }

    @Test func `where windows begin on the minute, the time that is told is that of the next one`() {
        for seed in 1...8 {
            var plan = FleetPlan(0)
            plan.provider = HiddenProvider()
            (plan.provider.limit, plan.provider.manner, plan.provider.hint, plan.provider.seed) = (36, .aligned, .seconds, UInt64(seed))
            plan.load = SimulatedLoad(share: 2, burst: 1, patience: 20)
            (plan.begin, plan.learning, plan.duration) = (LimitFleet.start + Double(seed * 13), 180, 1200)
            let result = plan.judge()
            #expect(FleetReport.percentile(result.told, 0.95) <= 5 && result.used >= 0.95, "\(seed): \(result)")
        }
    }
}
