internal import EventLoop

/// Called when a token is due.
protocol MockPacerDelegate: AnyObject {
    func pacerReached(_ token: UInt64)
}

/// One timer of the loop for every answer that waits. Times are met to the millisecond, never early.
final class MockPacer {
    private static let nanosecondsPerTick: UInt64 = 1_000_000

    /// Called when a token is due. Not weak, since a weak reference slows down every other one to the same
    /// object.
    unowned var delegate: (any MockPacerDelegate)?
    private let loop: EventLoop
    private var wheel = MockWheel()
    private var timer: LoopTimer?
    private var armedTick: UInt64?
    private var due: [UInt64] = []
    private var isDispatching = false

    init(on loop: EventLoop) throws(UVError) {
        self.loop = loop
        timer = try LoopTimer(on: loop) { [unowned self] _ in fire() }
    }

    /// Makes `token` due at `nanoseconds` on the loop's clock, but not before the next tick.
    func schedule(_ token: UInt64, at nanoseconds: UInt64) {
        // An empty wheel stands still; without this the first token would walk through all the ticks since.
        if wheel.count == 0, !isDispatching { wheel.advance(to: loop.now.nanoseconds / MockPacer.nanosecondsPerTick, into: &due) }
        let (tick, rest) = nanoseconds.quotientAndRemainder(dividingBy: MockPacer.nanosecondsPerTick)
        let reached = wheel.insert(token, at: rest == 0 ? tick : tick + 1)
        if !isDispatching, armedTick.map({ reached < $0 }) ?? true { arm(at: reached) }
    }

    /// Ends the timer.
    func close() {
        timer?.close()
        timer = nil
    }

    private func fire() {
        armedTick = nil
        isDispatching = true
        wheel.advance(to: loop.now.nanoseconds / MockPacer.nanosecondsPerTick, into: &due)
        // A write may not make anything due again before the next tick, so this ends.
        for index in due.indices { delegate?.pacerReached(due[index]) }
        due.removeAll(keepingCapacity: true)
        isDispatching = false
        if let next = wheel.next { arm(at: next) }
    }

    private func arm(at tick: UInt64) {
        armedTick = tick
        timer?.arm(at: LoopInstant(nanoseconds: tick * MockPacer.nanosecondsPerTick))
    }
}
