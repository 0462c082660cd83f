import EventLoop
import Foundation

/// Blocking work on a thread of its own, started at once: the test runner's thread pool may be busy.
public final class Background<Result: Sendable>: Sendable {
    private struct State {
        var result: Swift.Result<Result, any Error>?
        var waiter: CheckedContinuation<Result, any Error>?
    }

    private let state = Locked(State())

    fileprivate init(_ work: @escaping @Sendable () throws -> Result) {
        Thread.detachNewThread { [self] in
            let result = Swift.Result { try work() }
            let waiter = state.withLock { state in
                state.result = result
                return state.waiter
            }
            waiter?.resume(with: result)
        }
    }

    /// The work's result, once available; may be read once.
    public var value: Result {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state in
                    if state.result == nil { state.waiter = continuation }
                    return state.result
                }
                if let result { continuation.resume(with: result) }
            }
        }
    }
}

/// Starts blocking work on a thread of its own.
public func inBackground<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) -> Background<Result> { Background(work) }

/// Runs blocking work, such as a client's calls, on a thread of its own.
public func offLoop<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await Background(work).value
}
