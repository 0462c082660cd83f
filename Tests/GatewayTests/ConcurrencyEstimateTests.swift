import EventLoop
import Testing

@testable import Gateway

@Suite struct ConcurrencyEstimateTests {
    /// A provider that takes so many at a time, asked by as many as the estimate allows.
    private struct Bench {
        var places: Int
        var estimate = ConcurrencyEstimate()
        var now = LoopInstant(1_000_000)
        /// The requests under way, the first to end first.
        var open: [(startedAt: LoopInstant, beside: Int)] = []
        var served = 0
        var refused = 0

        init(places: Int) { self.places = places }

        /// A request is sent.
        mutating func send() {
            guard !estimate.isFull(open.count, at: now) else { return }
            let beside = open.count
            estimate.begin(beside: beside, at: now)
            guard beside >= places else { return open.append((now, beside)) }
            refused += 1
            let startedAt = now
            now = now.advanced(by: .milliseconds(2))
            estimate.ended(startedAt: startedAt)
            _ = estimate.refused(beside: beside, startedAt: startedAt, at: now)
        }

        /// A second passes with more demand than there is room, each request taking half of it.
        mutating func second() {
            for _ in 0..<2 {
                for _ in 0..<3 * places { send() }
                now = now.advanced(by: .milliseconds(500))
                for request in open {
                    served += 1
                    estimate.ended(startedAt: request.startedAt)
                    estimate.admitted(beside: request.beside, startedAt: request.startedAt, at: now)
                }
                open = []
            }
        }
    }

    @Test(arguments: [1, 2, 5, 16]) func `so many as are served at a time are let go, and hardly a call is wasted`(places: Int) {
        var bench = Bench(places: places)
        for _ in 0..<120 { bench.second() }
        #expect(bench.estimate.limit == places)
        let (served, refused) = (bench.served, bench.refused)
        for _ in 0..<600 { bench.second() }
        #expect(bench.served - served >= 600 * 2 * places - 2 && bench.refused - refused <= (bench.served - served) / 100 + 5)
    }

    @Test func `a place more is found by single tries, and one that is gone costs a call or two`() {
        var bench = Bench(places: 2)
        for _ in 0..<120 { bench.second() }
        bench.places = 12
        for _ in 0..<330 { bench.second() }
        #expect(bench.estimate.limit >= 12, "five minutes at most until the first, and then 1, 2, 4, 8 more")
        bench.places = 3
        let refused = bench.refused
        for _ in 0..<10 { bench.second() }
        #expect(bench.estimate.limit == 3 && bench.refused - refused <= 24)
    }

    @Test func `a refusal alone teaches nothing, and it is no trouble once others were served beside one`() {
        var estimate = ConcurrencyEstimate()
        let now = LoopInstant(1_000_000)
        func at(_ seconds: Int) -> LoopInstant { now.advanced(by: .seconds(seconds)) }
        let alone = estimate.refused(beside: 0, startedAt: now, at: now)
        #expect(!alone && !estimate.isKnown)
        let first = estimate.refused(beside: 3, startedAt: now, at: at(1))
        #expect(!first && estimate.limit == 3)
        estimate.admitted(beside: 1, startedAt: now, at: at(2))
        let second = estimate.refused(beside: 3, startedAt: at(2), at: at(3))
        let late = estimate.refused(beside: 3, startedAt: at(700), at: at(701))
        #expect(second && !late, "not for ever")
    }

    @Test func `what comes back after a rest is asked by 2, 4, 8 at a time`() {
        let now = LoopInstant(1_000_000)
        var ramp = Ramp(at: now)
        #expect(ramp.allowed(at: now) == 2)
        ramp.succeeded()
        ramp.succeeded()
        #expect(ramp.allowed(at: now) == 4 && ramp.allowed(at: now.advanced(by: .seconds(1))) == 8)
        #expect(ramp.allowed(at: now.advanced(by: .seconds(5))) == nil)
    }

    @Test func `a limit on tokens that words state is kept to when what was counted agrees`() {
        var quota = Quota()
        var now = LoopInstant(1_000_000)
        let signs = RefusalSigns(wait: LoopInterval(.seconds(2)), window: .minute, resource: .tokens, limit: 6000)
        quota.refused(at: now, sentAt: now, signs)
        #expect(!quota.hasEstimate, "it says nothing of requests")
        #expect(quota.nextRoom(tokens: 100_000, isTrial: false, at: now) == nil, "words alone hold nobody back")
        for _ in 0..<65 {
            quota.sent(tokens: 95, at: now)
            now = now.advanced(by: .seconds(1))
        }
        quota.refused(at: now, sentAt: now, signs)
        #expect(quota.nextRoom(tokens: 150, isTrial: false, at: now) != nil)
        let later = now.advanced(by: .seconds(30))
        #expect(quota.nextRoom(tokens: 150, isTrial: false, at: later) == nil)
    }
}

@Suite struct QueueEstimateTests {
    /// What an answer takes of a server that works off so many at a time, a second each.
    private func seconds(_ others: Int, slots: Int) -> Int { max(1000, (others + 1) * 1000 / slots) }

    private func estimate(_ time: (Int) -> Int) -> QueueEstimate {
        var estimate = QueueEstimate()
        let now = LoopInstant(1_000_000)
        for round in 0..<160 {
            for others in 0..<32 where (others + round) % 2 == 0 {
                estimate.answered(beside: others, after: LoopInterval(.milliseconds(time(others))), at: now)
            }
        }
        return estimate
    }

    @Test(arguments: [(1, 2), (2, 4), (4, 8)]) func `a server that queues is given as many as it serves, and as many behind them`(
        slots: Int, limit: Int
    ) {
        let known = estimate { seconds($0, slots: slots) }
        #expect(known.limit == limit && known.isCrowded(limit) && !known.isCrowded(limit - 1))
    }

    @Test func `one that takes what comes is no queue, however much answers differ`() {
        #expect(estimate { _ in 1000 }.limit == 0)
        #expect(estimate { others in [300, 4000, 900, 300, 1500][others % 5] }.limit == 0)
        #expect(estimate { others in others % 5 == 0 ? 20_000 : 300 }.limit == 0)
    }

    @Test func `what only queues is asked last, and all the same when patience ends`() {
        let now = LoopInstant(1_000_000)
        var plan = AttemptPlan(candidates: 2, most: 4, deadline: now.advanced(by: .seconds(60)), patience: now.advanced(by: .seconds(2)))
        #expect(plan.step(after: nil, at: now, availability: { $0 == 0 ? .crowded : .ready }, context: { _ in 0 }) == .attempt(1))
        var alone = AttemptPlan(candidates: 1, most: 4, deadline: now.advanced(by: .seconds(60)), patience: now.advanced(by: .seconds(2)))
        #expect(alone.step(after: nil, at: now, availability: { _ in .crowded }, context: { _ in 0 }) == .wait(next: nil))
        let late = now.advanced(by: .seconds(2))
        #expect(alone.step(after: nil, at: late, availability: { _ in .crowded }, context: { _ in 0 }) == .attempt(0))
    }
}
