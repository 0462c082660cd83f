/// Who waits, in the order of their coming for each key, and the keys by their weights: of what comes free a key of weight 3 gets three times as
/// much as one of weight 1, as long as both wait, and one with many requests does not keep the others waiting.
///
/// The order is that of WF²Q+ (Bennett and Zhang, Hierarchical Packet Fair Queueing Algorithms, SIGCOMM 1996) with requests of size 1. A lane's next
/// request starts at a virtual time and is finished a unit divided by the weight later. Of the requests that would have started by now in a world
/// where all lanes are served at once, each at its rate, the one that is finished first comes next. So no lane is ever a whole request ahead of
/// its share or behind it. A lane that was empty starts now, not when it was empty: who does not wait earns nothing.
struct FairQueue<Element: AnyObject> {
    /// What became of an offer.
    enum Answer {
        /// It is nothing for this one, which goes on waiting.
        case refused
        /// It was taken.
        case taken
        /// The wait is over without anything having been taken.
        case left
    }

    private struct Lane {
        let key: String
        var weight: Int
        var elements: [Element]
        /// The virtual time at which the next request starts.
        var start: Int64
        /// Of two that are finished at the same time the one that waits longer comes first.
        var order: Int
        /// The last round in which nobody took what there was.
        var passedRound = 0

        var stride: Int64 { unit / Int64(weight) }
        var finish: Int64 { start + stride }
    }

    /// One request at weight 1. 2³² leaves 2³¹ requests until the time runs over, and it begins anew whenever nobody waits.
    private static var unit: Int64 { 1 << 32 }
    /// How many requests a lane may be behind that was passed over because there was nothing for it.
    private static var mostBehind: Int64 { 2 }

    private var lanes: [Lane] = []
    /// The virtual time: what each lane of weight 1 would have got by now.
    private var time: Int64 = 0
    /// When the next request of a lane may start that is gone but had more than its share.
    private var debts: [String: Int64] = [:]
    private var round = 0
    private var nextOrder = 0
    /// How many wait.
    private(set) var count = 0

    init() {}

    /// Whether nobody waits.
    var isEmpty: Bool { count == 0 }

    /// Adds to the end of a key's lane.
    ///
    /// - Parameter weight: The key's weight from now on, at least 1.
    mutating func append(_ element: Element, key: String, weight: Int = 1) {
        count += 1
        if let lane = lanes.firstIndex(where: { $0.key == key }) {
            lanes[lane].elements.append(element)
            lanes[lane].weight = weight
        } else {
            let start = max(time, debts.removeValue(forKey: key) ?? time)
            lanes.append(Lane(key: key, weight: weight, elements: [element], start: start, order: drawOrder()))
        }
    }

    /// Makes room for one more of a key, at the cost of the key that has most waiting for its weight, where that is still no worse off afterwards.
    ///
    /// - Returns: Who was removed, the last of that key; `nil` when nobody waits at the newcomer's expense.
    mutating func makeRoom(for key: String, weight: Int = 1) -> Element? {
        let own = lanes.first { $0.key == key }?.elements.count ?? 0
        let longest = lanes.indices.max { lanes[$0].elements.count * lanes[$1].weight < lanes[$1].elements.count * lanes[$0].weight }
        guard let longest, lanes[longest].elements.count > 1, (lanes[longest].elements.count - 1) * weight >= (own + 1) * lanes[longest].weight
        else { return nil }
        count -= 1
        return lanes[longest].elements.removeLast()
    }

    /// Removes one that does not wait any more.
    mutating func remove(_ element: Element) {
        for lane in lanes.indices {
            guard let place = lanes[lane].elements.firstIndex(where: { $0 === element }) else { continue }
            lanes[lane].elements.remove(at: place)
            count -= 1
            dropIfEmpty(lane)
            return
        }
    }

    /// Offers what there is: from the lane whose turn it is the first that takes it, then from the next lane, until nobody takes anything. A lane in
    /// which nobody took anything is not asked again.
    mutating func serve(_ offer: (Element) -> Answer) {
        round += 1
        while let lane = nextLane() {
            var answer = Answer.refused
            let place = lanes[lane].elements.firstIndex { element in
                answer = offer(element)
                return answer != .refused
            }
            guard let place else {
                lanes[lane].passedRound = round
                continue
            }
            lanes[lane].elements.remove(at: place)
            count -= 1
            if answer == .taken { charge(lane) }
            dropIfEmpty(lane)
        }
    }

    /// Removes the first of the lane whose turn it is.
    mutating func popFirst() -> Element? {
        round += 1
        guard let lane = nextLane() else { return nil }
        let element = lanes[lane].elements.removeFirst()
        count -= 1
        charge(lane)
        dropIfEmpty(lane)
        return element
    }

    /// Removes everybody.
    mutating func removeAll() -> [Element] {
        defer { self = FairQueue() }
        return lanes.flatMap(\.elements)
    }

    /// Calls `body` with each.
    func forEach(_ body: (Element) -> Void) {
        for lane in lanes { for element in lane.elements { body(element) } }
    }

    /// The lane whose turn it is, of those that are still to be asked in this round.
    private func nextLane() -> Int? {
        var best: Int?
        for lane in lanes.indices where lanes[lane].passedRound != round {
            guard let known = best else {
                best = lane
                continue
            }
            let (left, right) = (lanes[lane], lanes[known])
            let (leftMayStart, rightMayStart) = (left.start <= time, right.start <= time)
            if leftMayStart != rightMayStart {
                if leftMayStart { best = lane }
            } else if leftMayStart ? (left.finish, left.order) < (right.finish, right.order) : (left.start, left.order) < (right.start, right.order) {
                best = lane
            }
        }
        return best
    }

    /// Counts a request that was served.
    private mutating func charge(_ lane: Int) {
        var weights: Int64 = 0
        for other in lanes where other.passedRound != round { weights += Int64(other.weight) }
        let stride = lanes[lane].stride
        // Where nobody was to start yet, the time has come of the one who did.
        time = max(time, lanes[lane].start)
        // Rounded up, or the next to start would seem to come too early by the last bit.
        time += (FairQueue.unit + weights - 1) / weights
        lanes[lane].start = max(lanes[lane].start, time - FairQueue.mostBehind * stride) + stride
        lanes[lane].order = drawOrder()
    }

    private mutating func drawOrder() -> Int {
        nextOrder += 1
        return nextOrder
    }

    private mutating func dropIfEmpty(_ lane: Int) {
        guard lanes[lane].elements.isEmpty else { return }
        let gone = lanes.remove(at: lane)
        guard !lanes.isEmpty else {
            (time, debts) = (0, [:])
            return
        }
        if gone.start > time { debts[gone.key] = gone.start }
        // Each debt is over when all lanes together have got one more request for each unit of weight; what is over is forgotten in time.
        if debts.count > 2 * lanes.count + 64 { debts = debts.filter { $0.value > time } }
    }
}
