internal import CUV
internal import Glibc

/// Blocking work, such as reading a file, on libuv's thread pool; the loop continues meanwhile.
public enum LoopWork {
    /// One piece of work on its way through the pool; freed once it is back on the loop.
    @safe private final class Job {
        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        let loop: EventLoop
        let work: @Sendable () -> Void
        let done: () -> Void

        init(loop: EventLoop, work: @escaping @Sendable () -> Void, done: @escaping () -> Void) {
            self.loop = loop
            self.work = work
            self.done = done
        }

        deinit { unsafe request.deallocate() }
    }

    /// How many pieces of work are running.
    private static let running = Locked(0)

    /// Waits for running work, at the end of the program: on a normal exit, libuv waits without a limit for the
    /// pool's threads (`uv_library_shutdown`), and some work has no end.
    ///
    /// - Returns: Whether all of it has finished.
    public static func finish(within limit: Duration) -> Bool {
        let end = ContinuousClock.now.advanced(by: limit)
        while running.withLock({ $0 }) > 0 {
            guard ContinuousClock.now < end else { return false }
            usleep(2000)
        }
        return true
    }

    /// Runs `work` on a thread of the pool and returns its result on the loop.
    public static func run<Result: Sendable>(on loop: EventLoop, _ work: @escaping @Sendable () -> Result) async -> Result {
        loop.preconditionOnLoop()
        // A simulated loop has no other thread: the work is done here, synchronously.
        guard loop.simulation == nil else { return work() }
        let slot = ResultSlot<Result>()
        unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let counted: @Sendable () -> Void = {
                running.withLock { $0 += 1 }
                slot.value = work()
                running.withLock { $0 -= 1 }
            }
            start(on: loop, work: counted, done: { unsafe continuation.resume() })
        }
        return slot.value!
    }

    /// The result of blocking work.
    private final class ResultSlot<Result>: @unchecked Sendable {  // written by the pool before the loop reads it: libuv's queue orders them
        var value: Result?
    }

    private static func start(on loop: EventLoop, work: @escaping @Sendable () -> Void, done: @escaping () -> Void) {
        let job = Job(loop: loop, work: work, done: done)
        unsafe job.request.pointee.data = Unmanaged.passRetained(job).toOpaque()
        let status = unsafe uv_queue_work(
            loop.raw, job.request,
            { request in unsafe Unmanaged<Job>.fromOpaque(request!.pointee.data).takeUnretainedValue().work() },
            { request, _ in
                let job = unsafe Unmanaged<Job>.fromOpaque(request!.pointee.data).takeRetainedValue()
                job.loop.callback("thread-pool work") { job.done() }
            })
        precondition(status == 0, "uv_queue_work failed: \(status)")
    }
}
