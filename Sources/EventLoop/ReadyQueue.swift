internal import Synchronization

/// The jobs that are ready to run on the loop: those made on it in a ring without locks, those from other
/// threads behind a lock.
final class ReadyQueue: Sendable {
    /// Jobs enqueued by other threads since the last drain.
    private let inbox = Locked<[UnownedJob]>([])
    private let isClosed = Atomic<Bool>(false)
    /// Whether the inbox holds anything, so that the loop need not take the lock each turn to find it empty.
    private let isFilled = Atomic<Bool>(false)

    /// Adds a job from another thread, and calls `wake` under the lock if the inbox was empty, so that the loop
    /// must be woken.
    ///
    /// After `close()` a job is dropped: there is no loop left to run it.
    func post(_ job: UnownedJob, wake: () -> Void) {
        inbox.withLock { jobs in
            guard !isClosed.load(ordering: .relaxed) else { return }
            jobs.append(job)
            isFilled.store(true, ordering: .releasing)
            if jobs.count == 1 { wake() }
        }
    }

    /// Accepts no further jobs; once this returns, no `wake` is running and none will run.
    func close() {
        inbox.withLock { jobs in
            isClosed.store(true, ordering: .relaxed)
            jobs.removeAll()
        }
    }

    /// Moves the jobs from other threads behind those of the loop.
    func collect(into local: inout LocalJobs) {
        guard isFilled.load(ordering: .acquiring) else { return }
        inbox.withLock { jobs in
            isFilled.store(false, ordering: .releasing)
            for job in jobs { local.append(job) }
            jobs.removeAll(keepingCapacity: true)
        }
    }
}

/// A first-in, first-out ring of jobs, touched by the loop thread only.
struct LocalJobs {
    private var slots: [UnownedJob?] = Array(repeating: nil, count: 64)
    private var head = 0
    private(set) var count = 0

    mutating func append(_ job: UnownedJob) {
        if count == slots.count { grow() }
        slots[(head + count) & (slots.count - 1)] = job
        count += 1
    }

    mutating func popFirst() -> UnownedJob? {
        guard count > 0 else { return nil }
        let job = slots[head]
        slots[head] = nil
        head = (head + 1) & (slots.count - 1)
        count -= 1
        return job
    }

    private mutating func grow() {
        var larger: [UnownedJob?] = Array(repeating: nil, count: slots.count * 2)
        for index in 0..<count { larger[index] = slots[(head + index) & (slots.count - 1)] }
        slots = larger
        head = 0
    }
}
