internal import EventLoop
internal import HTTPServer

/// Where requests wait for capacity: bounded, shared by the keys' weights, woken when capacity comes back.
///
/// What comes free is given to those who wait before anybody else can ask for it.
final class WaitingRoom {
    private let loop: EventLoop
    private let ledger: HealthLedger
    /// Most that wait at a time; when it becomes smaller, those who wait already stay.
    var capacity: Int
    private var queue = FairQueue<WaitingRequest>()
    private var timer: LoopTimer?
    private var isServing = false

    init(on loop: EventLoop, ledger: HealthLedger, capacity: Int) {
        self.loop = loop
        self.ledger = ledger
        self.capacity = capacity
    }

    /// Whether nobody waits.
    var isEmpty: Bool { queue.isEmpty }
    /// How many wait.
    var count: Int { queue.count }

    /// Waits for one of the candidates.
    func wait(
        _ candidates: [Deployment], _ plan: inout AttemptPlan, _ need: TokenNeed, next: LoopInstant?, key: VirtualKey, _ exchange: HTTPExchange
    ) async -> WaitingRequest.Result {
        if queue.count >= capacity {
            guard let other = queue.makeRoom(for: key.id.value, weight: key.weight) else { return .crowdedOut }
            other.settle(.crowdedOut)
        }
        let request = WaitingRequest(candidates, plan: plan, need, for: key.tag, exchange: exchange, room: self)
        request.next = next
        queue.append(request, key: key.id.value, weight: key.weight)
        arm()
        let result = await request.wait()
        plan = request.plan
        return result
    }

    /// A request does not wait any more.
    func leave(_ request: WaitingRequest) {
        queue.remove(request)
    }

    /// Offers what there is to those who wait.
    func serve() {
        guard !isServing, !queue.isEmpty else { return }
        isServing = true
        let now = loop.now
        var blocked: [WaitingRequest.Group: LoopInstant?] = [:]
        queue.serve { request in
            if request.plan.isFresh, now < request.plan.patience, let next = blocked[request.group] {
                request.next = next
                return .refused
            }
            let (client, need) = (request.client, request.need)
            let step = request.plan.step(
                after: nil, at: now, availability: { self.ledger.availability(of: request.candidates[$0], for: client, need, at: now) },
                context: { request.candidates[$0].model.contextLength ?? 0 })
            switch step {
            case .attempt(let place):
                request.settle(.granted(place, self.ledger.begin(request.candidates[place], for: client, need, at: now)))
                return .taken
            case .wait(let next):
                request.next = next
                if request.plan.isFresh { blocked[request.group] = .some(next) }
                return .refused
            case .giveUp(let leftover):
                request.settle(.refused(leftover))
                return .left
            }
        }
        isServing = false
        arm()
    }

    /// Sends everybody away.
    func close() {
        for request in queue.removeAll() { request.settle(.refused(AttemptPlan.Leftover())) }
        timer?.close()
        timer = nil
    }

    private func arm() {
        guard !queue.isEmpty else {
            timer?.disarm()
            return
        }
        var earliest = LoopInstant(nanoseconds: .max)
        queue.forEach { request in
            // Behind its client's patience one may still wait for the pause before a candidate is asked again.
            if request.plan.patience > loop.now || request.next == nil { earliest = min(earliest, request.plan.patience) }
            if let next = request.next { earliest = min(earliest, next) }
        }
        if timer == nil { timer = try? LoopTimer(on: loop) { [unowned self] _ in serve() } }
        timer?.arm(at: earliest)
    }
}
