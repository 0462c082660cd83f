internal import EventLoop

/// Where what takes milliseconds is done, such as the writing of long answers: on a thread of the pool, one piece at a time for all of them, so that they
/// leave the other threads and the other processors to those who wait for something shorter. The clients take turns.
final class AnswerLane {
    private let loop: EventLoop
    private var isBusy = false
    private var waiting = LaneQueue<ClientTag, UnsafeContinuation<Void, Never>>()

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Does a piece of work, which takes milliseconds, when those are done that were there before, one of each client.
    func run<Result: Sendable>(for client: ClientTag = .everybody, _ work: @escaping @Sendable () -> Result) async -> Result {
        await begin(for: client)
        let result = await LoopWork.run(on: loop, work)
        end()
        return result
    }

    /// Returns when it is a client's turn; `end()` lets the next one go on.
    func begin(for client: ClientTag) async {
        // Whoever ends hands the lane on, so that nobody who comes meanwhile goes before those who wait.
        if isBusy { await withUnsafeContinuation { waiting.append($0, to: client) } }
        isBusy = true
    }

    /// Hands the lane on.
    func end() {
        if let next = waiting.popFirst(where: { _ in true }) { next.element.resume() } else { isBusy = false }
    }
}
