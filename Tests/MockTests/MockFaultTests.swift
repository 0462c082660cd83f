import Testing

@testable import Mock

@Suite struct MockFaultTests {
    @Test func `faults strike as often as they say`() {
        let faults = [MockFault(.status(429), probability: 0.2), MockFault(.reset(.head), probability: 0.1)]
        var counts = (limited: 0, reset: 0, none: 0)
        for request in 1...10_000 as ClosedRange<UInt64> {
            var random = MockRandom(seed: 9, stream: 0, request: request)
            switch MockFault.choose(from: faults, using: &random) {
            case .status(429): counts.limited += 1
            case .reset(.head): counts.reset += 1
            default: counts.none += 1
            }
        }
        #expect(abs(counts.limited - 2000) < 150)
        #expect(abs(counts.reset - 1000) < 120)
    }

    @Test func `a certain fault strikes every time`() {
        for request in 1...100 as ClosedRange<UInt64> {
            var random = MockRandom(seed: 9, stream: 0, request: request)
            #expect(MockFault.choose(from: [MockFault(.cut(.half))], using: &random) == .cut(.half))
        }
    }
}
