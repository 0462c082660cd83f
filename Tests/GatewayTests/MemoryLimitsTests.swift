import Testing

@testable import Gateway

@Suite struct MemoryLimitsTests {
    private let start = UnixTime(parsing: "2026-11-22T12:00:00Z")!

    private func after(_ duration: Duration) -> UnixTime { start.advanced(by: duration) }

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
        #expect(refused.limit == .budget && start.advanced(by: refused.retryAfter ?? .zero) == UnixTime(parsing: next)!)
        #expect(reservation(limits.decide(wanted, at: UnixTime(parsing: next)!)) != nil)
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
        #expect(restored.restore(limits.checkpoint(), at: after(.seconds(5))) == 1)
        #expect(
            await restored.standing(of: wanted.key, wanted.limits, at: after(.seconds(5)))
                == limits.standing(of: wanted.key, wanted.limits, at: after(.seconds(5))))
        #expect(restored.restore(Array("nonsense".utf8), at: start) == 0)
        let bytes = limits.checkpoint()
        for length in 0..<bytes.count { _ = MemoryLimits().restore(Array(bytes.prefix(length)), at: start) }
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
