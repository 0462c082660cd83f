public import EventLoop
import Foundation

/// How a test on a loop failed, other than by its own errors.
public enum LoopTestFailure: Error, Equatable, CustomStringConvertible {
    /// The body did not end in time.
    case hung(seconds: Int)
    /// Handles were open at the end.
    case leaked(String)
    /// A condition did not come true in time.
    case neverHappened(String)

    /// The failure in one line.
    public var description: String {
        switch self {
        case .hung(let seconds): "the test did not end within \(seconds) s"
        case .leaked(let handles): "handles are open at the end: \(handles)"
        case .neverHappened(let what): "never happened: \(what)"
        }
    }
}

/// What the thread of one loop records for its test.
private final class Outcome {
    var error: (any Error)?
    var watchdog: LoopTimer?
}

/// Runs `body` as a task of a loop of its own, on a thread of its own, and checks that no handle is left open.
///
/// - Parameters:
///   - limit: The time after which the body counts as hung.
///   - prepare: Sets the loop up on its thread, before it runs.
public func withLoop(
    limit: Duration = .seconds(20), prepare: @escaping @Sendable (EventLoop) -> Void = { _ in },
    _ body: @escaping @Sendable (EventLoop) async throws -> Void
) async throws {
    ProcessTraits.ignoreBrokenPipes()
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        Thread.detachNewThread {
            continuation.resume(with: Result { try runLoop(limit: limit, prepare: prepare, body) })
        }
    }
}

private func runLoop(
    limit: Duration, prepare: @Sendable (EventLoop) -> Void, _ body: @escaping @Sendable (EventLoop) async throws -> Void
) throws {
    let loop = EventLoop()
    let outcome = Outcome()
    prepare(loop)
    outcome.watchdog = try LoopTimer(on: loop) { timer in
        outcome.error = LoopTestFailure.hung(seconds: Int(limit.components.seconds))
        timer.close()
        loop.stop()
    }
    outcome.watchdog?.arm(after: limit)
    loop.task(outcome) { outcome in
        do { try await body(loop) } catch { outcome.error = error }
        outcome.watchdog?.close()
        outcome.watchdog = nil
        loop.stop()
    }
    loop.run()
    if let error = outcome.error {
        // The handles that the test left open still point to the loop, so the loop is kept.
        _ = Unmanaged.passRetained(loop)
        throw error
    }
    let handles = loop.close()
    if handles.total != 0 {
        _ = Unmanaged.passRetained(loop)
        throw LoopTestFailure.leaked("\(handles)")
    }
}

/// Lets the loop run for a while.
public func pause(_ duration: Duration, on loop: EventLoop) async throws {
    let timer = try LoopTimerBox(loop)
    await withUnsafeContinuation { continuation in
        timer.continuation = continuation
        timer.timer?.arm(after: duration)
    }
    timer.timer?.close()
}

private final class LoopTimerBox {
    var continuation: UnsafeContinuation<Void, Never>?
    var timer: LoopTimer?

    init(_ loop: EventLoop) throws {
        timer = try LoopTimer(on: loop) { [unowned self] _ in continuation?.resume() }
    }
}

/// Waits on the loop until `condition` holds, checking it every millisecond.
public func eventually(on loop: EventLoop, within limit: Duration = .seconds(8), _ what: String, _ condition: () -> Bool) async throws {
    let start = loop.readClock()
    while !condition() {
        guard loop.readClock().elapsed(since: start) < limit else { throw LoopTestFailure.neverHappened(what) }
        try await pause(.milliseconds(1), on: loop)
    }
}
