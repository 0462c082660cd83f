internal import EventLoop
internal import HTTPServer

/// Where requests wait for lists of models: bounded, shared by the keys' weights, and told of what came some at a time.
///
/// Each of them decides anew where it goes when it is told. A thousand at once would be a turn of a tenth of a second, in which nobody is served.
final class ExpectantRequests {
    /// How many may wait; what comes on top is told to come back, or takes the place of a client's that has more.
    static let capacity = 1024
    /// How many are told in one turn of the loop: some milliseconds.
    static let toldPerTurn = 32

    /// What they all wait for.
    private enum Door {
        case only
    }

    private let loop: EventLoop
    private var waiting = FairQueue<ExpectantRequest, Door>()
    /// Those that are to be told.
    private var due = FairQueue<ExpectantRequest, Door>()
    /// Whether those that wait are to be told as well, once all of `due` are.
    private var isMoreDue = false
    private var hasAskedForTurn = false
    private var timer: LoopTimer?
    /// What the timer is armed for, while it is.
    private var alarm = LoopInstant(nanoseconds: .max)

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// How many wait.
    var count: Int { waiting.count + due.count }

    /// Waits until there is something new, at most until `limit`.
    func wait(_ exchange: HTTPExchange, of key: VirtualKey, until limit: LoopInstant) async -> ExpectantRequest.Result {
        if count >= ExpectantRequests.capacity {
            let other = waiting.makeRoom(for: key.id.value, weight: key.weight) ?? due.makeRoom(for: key.id.value, weight: key.weight)
            guard let other else { return .noRoom }
            other.settle(.crowdedOut)
        }
        if timer == nil { timer = try? LoopTimer(on: loop) { [unowned self] _ in askForTurn() } }
        guard let timer else { return .noRoom }
        let request = ExpectantRequest(exchange, until: limit, room: self)
        waiting.append(request, key: key.id.value, weight: key.weight, at: [.only])
        if !timer.isArmed || limit < alarm { arm(timer, at: limit) }
        return await request.wait()
    }

    /// A request does not wait any more.
    func leave(_ request: ExpectantRequest) {
        waiting.remove(request)
        due.remove(request)
    }

    /// Tells all that wait now that there is something new, in the next turns of the loop.
    func tell() {
        guard !waiting.isEmpty else { return }
        isMoreDue = true
        askForTurn()
    }

    /// Tells everybody at once: there will be nothing new.
    func close() {
        for request in waiting.removeAll() + due.removeAll() { request.settle(.told) }
        timer?.close()
        timer = nil
    }

    private func askForTurn() {
        guard !hasAskedForTurn else { return }
        hasAskedForTurn = true
        loop.queueTurn(for: self)
    }

    private func arm(_ timer: LoopTimer, at instant: LoopInstant) {
        alarm = instant
        timer.arm(at: instant)
    }

    /// Tells those whose time is up, wherever they stand.
    ///
    /// - Returns: How many there were, at most `most`.
    private func tellThoseWhoseTimeIsUp(atMost most: Int) -> Int {
        var late: [ExpectantRequest] = []
        waiting.forEach { if late.count < most, $0.limit <= loop.now { late.append($0) } }
        for request in late {
            waiting.remove(request)
            request.settle(.told)
        }
        return late.count
    }
}

extension ExpectantRequests: TurnTaker {
    func takeTurn() {
        hasAskedForTurn = false
        guard let timer else { return }
        var left = ExpectantRequests.toldPerTurn
        while left > 0 {
            if due.isEmpty, isMoreDue {
                swap(&due, &waiting)
                isMoreDue = false
            }
            guard let request = due.popFirst(at: .only) else { break }
            request.settle(.told)
            left -= 1
        }
        if left > 0 { left -= tellThoseWhoseTimeIsUp(atMost: left) }
        guard left > 0 else { return askForTurn() }
        var next: LoopInstant?
        waiting.forEach { next = min(next ?? $0.limit, $0.limit) }
        if let next { arm(timer, at: next) } else { timer.disarm() }
    }
}
