import EventLoop
import GatewayTesting
import Testing

@testable import Gateway

/// Who finds out whether what rests is well again, and what the others wait for.
@Suite struct TrialTests {
    private let start = LoopInstant(nanoseconds: 1_000_000_000_000)
    private let a = ClientTag(VirtualKey.ID("a"))
    private let b = ClientTag(VirtualKey.ID("b"))
    private let c = ClientTag(VirtualKey.ID("c"))

    private func at(_ seconds: Double) -> LoopInstant { start.advanced(by: .seconds(seconds)) }

    @Test func `a trial that takes long keeps another client waiting for a second, and its own for ten`() {
        var trial = Trial()
        trial.begin(for: a, at: at(0))
        #expect(trial.keepsWaiting(b, at: at(0.99)) && !trial.keepsWaiting(b, at: at(1)))
        #expect(trial.keepsWaiting(a, at: at(9.9)) && !trial.keepsWaiting(a, at: at(10)))
        // Where nothing comes of it fewer and fewer follow.
        trial.begin(for: b, at: at(1))
        #expect(trial.keepsWaiting(c, at: at(2.9)) && !trial.keepsWaiting(c, at: at(3)))
        trial.ended(begunAt: at(0))
        #expect(trial.keepsWaiting(c, at: at(2)), "one behind it is under way")
        trial.ended(begunAt: at(1))
        #expect(!trial.keepsWaiting(c, at: at(2)))
    }

    @Test func `the head of a success opens the way for others`() {
        var trial = Trial()
        trial.begin(for: a, at: at(0))
        trial.open(begunAt: at(0), at: at(0.2))
        #expect(!trial.keepsWaiting(b, at: at(0.2)) && trial.keepsWaiting(a, at: at(0.2)))
    }

    @Test func `whose trial ends without a success lets the others try, a second and then longer`() {
        var trial = Trial()
        trial.begin(for: a, at: at(0))
        trial.ended(begunAt: at(0))
        #expect(trial.holdsBack(a, at: at(0.1)) == at(1) && trial.holdsBack(b, at: at(0.1)) == nil)
        #expect(trial.holdsBack(.everybody, at: at(0.1)) == nil)
        trial.begin(for: a, at: at(1))
        trial.ended(begunAt: at(1))
        #expect(trial.holdsBack(a, at: at(1.1)) == at(3))
        trial.begin(for: b, at: at(2))
        trial.ended(begunAt: at(2))
        #expect(trial.holdsBack(a, at: at(2)) == nil && trial.holdsBack(b, at: at(2.5)) == at(3))
        trial.reset()
        #expect(trial.holdsBack(b, at: at(2.5)) == nil)
    }

    // MARK: In the gateway

    /// What a client can bring about by what it asks.
    private enum Trouble: String, CaseIterable {
        case error = "please: 500"
        case busy = "please: 503"
        case told = "please: 503 told"
        case closed = "please: close"
        case empty = "please: empty"
        case limit = "please: 429"
        case missing = "please: missing"
        case denied = "please: denied"
        case leaves = "please: leaves"
    }

    /// A provider that is down for as long as `isDown` says, and fails A's requests as they ask for.
    private final class Patient {
        var isDown = false
        func answer(_ call: ScriptedTransport.Call) -> UpstreamScript {
            if isDown { return .status(500, "{\"error\":{\"message\":\"down\"}}") }
            let text = call.text
            if text.contains("503 told") { return .status(503, "{}", fields: [("retry-after", "3600")]) }
            if text.contains("please: 503") { return .status(503, "{}") }
            if text.contains("please: 500") { return .status(500, "{}") }
            if text.contains("please: close") { return .failure(.closedBeforeAnswer) }
            if text.contains("please: empty") { return .status(200, "{\"choices\":[]}") }
            if text.contains("please: 429") { return .status(429, "{}") }
            if text.contains("please: missing") { return .status(404, "{\"error\":{\"code\":\"model_not_found\"}}") }
            if text.contains("please: denied") { return .status(403, "{\"error\":{\"code\":\"account_deactivated\"}}") }
            if text.contains("please: leaves") { return .reply(to: call, "late").after(.seconds(20)) }
            if text.contains("long") { return .reply(to: call, "late").after(.seconds(12)) }
            return .reply(to: call, "well")
        }
    }

    @Test(arguments: Trouble.allCases.map(\.rawValue))
    func `a rest that two clients' failures began ends for others, whatever a third goes on to meet`(
        trouble: String
    ) throws {
        let patient = Patient()
        try withGateway(ScriptedProvider("p", answer: patient.answer)) { simulation in
            let (tokenA, tokenB) = (simulation.addKey("A"), simulation.addKey("B"))
            let others = [simulation.addKey("C"), simulation.addKey("D")]
            patient.isDown = true
            for count in 0..<10 { simulation.client(others[count % 2]).chat("hi", fields: [("x-best-wait", "0")]) }
            patient.isDown = false
            var answers: [Int] = []
            for step in 0..<300 {
                let client = simulation.client(tokenA)
                client.chat("\(trouble) \(step)", fields: [("x-best-wait", "1s")])
                if step % 2 == 0 {
                    let other = simulation.client(tokenB)
                    other.chat("hi \(step)", fields: [("x-best-wait", "0")])
                    simulation.advance(by: .milliseconds(50))
                    answers.append(other.answer?.status ?? 0)
                } else {
                    simulation.advance(by: .milliseconds(50))
                }
                if trouble.hasSuffix("leaves") { client.leave() }
            }
            // A second for the rest, and another for A's trial.
            #expect(answers.dropFirst(30).allSatisfy { $0 == 200 }, "\(answers)")
            simulation.advance(by: .seconds(120))
        }
    }

    @Test func `what is really down rests longer and longer when the requests of two clients find it so`() throws {
        let patient = Patient()
        patient.isDown = true
        try withGateway(ScriptedProvider("p", answer: patient.answer)) { simulation in
            let tokens = [simulation.addKey("A"), simulation.addKey("B")]
            for count in 0..<20 { simulation.client(tokens[count % 2]).chat("hi", fields: [("x-best-wait", "0")]) }
            let before = simulation.calls.count
            for count in 0..<1200 {
                simulation.client(tokens[count % 2]).chat("hi", fields: [("x-best-wait", "0")])
                simulation.advance(by: .milliseconds(250))
            }
            // 300 s: each rest has two trials at its end, and one of each client may be early in each second.
            #expect(simulation.calls.count - before < 700, "\(simulation.calls.count - before)")
            patient.isDown = false
            simulation.advance(by: .seconds(2))
            let client = simulation.client(tokens[0])
            client.chat("hi")
            #expect(client.answer?.status == 200)
        }
    }

    @Test func `a long request that is the trial shuts nobody out for more than a second`() throws {
        for isStream in [false, true] {
            let patient = Patient()
            try withGateway(ScriptedProvider("p", answer: patient.answer)) { simulation in
                let (tokenA, tokenB) = (simulation.addKey("A"), simulation.addKey("B"))
                let others = [simulation.addKey("C"), simulation.addKey("D")]
                patient.isDown = true
                for count in 0..<10 { simulation.client(others[count % 2]).chat("hi", fields: [("x-best-wait", "0")]) }
                patient.isDown = false
                simulation.advance(by: .seconds(2))
                simulation.client(tokenA).chat("long", stream: isStream)
                let (hasty, patientOne) = (simulation.client(tokenB), simulation.client(tokenB))
                patientOne.chat("hi")
                hasty.chat("hi", fields: [("x-best-wait", "0")])
                #expect(hasty.answer?.status == 503 && hasty.answer?["retry-after"] == "1")
                simulation.advance(by: .seconds(1))
                #expect(patientOne.answer?.status == 200, "it waits for no more than a second")
                hasty.chat("hi", fields: [("x-best-wait", "0")])
                #expect(hasty.answers.last?.status == 200)
                simulation.advance(by: .seconds(20))
            }
        }
    }
}
