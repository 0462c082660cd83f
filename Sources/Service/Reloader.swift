public import EventLoop
public import Gateway

/// Reads the configuration again when it is asked to, and hands it over: reading on a thread of the pool, because files can block, handing
/// over on the loop, in one turn.
public final class Reloader<Loaded: Sendable> {
    private let loop: EventLoop
    private let load: @Sendable () -> Loaded
    private let apply: (Loaded) -> ReloadReport
    private var sequence = ReloadSequence()
    /// Those who asked before the running reload began, and since.
    private var waiters: (running: [UnsafeContinuation<ReloadReport, Never>], next: [UnsafeContinuation<ReloadReport, Never>]) = ([], [])

    /// Called when a reload begins.
    public var began: () -> Void = {}
    /// Waited for when a reload was applied: what follows it belongs to it too. By default nothing does.
    public var settle: () async -> Void = {}
    /// Called when a reload has ended, before those who wait for it hear of it.
    public var ended: (ReloadReport) -> Void = { _ in }

    /// Makes a reloader.
    ///
    /// - Parameters:
    ///   - load: Reads and validates everything; called on another thread.
    ///   - apply: Takes what was read into use, or says why not; called on the loop.
    public init(on loop: EventLoop, load: @escaping @Sendable () -> Loaded, apply: @escaping (Loaded) -> ReloadReport) {
        self.loop = loop
        self.load = load
        self.apply = apply
    }

    /// Asks for a reload and goes on.
    public func request() {
        loop.preconditionOnLoop()
        if sequence.requested() == .begin { begin() }
    }

    /// Asks for a reload and waits for what comes of it: of one that began after this call.
    public func reload() async -> ReloadReport {
        loop.preconditionOnLoop()
        if sequence.hasEnded { return Self.refusalAtTheEnd }
        return await withUnsafeContinuation { continuation in
            if sequence.isRunning { waiters.next.append(continuation) } else { waiters.running.append(continuation) }
            request()
        }
    }

    /// Begins no other reload; one that runs is not applied.
    public func stop() {
        sequence.stopped()
        let all = waiters.running + waiters.next
        waiters = ([], [])
        for waiter in all { waiter.resume(returning: Self.refusalAtTheEnd) }
    }

    private static var refusalAtTheEnd: ReloadReport { ReloadReport(problems: ["the gateway is shutting down"]) }

    private func begin() {
        began()
        loop.task(self) { reloader in
            let loaded = await LoopWork.run(on: reloader.loop, reloader.load)
            await reloader.finish(loaded)
        }
    }

    private func finish(_ loaded: Loaded) async {
        guard sequence.isRunning else { return }
        let report = apply(loaded)
        if report.problems.isEmpty { await settle() }
        // It may have been stopped meanwhile.
        guard sequence.isRunning else { return }
        ended(report)
        let done = waiters.running
        waiters = (waiters.next, [])
        if sequence.finished() == .begin { begin() }
        for waiter in done { waiter.resume(returning: report) }
    }
}
