/// Something that has more to do than one turn of the loop should take, and so continues in a later one.
public protocol TurnTaker: AnyObject {
    /// Its turn has come: sockets and timers that were ready have been served since it asked.
    func takeTurn()
    /// Whether it still has anything to do.
    var wantsTurn: Bool { get }
}

extension TurnTaker {
    /// A queued taker does, unless it says otherwise.
    public var wantsTurn: Bool { true }
}

/// The takers that wait for a turn, first come, first served; touched by the loop thread only.
struct TurnQueue {
    private var takers: [(taker: (any TurnTaker)?, turn: UInt64)] = []
    private var head = 0

    var count: Int { takers.count - head }
    var isEmpty: Bool { head == takers.count }

    /// Appends `taker`, which asks in the turn of this number.
    mutating func append(_ taker: any TurnTaker, in turn: UInt64) { takers.append((taker, turn)) }

    /// Removes the first taker, if it asked before the turn of this number.
    mutating func popFirst(askedBefore turn: UInt64) -> (any TurnTaker)? {
        guard !isEmpty, takers[head].turn != turn else { return nil }
        let taker = takers[head].taker
        takers[head].taker = nil
        head += 1
        // Removed entries are dropped once they are the larger part, so that a queue that is never empty does
        // not grow.
        if head > takers.count / 2 {
            takers.removeFirst(head)
            head = 0
        }
        return taker
    }
}
