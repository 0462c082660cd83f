internal import EventLoop
internal import HTTPServer

/// A request that waits for capacity.
final class WaitingRequest: HTTPExchangeObserver {
    /// How the wait ended.
    enum Result {
        /// The candidate at this place may be tried; the right to it is taken.
        case granted(Int, AttemptPermit)
        /// Nothing came in time, or nothing will.
        case refused(AttemptPlan.Leftover)
        /// Too many wait, and most of them for the same key.
        case crowdedOut
        /// The client left.
        case clientGone
        /// The gateway ends.
        case cut
    }

    /// Those that wait for the same: when one of them can't go on, none can that needs as many tokens or more. The same candidates in the same order for
    /// the same endpoint, and the same client, who may have rests of its own.
    struct Group: Hashable {
        let candidates: [ObjectIdentifier]
        let endpoint: Endpoint
        let client: ClientTag

        func hash(into hasher: inout Hasher) {
            // The rest tells apart what few lists have in common.
            hasher.combine(candidates.first)
            hasher.combine(candidates.count)
            hasher.combine(endpoint)
            hasher.combine(client)
        }
    }

    let candidates: [Deployment]
    let need: TokenNeed
    let endpoint: Endpoint
    let client: ClientTag
    /// The weight of its key.
    let weight: Int
    /// The candidates at which it was noted that it is held back.
    let heldBack: CandidateSet
    let group: Group
    /// A provider of candidates.
    struct Place {
        /// What is known of its health, which a reload does not change.
        let provider: HealthNode
        /// The same of those of its keys that the candidates have.
        var keys: [HealthNode]

        /// Whether it has no room for anybody: as many requests are under way as may be, of all its keys or of each.
        var isFull: Bool { provider.isFull || keys.allSatisfy(\.isFull) }
    }

    /// Whose candidates it waits for, each provider once.
    let places: [Place]
    var plan: AttemptPlan
    /// When there is something for it for certain.
    var next: LoopInstant?
    private let exchange: HTTPExchange
    private unowned let room: WaitingRoom
    private var result: Result?
    private var waiter: UnsafeContinuation<Void, Never>?

    init(
        _ candidates: [Deployment], plan: AttemptPlan, _ need: TokenNeed, _ endpoint: Endpoint, for client: ClientTag, weight: Int,
        heldBack: CandidateSet, exchange: HTTPExchange, room: WaitingRoom
    ) {
        self.candidates = candidates
        self.plan = plan
        self.need = need
        self.endpoint = endpoint
        self.client = client
        self.weight = weight
        self.heldBack = heldBack
        self.exchange = exchange
        self.room = room
        var places: [Place] = []
        for candidate in candidates.prefix(CandidateSet.capacity) {
            let health = candidate.health
            guard let known = places.firstIndex(where: { $0.provider === health.provider }) else {
                places.append(Place(provider: health.provider, keys: [health.key]))
                continue
            }
            if !places[known].keys.contains(where: { $0 === health.key }) { places[known].keys.append(health.key) }
        }
        self.places = places
        group = Group(candidates: candidates.prefix(CandidateSet.capacity).map(ObjectIdentifier.init), endpoint: endpoint, client: client)
    }

    /// Waits until the request is granted an attempt, refused, or alone.
    func wait() async -> Result {
        exchange.observer = self
        if result == nil { await withUnsafeContinuation { waiter = $0 } }
        exchange.observer = nil
        return result ?? .clientGone
    }

    /// Ends the wait; the request's task goes on when the current callback ends.
    func settle(_ result: Result) {
        guard self.result == nil else { return }
        self.result = result
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }

    func exchangeDidDrain() {}

    func exchangeDidLoseClient() {
        room.leave(self)
        settle(.clientGone)
    }

    func exchangeMustEnd() {
        room.leave(self)
        settle(.cut)
    }
}
