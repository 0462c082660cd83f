import EventLoop
import Testing

@testable import Gateway

@Suite struct AttemptPlanTests {
    private let now = LoopInstant(nanoseconds: 1_000_000_000_000)

    private func later(_ duration: Duration) -> LoopInstant { now.advanced(by: duration) }

    private func plan(_ count: Int, patience: Duration = .zero, most: Int = 8) -> AttemptPlan {
        AttemptPlan(candidates: count, most: most, deadline: later(.seconds(300)), patience: later(patience))
    }

    private func limited(_ duration: Duration) -> Availability { .limited(until: later(duration)) }

    private func cooling(_ duration: Duration, trialAfter: Duration) -> Availability {
        .cooling(until: later(duration), trialFrom: later(trialAfter))
    }

    /// The places that are tried when every attempt fails, and the step after them.
    private func walk(_ states: [Availability], patience: Duration = .zero, failure: FailureClass = .timeout(.idle), contexts: [Int] = [])
        -> (places: [Int], end: AttemptPlan.Step)
    {
        var plan = plan(states.count, patience: patience)
        var places: [Int] = []
        var last: FailureVerdict?
        while true {
            let step = plan.step(
                after: last, at: now, availability: { states[$0] }, context: { contexts.indices.contains($0) ? contexts[$0] : 0 })
            guard case .attempt(let place) = step else { return (places, step) }
            places.append(place)
            last = verdict(failure)
        }
    }

    private func leftover(_ step: AttemptPlan.Step) -> AttemptPlan.Leftover? {
        if case .giveUp(let leftover) = step { leftover } else { nil }
    }

    @Test func `a closed door is waited for and tried early as what failed is, and counts as a refused key`() {
        let barred = Availability.denied(until: later(.seconds(9)), trialFrom: later(.seconds(1)))
        var plan = plan(1)
        #expect(leftover(plan.step(after: nil, at: now, availability: { _ in barred }, context: { _ in 0 }))?.rejected == 1)
        #expect(plan.step(after: nil, at: later(.seconds(1)), availability: { _ in barred }, context: { _ in 0 }) == .attempt(0))
        var patient = self.plan(1, patience: .seconds(5))
        #expect(patient.step(after: nil, at: now, availability: { _ in barred }, context: { _ in 0 }) == .wait(next: later(.seconds(1))))
        let unpaid = walk([.unpaid(until: later(.seconds(2))), .rejected(until: later(.seconds(3)))], patience: .seconds(5))
        #expect(unpaid.places.isEmpty && leftover(unpaid.end)?.rejected == 1 && leftover(unpaid.end)?.soonest == nil)
        #expect(leftover(unpaid.end)?.unpaid == 1 && leftover(unpaid.end)?.soonestMoney == later(.seconds(2)))
    }

    @Test func `candidates are tried in order, each once`() {
        let (places, end) = walk([.ready, .ready, .ready])
        #expect(places == [0, 1, 2] && leftover(end) == AttemptPlan.Leftover())
    }

    @Test func `a request has as many attempts as it may`() {
        #expect(walk(Array(repeating: .ready, count: 20)).places == Array(0..<8))
    }

    @Test func `a list of thousands is no trouble, and the first ones count`() {
        var states = Array(repeating: limited(.seconds(9)), count: 5000)
        states[511] = .ready
        states[512] = .ready
        #expect(walk(states).places == [511])
    }

    @Test func `what rests at its provider's word is passed over`() {
        let (places, end) = walk([limited(.seconds(30)), .ready, limited(.seconds(10))])
        #expect(places == [1])
        #expect(leftover(end)?.soonest == later(.seconds(10)) && leftover(end)?.limited == 2)
    }

    @Test func `what rests by guess is tried early when nothing else is left, and only then`() {
        #expect(walk([cooling(.seconds(30), trialAfter: .zero), .ready]).places == [1, 0])
        #expect(walk([cooling(.seconds(30), trialAfter: .seconds(1))]).places == [])
        #expect(walk([limited(.seconds(1)), cooling(.seconds(30), trialAfter: .zero)]).places == [1])
    }

    @Test func `capacity that comes within the client's patience is waited for`() {
        #expect(walk([limited(.seconds(2))], patience: .seconds(2)).end == .wait(next: later(.seconds(2))))
        #expect(walk([limited(.milliseconds(2001))], patience: .seconds(2)).end != .wait(next: later(.milliseconds(2001))))
        #expect(walk([.busy], patience: .seconds(1)).end == .wait(next: nil))
        // Before a doubtful one is tried early.
        let states = [cooling(.seconds(30), trialAfter: .zero), limited(.seconds(1))]
        #expect(walk(states, patience: .seconds(2)).end == .wait(next: later(.seconds(1))))
        #expect(walk([cooling(.seconds(30), trialAfter: .seconds(1))], patience: .seconds(2)).end == .wait(next: later(.seconds(1))))
    }

    @Test func `without patience nothing is waited for`() {
        #expect(leftover(walk([.busy]).end)?.busy == 1)
        #expect(leftover(walk([limited(.zero)]).end)?.limited == 1)
    }

    @Test(arguments: [FailureClass.request(status: 400), .contentRefused]) func `the client's own mistake ends the attempts`(failure: FailureClass) {
        let (places, end) = walk([.ready, .ready], failure: failure)
        #expect(places == [0] && leftover(end)?.isRequest == true)
    }

    @Test func `a prompt that is too long goes on to larger contexts only`() {
        let (places, end) = walk(Array(repeating: .ready, count: 5), failure: .contextLength, contexts: [8000, 4000, 0, 8000, 32000])
        #expect(places == [0, 2, 4], "what is not known may be large enough")
        #expect(leftover(end)?.tooSmall == 2)
    }

    @Test func `a prompt that is too large for an account's tier goes on to the same model elsewhere`() {
        var plan = plan(2)
        #expect(plan.step(after: nil, at: now, availability: { _ in .ready }, context: { _ in 8000 }) == .attempt(0))
        var tooLarge = verdict(.contextLength)
        tooLarge.isOfTier = true
        #expect(plan.step(after: tooLarge, at: now, availability: { _ in .ready }, context: { _ in 8000 }) == .attempt(1))
    }

    @Test func `a parameter that one does not take may be taken by the next`() {
        #expect(walk([.ready, .ready], failure: .unsupportedParameter).places == [0, 1])
    }

    @Test func `who said when to come back is asked once more`() {
        var plan = plan(1, patience: .seconds(5))
        var state = Availability.ready
        func step(_ last: FailureVerdict?) -> AttemptPlan.Step { plan.step(after: last, at: now, availability: { _ in state }, context: { _ in 0 }) }
        #expect(step(nil) == .attempt(0))
        state = limited(.seconds(1))
        let refusal = verdict(.rateLimited(.minute), retryAfter: .seconds(1))
        #expect(step(refusal) == .wait(next: later(.seconds(1))))
        state = .ready
        #expect(step(nil) == .attempt(0))
        #expect(leftover(step(refusal)) == AttemptPlan.Leftover(), "but not a third time")
    }

    @Test func `one that has been asked and is left is told as that, whatever it waits for`() {
        for state in [limited(.seconds(30)), cooling(.seconds(30), trialAfter: .seconds(20)), .busy] {
            // One that failed and may be asked again, and one that said when.
            for failure in [verdict(.unavailable(status: 500)), verdict(.rateLimited(.minute), retryAfter: .seconds(30))] {
                var plan = plan(1)
                var now = state
                func step(_ last: FailureVerdict?) -> AttemptPlan.Step {
                    plan.step(after: last, at: self.now, availability: { _ in now }, context: { _ in 0 })
                }
                now = .ready
                #expect(step(nil) == .attempt(0))
                now = state
                let left = leftover(step(failure))
                #expect(left.map { $0.limited + $0.cooling + $0.busy } == 1)
                #expect(left.map { $0.asked.limited + $0.asked.cooling + $0.asked.busy } == 1, "\(state), \(failure.kind)")
            }
        }
    }

    @Test func `nothing is begun after the deadline`() {
        var plan = AttemptPlan(candidates: 3, most: 8, deadline: now, patience: now)
        let step = plan.step(after: nil, at: now, availability: { _ in .ready }, context: { _ in 0 })
        #expect(leftover(step)?.isLate == true)
    }
}

@Suite struct RequestBudgetTests {
    private let now = LoopInstant(nanoseconds: 1_000_000_000_000)
    private let deadline = LoopInterval(.seconds(600))

    private func seconds(_ interval: LoopInterval) -> Double { Double(interval.nanoseconds) / 1e9 }

    private func budget(_ readTimeout: Duration?, isStream: Bool = false) -> RequestBudget {
        RequestBudget(receivedAt: now, deadline: deadline, readTimeout: readTimeout.map { LoopInterval($0) }, isStream: isStream)
    }

    private func after(_ milliseconds: Int) -> LoopInstant { now.advanced(by: .milliseconds(milliseconds)) }

    @Test func `attempts are planned within the client's patience, and too late is told a second after it`() {
        #expect(budget(nil).endBy == after(600_000) && budget(nil).commitBy == budget(nil).endBy && budget(nil).tellBy == budget(nil).endBy)
        #expect(budget(.seconds(20)).commitBy == after(19_750) && budget(.seconds(20)).endBy == after(21_000))
        #expect(budget(.seconds(2)).commitBy == after(1900) && budget(.seconds(2)).tellBy == after(3000))
        let stream = budget(.seconds(20), isStream: true)
        #expect(stream.commitBy == after(19_750) && stream.tellBy == after(21_000) && stream.endBy == after(600_000))
        #expect(budget(.seconds(6000)).endBy == after(600_000) && budget(.seconds(6000)).tellBy == after(600_000))
        #expect(budget(.zero).endBy == after(600_000) && budget(.zero).tellBy == after(600_000))
    }

    @Test func `a client that waits as long as the gateway does hears its own clock first`() {
        for patience in [Duration.seconds(600), .milliseconds(600_100)] {
            #expect(budget(patience).tellBy == now.advanced(by: patience + .seconds(1)))
        }
        #expect(budget(.milliseconds(600_300)).tellBy == after(600_000), "it would wait for longer than the gateway")
    }

    @Test func `only what comes at the end of the client's time is held back`() {
        let budget = budget(.seconds(20))
        for (milliseconds, isHeld) in [(0, false), (19_749, false), (19_750, true), (20_999, true), (21_000, false), (30_000, false)] {
            #expect((budget.tellsLate(at: after(milliseconds)) != nil) == isHeld, "\(milliseconds)")
        }
        #expect(self.budget(nil).tellsLate(at: after(600_000)) == nil)
    }

    @Test func `the last candidate has the whole of the client's time, and those before it three quarters of what is left`() {
        let budget = budget(.seconds(20))
        func first(_ shares: Int) -> Double {
            seconds(budget.firstToken(wanted: LoopInterval(.seconds(60)), shares: shares, reserve: LoopInterval(.seconds(5)), at: now))
        }
        #expect(first(1) == 21 && abs(first(2) - 14.8125) < 0.001)
    }

    @Test func `the time is shared over the candidates that are left`() {
        func first(_ wanted: Int, shares: Int, patience: Int = 600) -> Double {
            let own = RequestBudget(receivedAt: now, deadline: LoopInterval(.seconds(patience)), readTimeout: nil, isStream: true)
            return seconds(own.firstToken(wanted: LoopInterval(.seconds(wanted)), shares: shares, reserve: LoopInterval(.seconds(5)), at: now))
        }
        #expect(first(120, shares: 8) == 120, "a slow provider is not cut while there is time")
        #expect(first(60, shares: 4, patience: 20) == 15, "two that take 6 s are worth more than four that are cut at 5")
        #expect(first(60, shares: 2, patience: 20) == 15)
        #expect(first(60, shares: 1, patience: 20) == 20)
        #expect(first(3, shares: 4, patience: 20) == 3, "one that is known to be quick is left early")
    }
}

@Suite struct ClientPatienceTests {
    @Test(
        arguments: [
            ("20", 20_000), ("0.5", 500), ("1m30s", 90_000), ("500ms", 500), ("2h", 7_200_000), ("1.5s", 1500), (" 7 ", 7000), ("0", 0),
            ("1h2m3s4ms", 3_723_004), ("600.0", 600_000), ("999999999", 86_400_000),
        ] as [(String, Int)])
    func `a time is seconds or a duration`(text: String, milliseconds: Int) {
        #expect(withBytes(text) { ClientPatience.parse($0) } == LoopInterval(.milliseconds(milliseconds)))
    }

    @Test(arguments: ["", "-1", "s", "1x", "1s2", "1..2", ".", "1 2", "NaN", "1e9", String(repeating: "1", count: 33)])
    func `what is no time is none`(text: String) {
        #expect(withBytes(text) { ClientPatience.parse($0) } == nil)
    }
}

/// The same candidate once more: when no other is left and its failure may have passed.
@Suite struct RepeatedAttemptTests {
    private let start = LoopInstant(nanoseconds: 1_000_000_000_000)

    private func later(_ duration: Duration) -> LoopInstant { start.advanced(by: duration) }

    /// What one request does from step to step.
    private struct Walk {
        var plan: AttemptPlan
        var now: LoopInstant
        var places: [Int] = []
        var last: FailureVerdict?

        /// Goes on until the end, and says how it comes.
        mutating func run(_ availability: (Int, LoopInstant) -> Availability, _ failure: (Int) -> FailureVerdict?) -> String {
            while true {
                let now = now
                switch plan.step(after: last, at: now, availability: { availability($0, now) }, context: { _ in 0 }) {
                case .attempt(let place):
                    places.append(place)
                    last = failure(places.count)
                    if last == nil { return "answered" }
                case .wait(let next):
                    guard let next, next > now else { return "waits for nothing" }
                    self.now = next
                    last = nil
                case .giveUp: return "gave up"
                }
            }
        }
    }

    private func walk(_ count: Int, patience: Duration = .seconds(2), most: Int = 8) -> Walk {
        Walk(plan: AttemptPlan(candidates: count, most: most, deadline: later(.seconds(300)), patience: later(patience)), now: start)
    }

    @Test(arguments: [FailureClass.unavailable(status: 500), .overloaded(status: 503), .unreachable, .timeout(.connect)])
    func `a hiccup of the only candidate is tried again, twice, within a moment`(failure: FailureClass) {
        for patience in [Duration.zero, .seconds(2)] {
            var once = walk(1, patience: patience)
            #expect(once.run({ _, _ in .ready }) { $0 == 1 ? verdict(failure) : nil } == "answered" && once.places == [0, 0])
            #expect(once.now >= later(.milliseconds(12)) && once.now <= later(.milliseconds(40)))
            var always = walk(1, patience: patience)
            #expect(always.run({ _, _ in .ready }) { _ in verdict(failure) } == "gave up" && always.places == [0, 0, 0])
            #expect(always.now <= later(.milliseconds(200)))
        }
    }

    @Test func `every other candidate comes first`() {
        var walk = walk(3)
        #expect(walk.run({ _, _ in .ready }) { $0 < 6 ? verdict(.unavailable(status: 500)) : nil } == "answered")
        #expect(walk.places == [0, 1, 2, 0, 1, 2])
    }

    @Test(arguments: [
        FailureClass.timeout(.idle), .noAnswer, .malformed, .empty, .errorInAnswer, .modelGone, .credential(status: 401), .rateLimited(.minute),
    ])
    func `what would fail again, or has done something, is not tried again`(failure: FailureClass) {
        var walk = walk(1)
        #expect(walk.run({ _, _ in .ready }) { _ in verdict(failure) } == "gave up" && walk.places == [0])
    }

    @Test func `an error inside a success is not tried again, whatever it says`() {
        var walk = walk(1)
        let inAnswer = FailureVerdict(.overloaded(status: 503), scope: .keyModel, nothingWasDone: false)
        #expect(walk.run({ _, _ in .ready }) { _ in inAnswer } == "gave up" && walk.places == [0])
    }

    @Test func `one that rests is waited for as long as the client's patience allows`() {
        let wellAt = later(.seconds(3))
        let rests: (Int, LoopInstant) -> Availability = { _, now in now < wellAt ? .cooling(until: wellAt, trialFrom: wellAt) : .ready }
        var hasFailed = false
        for (patience, expected) in [(Duration.seconds(5), "answered"), (.seconds(2), "gave up")] {
            var walk = walk(1, patience: patience)
            hasFailed = false
            let end = walk.run({ hasFailed ? rests($0, $1) : .ready }) { _ in
                defer { hasFailed = true }
                return hasFailed ? nil : verdict(.unavailable(status: 500))
            }
            #expect(end == expected)
        }
    }

    @Test func `attempts are bounded whatever happens`() {
        var walk = walk(1, patience: .seconds(200), most: 5)
        var failures = 0
        // It rests for a second after each failure.
        var wellAt = start
        let end = walk.run({ _, now in now < wellAt ? .cooling(until: wellAt, trialFrom: wellAt) : .ready }) { _ in
            failures += 1
            wellAt = later(.seconds(failures))
            return verdict(.unavailable(status: 500))
        }
        #expect(end == "gave up" && walk.places.count == 5)
    }
}
