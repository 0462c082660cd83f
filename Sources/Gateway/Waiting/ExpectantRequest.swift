internal import EventLoop
internal import HTTPServer

/// A request that waits for what a list of models may bring.
final class ExpectantRequest: HTTPExchangeObserver {
    /// How the wait ended.
    enum Result {
        /// There are other models, or no more are waited for, or its time is up.
        case told
        /// There was no room to wait.
        case noRoom
        /// The room was needed for clients that have fewer in it.
        case crowdedOut
        /// The client left.
        case clientGone
        /// The gateway ends.
        case cut
    }

    /// When it is told in any case.
    let limit: LoopInstant
    private let exchange: HTTPExchange
    private unowned let room: ExpectantRequests
    private var result: Result?
    private var waiter: UnsafeContinuation<Void, Never>?

    init(_ exchange: HTTPExchange, until limit: LoopInstant, room: ExpectantRequests) {
        self.exchange = exchange
        self.limit = limit
        self.room = room
    }

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
        waiter?.resume()
        waiter = nil
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
