public import EventLoop
public import Gateway

/// Reads the configuration again on request and applies it: reading happens on a thread of the pool, because
/// files can block, applying on the loop, in one turn.
///
/// ```swift
/// let reloader = Reloader(on: loop, load: { loader.load() }) { loaded in
///     guard loaded.configuration != nil else { return ReloadReport(problems: loaded.problems.map(\.description)) }
///     return ReloadReport(changes: "\(loaded.resolved.count) providers")  // where the gateway takes it into use
/// }
/// let report = await reloader.reload()  // `request()` where nobody waits, as on a signal
/// ```
public final class Reloader<Loaded: Sendable> {
    private let loop: EventLoop
    private let load: @Sendable () -> Loaded
    private let apply: (Loaded) -> ReloadReport
    private var sequence = ReloadSequence()
    /// The callers who asked before the running reload began, and since.
    private var waiters: (running: [UnsafeContinuation<ReloadReport, Never>], next: [UnsafeContinuation<ReloadReport, Never>]) = ([], [])

    /// Called when a reload begins.
    public var began: () -> Void = {}
    /// Awaited after a reload was applied, for whatever must follow as part of it. By default nothing does.
    public var settle: () async -> Void = {}
    /// Called when a reload has ended, before its waiting callers continue.
    public var ended: (ReloadReport) -> Void = { _ in }

    /// Makes a reloader.
    ///
    /// - Parameters:
    ///   - load: Reads and validates everything; called on another thread.
    ///   - apply: Puts what was read into use, or returns why not; called on the loop.
    public init(on loop: EventLoop, load: @escaping @Sendable () -> Loaded, apply: @escaping (Loaded) -> ReloadReport) {
        self.loop = loop
        self.load = load
        self.apply = apply
    }

    /// Requests a reload and returns at once.
    public func request() {
        loop.preconditionOnLoop()
        if sequence.requested() == .begin { begin() }
    }

    /// Requests a reload and waits for its outcome: that of one that began after this call.
    public func reload() async -> ReloadReport {
        loop.preconditionOnLoop()
        if sequence.hasEnded { return Self.refusalAtTheEnd }
        return await withUnsafeContinuation { continuation in
            if sequence.isRunning { waiters.next.append(continuation) } else { waiters.running.append(continuation) }
            request()
        }
    }

    /// Begins no other reload; a running one is not applied.
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
