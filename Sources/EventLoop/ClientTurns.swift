/// One client's share of the loop's turns: in a turn that is long some of its work is done and the rest is put off, so that nobody waits for all that another
/// one asks for at once. Those with work that was put off come one after the other.
///
/// Confined to the loop's thread.
public final class ClientTurns {
    /// Pieces of work that are done in each turn, however long it is: a client that asks for some things at once waits for no turn.
    private static let direct = 8
    /// Pieces of work that was put off, done when the client's turn has come: a millisecond or two, so that the look at the sockets, which comes between one
    /// client's turn and the next, is lost beside them.
    private static let atOnce = 16

    /// Most of it that is looked at, where it has nothing left to do: far more than can come in a turn, so that what has gone piles up nowhere.
    private static let mostLooks = 1024

    /// Work that was put off.
    private var waiting = TurnQueue()
    private var isQueued = false
    /// The turn of the loop in which work was done, and how much.
    private var turn = UInt64.max
    private var done = 0

    /// Makes the turns of a client that has asked for nothing.
    public init() {}

    /// Whether a piece of work may be done in this turn, and counts it; otherwise it is to be put off.
    public func mayGoOn(on loop: EventLoop) -> Bool {
        if turn != loop.turnNumber { (turn, done) = (loop.turnNumber, 0) }
        done += 1
        return waiting.isEmpty && (done <= ClientTurns.direct || !loop.turnIsLong)
    }

    /// Calls `taker` in a later turn, behind the client's own work that was put off before.
    public func putOff(_ taker: any TurnTaker, on loop: EventLoop) {
        waiting.append(taker, in: loop.turnNumber)
        queue(on: loop)
    }

    private func queue(on loop: EventLoop) {
        guard !isQueued else { return }
        isQueued = true
        loop.queueTurn(for: ClientTurn(self, loop))
    }

    /// A turn that a client has asked for; keeps what it needs until then.
    private final class ClientTurn: TurnTaker {
        private let client: ClientTurns
        private let loop: EventLoop

        init(_ client: ClientTurns, _ loop: EventLoop) { (self.client, self.loop) = (client, loop) }

        func takeTurn() {
            client.isQueued = false
            var (left, looks) = (ClientTurns.atOnce, ClientTurns.mostLooks)
            while left > 0, looks > 0, let taker = client.waiting.popFirst(askedBefore: .max) {
                looks -= 1
                guard taker.wantsTurn else { continue }
                taker.takeTurn()
                left -= 1
            }
            if !client.waiting.isEmpty { client.queue(on: loop) }
        }
    }
}
