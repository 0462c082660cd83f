import Testing

@testable import Mock

@Suite struct MockWheelTests {
    private func advance(_ wheel: inout MockWheel, to tick: UInt64) -> [UInt64] {
        var due: [UInt64] = []
        wheel.advance(to: tick, into: &due)
        return due
    }

    @Test func `tokens are due at their tick and in order of ticks`() {
        var wheel = MockWheel(current: 1000)
        wheel.insert(1, at: 1010)
        wheel.insert(2, at: 1003)
        wheel.insert(3, at: 1010)
        #expect(wheel.next == 1003)
        #expect(advance(&wheel, to: 1002).isEmpty)
        #expect(advance(&wheel, to: 1003) == [2])
        #expect(advance(&wheel, to: 2000) == [1, 3])
        #expect(wheel.count == 0)
        #expect(wheel.next == nil)
    }

    @Test func `a token in the past is due at the next tick`() {
        var wheel = MockWheel(current: 50)
        #expect(wheel.insert(7, at: 3) == 51)
        #expect(advance(&wheel, to: 51) == [7])
    }

    @Test func `a token further ahead than the size of the wheel waits for its round`() {
        var wheel = MockWheel(current: 5)
        wheel.insert(1, at: 5 + 4096 * 3)
        wheel.insert(2, at: 6)
        #expect(advance(&wheel, to: 5 + 4096) == [2])
        #expect(advance(&wheel, to: 5 + 4096 * 2).isEmpty)
        #expect(advance(&wheel, to: 4 + 4096 * 3).isEmpty)
        #expect(advance(&wheel, to: 5 + 4096 * 3) == [1])
    }

    @Test func `a long sleep loses nothing`() {
        var wheel = MockWheel()
        for token in 1...500 as ClosedRange<UInt64> { wheel.insert(token, at: token * 37 % 9000) }
        var seen = Set(advance(&wheel, to: 20_000))
        #expect(seen.count == 500)
        seen.removeAll()
        #expect(wheel.count == 0)
    }

    @Test func `the next tick is never later than the next token`() {
        var wheel = MockWheel(current: 77)
        var random = MockRandom(seed: 4)
        var expected: [UInt64] = []
        for token in 0..<200 as Range<UInt64> {
            let tick = 78 + random.next() % 12_000
            expected.append(tick)
            wheel.insert(token, at: tick)
        }
        expected.sort()
        while let next = wheel.next {
            #expect(next <= expected[0])
            let due = advance(&wheel, to: next)
            expected.removeFirst(due.count)
        }
        #expect(expected.isEmpty)
    }
}
