internal import EventLoop
internal import HTTPServer

/// The moment between the end of a client's own time and the word that it was too long.
///
/// A client that names its patience raises its own time-out when it is over; an error of ours a moment before would be another exception than its user
/// catches. So the error waits for the client to leave, and goes out only to one that does not.
final class LatePause: HTTPExchangeObserver {
    /// How the pause ended.
    enum Result {
        /// The client is still there.
        case over
        /// It left.
        case clientGone
        /// The gateway ends.
        case cut
    }

    private var timer: LoopTimer?
    private var result: Result?
    private var waiter: UnsafeContinuation<Void, Never>?

    private init() {}

    /// Waits until `end`, or until nobody waits any more.
    static func wait(until end: LoopInstant, _ exchange: HTTPExchange, on loop: EventLoop) async -> Result {
        if exchange.hasLostClient { return .clientGone }
        let pause = LatePause()
        exchange.observer = pause
        pause.timer = try? LoopTimer(on: loop) { [unowned pause] _ in pause.settle(.over) }
        pause.timer?.arm(at: end)
        if pause.timer != nil, pause.result == nil { await withUnsafeContinuation { pause.waiter = $0 } }
        exchange.observer = nil
        pause.timer?.close()
        pause.timer = nil
        return pause.result ?? .over
    }

    private func settle(_ result: Result) {
        guard self.result == nil else { return }
        self.result = result
        waiter?.resume()
        waiter = nil
    }

    func exchangeDidDrain() {}

    func exchangeDidLoseClient() { settle(.clientGone) }

    func exchangeMustEnd() { settle(.cut) }
}

extension GatewayError {
    /// Whether it says no more than that it took too long.
    var isTooLate: Bool { status == 504 && code == "upstream_timeout" }
}
