import Gateway
import GatewayTesting
import Testing

/// What a key may use while somebody sets the clock.
@Suite struct ClockTests {
    @Test(arguments: [-7200, 7200, -86_400 * 30, 86_400 * 30])
    func `a clock that is set does not move the moment at which a key may ask again`(jump: Int) throws {
        try withGateway(.script(.completion("x"))) { simulation in
            let key = simulation.addKey("key") { $0.requestsPerMinute = 1 }
            let client = simulation.client(key)
            client.chat()
            simulation.advance(by: .seconds(1))
            simulation.moveWallClock(by: .seconds(jump))
            client.chat()
            #expect(client.answers.map(\.status) == [200, 429])
            let wait = try #require(Int(client.answer?["retry-after"] ?? ""))
            #expect((58...61).contains(wait), "\(wait) s")
            simulation.advance(by: .seconds(wait))
            let later = simulation.client(key)
            later.chat()
            #expect(later.answer?.status == 200)
        }
    }

    @Test func `a budget of a day is there once a day, however often midnight passes`() throws {
        // Noon, so the next midnight is twelve hours off.
        try withGateway(.script(.completion("x", tokens: (5, 500))), hasStore: true) { configuration in
            configuration.providers[0].models?[0].completionPrice = 200
        } _: { simulation in
            let key = simulation.addKey("key") {
                $0.budget = Money(dollars: 1)
                $0.budgetPeriod = .day
            }
            /// Asks until the budget is used up; how many answers there were.
            func answers() -> Int {
                let client = simulation.client(key)
                for count in 0..<100 {
                    client.chat()
                    guard client.answer?.status == 200 else { return count }
                }
                return 100
            }
            let perDay = answers()
            #expect(perDay > 0 && perDay < 100)
            for _ in 0..<3 {
                #expect(answers() == 0)
                simulation.moveWallClock(by: .seconds(13 * 3600))
                simulation.moveWallClock(by: .seconds(-13 * 3600))
            }
            #expect(answers() == 0, "nobody asked beyond midnight")
            simulation.moveWallClock(by: .seconds(13 * 3600))
            #expect(answers() == perDay)
            simulation.moveWallClock(by: .seconds(-13 * 3600))
            #expect(answers() == 0)
            simulation.advance(by: .seconds(13 * 3600))
            #expect(answers() == 0, "that day's was given when the clock was ahead")
            simulation.advance(by: .seconds(24 * 3600))
            #expect(answers() == perDay)
        }
    }
}
