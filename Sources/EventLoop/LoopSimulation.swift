/// What replaces libuv in a simulated loop: scheduled events in order of time, and the calendar.
///
/// Events at the same time happen in the order in which they were scheduled, so each run is the same.
final class LoopSimulation {
    private enum Action {
        case timer(LoopTimer)
        case callback(() -> Void)
    }

    private struct Event {
        let time: LoopInstant
        let number: UInt64
        let action: Action

        func isBefore(_ other: Event) -> Bool { (time, number) < (other.time, other.number) }
    }

    /// The most jobs at one moment before the loop is considered endless.
    static let mostJobsOfAMoment = 1_000_000

    /// The time at which the loop began.
    let start: LoopInstant
    /// The time of day at `start`, in milliseconds since 1970 (UTC).
    var epoch: Int
    /// The state of the loop's random numbers.
    var random: UInt64
    /// Whether a callback is running.
    var isInCallback = false
    /// A heap: no event is earlier than the one at half its index.
    private var events: [Event] = []
    private var nextNumber: UInt64 = 0

    init(start: LoopInstant, epoch: Int, seed: UInt64) {
        self.start = start
        self.epoch = epoch
        random = seed
    }

    /// The time of the next event.
    var next: LoopInstant? { events.first?.time }
    /// The number of scheduled events, including those of timers that were moved meanwhile.
    var count: Int { events.count }

    func add(_ timer: LoopTimer, at time: LoopInstant) { push(.timer(timer), at: time) }

    func add(_ callback: @escaping () -> Void, at time: LoopInstant) { push(.callback(callback), at: time) }

    /// Drops all scheduled events, which would otherwise keep the loop and everything on it alive forever.
    func removeAll() { events = [] }

    /// Removes the next event and runs it.
    func runNext(on loop: EventLoop, _ body: (() -> Void) -> Void) {
        let event = pop()
        switch event.action {
        case .callback(let callback): body(callback)
        case .timer(let timer):
            loop.isInTimers = true
            body { timer.expire(armedFor: event.time) }
            loop.isInTimers = false
        }
    }

    private func push(_ action: Action, at time: LoopInstant) {
        nextNumber += 1
        let event = Event(time: time, number: nextNumber, action: action)
        var place = events.count
        events.append(event)
        while place > 0 {
            let parent = (place - 1) / 2
            guard event.isBefore(events[parent]) else { break }
            events[place] = events[parent]
            place = parent
        }
        events[place] = event
    }

    private func pop() -> Event {
        let first = events[0]
        let last = events.removeLast()
        guard !events.isEmpty else { return first }
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < events.count else { break }
            if child + 1 < events.count, events[child + 1].isBefore(events[child]) { child += 1 }
            guard events[child].isBefore(last) else { break }
            events[place] = events[child]
            place = child
        }
        events[place] = last
        return first
    }
}

extension EventLoop {
    /// Makes a loop without libuv, whose time stands still until it is advanced by hand: for thousands of runs
    /// a second, each the same as the last.
    ///
    /// Its timers, tasks and `LoopWork` are the product's own; there are no sockets, no other thread and no
    /// waiting. After every call of `step` and `advance`, nothing is left to do at that moment.
    ///
    /// - Parameters:
    ///   - start: The time at which the loop starts.
    ///   - epoch: The time of day then, in milliseconds since 1970 (UTC).
    ///   - seed: Determines its random numbers.
    package convenience init(simulatedFrom start: LoopInstant, epoch: Int = 1_800_000_000_000, seed: UInt64 = 1) {
        self.init(LoopSimulation(start: start, epoch: epoch, seed: seed))
    }

    /// Runs `body` as a callback, then the jobs it made ready and whatever is due at this time. From within a
    /// callback, it runs after that one has ended.
    package func step(_ body: @escaping () -> Void = {}) {
        guard let simulation = simulated() else { return }
        guard !simulation.isInCallback else { return simulation.add(body, at: now) }
        runCallback(body)
        settle(simulation)
    }

    /// Runs `body` as a callback after `delay`.
    package func schedule(after delay: Duration = .zero, _ body: @escaping () -> Void) {
        simulated()?.add(body, at: now.advanced(by: delay))
    }

    /// Advances time; each timer that becomes due fires at its own time.
    package func advance(by duration: Duration) {
        advance(to: now.advanced(by: duration))
    }

    /// Advances time to `instant`; each timer that becomes due fires at its own time.
    package func advance(to instant: LoopInstant) {
        guard let simulation = simulated() else { return }
        precondition(!simulation.isInCallback, "a callback can't move time")
        settle(simulation)
        while let next = simulation.next, next <= instant {
            now = max(now, next)
            settle(simulation)
        }
        now = max(now, instant)
    }

    /// The time of the next event in a simulated loop; `nil` if there is none.
    package var nextEvent: LoopInstant? { simulation?.next }

    /// Moves a simulated loop's time of day forward or back, as an operator or a time server may.
    package func moveWallClock(by milliseconds: Int) {
        simulation?.epoch += milliseconds
    }

    private func simulated() -> LoopSimulation? {
        preconditionOnLoop()
        precondition(simulation != nil, "time can't be moved in a loop that is not simulated")
        return simulation
    }

    private func settle(_ simulation: LoopSimulation) {
        var left = LoopSimulation.mostJobsOfAMoment
        while let next = simulation.next, next <= now {
            simulation.runNext(on: self) { runCallback($0) }
            left -= 1
            precondition(left > 0, "the loop does not come to rest")
        }
    }

    private func runCallback(_ body: () -> Void) {
        // Each callback is a turn of its own.
        turnNumber &+= 1
        simulation?.isInCallback = true
        body()
        var left = LoopSimulation.mostJobsOfAMoment
        while runJob() {
            left -= 1
            precondition(left > 0, "the loop does not come to rest")
        }
        simulation?.isInCallback = false
    }
}
