import Testing

@testable import EventLoop

/// Keeps the jobs it is given instead of running them.
private final class Keeper: TaskExecutor, Sendable {
    private let jobs = Locked<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    func take() -> [UnownedJob] {
        jobs.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
    }

    func run(_ job: UnownedJob) { job.runSynchronously(on: asUnownedTaskExecutor()) }
}

/// Jobs that record their number when they run.
private func makeJobs(_ count: Int, _ keeper: Keeper) -> (jobs: [UnownedJob], log: Log) {
    let log = Log()
    for number in 0..<count { Task(executorPreference: keeper) { log.append(number) } }
    return (keeper.take(), log)
}

private final class Log: Sendable {
    private let numbers = Locked<[Int]>([])
    func append(_ number: Int) { numbers.withLock { $0.append(number) } }
    var value: [Int] { numbers.withLock { $0 } }
}

@Suite struct ReadyQueueTests {
    @Test func `a full ring grows and keeps the order`() {
        let keeper = Keeper()
        let (made, log) = makeJobs(1000, keeper)
        var ring = LocalJobs()
        // Moves the head first, so that the ring is wrapped when it grows.
        for job in made[..<40] { ring.append(job) }
        for _ in 0..<40 { keeper.run(ring.popFirst()!) }
        for job in made[40...] { ring.append(job) }
        #expect(ring.count == 960)
        while let job = ring.popFirst() { keeper.run(job) }
        #expect(log.value == Array(0..<1000))
        #expect(ring.count == 0)
    }

    @Test func `only the first job from another thread asks for a wake-up`() {
        let keeper = Keeper()
        let (made, log) = makeJobs(6, keeper)
        let queue = ReadyQueue()
        var ring = LocalJobs()
        var wakes = 0
        queue.post(made[1]) { wakes += 1 }
        queue.post(made[2]) { wakes += 1 }
        #expect(wakes == 1)
        ring.append(made[0])
        queue.collect(into: &ring)
        for job in made[3...] { queue.post(job) { wakes += 1 } }
        #expect(wakes == 2)
        queue.collect(into: &ring)
        queue.collect(into: &ring)
        while let job = ring.popFirst() { keeper.run(job) }
        #expect(log.value == Array(0..<6))
    }
}
