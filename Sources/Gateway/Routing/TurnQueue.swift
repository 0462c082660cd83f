internal import EventLoop

/// Lets work that is too long for one turn of the loop go on in pieces: whoever has done a piece waits here for another turn.
///
/// In each turn one of those that wait goes on, so that the pieces of many do not make one long turn together, and requests are served in between.
final class TurnQueue {
    private let loop: EventLoop
    private var timer: LoopTimer?
    private var waiting: [UnsafeContinuation<Void, Never>] = []
    /// The place in `waiting` of the one who waits for longest.
    private var first = 0
    private var isClosed = false

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Returns in a later turn of the loop; at once when the queue is closed.
    func nextTurn() async {
        guard !isClosed else { return }
        if timer == nil { timer = try? LoopTimer(on: loop) { [unowned self] _ in letOneGoOn() } }
        // Without a timer long turns are better than none.
        guard let timer else { return }
        await withUnsafeContinuation { continuation in
            waiting.append(continuation)
            timer.arm(at: loop.now)
        }
    }

    /// Lets everybody go on.
    func close() {
        isClosed = true
        timer?.close()
        timer = nil
        let all = waiting[first...]
        (waiting, first) = ([], 0)
        for continuation in all { continuation.resume() }
    }

    private func letOneGoOn() {
        guard first < waiting.count else { return }
        let continuation = waiting[first]
        first += 1
        if first == waiting.count {
            (waiting, first) = ([], 0)
        } else {
            timer?.arm(at: loop.now)
        }
        continuation.resume()
    }
}
