internal import EventLoop

/// Where long answers are written: on a thread of the pool, one piece at a time for all of them, so that they leave the other threads and the other
/// processors to those who wait for something shorter. The answers take turns.
final class AnswerLane {
    private let loop: EventLoop
    private var isBusy = false
    private var waiting: [UnsafeContinuation<Void, Never>] = []

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Does a piece of work, which takes milliseconds, when those are done that were there before.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        // Whoever ends hands the lane on, so that nobody who comes meanwhile goes before those who wait.
        if isBusy { await withUnsafeContinuation { waiting.append($0) } }
        isBusy = true
        let result = await LoopWork.run(on: loop, work)
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        return result
    }
}
