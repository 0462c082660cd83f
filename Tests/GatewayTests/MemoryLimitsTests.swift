import EventLoop
import Testing

@testable import Gateway

@Suite struct MemoryLimitsTests {
    private let start = Moment(monotonic: LoopInstant(nanoseconds: 5_000_000_000_000), wall: UnixTime(parsing: "2026-11-22T12:00:00Z")!)

    private func after(_ duration: Duration) -> Moment { start.advanced(by: duration) }

    /// A moment at which only the time of day is another.
    private func at(_ wall: String) -> Moment { Moment(monotonic: start.monotonic, wall: UnixTime(parsing: wall)!) }

    private func claim(_ change: (inout KeyLimits) -> Void, key: String = "k", tokens: Int = 0, cost: Money = .zero) -> LimitClaim {
        var limits = KeyLimits()
        change(&limits)
        return LimitClaim(key: VirtualKey.ID(key), limits: limits, tokens: tokens, cost: cost)
    }

    private func reservation(_ decision: LimitDecision) -> LimitReservation? {
        if case .granted(let reservation, _) = decision { reservation } else { nil }
    }

    private func refusal(_ decision: LimitDecision) -> LimitRefusal? {
        if case .refused(let refusal) = decision { refusal } else { nil }
    }

    @Test func `of a thousand requests at once exactly as many pass as the limit allows`() {
        let limits = MemoryLimits()
        let passed = (0..<1000).count { _ in reservation(limits.decide(claim { $0.requestsPerMinute = 100 }, at: start)) != nil }
        #expect(passed == 100)
    }

    @Test(arguments: [1, 7, 100]) func `no minute ever holds more than the limit, whatever the rhythm`(limit: Int) {
        let limits = MemoryLimits()
        var passed: [Int] = []
        var random = SeededRandom(seed: UInt64(limit))
        var moment = 0
        for _ in 0..<5000 {
            moment += Int(random.next() % 400)
            if reservation(limits.decide(claim { $0.requestsPerMinute = limit }, at: after(.milliseconds(moment)))) != nil { passed.append(moment) }
        }
        for (index, first) in passed.enumerated() {
            let inside = passed[index...].prefix { $0 - first < 60_000 }.count
            #expect(inside <= limit)
        }
        #expect(passed.count > limit * (moment / 62_000), "what is given back is used again")
    }

    @Test(arguments: [KeyLimits.BudgetPeriod.day, .week, .month])
    func `no wait for a budget is longer than a month, wherever the clock was set to`(period: KeyLimits.BudgetPeriod) throws {
        let limits = MemoryLimits()
        let wanted = claim(
            {
                $0.budget = Money(nanodollars: 10)
                $0.budgetPeriod = period
            }, cost: Money(nanodollars: 10))
        #expect(reservation(limits.decide(wanted, at: start)) != nil)
        let refused = try #require(refusal(limits.decide(wanted, at: at("1906-08-17T01:26:40Z"))))
        #expect(refused.limit == .budget && refused.retryAfter == .seconds(31 * 86_400))
    }

    @Test func `a refusal says when the same request would pass, and then it does`() throws {
        let limits = MemoryLimits()
        let wanted = claim({ $0.tokensPerMinute = 1000 }, tokens: 600)
        #expect(reservation(limits.decide(wanted, at: start)) != nil)
        let refused = try #require(refusal(limits.decide(wanted, at: after(.seconds(10)))))
        let wait = try #require(refused.retryAfter)
        #expect(refused.limit == .tokensPerMinute && wait > .seconds(49) && wait <= .seconds(51))
        #expect(refusal(limits.decide(wanted, at: after(.seconds(10) + wait - .milliseconds(1)))) != nil)
        #expect(reservation(limits.decide(wanted, at: after(.seconds(10) + wait))) != nil)
    }

    @Test func `a request that is larger than its limit never passes, and that is said`() throws {
        let limits = MemoryLimits()
        let refused = try #require(refusal(limits.decide(claim({ $0.tokensPerMinute = 100 }, tokens: 101), at: start)))
        #expect(refused.limit == .tokensPerMinute && refused.retryAfter == nil)
    }

    @Test func `what was reserved too much comes back when the request settles`() {
        let limits = MemoryLimits()
        let wanted = claim({ $0.tokensPerMinute = 1000 }, tokens: 900)
        let first = reservation(limits.decide(wanted, at: start))!
        #expect(refusal(limits.decide(claim({ $0.tokensPerMinute = 1000 }, tokens: 200), at: start)) != nil)
        limits.settle(first, tokens: 100, cost: .zero, at: after(.seconds(1)))
        #expect(reservation(limits.decide(wanted, at: after(.seconds(1)))) != nil)
        #expect(refusal(limits.decide(claim({ $0.tokensPerMinute = 1000 }, tokens: 1), at: after(.seconds(1)))) != nil)
    }

    @Test func `what was used beyond the reservation counts too`() throws {
        let limits = MemoryLimits()
        let first = reservation(limits.decide(claim({ $0.tokensPerMinute = 1000 }, tokens: 10), at: start))!
        limits.settle(first, tokens: 5000, cost: .zero, at: after(.seconds(2)))
        let refused = try #require(refusal(limits.decide(claim({ $0.tokensPerMinute = 1000 }, tokens: 1), at: after(.seconds(2)))))
        #expect(refused.standing.tokensPerMinute?.remaining == 0)
    }

    @Test func `a request for which nothing was done leaves no trace`() async {
        let limits = MemoryLimits()
        let wanted = claim(
            { (limits: inout KeyLimits) in
                limits.requestsPerMinute = 1
                limits.requestsPerDay = 1
                limits.concurrency = 1
                limits.budget = Money(dollars: 1)
            }, cost: Money(dollars: 1)!)
        for _ in 0..<10 {
            let reservation = reservation(limits.decide(wanted, at: start))
            #expect(reservation != nil)
            if let reservation { limits.release(reservation, at: after(.seconds(1))) }
        }
        #expect(await limits.standing(of: wanted.key, wanted.limits, at: start) == KeyBook().standing(wanted.limits, at: start))
        #expect(await limits.standing(of: wanted.key, wanted.limits, at: start).budgetRemaining == Money(dollars: 1))
    }

    @Test func `as many requests are in work as the key may have`() {
        let limits = MemoryLimits()
        let wanted = claim { $0.concurrency = 2 }
        let first = reservation(limits.decide(wanted, at: start))!
        #expect(reservation(limits.decide(wanted, at: start)) != nil)
        #expect(refusal(limits.decide(wanted, at: start))?.limit == .concurrency)
        limits.settle(first, tokens: 0, cost: .zero, at: start)
        #expect(reservation(limits.decide(wanted, at: start)) != nil)
    }

    @Test(arguments: [
        (KeyLimits.BudgetPeriod.day, "2026-11-23T00:00:00Z"), (.week, "2026-11-23T00:00:00Z"), (.month, "2026-12-01T00:00:00Z"),
    ])
    func `a budget that is used up comes back with the next period`(period: KeyLimits.BudgetPeriod, next: String) throws {
        let limits = MemoryLimits()
        let wanted = claim(
            {
                $0.budget = Money(dollars: 2); $0.budgetPeriod = period
            }, cost: Money(dollars: 1)!)
        for _ in 0..<2 { limits.settle(try #require(reservation(limits.decide(wanted, at: start))), tokens: 0, cost: Money(dollars: 1)!, at: start) }
        let refused = try #require(refusal(limits.decide(wanted, at: start)))
        #expect(refused.limit == .budget && start.wall.advanced(by: refused.retryAfter ?? .zero) == UnixTime(parsing: next)!)
        #expect(reservation(limits.decide(wanted, at: at(next))) != nil)
    }

    @Test func `a budget for life does not come back`() throws {
        let limits = MemoryLimits()
        let wanted = claim(
            {
                $0.budget = Money(dollars: 1); $0.budgetPeriod = .total
            }, cost: Money(dollars: 1)!)
        #expect(reservation(limits.decide(wanted, at: start)) != nil)
        let refused = try #require(refusal(limits.decide(wanted, at: after(.seconds(400 * 86_400)))))
        #expect(refused.limit == .budget && refused.retryAfter == nil)
    }

    @Test func `the books go on after a restart where they were`() async {
        let limits = MemoryLimits()
        let wanted = claim(
            { (limits: inout KeyLimits) in
                limits.requestsPerMinute = 5
                limits.tokensPerDay = 1000
                limits.budget = Money(dollars: 1)
            }, tokens: 100, cost: Money(dollars: 0.25)!)
        for _ in 0..<3 { limits.settle(reservation(limits.decide(wanted, at: start))!, tokens: 150, cost: Money(dollars: 0.25)!, at: start) }
        let restored = MemoryLimits()
        #expect(restored.restore(limits.checkpoint(at: start).bytes(), at: after(.seconds(5))) == 1)
        #expect(
            await restored.standing(of: wanted.key, wanted.limits, at: after(.seconds(5)))
                == limits.standing(of: wanted.key, wanted.limits, at: after(.seconds(5))))
        #expect(restored.restore(Array("nonsense".utf8), at: start) == 0)
        let bytes = limits.checkpoint(at: start).bytes()
        for length in 0..<bytes.count { _ = MemoryLimits().restore(Array(bytes.prefix(length)), at: start) }
    }

    /// Another process begins, whose monotonic clock stands elsewhere.
    private func restarted(_ limits: MemoryLimits, savedAt saved: Moment, wall: Duration, monotonic: UInt64 = 1_000_000_000) -> (MemoryLimits, Moment)
    {
        let now = Moment(monotonic: LoopInstant(nanoseconds: monotonic), wall: saved.wall.advanced(by: wall))
        let restored = MemoryLimits()
        restored.restore(limits.checkpoint(at: saved).bytes(), at: now)
        return (restored, now)
    }

    @Test func `after a restart everything is as much older as the time of day has gone on`() throws {
        let limits = MemoryLimits()
        let wanted = claim { $0.requestsPerMinute = 1 }
        #expect(reservation(limits.decide(wanted, at: start)) != nil)
        for (wall, wait) in [(Duration.seconds(5), 55...56), (.seconds(50), 10...11), (.zero, 60...61), (.seconds(-7200), 60...61)]
            as [(Duration, ClosedRange<Int>)]
        {
            let (restored, now) = restarted(limits, savedAt: start, wall: wall)
            let refused = try #require(refusal(restored.decide(wanted, at: now)), "\(wall)")
            let seconds = Int((refused.retryAfter ?? .zero).components.seconds)
            #expect(wait.contains(seconds), "\(wall): \(seconds) s")
            #expect(reservation(restored.decide(wanted, at: now.advanced(by: refused.retryAfter ?? .zero))) != nil)
        }
        for wall in [Duration.seconds(62), .seconds(86_400 * 400)] {
            let (restored, now) = restarted(limits, savedAt: start, wall: wall)
            #expect(reservation(restored.decide(wanted, at: now)) != nil)
        }
    }

    @Test func `what was only reserved when a process ended is not used after it, and what was measured is`() async throws {
        let limits = MemoryLimits()
        let wanted = claim(
            {
                ($0.requestsPerDay, $0.tokensPerMinute, $0.tokensPerDay) = (10, 1000, 1000)
                ($0.budget, $0.budgetPeriod) = (Money(dollars: 1), .total)
            }, tokens: 400, cost: Money(dollars: 0.5)!)
        var first = try #require(reservation(limits.decide(wanted, at: start)))
        func crashed(_ tokens: Int, _ dollars: Double, requests: Int) async {
            let (restored, now) = restarted(limits, savedAt: after(.seconds(2)), wall: .seconds(5))
            let standing = await restored.standing(of: wanted.key, wanted.limits, at: now)
            #expect(standing.tokensPerMinute?.remaining == 1000 - tokens && standing.tokensPerDay?.remaining == 1000 - tokens)
            #expect(standing.budgetRemaining == Money(dollars: 1 - dollars) && standing.requestsPerDay?.remaining == 10 - requests)
        }
        await crashed(0, 0, requests: 1)
        // Within what was reserved, and beyond it.
        #expect(limits.grow(&first, tokens: 100, cost: Money(dollars: 0.25)!, at: after(.seconds(1))) == nil)
        await crashed(100, 0.25, requests: 1)
        #expect(limits.grow(&first, tokens: 500, cost: Money(dollars: 0.25)!, at: after(.seconds(1))) == nil)
        await crashed(500, 0.25, requests: 1)
        let second = try #require(reservation(limits.decide(wanted, at: after(.seconds(1)))))
        await crashed(500, 0.25, requests: 2)
        limits.settle(first, tokens: 600, cost: Money(dollars: 0.75)!, at: after(.seconds(2)))
        await crashed(600, 0.75, requests: 2)
        limits.release(second, at: after(.seconds(2)))
        await crashed(600, 0.75, requests: 1)
    }

    @Test func `restarts in quick succession keep nobody out longer`() throws {
        var (limits, now) = (MemoryLimits(), start)
        let wanted = claim { $0.requestsPerDay = 1 }
        #expect(reservation(limits.decide(wanted, at: now)) != nil)
        for number in 0..<24 * 60 - 1 {
            (limits, now) = restarted(limits, savedAt: now, wall: .seconds(60), monotonic: UInt64(number) * 7_000_000_000)
            #expect(refusal(limits.decide(wanted, at: now)) != nil)
        }
        // A day and a slice.
        for number in 0..<7 { (limits, now) = restarted(limits, savedAt: now, wall: .seconds(60), monotonic: UInt64(number) * 7_000_000_000) }
        #expect(reservation(limits.decide(wanted, at: now)) != nil)
    }

    @Test func `books that have not changed are kept as they were written, and those that have are not forgotten`() async throws {
        let limits = MemoryLimits()
        func wanted(_ key: Int) -> LimitClaim {
            claim({ ($0.requestsPerMinute, $0.requestsPerDay) = (100, 100) }, key: "key-\(key)")
        }
        for key in 0..<50 { _ = limits.decide(wanted(key), at: start) }
        #expect(limits.hasChanged)
        let first = limits.checkpoint(at: start)
        #expect(!limits.hasChanged)
        // Before it is written down some go on, and one gives everything back.
        let later = after(.seconds(30))
        for key in 0..<10 { _ = limits.decide(wanted(key), at: later) }
        let released = try #require(reservation(limits.decide(wanted(60), at: later)))
        limits.release(released, at: later)
        let second = limits.checkpoint(at: later)
        // The later one may be written down first.
        let (bytes, before) = (second.bytes(), first.bytes())
        for bytes in [bytes, before] {
            let restored = MemoryLimits()
            #expect(restored.restore(bytes, at: later) == 50)
            for key in [0, 9, 10, 49, 60] {
                let known = await restored.standing(of: wanted(key).key, wanted(key).limits, at: later).requestsPerDay
                #expect(known == (await limits.standing(of: wanted(key).key, wanted(key).limits, at: later).requestsPerDay), "\(key)")
            }
            // And what was restored is kept again.
            #expect(MemoryLimits().restore(restored.checkpoint(at: later).bytes(), at: later) == 50)
        }
        #expect(MemoryLimits().restore(limits.checkpoint(at: later).bytes(), at: later) == 50)
    }

    @Test func `the first version's books are read, and times that can't be are taken for what can`() throws {
        // Five requests in the slice of a minute that began at 11:59:58, and money since the month began.
        let slice = start.wall.milliseconds / 1000 - 2
        let month = UnixTime(parsing: "2026-11-01T00:00:00Z")!.milliseconds
        let text = "best limits 1\nk \(month) 1000000000 \(slice):5   \nfree \(Int64.min) 0 \(slice):1   \n"
        let limits = MemoryLimits()
        #expect(limits.restore(Array(text.utf8), at: start) == 2)
        let wanted = claim { ($0.requestsPerMinute, $0.budget) = (5, Money(dollars: 1)) }
        let refused = try #require(refusal(limits.decide(wanted, at: start)))
        #expect(refused.limit == .budget && refused.standing.requestsPerMinute?.remaining == 0)
        #expect(refused.standing.requestsPerMinute?.reset == .seconds(59))
        let spoiled = [
            "best limits 2 x\nk - 0    ", "best limits 2\nk - 0    ", "best limits 2 \(Int64.max)\nk - 0 \(Int64.min):1,\(Int64.max):1   ",
            "best limits 2 \(Int64.min)\nk - 0 \(Int64.max):1   ", "best limits 1\nk 0 0 \(Int64.max):1   ", "best limits 2 0\nk \(Int64.max) 0    ",
            "best limits 2 0\nk - -1    ", "best limits 3 0\nk - 0    ", "best limits 3 0 0 0\nk - 0    ",
            "best limits 3 \(Int64.max) \(Int64.min)\nk - 0 \(Int64.max):1,\(Int64.min):1   ",
            "best limits 3 0 \(Int64.max)\nk - 0 \(Int64.min):1   ", "best limits 2 0\nk - 0 1:\(Int64.max),2:\(Int64.max)   ",
            "best limits 2 0\nk - 0 " + (0..<1000).map { "\(1000 - $0):1" }.joined(separator: ",") + "   ",
        ]
        for text in spoiled {
            let limits = MemoryLimits()
            limits.restore(Array(text.utf8), at: start)
            let decision = limits.decide(
                claim({ ($0.requestsPerMinute, $0.tokensPerDay, $0.budget) = (5, 5, Money(dollars: 1)) }, tokens: 1), at: start)
            if let reservation = reservation(decision) { limits.settle(reservation, tokens: .max, cost: Money(nanodollars: .max), at: start) }
            _ = limits.checkpoint(at: start).bytes()
        }
    }

    @Test func `figures that no provider should report end at the limit and nowhere else`() throws {
        let limits = MemoryLimits()
        let wanted = claim({ ($0.tokensPerMinute, $0.tokensPerDay) = (.max, .max) }, tokens: 1)
        for step in 0..<200 {
            let now = after(.seconds(step * 2))
            if let reservation = reservation(limits.decide(wanted, at: now)) { limits.settle(reservation, tokens: .max, cost: .zero, at: now) }
        }
        let small = claim({ $0.tokensPerDay = 1000 }, tokens: .max)
        #expect(refusal(limits.decide(small, at: after(.seconds(500))))?.limit == .tokensPerDay)
    }

    @Test func `a period that has begun is remembered when nothing was spent in it`() throws {
        let limits = MemoryLimits()
        let wanted = claim({ ($0.budget, $0.budgetPeriod) = (Money(dollars: 1), .day) }, cost: Money(dollars: 1)!)
        #expect(reservation(limits.decide(wanted, at: at("2026-11-22T12:00:00Z"))) != nil)
        let tomorrow = try #require(reservation(limits.decide(wanted, at: at("2026-11-23T00:00:00Z"))))
        limits.release(tomorrow, at: at("2026-11-23T00:00:01Z"))
        // Back again: what there is to spend is tomorrow's.
        #expect(reservation(limits.decide(wanted, at: at("2026-11-22T12:00:00Z"))) != nil)
        let refused = try #require(refusal(limits.decide(wanted, at: at("2026-11-23T12:00:00Z"))))
        #expect(refused.retryAfter == .seconds(12 * 3600))
        #expect(refusal(limits.decide(wanted, at: at("2026-11-22T23:00:00Z")))?.retryAfter == .seconds(25 * 3600), "the period of the 24th is next")
    }

    @Test func `a longer period that is chosen later counts what was spent in the shorter one`() throws {
        let limits = MemoryLimits()
        func wanted(_ period: KeyLimits.BudgetPeriod) -> LimitClaim {
            claim({ ($0.budget, $0.budgetPeriod) = (Money(dollars: 2), period) }, cost: Money(dollars: 1)!)
        }
        #expect(reservation(limits.decide(wanted(.day), at: start)) != nil)
        #expect(reservation(limits.decide(wanted(.month), at: start)) != nil)
        #expect(refusal(limits.decide(wanted(.month), at: start)) != nil)
        #expect(refusal(limits.decide(wanted(.total), at: at("2027-01-01T00:00:00Z"))) != nil)
        #expect(reservation(limits.decide(wanted(.day), at: at("2027-01-01T00:00:00Z"))) != nil)
    }

    @Test func `the books of one key are not those of another`() {
        let limits = MemoryLimits()
        #expect(reservation(limits.decide(claim({ $0.requestsPerDay = 1 }, key: "a"), at: start)) != nil)
        #expect(reservation(limits.decide(claim({ $0.requestsPerDay = 1 }, key: "b"), at: start)) != nil)
        #expect(refusal(limits.decide(claim({ $0.requestsPerDay = 1 }, key: "a"), at: start)) != nil)
    }
}

/// Repeatable numbers (splitmix64).
private struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
