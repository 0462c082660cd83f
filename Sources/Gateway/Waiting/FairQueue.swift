/// Who waits, in the order of their coming for each key, and the keys in turn: one with many requests does not keep the others waiting.
struct FairQueue<Element: AnyObject> {
    private struct Lane {
        let key: String
        var elements: [Element]
    }

    private var lanes: [Lane] = []
    /// The lane whose turn it is.
    private var turn = 0
    /// How many wait.
    private(set) var count = 0

    init() {}

    /// Whether nobody waits.
    var isEmpty: Bool { count == 0 }

    /// Adds to the end of a key's lane.
    mutating func append(_ element: Element, key: String) {
        count += 1
        if let lane = lanes.firstIndex(where: { $0.key == key }) {
            lanes[lane].elements.append(element)
        } else {
            // Behind the lane whose turn it is: a new key waits its turn.
            lanes.insert(Lane(key: key, elements: [element]), at: turn)
            turn = (turn + 1) % lanes.count
        }
    }

    /// Makes room for one more of a key, where another key has at least two more waiting: the last of the longest lane has to go.
    ///
    /// - Returns: Who was removed; `nil` when nobody waits at the newcomer's expense.
    mutating func makeRoom(for key: String) -> Element? {
        let own = lanes.first { $0.key == key }?.elements.count ?? 0
        guard let longest = lanes.indices.max(by: { lanes[$0].elements.count < lanes[$1].elements.count }),
            lanes[longest].elements.count >= own + 2
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

    /// Offers what there is: from the lane whose turn it is the first that takes it, then from the next lane, until a whole round takes nothing.
    ///
    /// - Parameter take: Whether an element takes what there is, and so leaves the queue.
    mutating func serve(_ take: (Element) -> Bool) {
        var without = 0
        while !lanes.isEmpty, without < lanes.count {
            if turn >= lanes.count { turn = 0 }
            guard let place = lanes[turn].elements.firstIndex(where: take) else {
                without += 1
                turn += 1
                continue
            }
            without = 0
            lanes[turn].elements.remove(at: place)
            count -= 1
            if lanes[turn].elements.isEmpty { lanes.remove(at: turn) } else { turn += 1 }
        }
        if turn >= lanes.count { turn = 0 }
    }

    /// Removes everybody.
    mutating func removeAll() -> [Element] {
        defer { (lanes, turn, count) = ([], 0, 0) }
        return lanes.flatMap(\.elements)
    }

    /// Calls `body` with each.
    func forEach(_ body: (Element) -> Void) {
        for lane in lanes { for element in lane.elements { body(element) } }
    }

    private mutating func dropIfEmpty(_ lane: Int) {
        guard lanes[lane].elements.isEmpty else { return }
        lanes.remove(at: lane)
        if turn > lane { turn -= 1 }
        if turn >= lanes.count { turn = 0 }
    }
}
