import EventLoop
import Testing

@testable import Gateway

@Suite struct HeldByClientsTests {
    private static func key(_ number: Int) -> VirtualKey.ID { VirtualKey.ID("key-\(number)") }

    @Test func `a share that somebody has, or that holds something, is the same one however many clients come`() {
        var held = HeldByClients()
        let budget = HeldBytes()
        let used = held[HeldByClientsTests.key(0)]
        weak var holding: ClientShare?
        do {
            let share = held[HeldByClientsTests.key(1)]
            #expect(budget.take(5, for: share))
            holding = share
        }
        for number in 2..<10_000 { _ = held[HeldByClientsTests.key(number)] }
        #expect(held[HeldByClientsTests.key(0)] === used)
        #expect(holding != nil && held[HeldByClientsTests.key(1)] === holding)
        #expect(held.count <= 1000)
        budget.give(5, of: holding)
    }

    @Test func `clients that all hold something are all remembered, until they do not`() {
        var held = HeldByClients()
        let shares = (0..<3000).map { held[HeldByClientsTests.key($0)] }
        #expect((0..<3000).allSatisfy { held[HeldByClientsTests.key($0)] === shares[$0] } && held.count == 3000)
    }
}
