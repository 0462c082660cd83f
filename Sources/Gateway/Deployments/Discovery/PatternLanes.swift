internal import EventLoop

/// Where the operator's expressions run over names that providers choose: on threads of the pool, at most two pieces of work at a time.
///
/// There are names for which a careless expression takes longer than the universe lasts. A piece of work without an end then holds one lane and
/// one processor, the rest goes on in the other. A reload begins with free lanes, and what is still at work from before counts against the most of
/// all: whatever happens, and however often, the pool keeps a thread for other work, such as reading the files again when the expressions have been
/// mended.
///
/// | pieces of before a reload still at work | 0 | 1 | 2 | 3 |
/// | --- | --- | --- | --- | --- |
/// | lanes | 2 | 2 | 1 | 0, until one of them ends |
final class PatternLanes {
    /// Pieces of work at a time: half of the pool's threads (libuv's default is four).
    private static let most = 2
    /// The same with those that a reload has given up: all but one of the threads.
    private static let mostInAll = 3

    private let loop: EventLoop
    private var busy = 0
    /// Pieces of work of before a reload that have not ended.
    private(set) var abandoned = 0
    /// Counts the reloads: what was begun before one holds no lane any more.
    private var generation = 0
    private var waiting: [UnsafeContinuation<Void, Never>] = []
    private var isClosed = false

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Does a piece of work when a lane is free.
    ///
    /// - Returns: Its result; `nil` when the lanes were closed before it was begun.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result? {
        while busy >= min(PatternLanes.most, PatternLanes.mostInAll - abandoned), !isClosed { await withUnsafeContinuation { waiting.append($0) } }
        guard !isClosed else { return nil }
        busy += 1
        let begunIn = generation
        let result = await LoopWork.run(on: loop, work)
        if begunIn == generation { busy -= 1 } else { abandoned -= 1 }
        letGoOn()
        return result
    }

    /// Frees the lanes, whatever is at work in them.
    func renew() {
        generation += 1
        abandoned += busy
        busy = 0
        letGoOn()
    }

    /// Begins nothing any more.
    func close() {
        isClosed = true
        letGoOn()
    }

    private func letGoOn() {
        let all = waiting
        waiting = []
        for continuation in all { continuation.resume() }
    }
}
