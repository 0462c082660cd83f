/// Who waits, in the order of their coming for each key, and the keys by their weights: of what comes free at a server a key of weight 3 gets three times
/// as much as one of weight 1, as long as both wait for that server, and one with many requests does not keep the others waiting.
///
/// The order is that of WF²Q+ (Bennett and Zhang, Hierarchical Packet Fair Queueing Algorithms, SIGCOMM 1996) with requests of size 1. A lane's next
/// request starts at a virtual time and is finished a unit divided by the weight later. Of the requests that would have started by now in a world
/// where all lanes are served at once, each at its rate, the one that is finished first comes next. So no lane is ever a whole request ahead of
/// its share or behind it. A lane that was empty starts now, not when it was empty: who does not wait earns nothing.
///
/// Each server has a virtual time of its own, since a request may wait for several: what a key gets at one is not held against it at another, where it
/// competes with other keys.
struct FairQueue<Element: AnyObject, Server: Hashable> {
    /// What became of an offer.
    enum Answer {
        /// It is nothing for this one, which goes on waiting.
        case refused
        /// The server took it.
        case taken
        /// The wait is over without anything having been taken.
        case left
    }

    private struct Entry {
        let element: Element
        /// The places of the servers it waits for.
        let servers: [Int]
        /// The last round of each of them in which it refused what there was.
        var refusedRounds: [Int]
    }

    /// A lane's turn at a server.
    private struct Turn {
        /// The virtual time at which the next request starts.
        var start: Int64
        /// Of two that are finished at the same time the one that waits longer comes first.
        var order: Int
        /// How many of the lane wait for the server.
        var count = 0
        /// The last round of the server in which nobody took what there was.
        var passedRound = 0
    }

    private struct Lane {
        let key: String
        var weight: Int
        var entries: [Entry] = []
        /// By the places of the servers.
        var turns: [Turn]

        var stride: Int64 { unit / Int64(weight) }
        func finish(at server: Int) -> Int64 { turns[server].start + stride }
    }

    private struct Clock {
        let server: Server
        /// The virtual time: what each lane of weight 1 would have got by now.
        var time: Int64 = 0
        /// When the next request of a lane may start that is gone but had more than its share.
        var debts: [String: Int64] = [:]
        /// Counts the rounds in which everybody is asked once.
        var round = 0
    }

    /// One request at weight 1. 2³² leaves 2³¹ requests until the time runs over, and it begins anew whenever nobody waits.
    private static var unit: Int64 { 1 << 32 }
    /// How many requests a lane may be behind that was passed over because there was nothing for it.
    private static var mostBehind: Int64 { 2 }

    private var lanes: [Lane] = []
    private var clocks: [Clock] = []
    private var nextOrder = 0
    /// How many wait.
    private(set) var count = 0

    init() {}

    /// Whether nobody waits.
    var isEmpty: Bool { count == 0 }

    /// Adds to the end of a key's lane.
    ///
    /// - Parameters:
    ///   - weight: The key's weight from now on, at least 1.
    ///   - servers: Those it waits for, each once.
    mutating func append(_ element: Element, key: String, weight: Int = 1, at servers: [Server]) {
        count += 1
        let places = servers.map { place(of: $0) }
        let lane = lane(of: key, weight)
        lanes[lane].weight = weight
        lanes[lane].entries.append(Entry(element: element, servers: places, refusedRounds: places.map { _ in 0 }))
        for place in places {
            // Who did not wait there starts now.
            if lanes[lane].turns[place].count == 0 { lanes[lane].turns[place].start = max(lanes[lane].turns[place].start, clocks[place].time) }
            lanes[lane].turns[place].count += 1
        }
    }

    private mutating func place(of server: Server) -> Int {
        if let known = clocks.firstIndex(where: { $0.server == server }) { return known }
        clocks.append(Clock(server: server))
        for lane in lanes.indices { lanes[lane].turns.append(Turn(start: 0, order: drawOrder())) }
        return clocks.count - 1
    }

    private mutating func lane(of key: String, _ weight: Int) -> Int {
        if let known = lanes.firstIndex(where: { $0.key == key }) { return known }
        let order = drawOrder()
        let turns = clocks.indices.map { place in
            Turn(start: max(clocks[place].time, clocks[place].debts.removeValue(forKey: key) ?? 0), order: order)
        }
        lanes.append(Lane(key: key, weight: weight, turns: turns))
        return lanes.count - 1
    }

    /// Makes room for one more of a key, at the cost of the key that has most waiting for its weight, where that is still no worse off afterwards.
    ///
    /// - Returns: Who was removed, the last of that key; `nil` when nobody waits at the newcomer's expense.
    mutating func makeRoom(for key: String, weight: Int = 1) -> Element? {
        let own = lanes.first { $0.key == key }?.entries.count ?? 0
        let longest = lanes.indices.max { lanes[$0].entries.count * lanes[$1].weight < lanes[$1].entries.count * lanes[$0].weight }
        guard let longest, lanes[longest].entries.count > 1, (lanes[longest].entries.count - 1) * weight >= (own + 1) * lanes[longest].weight
        else { return nil }
        return take(lanes[longest].entries.count - 1, from: longest)
    }

    /// Removes one that does not wait any more.
    mutating func remove(_ element: Element) {
        for lane in lanes.indices {
            guard let place = lanes[lane].entries.firstIndex(where: { $0.element === element }) else { continue }
            take(place, from: lane)
            return dropIfEmpty(lane)
        }
    }

    /// Offers what a server has, or each of them: from the lane whose turn it is the first that takes it, then from the next lane, until nobody takes
    /// anything. A lane in which nobody took anything is not asked again.
    ///
    /// - Parameter offer: Offers one that waits for a server what that server has, and nothing of another's: whose turn it is there is for the other's own
    ///   time to say.
    mutating func serve(at server: Server? = nil, _ offer: (Element, Server) -> Answer) {
        // More servers can't come while those that wait are asked.
        for known in servers where server == nil || known == server {
            beginRound(at: known)
            _ = serveOn(at: known, while: { true }) { offer($0, known) }
        }
    }

    /// Those that anybody waits for.
    var servers: [Server] { clocks.map(\.server) }

    /// Whether anybody has waited for a server lately.
    func knows(_ server: Server) -> Bool { clocks.contains { $0.server == server } }

    /// Begins a round: everybody is asked once more what a server has.
    mutating func beginRound(at server: Server) {
        guard let place = clocks.firstIndex(where: { $0.server == server }) else { return }
        clocks[place].round += 1
    }

    /// Goes on with the round of a server, with those that were not asked in it.
    ///
    /// - Parameters:
    ///   - goesOn: Whether one more may be asked now.
    ///   - offer: Offers one that waits for the server what it has, and nothing of another's: whose turn it is there is for the other's own time to say.
    /// - Returns: Whether the round is over.
    mutating func serveOn(at server: Server, while goesOn: () -> Bool, _ offer: (Element) -> Answer) -> Bool {
        guard let server = clocks.firstIndex(where: { $0.server == server }) else { return true }
        let round = clocks[server].round
        while let lane = nextLane(at: server) {
            var answer = Answer.refused
            var place = 0
            while place < lanes[lane].entries.count {
                defer { place += 1 }
                guard let own = lanes[lane].entries[place].servers.firstIndex(of: server),
                    lanes[lane].entries[place].refusedRounds[own] != round
                else { continue }
                guard goesOn() else { return false }
                answer = offer(lanes[lane].entries[place].element)
                guard case .refused = answer else { break }
                lanes[lane].entries[place].refusedRounds[own] = round
            }
            guard case .refused = answer else {
                take(place - 1, from: lane)
                if case .taken = answer { charge(lane, at: server) }
                dropIfEmpty(lane)
                // Nobody waits any more, and so nobody is waited for.
                if clocks.isEmpty { return true }
                continue
            }
            lanes[lane].turns[server].passedRound = round
        }
        return true
    }

    /// Removes the first of the lane whose turn it is at a server.
    mutating func popFirst(at server: Server) -> Element? {
        beginRound(at: server)
        guard let place = clocks.firstIndex(where: { $0.server == server }), let lane = nextLane(at: place),
            let first = lanes[lane].entries.firstIndex(where: { $0.servers.contains(place) })
        else { return nil }
        let element = take(first, from: lane)
        charge(lane, at: place)
        dropIfEmpty(lane)
        return element
    }

    /// Removes everybody.
    mutating func removeAll() -> [Element] {
        defer { self = FairQueue() }
        return lanes.flatMap { $0.entries.map(\.element) }
    }

    /// Calls `body` with each.
    func forEach(_ body: (Element) -> Void) {
        for lane in lanes { for entry in lane.entries { body(entry.element) } }
    }

    @discardableResult
    private mutating func take(_ place: Int, from lane: Int) -> Element {
        let entry = lanes[lane].entries.remove(at: place)
        for server in entry.servers { lanes[lane].turns[server].count -= 1 }
        count -= 1
        return entry.element
    }

    /// The lane whose turn it is at a server, of those that are still to be asked in this round.
    private func nextLane(at server: Int) -> Int? {
        let time = clocks[server].time
        var best: Int?
        for lane in lanes.indices where isAsked(lane, at: server) {
            guard let known = best else {
                best = lane
                continue
            }
            let (left, right) = (lanes[lane].turns[server], lanes[known].turns[server])
            let (leftMayStart, rightMayStart) = (left.start <= time, right.start <= time)
            if leftMayStart != rightMayStart {
                if leftMayStart { best = lane }
            } else if leftMayStart
                ? (lanes[lane].finish(at: server), left.order) < (lanes[known].finish(at: server), right.order)
                : (left.start, left.order) < (right.start, right.order)
            {
                best = lane
            }
        }
        return best
    }

    private func isAsked(_ lane: Int, at server: Int) -> Bool {
        lanes[lane].turns[server].passedRound != clocks[server].round && lanes[lane].turns[server].count > 0
    }

    /// Counts a request of a lane's, which is no longer in it, that a server took.
    private mutating func charge(_ lane: Int, at server: Int) {
        // The lane itself counts, also when that was its last.
        var weights = Int64(lanes[lane].weight)
        for other in lanes.indices where other != lane && isAsked(other, at: server) { weights += Int64(lanes[other].weight) }
        let stride = lanes[lane].stride
        var (time, start) = (clocks[server].time, lanes[lane].turns[server].start)
        // Where nobody was to start yet, the time has come of the one who did.
        time = max(time, start)
        // Rounded up, or the next to start would seem to come too early by the last bit.
        time += (FairQueue.unit + weights - 1) / weights
        start = max(start, time - FairQueue.mostBehind * stride) + stride
        clocks[server].time = time
        lanes[lane].turns[server].start = start
        lanes[lane].turns[server].order = drawOrder()
    }

    private mutating func drawOrder() -> Int {
        nextOrder += 1
        return nextOrder
    }

    private mutating func dropIfEmpty(_ lane: Int) {
        guard lanes[lane].entries.isEmpty else { return }
        let gone = lanes.remove(at: lane)
        guard !lanes.isEmpty else {
            clocks = []
            return
        }
        for server in clocks.indices {
            if gone.turns[server].start > clocks[server].time { clocks[server].debts[gone.key] = gone.turns[server].start }
            // Each debt is over when all lanes together have got one more request for each unit of weight; what is over is forgotten in time.
            if clocks[server].debts.count > 2 * lanes.count + 64 {
                let time = clocks[server].time
                clocks[server].debts = clocks[server].debts.filter { $0.value > time }
            }
        }
    }
}
