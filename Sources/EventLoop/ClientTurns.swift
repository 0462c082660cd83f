/// One client's share of the loop's turns: in a long turn, some of its work is done and the rest is deferred,
/// so that no client waits for everything another one asks for at once. Clients with deferred work take turns.
///
/// Confined to the loop's thread.
public final class ClientTurns {
    /// Pieces of work that are done in each turn, however long it is: a client that asks for a few things at
    /// once never has to wait.
    private static let direct = 8
    /// Pieces of deferred work that are done when the client's turn has come: a millisecond or two, next to
    /// which the cost of polling the sockets between two clients' turns is negligible.
    private static let atOnce = 16

    /// The most pieces that are examined if none has anything left to do: far more than can come in one turn,
    /// so that finished ones do not pile up.
    private static let mostLooks = 1024

    /// Deferred work.
    private var waiting = TurnQueue()
    private var isQueued = false
    /// The turn of the loop in which work was last done, and how much.
    private var turn = UInt64.max
    private var done = 0

    /// Makes the turns of a client that has not asked for anything.
    public init() {}

    /// Whether a piece of work may be done in this turn, which is then counted; otherwise it must be deferred.
    public func mayGoOn(on loop: EventLoop) -> Bool {
        if turn != loop.turnNumber { (turn, done) = (loop.turnNumber, 0) }
        done += 1
        return waiting.isEmpty && (done <= ClientTurns.direct || !loop.turnIsLong)
    }

    /// Calls `taker` in a later turn, after the client's own earlier deferred work.
    public func putOff(_ taker: any TurnTaker, on loop: EventLoop) {
        waiting.append(taker, in: loop.turnNumber)
        queue(on: loop)
    }

    private func queue(on loop: EventLoop) {
        guard !isQueued else { return }
        isQueued = true
        loop.queueTurn(for: ClientTurn(self, loop))
    }

    /// A turn that a client has asked for; it keeps what it needs until then.
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
