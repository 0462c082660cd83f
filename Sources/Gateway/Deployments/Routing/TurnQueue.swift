internal import EventLoop

/// Lets work that is too long for one turn of the loop go on in pieces: whoever has done a piece waits here for another turn.
///
/// In each turn one of those that wait goes on, so that the pieces of many do not make one long turn together, and requests are served in between.
/// What requests to providers wait for goes before answers that are made here; it is bounded, since it is done once for each key.
final class TurnQueue {
    /// What waits for the work.
    enum Purpose {
        /// Requests that go to a provider as soon as it is done.
        case requests
        /// An answer that is made here, or nobody.
        case other
    }

    /// Who waits, the first at `first`.
    private struct Line {
        private var waiting: [UnsafeContinuation<Void, Never>] = []
        private var first = 0

        var isEmpty: Bool { waiting.isEmpty }

        mutating func append(_ continuation: UnsafeContinuation<Void, Never>) { waiting.append(continuation) }

        mutating func popFirst() -> UnsafeContinuation<Void, Never>? {
            guard first < waiting.count else { return nil }
            let continuation = waiting[first]
            first += 1
            if first == waiting.count { (waiting, first) = ([], 0) }
            return continuation
        }
    }

    private let loop: EventLoop
    private var timer: LoopTimer?
    private var urgent = Line()
    private var others = Line()
    private var isClosed = false

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Returns in a later turn of the loop; at once when the queue is closed.
    func nextTurn(for purpose: Purpose = .other) async {
        guard !isClosed else { return }
        if timer == nil { timer = try? LoopTimer(on: loop) { [unowned self] _ in letOneGoOn() } }
        // Without a timer long turns are better than none.
        guard let timer else { return }
        await withUnsafeContinuation { continuation in
            switch purpose {
            case .requests: urgent.append(continuation)
            case .other: others.append(continuation)
            }
            timer.arm(at: loop.now)
        }
    }

    /// Lets everybody go on.
    func close() {
        isClosed = true
        timer?.close()
        timer = nil
        while let continuation = urgent.popFirst() ?? others.popFirst() { continuation.resume() }
    }

    private func letOneGoOn() {
        guard let continuation = urgent.popFirst() ?? others.popFirst() else { return }
        if !urgent.isEmpty || !others.isEmpty { timer?.arm(at: loop.now) }
        continuation.resume()
    }
}
