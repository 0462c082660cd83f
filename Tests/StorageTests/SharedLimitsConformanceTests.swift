import EventLoop
import Gateway
import LoopTesting
import Testing

/// The implementations of `SharedLimits` that must pass: another one is another case.
enum LimitsImplementation: CaseIterable, Sendable {
    case memory

    func make() -> any SharedLimits {
        switch self {
        case .memory: MemoryLimits()
        }
    }

    /// Runs a story on a loop with empty books.
    func run(_ body: @escaping @Sendable (any SharedLimits, EventLoop) async throws -> Void) async throws {
        try await withLoop { loop in try await body(make(), loop) }
    }
}

/// What every `SharedLimits` must do.
@Suite struct SharedLimitsConformanceTests {
    private static let now = UnixTime(seconds: 1_795_383_000)
    private static let key = VirtualKey.ID("k")

    private static func limits(_ edit: (inout KeyLimits) -> Void) -> KeyLimits {
        var limits = KeyLimits()
        edit(&limits)
        return limits
    }

    private static func claim(_ limits: KeyLimits, key: VirtualKey.ID = key, tokens: Int = 0, cost: Int64 = 0) -> LimitClaim {
        LimitClaim(key: key, limits: limits, tokens: tokens, cost: Money(nanodollars: cost))
    }

    private static func reservation(_ decision: LimitDecision) throws -> LimitReservation {
        guard case .granted(let reservation, _) = decision else { throw LoopTestFailure.neverHappened("a grant") }
        return reservation
    }

    private static func refusal(_ decision: LimitDecision) throws -> LimitRefusal {
        guard case .refused(let refusal) = decision else { throw LoopTestFailure.neverHappened("a refusal") }
        return refusal
    }

    @Test(arguments: LimitsImplementation.allCases) func `of a thousand requests at once exactly as many pass as a minute may hold`(
        kind: LimitsImplementation
    ) async throws {
        try await kind.run { books, loop in
            let limits = Self.limits { $0.requestsPerMinute = 100 }
            let outcomes = Shared((granted: 0, refused: 0))
            for _ in 0..<1000 {
                loop.task(books) { books in
                    let decision = await books.reserve(Self.claim(limits), at: Self.now)
                    outcomes.update { if case .granted = decision { $0.granted += 1 } else { $0.refused += 1 } }
                }
            }
            try await eventually(on: loop, "all have an answer") { outcomes.value.granted + outcomes.value.refused == 1000 }
            #expect(outcomes.value.granted == 100)
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `a refusal names the limit and when the same request would pass`(kind: LimitsImplementation)
        async throws
    {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.requestsPerMinute, $0.requestsPerDay) = (1, 50) }
            _ = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now))
            let refusal = try Self.refusal(await books.reserve(Self.claim(limits), at: Self.now))
            #expect(refusal.limit == .requestsPerMinute && refusal.standing.requestsPerMinute?.remaining == 0)
            let wait = try #require(refusal.retryAfter)
            #expect(wait > .zero && wait <= .seconds(62))
            _ = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now.advanced(by: wait)))
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `what was refused took nothing`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.requestsPerDay, $0.tokensPerDay) = (10, 100) }
            _ = try Self.refusal(await books.reserve(Self.claim(limits, tokens: 101), at: Self.now))
            let standing = await books.standing(of: Self.key, limits, at: Self.now)
            #expect(standing.requestsPerDay?.remaining == 10 && standing.tokensPerDay?.remaining == 100 && standing.concurrency == 0)
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `settling replaces the estimate by what was used`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.tokensPerMinute, $0.concurrency) = (1000, 5) }
            let first = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 900), at: Self.now))
            #expect(await books.standing(of: Self.key, limits, at: Self.now).tokensPerMinute?.remaining == 100)
            books.settle(first, tokens: 40, cost: .zero, at: Self.now)
            let after = await books.standing(of: Self.key, limits, at: Self.now)
            #expect(after.tokensPerMinute?.remaining == 960 && after.concurrency == 0)
            let second = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 10), at: Self.now))
            books.settle(second, tokens: 2000, cost: .zero, at: Self.now)
            _ = try Self.refusal(await books.reserve(Self.claim(limits, tokens: 1), at: Self.now))
            #expect(await books.standing(of: Self.key, limits, at: Self.now).tokensPerMinute?.remaining == 0)
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `what is given back can be used again`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.requestsPerMinute, $0.requestsPerDay, $0.tokensPerDay, $0.concurrency) = (1, 1, 10, 1) }
            for _ in 0..<5 {
                books.release(try Self.reservation(await books.reserve(Self.claim(limits, tokens: 10), at: Self.now)), at: Self.now)
            }
            _ = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 10), at: Self.now))
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `as many requests are in work as the key may have`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.concurrency = 2 }
            let first = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now))
            _ = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now))
            #expect(try Self.refusal(await books.reserve(Self.claim(limits), at: Self.now)).limit == .concurrency)
            books.settle(first, tokens: 0, cost: .zero, at: Self.now)
            _ = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now))
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `a budget ends with its period, and what is used of it is what it cost`(
        kind: LimitsImplementation
    ) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.budget, $0.budgetPeriod) = (Money(nanodollars: 100), .day) }
            let first = try Self.reservation(await books.reserve(Self.claim(limits, cost: 10), at: Self.now))
            books.settle(first, tokens: 0, cost: Money(nanodollars: 100), at: Self.now)
            #expect(try Self.refusal(await books.reserve(Self.claim(limits, cost: 1), at: Self.now)).limit == .budget)
            #expect(await books.standing(of: Self.key, limits, at: Self.now).budgetRemaining == .zero)
            let tomorrow = Self.now.day.advanced(by: .seconds(86_400))
            _ = try Self.reservation(await books.reserve(Self.claim(limits, cost: 1), at: tomorrow))
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `no window ever holds more than its limit`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.requestsPerMinute = 7 }
            var passed: [Int64] = []
            for step in 0..<600 {
                let time = Self.now.advanced(by: .milliseconds(step * 350))
                if case .granted(let reservation, _) = await books.reserve(Self.claim(limits), at: time) {
                    passed.append(time.milliseconds)
                    books.settle(reservation, tokens: 0, cost: .zero, at: time)
                }
            }
            for end in passed { #expect(passed.count { $0 > end - 60_000 && $0 <= end } <= 7) }
            #expect(passed.count >= 21)
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `one key's books are not another's, and limits may change`(kind: LimitsImplementation)
        async throws
    {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.requestsPerDay = 1 }
            _ = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now))
            _ = try Self.refusal(await books.reserve(Self.claim(limits), at: Self.now))
            _ = try Self.reservation(await books.reserve(Self.claim(limits, key: VirtualKey.ID("other")), at: Self.now))
            let wider = Self.limits { $0.requestsPerDay = 2 }
            _ = try Self.reservation(await books.reserve(Self.claim(wider), at: Self.now))
            _ = try Self.refusal(await books.reserve(Self.claim(wider), at: Self.now))
        }
    }
}
