import EventLoop
import Testing

@testable import Gateway

@Suite struct CooldownTests {
    private let now = LoopInstant(nanoseconds: 1_000_000_000_000)
    private let ladder = CooldownLadder(first: .seconds(1), most: .seconds(60), jitter: 0.2)

    private func later(_ duration: Duration) -> LoopInstant { now.advanced(by: duration) }

    @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (200, 60)])
    func `each failure climbs a rung`(rung: Int, seconds: Int) {
        #expect(ladder.pause(UInt8(rung), chance: 0.5) == LoopInterval(.seconds(seconds)))
        #expect(ladder.pause(UInt8(rung), chance: 0) == LoopInterval(.milliseconds(800 * seconds)))
        #expect(ladder.pause(UInt8(rung), chance: 1) == LoopInterval(.milliseconds(1200 * seconds)))
    }

    @Test func `after the pause one request tries, and its success ends the trouble`() {
        var cooldown = Cooldown()
        #expect(cooldown.state(at: now) == .closed)
        cooldown.failed(.failure, startedAt: now, at: now, ladder: ladder, chance: 0.5)
        #expect(cooldown.state(at: later(.milliseconds(999))) == .cooling)
        #expect(cooldown.state(at: later(.seconds(1))) == .halfOpen)
        let isTrial = cooldown.begin(at: later(.seconds(1)))
        #expect(isTrial)
        #expect(cooldown.state(at: later(.seconds(1))) == .trial)
        let isSecond = cooldown.begin(at: later(.seconds(1)))
        #expect(!isSecond)
        cooldown.trialEnded(begunAt: later(.seconds(1)))
        #expect(cooldown.state(at: later(.seconds(2))) == .halfOpen, "a trial without a result leaves it open for the next")
        cooldown.succeeded(startedAt: later(.seconds(1)))
        #expect(cooldown.state(at: later(.seconds(2))) == .closed && cooldown.rung == 0)
    }

    @Test func `a success steps the ladder down by one`() {
        var cooldown = Cooldown()
        var at = now
        for _ in 0..<4 {
            cooldown.failed(.failure, startedAt: at, at: at, ladder: ladder, chance: 0.5)
            at = at.advanced(by: .seconds(100))
        }
        #expect(cooldown.rung == 4)
        cooldown.succeeded(startedAt: at)
        #expect(cooldown.isClosed && cooldown.rung == 3)
        cooldown.failed(.failure, startedAt: at, at: at, ladder: ladder, chance: 0.5)
        #expect(cooldown.until == at.advanced(by: .seconds(8)))
    }

    @Test func `what was under way together is one trouble`() {
        var cooldown = Cooldown()
        for _ in 0..<50 { cooldown.failed(.failure, startedAt: now, at: later(.milliseconds(10)), ladder: ladder, chance: 0.5) }
        #expect(cooldown.rung == 1 && cooldown.until == later(.milliseconds(1010)))
        cooldown.succeeded(startedAt: now)
        #expect(cooldown.state(at: later(.milliseconds(20))) == .cooling, "a success that was begun before the failure says nothing")
    }

    /// Random stories: whatever comes, a failure never shortens a pause, and only a success or the provider's reset ends one.
    @Test(arguments: 0..<50) func `a pause never becomes shorter by a failure`(seed: Int) {
        var random = HealthRandom(state: UInt64(seed))
        var cooldown = Cooldown()
        var at = now
        for _ in 0..<400 {
            at = at.advanced(by: .milliseconds(Int(random.unit() * 3000)))
            let before = cooldown.until
            let wasClosed = cooldown.isClosed
            let started = at.advanced(by: .milliseconds(-Int(random.unit() * 2000)))
            switch random.unit() {
            case ..<0.4:
                let word = random.unit() < 0.5 ? LoopInterval(.milliseconds(Int(random.unit() * 90_000))) : nil
                let cause: Cooldown.Cause = random.unit() < 0.5 ? .limit : .failure
                cooldown.failed(cause, startedAt: started, at: at, word: word, ladder: ladder, chance: random.unit())
                #expect(cooldown.until >= before)
            case ..<0.6:
                if cooldown.state(at: at) != .cooling { _ = cooldown.begin(at: at) }
                #expect(cooldown.until == before)
            case ..<0.8:
                cooldown.trialEnded(begunAt: at)
                #expect(cooldown.until == before)
            case ..<0.9:
                let ended = cooldown.succeeded(startedAt: started)
                #expect(ended == (!wasClosed && started >= cooldown.failedAt) && (ended ? cooldown.isClosed : cooldown.until == before))
            default:
                let isLimit = cooldown.cause == .limit && !wasClosed
                let wasReset = cooldown.limitWasReset()
                #expect(wasReset == isLimit)
            }
        }
    }
}

@Suite struct FirstTokenEstimateTests {
    @Test func `the estimate is near the 95th percentile, whatever the scale`() {
        for scale in [1000.0, 300_000, 57_000_000] {
            var random = HealthRandom(state: 1)
            var estimate = FirstTokenEstimate()
            // Uniform from half to one and a half of the scale: the percentile is 1.45 of it.
            for _ in 0..<2000 { estimate.record(microseconds: Int(scale * (0.5 + random.unit()))) }
            let ratio = Double(estimate.percentile ?? 0) / scale
            #expect(ratio > 1.2 && ratio < 1.8, "\(scale): \(ratio)")
        }
    }

    @Test func `a provider of 57 seconds is not cut, and a quick one that dies is left early`() {
        let (least, most, unknown) = (LoopInterval(.seconds(5)), LoopInterval(.seconds(120)), LoopInterval(.seconds(60)))
        var slow = FirstTokenEstimate()
        var quick = FirstTokenEstimate()
        #expect(slow.timeout(least: least, most: most, unknown: unknown) == unknown)
        var random = HealthRandom(state: 7)
        for _ in 0..<200 {
            slow.record(microseconds: 47_000_000 + Int(random.unit() * 20_000_000))
            quick.record(microseconds: 200_000 + Int(random.unit() * 200_000))
        }
        #expect(slow.timeout(least: least, most: most, unknown: unknown) == most)
        #expect(quick.timeout(least: least, most: most, unknown: unknown) == least)
    }

    @Test func `a step in the latency is followed within some dozens of requests`() {
        var estimate = FirstTokenEstimate()
        for _ in 0..<500 { estimate.record(microseconds: 100_000) }
        for _ in 0..<60 { estimate.record(microseconds: 2_000_000) }
        #expect((estimate.percentile ?? 0) > 1_900_000)
    }
}
