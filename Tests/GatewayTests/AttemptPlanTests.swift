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
        #expect(unpaid.places.isEmpty && leftover(unpaid.end)?.rejected == 2 && leftover(unpaid.end)?.soonest == nil)
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

    @Test func `the client's patience bounds a whole answer, and a stream until its first content`() {
        #expect(budget(nil).endBy == now.advanced(by: .seconds(600)) && budget(nil).commitBy == budget(nil).endBy)
        #expect(budget(.seconds(20)).endBy == now.advanced(by: .milliseconds(19_750)))
        #expect(budget(.seconds(2)).endBy == now.advanced(by: .milliseconds(1900)))
        let stream = budget(.seconds(20), isStream: true)
        #expect(stream.commitBy == now.advanced(by: .milliseconds(19_750)) && stream.endBy == now.advanced(by: .seconds(600)))
        #expect(budget(.seconds(6000)).endBy == now.advanced(by: .seconds(600)))
        #expect(budget(.zero).endBy == now.advanced(by: .seconds(600)))
    }

    @Test func `the time is shared over the candidates that are left`() {
        func first(_ wanted: Int, shares: Int, patience: Int = 600) -> Double {
            let own = RequestBudget(receivedAt: now, deadline: LoopInterval(.seconds(patience)), readTimeout: nil, isStream: true)
            return seconds(own.firstToken(wanted: LoopInterval(.seconds(wanted)), shares: shares, reserve: LoopInterval(.seconds(5)), at: now))
        }
        #expect(first(120, shares: 8) == 120, "a slow provider is not cut while there is time")
        #expect(first(60, shares: 4, patience: 20) == 5)
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
