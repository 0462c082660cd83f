internal import EventLoop
internal import HTTPServer

/// Where requests wait for capacity: bounded, shared by the keys' weights, woken when capacity comes back.
///
/// What comes free is given to those who wait before anybody else can ask for it. Whoever waits for the provider at which it came free is offered it, some
/// in each turn of the loop, and nobody once that provider has no more room.
final class WaitingRoom {
    /// How much is looked at in one turn of the loop: a request counts as one, and a candidate whose state is not known yet as another. A millisecond.
    static let looksPerTurn = 512

    private let loop: EventLoop
    private let ledger: HealthLedger
    private let endpoints: EndpointBook
    /// Most that wait at a time; when it becomes smaller, those who wait already stay.
    var capacity: Int
    private var queue = FairQueue<WaitingRequest, ObjectIdentifier>()
    private var timer: LoopTimer?
    private var isServing = false
    private var hasAskedForTurn = false
    /// The providers at which something came free that not everybody was offered yet, the one whose turn it is first.
    private var pending: [Pending] = []
    /// Whether something came free that nobody was offered yet; that is done once for all that a callback brings.
    private var hasReturns = false
    /// When there is something for somebody for certain, or earlier.
    private var due = LoopInstant(nanoseconds: .max)
    /// When everybody is asked again, whatever is known.
    private var roundDue = LoopInstant(nanoseconds: .max)
    /// What was looked at in the turn that was the last in which anything was.
    private var looks = (turn: UInt64.max, count: 0)
    /// What was looked at so far.
    private(set) var totalLooks = 0
    /// Tells apart what candidates' states were found in one go.
    private var sight: UInt64 = 0

    /// A provider at which something came free.
    private struct Pending {
        let provider: ObjectIdentifier
        /// Whether a round of those who wait there has begun, and is not over.
        var hasBegun = false
        /// Whether something more came free since.
        var isDueAgain = false
        /// Those at which somebody was passed over who goes here: when this one is taken they may go there.
        var others: Set<ObjectIdentifier> = []
    }

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
    ///
    /// - Parameter heldBack: The candidates at which it was noted that it is held back.
    func wait(
        _ candidates: [Deployment], _ plan: inout AttemptPlan, _ need: TokenNeed, _ endpoint: Endpoint, next: LoopInstant?, key: VirtualKey,
        heldBack: CandidateSet = CandidateSet(), _ exchange: HTTPExchange
    ) async -> WaitingRequest.Result {
        if queue.count >= capacity {
            guard let other = queue.makeRoom(for: key.id.value, weight: key.weight) else { return .crowdedOut }
            other.settle(.crowdedOut)
        }
        let request = WaitingRequest(
            candidates, plan: plan, need, endpoint, for: key.tag, weight: key.weight, heldBack: heldBack, exchange: exchange, room: self)
        request.next = next
        if queue.isEmpty {
            due = LoopInstant(nanoseconds: .max)
            roundDue = loop.now.advanced(by: Trial.longestAlone)
        }
        queue.append(request, key: key.id.value, weight: key.weight, at: request.places.map { ObjectIdentifier($0.provider) })
        due = min(due, wakes(request))
        arm()
        let result = await request.wait()
        plan = request.plan
        return result
    }

    /// A request does not wait any more.
    func leave(_ request: WaitingRequest) {
        queue.remove(request)
    }

    /// Something came free: those who wait are offered it when the callback is over, however much else comes free in it.
    ///
    /// - Parameter provider: Where; `nil` for anywhere.
    func capacityReturned(at provider: HealthNode?) {
        guard !queue.isEmpty else { return }
        if let provider { note(ObjectIdentifier(provider)) } else { queue.servers.forEach(note) }
        guard !pending.isEmpty, !hasReturns else { return }
        hasReturns = true
        loop.task(self) { $0.serveDue() }
    }

    /// Offers what there is to those who wait, if something came free or it is time.
    func serveDue() {
        let isDue = loop.now >= due || loop.now >= roundDue
        if isDue { noteDue() }
        // Who it was time for may have left, or wait for longer by now; the others are to be woken all the same.
        if hasReturns || !pending.isEmpty { serve() } else if isDue { arm() }
    }

    private func note(_ provider: ObjectIdentifier) {
        guard queue.knows(provider) else { return }
        guard let known = pending.firstIndex(where: { $0.provider == provider }) else {
            pending.append(Pending(provider: provider))
            return
        }
        if pending[known].hasBegun { pending[known].isDueAgain = true }
    }

    /// Notes a provider that somebody goes to who was asked at another one, which is to be asked again behind it.
    private func note(_ provider: ObjectIdentifier, behind other: ObjectIdentifier) {
        note(provider)
        if let known = pending.firstIndex(where: { $0.provider == provider }) { pending[known].others.insert(other) }
    }

    /// Notes the providers of those for whom it is time to be looked at, and when it is for the next of the others.
    private func noteDue() {
        let now = loop.now
        guard now < roundDue else {
            // A trial that takes long is waited for no longer than this.
            roundDue = now.advanced(by: Trial.longestAlone)
            return queue.servers.forEach(note)
        }
        var next = LoopInstant(nanoseconds: .max)
        var providers: Set<ObjectIdentifier> = []
        queue.forEach { request in
            let wakes = wakes(request)
            if wakes > now { next = min(next, wakes) } else { for place in request.places { providers.insert(ObjectIdentifier(place.provider)) } }
        }
        due = next
        for provider in queue.servers where providers.contains(provider) { note(provider) }
    }

    /// A request of a group that can't go on.
    private struct Block {
        /// What it needs: who needs as much can't go on either.
        var need: TokenNeed
        /// When there is something for it for certain.
        var next: LoopInstant?
        var count = 1
    }

    /// Whether more may be looked at in this turn.
    private var mayLook: Bool {
        if looks.turn != loop.turnNumber { looks = (loop.turnNumber, 0) }
        return looks.count < WaitingRoom.looksPerTurn
    }

    private func look() {
        looks.count += 1
        totalLooks += 1
    }

    /// Offers what there is to those who wait, as many as one turn has time for.
    private func serve() {
        hasReturns = false
        guard !isServing else { return }
        isServing = true
        var blocked: [WaitingRequest.Group: Block] = [:]
        sight += 1
        while !pending.isEmpty, !queue.isEmpty, mayLook {
            var next = pending.removeFirst()
            if !next.hasBegun { queue.beginRound(at: next.provider) }
            var elsewhere: Set<ObjectIdentifier> = []
            next.hasBegun = !serve(at: next.provider, &blocked, &elsewhere)
            for provider in elsewhere { note(provider, behind: next.provider) }
            if next.hasBegun {
                pending.append(next)
                continue
            }
            for provider in next.others { note(provider) }
            if next.isDueAgain { note(next.provider) }
        }
        isServing = false
        if queue.isEmpty { pending = [] }
        if pending.isEmpty { arm() } else { askForTurn() }
    }

    /// Offers what a provider has.
    ///
    /// - Parameter elsewhere: The providers that those go to who were passed over for that.
    /// - Returns: Whether everybody who waits there was asked.
    private func serve(
        at provider: ObjectIdentifier, _ blocked: inout [WaitingRequest.Group: Block], _ elsewhere: inout Set<ObjectIdentifier>
    ) -> Bool {
        let now = loop.now
        // The groups that go to another provider.
        var leaving: [WaitingRequest.Group: TokenNeed] = [:]
        return queue.serveOn(at: provider, while: { self.mayLook }) { request in
            // The end of those that are under way there will bring everybody's turn again.
            if now < wakes(request), let place = request.places.first(where: { ObjectIdentifier($0.provider) == provider }), place.isFull {
                return .refused
            }
            look()
            if request.plan.isFresh, now < request.plan.patience {
                if let block = blocked[request.group], request.need.isAtLeast(block.need) || block.count >= WaitingRoom.mostLookedAt {
                    wait(request, until: block.next)
                    return .refused
                }
                if let need = leaving[request.group], request.need.isAtLeast(need) { return .refused }
            }
            let wasFresh = request.plan.isFresh
            // A step that is not taken is none.
            var plan = request.plan
            let step = plan.step(
                after: nil, at: now, availability: { self.availability(of: request.candidates[$0], request, at: now) },
                context: { request.candidates[$0].model.contextLength ?? 0 })
            switch step {
            case .attempt(let place):
                let candidate = request.candidates[place]
                let taker = ObjectIdentifier(candidate.health.provider)
                guard taker == provider else {
                    if wasFresh { leaving[request.group] = request.need }
                    elsewhere.insert(taker)
                    return .refused
                }
                request.plan = plan
                // It was not ready and is tried all the same: now others wait for what comes of that.
                if candidate.seen?.sight == sight { sight += 1 }
                self.ledger.came(to: candidate, from: request.client, weight: request.weight, isHeldBack: false, request.need, at: now)
                let permit = self.ledger.begin(
                    candidate, for: request.client, request.need, wasHeldBack: request.heldBack.contains(place), at: now)
                request.settle(.granted(place, permit))
                return .taken
            case .wait(let next):
                request.plan = plan
                wait(request, until: next)
                if request.plan.isFresh { note(request, next, in: &blocked) }
                return .refused
            case .giveUp(let leftover):
                request.plan = plan
                request.settle(.refused(leftover))
                return .left
            }
        }
    }

    /// Whether a candidate may be asked. What was found to be in the way stays so while nothing else happens, also of a request that needs more.
    private func availability(of candidate: Deployment, _ request: WaitingRequest, at now: LoopInstant) -> Availability {
        if let seen = candidate.seen, seen.sight == sight, seen.client == request.client, seen.endpoint == request.endpoint,
            request.need.isAtLeast(seen.need)
        {
            return seen.state
        }
        look()
        let state = ledger.availability(of: candidate, request.endpoint, in: endpoints, for: request.client, request.need, at: now)
        if state == .ready { return state }
        let need = candidate.health.countsTokens ? request.need : .none
        candidate.seen = Deployment.Seen(sight: sight, client: request.client, endpoint: request.endpoint, need: need, state: state)
        return state
    }

    private func wait(_ request: WaitingRequest, until next: LoopInstant?) {
        request.next = next
        due = min(due, wakes(request))
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
        pending = []
        timer?.close()
        timer = nil
    }

    private func askForTurn() {
        guard !hasAskedForTurn else { return }
        hasAskedForTurn = true
        loop.queueTurn(for: self)
    }

    private func arm() {
        guard !queue.isEmpty else {
            timer?.disarm()
            return
        }
        if timer == nil { timer = try? LoopTimer(on: loop) { [unowned self] _ in serveDue() } }
        timer?.arm(at: min(due, roundDue))
    }

    /// When a request is to be looked at for certain.
    private func wakes(_ request: WaitingRequest) -> LoopInstant {
        // Behind its client's patience one may still wait for the pause before a candidate is asked again.
        guard let next = request.next else { return request.plan.patience }
        return request.plan.patience > loop.now ? min(request.plan.patience, next) : next
    }
}

extension WaitingRoom: TurnTaker {
    /// Goes on offering what there is.
    func takeTurn() {
        hasAskedForTurn = false
        serveDue()
    }
}
