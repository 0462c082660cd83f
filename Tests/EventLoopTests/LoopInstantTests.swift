import Testing

@testable import EventLoop

@Suite struct LoopInstantTests {
    private let start = LoopInstant(nanoseconds: 1_000_000_000)

    @Test func `an instant moves by a duration in both directions`() {
        #expect(start.advanced(by: .milliseconds(1500)).nanoseconds == 2_500_000_000)
        #expect(start.advanced(by: .milliseconds(-400)).nanoseconds == 600_000_000)
        #expect(start.advanced(by: .nanoseconds(1)).nanoseconds == 1_000_000_001)
        #expect(start.advanced(by: .zero) == start)
    }

    @Test func `an instant never leaves the clock's range`() {
        #expect(start.advanced(by: .seconds(-2)).nanoseconds == 0)
        #expect(start.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
        #expect(start.advanced(by: .seconds(Int64.min)).nanoseconds == 0)
        #expect(LoopInstant(nanoseconds: UInt64(Int64.max)).advanced(by: .seconds(1)).nanoseconds == .max)
    }

    @Test func `the time between two instants is never negative`() {
        let later = start.advanced(by: .microseconds(2500))
        #expect(later.elapsed(since: start) == .microseconds(2500))
        #expect(start.elapsed(since: later) == .zero)
        #expect(later.microseconds(since: start) == 2500)
        #expect(start.microseconds(since: later) == 0)
        #expect(start < later)
    }

    @Test(arguments: [
        (Duration.zero, UInt64(0)), (.nanoseconds(1), 1), (.microseconds(999), 1), (.milliseconds(1), 1), (.microseconds(1001), 2),
        (.milliseconds(1500), 1500), (.seconds(-1), 0), (.nanoseconds(-1), 0),
    ])
    func `a duration is rounded up to milliseconds`(duration: Duration, milliseconds: UInt64) {
        #expect(duration.millisecondsRoundedUp == milliseconds)
    }

    @Test func `an endless duration does not overflow`() {
        #expect(Duration.seconds(Int64.max).millisecondsRoundedUp == .max)
    }
}
