/// What stands in for libuv in a simulated loop: what is to happen, in the order of time, and the calendar.
///
/// Things of the same time happen in the order in which they were asked for, so a run is the same each time.
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

    /// What one moment may take before the loop is taken for one that never comes to rest.
    static let mostJobsOfAMoment = 1_000_000

    /// The time at which the loop began.
    let start: LoopInstant
    /// The time of day at `start`, in milliseconds since 1970 (UTC).
    var epoch: Int
    /// Where the loop's random numbers come from.
    var random: UInt64
    /// Whether a callback runs.
    var isInCallback = false
    /// A heap: no event comes before the one at half its place.
    private var events: [Event] = []
    private var nextNumber: UInt64 = 0

    init(start: LoopInstant, epoch: Int, seed: UInt64) {
        self.start = start
        self.epoch = epoch
        random = seed
    }

    /// When something is to happen next.
    var next: LoopInstant? { events.first?.time }
    /// How much is to happen, timers that were moved meanwhile included.
    var count: Int { events.count }

    func add(_ timer: LoopTimer, at time: LoopInstant) { push(.timer(timer), at: time) }

    func add(_ callback: @escaping () -> Void, at time: LoopInstant) { push(.callback(callback), at: time) }

    /// Forgets what is to happen: what is kept for it would keep the loop, and all that is on it, for ever.
    func removeAll() { events = [] }

    /// Runs what is to happen next, and forgets it.
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
    /// Makes a loop without libuv, whose time stands still until it is moved by hand: for thousands of runs a second, each the same as the last.
    ///
    /// Its timers, tasks and `LoopWork` are the product's own; there are no sockets, no other thread and no waiting. After every call of `step` and
    /// `advance` nothing is left to do at that moment.
    ///
    /// - Parameters:
    ///   - start: The time at which it begins.
    ///   - epoch: The time of day then, in milliseconds since 1970 (UTC).
    ///   - seed: Decides the random numbers it hands out.
    package convenience init(simulatedFrom start: LoopInstant, epoch: Int = 1_800_000_000_000, seed: UInt64 = 1) {
        self.init(LoopSimulation(start: start, epoch: epoch, seed: seed))
    }

    /// Runs `body` as a callback: then the jobs it made ready, and what is due at this time. From within a callback it is run when that has ended.
    package func step(_ body: @escaping () -> Void = {}) {
        guard let simulation = simulated() else { return }
        guard !simulation.isInCallback else { return simulation.add(body, at: now) }
        runCallback(body)
        settle(simulation)
    }

    /// Runs `body` as a callback when the time has come.
    package func schedule(after delay: Duration = .zero, _ body: @escaping () -> Void) {
        simulated()?.add(body, at: now.advanced(by: delay))
    }

    /// Moves time on; each timer that is due meanwhile fires at its own time.
    package func advance(by duration: Duration) {
        advance(to: now.advanced(by: duration))
    }

    /// Moves time on to `instant`; each timer that is due meanwhile fires at its own time.
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

    /// When something is to happen next in a simulated loop; `nil` when nothing is.
    package var nextEvent: LoopInstant? { simulation?.next }

    /// Sets a simulated loop's time of day on or back, as an operator or a time server may.
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
