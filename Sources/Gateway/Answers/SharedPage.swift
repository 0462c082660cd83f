internal import EventLoop
internal import Wire

/// A page that is the same for many: one is written at a time, for all who asked before it was begun.
final class SharedPage {
    /// Who waits for the next one.
    private final class Waiter {
        var continuation: UnsafeContinuation<Void, Never>?
        /// What came of it; `nil` for who is to write it, for himself and the others.
        var result: Result<PageBody, GatewayError>?
    }

    private var isBeingWritten = false
    private var waiting: [Waiter] = []
    /// Those for whom the page is written that is being written.
    private var served: [Waiter] = []

    /// Waits for the page as it is after this call; `nil` where it is the caller who writes it, and calls `finish` with what came of it.
    func next() async -> Result<PageBody, GatewayError>? {
        if isBeingWritten {
            let waiter = Waiter()
            waiting.append(waiter)
            await withUnsafeContinuation { waiter.continuation = $0 }
            if let result = waiter.result { return result }
        }
        isBeingWritten = true
        served = waiting
        waiting = []
        return nil
    }

    /// Hands the page to all who asked before it was begun, and has the next one begun where others did.
    func finish(_ result: Result<PageBody, GatewayError>) {
        for waiter in served {
            waiter.result = result
            waiter.continuation?.resume()
        }
        served = []
        if waiting.isEmpty {
            isBeingWritten = false
        } else {
            waiting.removeFirst().continuation?.resume()
        }
    }
}
