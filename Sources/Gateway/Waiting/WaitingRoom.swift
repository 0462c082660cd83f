internal import EventLoop
internal import HTTPServer

/// Where requests wait for capacity: bounded, shared by the keys' weights, woken when capacity comes back.
///
/// What comes free is given to those who wait before anybody else can ask for it.
final class WaitingRoom {
    private let loop: EventLoop
    private let ledger: HealthLedger
    private let endpoints: EndpointBook
    /// Most that wait at a time; when it becomes smaller, those who wait already stay.
    var capacity: Int
    private var queue = FairQueue<WaitingRequest, ObjectIdentifier>()
    private var timer: LoopTimer?
    private var isServing = false
    /// Whether something came free that nobody was offered yet; that is done once for all that a callback brings.
    private var hasReturns = false
    /// When there is something for somebody for certain.
    private var due = LoopInstant(nanoseconds: .max)

    /// How many of one group are looked at in one round, where each needs fewer tokens than those before it.
    private static let mostLookedAt = 32

    init(on loop: EventLoop, ledger: HealthLedger, endpoints: EndpointBook, capacity: Int) {
        self.loop = loop
        self.ledger = ledger
        self.endpoints = endpoints
        self.capacity = capacity
    }

    /// Whether nobody waits.
    var isEmpty: Bool { queue.isEmpty }
    /// How many wait.
    var count: Int { queue.count }

    /// Waits for one of the candidates.
    func wait(
        _ candidates: [Deployment], _ plan: inout AttemptPlan, _ need: TokenNeed, _ endpoint: Endpoint, next: LoopInstant?, key: VirtualKey,
        _ exchange: HTTPExchange
    ) async -> WaitingRequest.Result {
        if queue.count >= capacity {
            guard let other = queue.makeRoom(for: key.id.value, weight: key.weight) else { return .crowdedOut }
            other.settle(.crowdedOut)
        }
        let request = WaitingRequest(candidates, plan: plan, need, endpoint, for: key.tag, exchange: exchange, room: self)
        request.next = next
        let isFirst = queue.isEmpty
        queue.append(request, key: key.id.value, weight: key.weight, at: request.providers)
        if isFirst { arm() } else { arm(at: min(due, wakes(request))) }
        let result = await request.wait()
        plan = request.plan
        return result
    }

    /// A request does not wait any more.
    func leave(_ request: WaitingRequest) {
        queue.remove(request)
    }

    /// Something came free: those who wait are offered it when the callback is over, however much else comes free in it.
    func capacityReturned() {
        guard !queue.isEmpty, !hasReturns else { return }
        hasReturns = true
        loop.task(self) { $0.serveDue() }
    }

    /// Offers what there is to those who wait, if something came free or it is time.
    func serveDue() {
        if hasReturns || loop.now >= due { serve() }
    }

    /// A request of a group that can't go on.
    private struct Block {
        /// What it needs: who needs as much can't go on either.
        var need: TokenNeed
        /// When there is something for it for certain.
        var next: LoopInstant?
        var count = 1
    }

    /// Offers what there is to those who wait.
    private func serve() {
        hasReturns = false
        guard !isServing, !queue.isEmpty else { return }
        isServing = true
        var blocked: [WaitingRequest.Group: Block] = [:]
        // Who would have gone to one provider may go to another when the first is taken.
        while serveOnce(&blocked) {}
        isServing = false
        arm()
    }

    /// Offers what there is at each provider once.
    ///
    /// - Returns: Whether anybody took anything.
    private func serveOnce(_ blocked: inout [WaitingRequest.Group: Block]) -> Bool {
        let now = loop.now
        var hasGranted = false
        // The groups that go to another provider than the one whose turn it is.
        var elsewhere: [WaitingRequest.Group: (provider: ObjectIdentifier, need: TokenNeed)] = [:]
        queue.serve { request, provider in
            if request.plan.isFresh, now < request.plan.patience {
                if let block = blocked[request.group], request.need.isAtLeast(block.need) || block.count >= WaitingRoom.mostLookedAt {
                    request.next = block.next
                    return .refused
                }
                if let known = elsewhere[request.group], known.provider == provider, request.need.isAtLeast(known.need) { return .refused }
            }
            let (client, need, endpoint) = (request.client, request.need, request.endpoint)
            let wasFresh = request.plan.isFresh
            // A step that is not taken is none.
            var plan = request.plan
            let step = plan.step(
                after: nil, at: now,
                availability: {
                    self.ledger.availability(of: request.candidates[$0], endpoint, in: self.endpoints, for: client, need, at: now)
                },
                context: { request.candidates[$0].model.contextLength ?? 0 })
            switch step {
            case .attempt(let place):
                let candidate = request.candidates[place]
                guard ObjectIdentifier(candidate.standing.provider) == provider else {
                    if wasFresh { elsewhere[request.group] = (provider, need) }
                    return .refused
                }
                request.plan = plan
                hasGranted = true
                request.settle(.granted(place, self.ledger.begin(candidate, for: client, need, at: now)))
                return .taken
            case .wait(let next):
                request.plan = plan
                request.next = next
                if request.plan.isFresh { note(request, next, in: &blocked) }
                return .refused
            case .giveUp(let leftover):
                request.plan = plan
                request.settle(.refused(leftover))
                return .left
            }
        }
        return hasGranted
    }

    /// Notes that a request can't go on. Where no candidate counts tokens none of its group can, whatever it needs.
    private func note(_ request: WaitingRequest, _ next: LoopInstant?, in blocked: inout [WaitingRequest.Group: Block]) {
        let need = request.candidates.contains { $0.health.countsTokens } ? request.need : .none
        guard let known = blocked[request.group] else {
            blocked[request.group] = Block(need: need, next: next)
            return
        }
        let soonest = known.next.map { soon in next.map { min(soon, $0) } ?? soon } ?? next
        blocked[request.group] = Block(
            need: known.need.isAtLeast(need) ? need : known.need, next: soonest, count: known.count + 1)
    }

    /// Sends everybody away.
    func close() {
        for request in queue.removeAll() { request.settle(.refused(AttemptPlan.Leftover())) }
        timer?.close()
        timer = nil
    }

    private func arm() {
        guard !queue.isEmpty else {
            due = LoopInstant(nanoseconds: .max)
            timer?.disarm()
            return
        }
        // A trial of another client's that takes long is waited for no longer than this.
        var earliest = loop.now.advanced(by: Trial.longestAlone)
        queue.forEach { earliest = min(earliest, wakes($0)) }
        arm(at: earliest)
    }

    private func arm(at instant: LoopInstant) {
        if timer == nil { timer = try? LoopTimer(on: loop) { [unowned self] _ in serve() } }
        due = instant
        timer?.arm(at: instant)
    }

    /// When a request is to be looked at for certain.
    private func wakes(_ request: WaitingRequest) -> LoopInstant {
        // Behind its client's patience one may still wait for the pause before a candidate is asked again.
        guard let next = request.next else { return request.plan.patience }
        return request.plan.patience > loop.now ? min(request.plan.patience, next) : next
    }
}
