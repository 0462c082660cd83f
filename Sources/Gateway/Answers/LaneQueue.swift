/// Who waits, in the order of their coming for each lane, and the lanes in turn: one with many who wait does not keep the others waiting.
struct LaneQueue<Lane: Hashable, Element> {
    /// What waits in one lane, the first at `first`.
    private struct Waiting {
        var elements: [Element] = []
        var first = 0
    }

    private var lanes: [Lane: Waiting] = [:]
    /// The lanes in which something waits, the one whose turn it is first.
    private var order: [Lane] = []

    /// Adds to the end of a lane.
    mutating func append(_ element: Element, to lane: Lane) {
        if lanes[lane] == nil { order.append(lane) }
        lanes[lane, default: Waiting()].elements.append(element)
    }

    /// Takes the first of the first lane that `isFree` is true of; that lane comes last then.
    mutating func popFirst(where isFree: (Lane) -> Bool) -> (lane: Lane, element: Element)? {
        guard let place = order.firstIndex(where: isFree) else { return nil }
        let lane = order.remove(at: place)
        guard var waiting = lanes.removeValue(forKey: lane) else { return nil }
        let element = waiting.elements[waiting.first]
        waiting.first += 1
        guard waiting.first < waiting.elements.count else { return (lane, element) }
        if waiting.first > 64, waiting.first * 2 > waiting.elements.count {
            waiting.elements.removeFirst(waiting.first)
            waiting.first = 0
        }
        lanes[lane] = waiting
        order.append(lane)
        return (lane, element)
    }
}
