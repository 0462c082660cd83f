import EventLoop
import Gateway
import LoopTesting
import Testing

/// The implementations of `SharedLimits` that must pass; a further one is a further case.
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
    private static let now = Moment(monotonic: LoopInstant(nanoseconds: 90_000_000_000_000), wall: UnixTime(seconds: 1_795_383_000))
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

    @Test(arguments: LimitsImplementation.allCases) func `of a thousand requests at once, exactly as many pass as a minute allows`(
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

    @Test(arguments: LimitsImplementation.allCases) func `a refused request takes nothing`(kind: LimitsImplementation) async throws {
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

    @Test(arguments: LimitsImplementation.allCases) func `answers that grow over a limit end, except the first, and leave nothing for new requests`(
        kind: LimitsImplementation
    ) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.tokensPerDay = 1000 }
            var first = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 100), at: Self.now))
            var second = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 100), at: Self.now))
            #expect(books.grow(&first, tokens: 90, cost: .zero, at: Self.now) == nil && first.tokens == 100)
            #expect(books.grow(&first, tokens: 700, cost: .zero, at: Self.now) == nil && first.tokens == 700)
            _ = try Self.refusal(await books.reserve(Self.claim(limits, tokens: 300), at: Self.now))
            #expect(books.grow(&second, tokens: 400, cost: .zero, at: Self.now) == nil)
            #expect(books.grow(&first, tokens: 710, cost: .zero, at: Self.now) == .tokensPerDay)
            books.settle(first, tokens: 710, cost: .zero, at: Self.now)
            #expect(books.grow(&second, tokens: 2000, cost: .zero, at: Self.now) == nil)
            books.settle(second, tokens: 2000, cost: .zero, at: Self.now)
            #expect(await books.standing(of: Self.key, limits, at: Self.now).tokensPerDay?.remaining == 0)
        }
    }

    @Test(arguments: LimitsImplementation.allCases)
    func `a whole answer that crosses a limit is the only one over it, and the streams beside it end`(
        kind: LimitsImplementation
    ) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.tokensPerDay = 1000 }
            let whole = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 100), at: Self.now))
            var stream = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 100), at: Self.now))
            #expect(books.grow(&stream, tokens: 50, cost: .zero, at: Self.now) == nil)
            books.settle(whole, tokens: 5000, cost: .zero, at: Self.now)
            #expect(books.grow(&stream, tokens: 120, cost: .zero, at: Self.now) == .tokensPerDay)
            books.settle(stream, tokens: 120, cost: .zero, at: Self.now)
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `a mere reservation ends no answer`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.tokensPerDay, $0.budget) = (1000, Money(nanodollars: 1000)) }
            let claim = LimitClaim(key: Self.key, limits: limits, tokens: 500, cost: Money(nanodollars: 500))
            var large = try Self.reservation(await books.reserve(claim, at: Self.now))
            var grown = try Self.reservation(
                await books.reserve(LimitClaim(key: Self.key, limits: limits, tokens: 10, cost: Money(nanodollars: 10)), at: Self.now))
            #expect(books.grow(&large, tokens: 1, cost: Money(nanodollars: 1), at: Self.now) == nil)
            #expect(books.grow(&grown, tokens: 900, cost: Money(nanodollars: 900), at: Self.now) == nil)
            #expect(books.grow(&large, tokens: 2, cost: Money(nanodollars: 2), at: Self.now) == nil, "902 of 1000 are used")
            #expect(
                books.grow(&grown, tokens: 999, cost: Money(nanodollars: 999), at: Self.now) == nil, "the first that crosses it may end its answer")
            #expect(books.grow(&large, tokens: 3, cost: Money(nanodollars: 3), at: Self.now) != nil)
            books.settle(grown, tokens: 999, cost: Money(nanodollars: 999), at: Self.now)
            books.settle(large, tokens: 3, cost: Money(nanodollars: 3), at: Self.now)
            let after = try Self.reservation(await books.reserve(Self.claim(Self.limits { $0.tokensPerDay = 2000 }, tokens: 900), at: Self.now))
            books.release(after, at: Self.now)
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `beside others, an unbounded request reserves what it may well use`(
        kind: LimitsImplementation
    ) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.tokensPerDay = 1000 }
            let claim = LimitClaim(key: Self.key, limits: limits, tokens: 200, mostTokens: 900, cost: .zero)
            let first = try Self.reservation(await books.reserve(claim, at: Self.now))
            let refusal = try Self.refusal(await books.reserve(claim, at: Self.now))
            #expect(refusal.isHeld && refusal.limit == .tokensPerDay && refusal.retryAfter == .seconds(1))
            books.settle(first, tokens: 300, cost: .zero, at: Self.now)
            _ = try Self.reservation(await books.reserve(claim, at: Self.now))
        }
    }

    @Test(arguments: LimitsImplementation.allCases)
    func `beside others, a request reserves the most it may cost, and a budget ends within one answer`(
        kind: LimitsImplementation
    ) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.budget = Money(nanodollars: 1000) }
            let claim = LimitClaim(
                key: Self.key, limits: limits, tokens: 1, cost: Money(nanodollars: 50), mostCost: Money(nanodollars: 300))
            var granted: [LimitReservation] = []
            for _ in 0..<20 {
                switch await books.reserve(claim, at: Self.now) {
                case .granted(let reservation, _): granted.append(reservation)
                case .refused(let refusal): #expect(refusal.isHeld && refusal.limit == .budget && refusal.retryAfter == .seconds(1))
                }
            }
            #expect(granted.map(\.cost) == [50, 300, 300, 300].map { Money(nanodollars: $0) })
            for reservation in granted { books.settle(reservation, tokens: 1, cost: Money(nanodollars: 300), at: Self.now) }
            // A request that may cost more than the whole budget is not admitted beside others, and alone it
            // will probably cost less.
            let tomorrow = Self.limits { ($0.budget, $0.budgetPeriod) = (Money(nanodollars: 100), .total) }
            let dear = LimitClaim(
                key: VirtualKey.ID("other"), limits: tomorrow, tokens: 1, cost: Money(nanodollars: 50), mostCost: Money(nanodollars: 3000))
            let alone = try Self.reservation(await books.reserve(dear, at: Self.now))
            #expect(try Self.refusal(await books.reserve(dear, at: Self.now)).isHeld)
            books.settle(alone, tokens: 1, cost: Money(nanodollars: 40), at: Self.now)
            books.release(try Self.reservation(await books.reserve(dear, at: Self.now)), at: Self.now)
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `capacity that is given back can be used again`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.requestsPerMinute, $0.requestsPerDay, $0.tokensPerDay, $0.concurrency) = (1, 1, 10, 1) }
            for _ in 0..<5 {
                books.release(try Self.reservation(await books.reserve(Self.claim(limits, tokens: 10), at: Self.now)), at: Self.now)
            }
            _ = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 10), at: Self.now))
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `as many requests are in flight as the key allows`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.concurrency = 2 }
            let first = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now))
            _ = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now))
            #expect(try Self.refusal(await books.reserve(Self.claim(limits), at: Self.now)).limit == .concurrency)
            books.settle(first, tokens: 0, cost: .zero, at: Self.now)
            _ = try Self.reservation(await books.reserve(Self.claim(limits), at: Self.now))
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `a budget ends with its period, and is charged with actual costs`(
        kind: LimitsImplementation
    ) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.budget, $0.budgetPeriod) = (Money(nanodollars: 100), .day) }
            let first = try Self.reservation(await books.reserve(Self.claim(limits, cost: 10), at: Self.now))
            books.settle(first, tokens: 0, cost: Money(nanodollars: 100), at: Self.now)
            #expect(try Self.refusal(await books.reserve(Self.claim(limits, cost: 1), at: Self.now)).limit == .budget)
            #expect(await books.standing(of: Self.key, limits, at: Self.now).budgetRemaining == .zero)
            let tomorrow = Moment(monotonic: Self.now.monotonic, wall: Self.now.wall.day.advanced(by: .seconds(86_400)))
            _ = try Self.reservation(await books.reserve(Self.claim(limits, cost: 1), at: tomorrow))
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `no window ever holds more than its limit`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { $0.requestsPerMinute = 7 }
            var passed: [Int] = []
            for step in 0..<600 {
                let time = Self.now.advanced(by: .milliseconds(step * 350))
                if case .granted(let reservation, _) = await books.reserve(Self.claim(limits), at: time) {
                    passed.append(step * 350)
                    books.settle(reservation, tokens: 0, cost: .zero, at: time)
                }
            }
            for end in passed { #expect(passed.count { $0 > end - 60_000 && $0 <= end } <= 7) }
            #expect(passed.count >= 21)
        }
    }

    @Test(arguments: LimitsImplementation.allCases, [-7200, 7200, -86_400 * 400, 86_400 * 400])
    func `a jump of the time of day neither blocks nor frees any request`(kind: LimitsImplementation, jump: Int) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.requestsPerMinute, $0.tokensPerDay) = (1, 100) }
            let first = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 60), at: Self.now))
            books.settle(first, tokens: 60, cost: .zero, at: Self.now)
            func later(_ seconds: Int) -> Moment {
                Moment(monotonic: Self.now.monotonic.advanced(by: .seconds(seconds)), wall: Self.now.wall.advanced(by: .seconds(seconds + jump)))
            }
            let refusal = try Self.refusal(await books.reserve(Self.claim(limits, tokens: 1), at: later(1)))
            let wait = try #require(refusal.retryAfter)
            #expect(refusal.limit == .requestsPerMinute && wait > .seconds(57) && wait <= .seconds(61))
            // A settlement after the jump goes back to where it was taken from.
            let second = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 40), at: later(62)))
            books.settle(second, tokens: 10, cost: .zero, at: later(63))
            #expect(await books.standing(of: Self.key, limits, at: later(63)).tokensPerDay?.remaining == 30)
            let third = try Self.refusal(await books.reserve(Self.claim(limits, tokens: 31), at: later(130)))
            #expect(third.limit == .tokensPerDay)
            _ = try Self.reservation(await books.reserve(Self.claim(limits, tokens: 31), at: later(86_400 + 301)))
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `a budget's period never begins again in the past`(kind: LimitsImplementation) async throws {
        try await kind.run { books, _ in
            let limits = Self.limits { ($0.budget, $0.budgetPeriod) = (Money(nanodollars: 100), .day) }
            func at(_ hours: Int) -> Moment { Moment(monotonic: Self.now.monotonic, wall: Self.now.wall.day.advanced(by: .seconds(hours * 3600))) }
            /// Spends all that is left of a budget. Returns whether there was any.
            func spend(_ hours: Int) async throws -> Bool {
                let decision = await books.reserve(Self.claim(limits, cost: 100), at: at(hours))
                guard case .granted(let reservation, _) = decision else { return false }
                books.settle(reservation, tokens: 0, cost: Money(nanodollars: 100), at: at(hours))
                return true
            }
            var spent: [Bool] = []
            // Across midnight and back, and across it again; then back by days, and forward by two.
            for hours in [23, 24, 23, 24, 47, -50, 23, 25, 48, 47, 71, 24, 72] { spent.append(try await spend(hours)) }
            #expect(spent == [true, true, false, false, false, false, false, false, true, false, false, false, true])
        }
    }

    /// Whatever happens to the time of day while the monotonic clock runs on.
    @Test(arguments: LimitsImplementation.allCases, 0..<20)
    func `no jumps of the time of day allow more than the limits`(kind: LimitsImplementation, seed: Int) async throws {
        try await kind.run { books, _ in
            var random = Seeded(state: UInt64(seed))
            let limits = Self.limits { ($0.requestsPerMinute, $0.budget, $0.budgetPeriod) = (5, Money(nanodollars: 40), .day) }
            var passed: [Int] = []
            var (milliseconds, wall, spent) = (0, Self.now.wall, 0)
            var (days, begun) = (Set<Int64>(), wall.day.seconds)
            for _ in 0..<3000 {
                let step = Int.random(in: 0..<4000, using: &random)
                milliseconds += step
                wall = wall.advanced(by: .milliseconds(step))
                if Int.random(in: 0..<40, using: &random) == 0 {
                    wall = wall.advanced(by: .seconds(Int.random(in: -200_000...200_000, using: &random)))
                }
                let now = Moment(monotonic: Self.now.monotonic.advanced(by: .milliseconds(milliseconds)), wall: wall)
                // A period can begin when the calendar is further than ever before.
                begun = max(begun, wall.day.seconds)
                days.insert(begun)
                guard case .granted(let reservation, _) = await books.reserve(Self.claim(limits, cost: 1), at: now) else { continue }
                passed.append(milliseconds)
                spent += 1
                books.settle(reservation, tokens: 0, cost: Money(nanodollars: 1), at: now)
            }
            for (index, first) in passed.enumerated() { #expect(passed[index...].prefix { $0 - first < 60_000 }.count <= 5) }
            #expect(spent <= days.count * 40, "\(spent) of \(days.count) periods")
            #expect(spent >= days.count, "every period that is due begins")
        }
    }

    @Test(arguments: LimitsImplementation.allCases) func `keys have separate books, and limits may change`(kind: LimitsImplementation)
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

/// Reproducible numbers (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
