/// Who has more to do than one turn of the loop should take, and so goes on in a later one.
public protocol TurnTaker: AnyObject {
    /// Its turn has come: the sockets and timers that were ready have had theirs since it asked.
    func takeTurn()
    /// Whether it still has anything to do.
    var wantsTurn: Bool { get }
}

extension TurnTaker {
    /// As long as it is queued it has.
    public var wantsTurn: Bool { true }
}

/// Those who wait for a turn, first come, first served; touched by the loop thread only.
struct TurnQueue {
    private var takers: [(taker: (any TurnTaker)?, turn: UInt64)] = []
    private var head = 0

    var count: Int { takers.count - head }
    var isEmpty: Bool { head == takers.count }

    /// Puts `taker`, which asks in the turn of this number, behind the others.
    mutating func append(_ taker: any TurnTaker, in turn: UInt64) { takers.append((taker, turn)) }

    /// Takes out who asked first, if that was before the turn of this number.
    mutating func popFirst(askedBefore turn: UInt64) -> (any TurnTaker)? {
        guard !isEmpty, takers[head].turn != turn else { return nil }
        let taker = takers[head].taker
        takers[head].taker = nil
        head += 1
        // What was taken is dropped once it is the larger part, so that a queue that is never empty does not grow.
        if head > takers.count / 2 {
            takers.removeFirst(head)
            head = 0
        }
        return taker
    }
}
