import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// What is learnt of the time to the first token, and for whom.
@Suite struct FirstTokenTimesTests {
    private let a = ClientTag(VirtualKey.ID("a"))
    private let b = ClientTag(VirtualKey.ID("b"))
    private let c = ClientTag(VirtualKey.ID("c"))
    private let second = LoopInterval(.seconds(1))
    private let unknown = LoopInterval(.seconds(30))

    private func timeout(_ times: FirstTokenTimes, _ client: ClientTag) -> LoopInterval {
        times.timeout(for: client, least: LoopInterval(.milliseconds(1)), most: unknown, unknown: unknown)
    }

    @Test func `one client's times say nothing about another`() {
        var times = FirstTokenTimes()
        for _ in 0..<1000 { times.record(microseconds: 100_000, of: a) }
        #expect(timeout(times, a) < second && timeout(times, b) == unknown)
        for _ in 0..<100 {
            times.record(microseconds: 8_000_000, of: b)
            times.record(microseconds: 100_000, of: a)
        }
        #expect(timeout(times, a) < second && timeout(times, b) > LoopInterval(.seconds(8)) && timeout(times, c) > LoopInterval(.seconds(8)))
    }

    @Test func `many clients' times are everybody's`() {
        var times = FirstTokenTimes()
        for index in 0..<100 { times.record(microseconds: 100_000, of: ClientTag(VirtualKey.ID("\(index % 10)"))) }
        #expect(timeout(times, a) < second && timeout(times, ClientTag(VirtualKey.ID("3"))) < second)
    }

    @Test func `where clients can't be told apart there is one`() {
        var times = FirstTokenTimes()
        for _ in 0..<10 { times.record(microseconds: 100_000, of: .everybody) }
        #expect(timeout(times, .everybody) < second)
    }

    @Test func `requests that ask to think are another matter than others`() {
        let places = RequestEnvelope.Thinking.allCases.flatMap { thinking in
            [100, 10_000, 100_000].map { FirstTokenBucket(bytes: $0, thinking).index }
        }
        #expect(places.sorted() == Array(0..<FirstTokenBucket.count))
    }

    /// Providers that answer at once, and after eight seconds where it is asked for.
    private func fleet(_ count: Int) -> [ScriptedProvider] {
        (0..<count).map { number in
            ScriptedProvider.answering("p\(number)") {
                $0.text.contains("hard") ? .reply(to: $0, "thought").after(.seconds(8)) : .reply(to: $0, "quick")
            }
        }
    }

    @Test(arguments: ["", "\"reasoning_effort\":\"high\"", "\"reasoning\":{\"effort\":\"medium\"}"])
    func `one client's quick answers cut no other's slow ones`(members: String) throws {
        try withGateway(fleet(4)) { simulation in
            let (tokenA, tokenB) = (simulation.addKey("A"), simulation.addKey("B"))
            let quick = simulation.client(tokenA)
            for number in 0..<4 { for _ in 0..<20 { quick.chat("easy", model: "p\(number)/m", stream: true) } }
            let slow = simulation.client(tokenB)
            slow.chat("hard", model: "p0/m,p1/m,p2/m,p3/m", stream: true, members: members)
            simulation.advance(by: .seconds(8.5))
            #expect(slow.answer?.content == "thought" && simulation.calls.count == 81, "\(simulation.calls.count)")
        }
    }

    @Test func `a request that is slower than what was learnt is moved on once, and then has its time`() throws {
        try withGateway(fleet(4)) { simulation in
            let token = simulation.addKey("A")
            let client = simulation.client(token)
            for number in 0..<4 { for _ in 0..<20 { client.chat("easy", model: "p\(number)/m", stream: true) } }
            client.chat("hard", model: "p0/m,p1/m,p2/m,p3/m", stream: true)
            simulation.advance(by: .seconds(20))
            #expect(client.answers.last?.content == "thought" && simulation.calls.count == 82, "\(simulation.calls.count)")
        }
    }
}
