internal import CUV
internal import Glibc
public import Wire

/// One libuv loop, and the executor of every task that lives on it.
///
/// Tasks started with `Task(executorPreference: loop)` run on the thread that called `run()`. Types that touch a handle are plain
/// classes confined to that thread; callbacks reach them without a hop, and the doors from outside check the thread in release builds
/// too. A job that becomes ready on the loop runs when the current callback ends, a job from another thread in the next turn.
///
/// ```swift
/// let loop = EventLoop()
/// let timer = try LoopTimer(on: loop) { timer in
///     timer.close()
///     loop.stop()
/// }
/// timer.arm(after: .milliseconds(5))
/// loop.run()  // returns after `stop()`
/// loop.close()
/// ```
@safe public final class EventLoop: TaskExecutor, @unchecked Sendable {  // every field but `queue` and `wakeUp` is touched by the loop thread only
    /// The version of libuv that is in use, `1.44.2`.
    public static var libraryVersion: String { unsafe String(cString: uv_version_string()) }

    /// The largest read in one system call: 64 KiB, one buffer shared by every connection of the loop.
    public static let readBufferSize = 64 * 1024

    /// Jobs that run after one callback before sockets are served again.
    private static let jobsPerDrain = 256
    /// From this length on, a turn is long: work that can wait is left to the next one. It is time for dozens
    /// of requests that are answered here, and little beside the time that an answer takes.
    private static let fairTurn = LoopInterval(.milliseconds(2))

    let raw: UnsafeMutablePointer<uv_loop_t>
    let readBuffer: UnsafeMutableRawPointer

    /// The time at which the current callback began.
    public internal(set) var now: LoopInstant
    /// What moves time in a simulated loop; `nil` in a real one.
    let simulation: LoopSimulation?

    /// The bytes that are held for all clients of this loop.
    public let held = HeldBytes()

    /// Called after a turn longer than the limit; set before `run()`.
    public var slowTurn: (limit: Duration, report: (SlowTurn) -> Void)?

    /// Scratch space for the length of one synchronous call, such as for a response head on its way out.
    public var scratch = ByteBuffer(capacity: 4096)

    /// Counts the turns: everything with the same number happens without polling the sockets in between.
    public internal(set) var turnNumber: UInt64 = 0

    private let queue = ReadyQueue()
    private var jobs = LocalJobs()
    private var takers = TurnQueue()
    private var quickTakers = TurnQueue()
    private var wakeUp: UnsafeMutablePointer<uv_async_t>
    private var prepare: UnsafeMutablePointer<uv_prepare_t>
    private var idle: UnsafeMutablePointer<uv_idle_t>
    private var idleRuns = false
    private var thread: pthread_t
    private var openHandles = InlineArray<32, Int>(repeating: 0)  // by libuv's handle type, of which there are 18
    private var turn = TurnStatistics()
    /// Whether libuv is running its timers: one that is armed for now meanwhile would run again before any
    /// socket (libuv 1.44, uv__run_timers).
    var isInTimers = false

    /// Makes a loop that belongs to the calling thread until `run()` is called on another.
    public convenience init() {
        self.init(nil)
    }

    init(_ simulation: LoopSimulation?) {
        self.simulation = simulation
        now = simulation?.start ?? .read()
        unsafe raw = .allocate(capacity: 1)
        unsafe wakeUp = .allocate(capacity: 1)
        unsafe prepare = .allocate(capacity: 1)
        unsafe idle = .allocate(capacity: 1)
        unsafe readBuffer = .allocate(byteCount: simulation == nil ? EventLoop.readBufferSize : 16, alignment: 16)
        thread = pthread_self()
        // In a simulated loop, libuv's part is memory that is never touched.
        guard simulation == nil else { return }
        let status = unsafe uv_loop_init(raw)
        precondition(status == 0, "uv_loop_init failed: \(status)")
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe raw.pointee.data = me
        unsafe uv_async_init(raw, wakeUp) { handle in
            let loop = unsafe EventLoop.of(handle!.pointee.loop)
            loop.callback("job from another thread") { loop.queue.collect(into: &loop.jobs) }
        }
        unsafe uv_prepare_init(raw, prepare)
        unsafe uv_prepare_start(prepare) { handle in unsafe EventLoop.of(handle!.pointee.loop).endTurn() }
        unsafe uv_idle_init(raw, idle)
        // A loop without connections, listeners or timers has nothing left to do; these three don't count as
        // work.
        unsafe uv_unref(UnsafeMutableRawPointer(prepare).assumingMemoryBound(to: uv_handle_t.self))
    }

    deinit {
        unsafe raw.deallocate()
        unsafe wakeUp.deallocate()
        unsafe prepare.deallocate()
        unsafe idle.deallocate()
        unsafe readBuffer.deallocate()
    }

    /// Runs callbacks and tasks on the calling thread until `stop()`.
    public func run() {
        precondition(simulation == nil, "a simulated loop is advanced by hand")
        thread = pthread_self()
        unsafe uv_run(raw, UV_RUN_DEFAULT)
    }

    /// Makes `run()` return after the current turn.
    public func stop() {
        preconditionOnLoop()
        unsafe uv_stop(raw)
    }

    /// Ends the loop: closes its own handles, runs the last callbacks and reports the handles that others left
    /// open.
    ///
    /// - Returns: The handles that are still open; none in a correct program.
    @discardableResult
    public func close() -> HandleCounts {
        preconditionOnLoop()
        queue.close()
        if let simulation {
            simulation.removeAll()
            return liveHandles
        }
        unsafe uv_close(UnsafeMutableRawPointer(wakeUp).assumingMemoryBound(to: uv_handle_t.self), nil)
        unsafe uv_close(UnsafeMutableRawPointer(prepare).assumingMemoryBound(to: uv_handle_t.self), nil)
        unsafe uv_close(UnsafeMutableRawPointer(idle).assumingMemoryBound(to: uv_handle_t.self), nil)
        // Close callbacks take a turn each; handles that others left open would keep a default run waiting
        // forever.
        for _ in 0..<8 { unsafe uv_run(raw, UV_RUN_NOWAIT) }
        unsafe uv_loop_close(raw)
        return liveHandles
    }

    /// The handles that are open now, except the loop's own three.
    public var liveHandles: HandleCounts {
        var counts = HandleCounts()
        for type in openHandles.indices where openHandles[type] != 0 {
            counts[unsafe String(cString: uv_handle_type_name(uv_handle_type(UInt32(type))))] = openHandles[type]
        }
        return counts
    }

    /// Stops the program when called on any thread but the loop's.
    @inline(__always)
    public func preconditionOnLoop(_ what: StaticString = #function) {
        precondition(pthread_self() == thread, "\(what) must be called on the loop's thread")
    }

    /// Whether the caller is on the loop's thread.
    public var isCurrent: Bool { pthread_self() == thread }

    /// The time now, read from the clock: for measuring the work within a callback.
    public func readClock() -> LoopInstant { simulation == nil ? .read() : now }

    // MARK: Tasks

    /// Takes a job of a task that prefers this loop; callable from any thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard pthread_self() == thread else {
            precondition(simulation == nil, "a simulated loop has one thread")
            queue.post(job) { unsafe uv_async_send(wakeUp) }
            return
        }
        jobs.append(job)
    }

    /// Runs one ready job.
    ///
    /// - Returns: Whether there was one.
    func runJob() -> Bool {
        guard let job = jobs.popFirst() else { return false }
        unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    /// Runs ready jobs, at most `jobsPerDrain`; any left over keep the loop from sleeping.
    private func drain() {
        var left = EventLoop.jobsPerDrain
        while left > 0, let job = jobs.popFirst() {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            left -= 1
        }
        watchIdle()
    }

    /// Keeps the loop from sleeping while anything waits for its next turn.
    private func watchIdle() {
        let isNeeded = jobs.count > 0 || !takers.isEmpty || !quickTakers.isEmpty
        guard isNeeded != idleRuns else { return }
        idleRuns = isNeeded
        guard isNeeded else {
            unsafe uv_idle_stop(idle)
            return
        }
        unsafe uv_idle_start(idle) { handle in unsafe EventLoop.of(handle!.pointee.loop).runPutOff() }
    }

    // MARK: Turns

    /// Whether the current turn has lasted so long that other work should come first. Reads the clock.
    public var turnIsLong: Bool { turn.lasts(longerThan: EventLoop.fairTurn, at: readClock()) }

    /// Calls `taker` in a later turn: after sockets and timers have been polled again, and after all who asked
    /// before it.
    ///
    /// - Parameter isQuick: Whether its work is so small that it runs before all others in the next turn,
    ///   however long that is.
    public func queueTurn(for taker: any TurnTaker, isQuick: Bool = false) {
        preconditionOnLoop()
        if let simulation { return simulation.add({ taker.takeTurn() }, at: now) }
        if isQuick { quickTakers.append(taker, in: turnNumber) } else { takers.append(taker, in: turnNumber) }
        watchIdle()
    }

    /// Runs deferred work: jobs first, then the turns asked for before this one: all quick ones, and others
    /// until the turn is long. At least one always runs.
    private func runPutOff() {
        if jobs.count > 0 { callback("ready jobs") {} }
        while let taker = quickTakers.popFirst(askedBefore: turnNumber) {
            callback("deferred work") { taker.takeTurn() }
        }
        while let taker = takers.popFirst(askedBefore: turnNumber) {
            callback("deferred work") { taker.takeTurn() }
            if turnIsLong { break }
        }
        watchIdle()
    }

    /// Runs the body of a libuv callback, then the jobs it made ready.
    @inline(__always)
    func callback(_ what: StaticString, _ body: () -> Void) {
        now = .read()
        turn.callbackBegan(what, at: now)
        body()
        if jobs.count > 0 { drain() }
    }

    /// Before the loop sleeps: late jobs, and the length of the turn.
    private func endTurn() {
        queue.collect(into: &jobs)
        if jobs.count > 0 { drain() }
        turnNumber &+= 1
        guard let slow = turn.end(limit: slowTurn?.limit) else { return }
        slowTurn?.report(slow)
    }

    /// The loop a handle belongs to.
    @inline(__always)
    static func of(_ raw: UnsafeMutablePointer<uv_loop_t>) -> EventLoop {
        unsafe Unmanaged<EventLoop>.fromOpaque(raw.pointee.data).takeUnretainedValue()
    }

    func handleOpened(_ type: uv_handle_type) {
        openHandles[Int(type.rawValue)] += 1
    }

    func handleClosed(_ type: uv_handle_type) {
        openHandles[Int(type.rawValue)] -= 1
    }
}

/// Carries a value that is confined to the loop's thread into a task that runs there.
public struct LoopConfined<Value>: @unchecked Sendable {  // guarded by the thread: the task must prefer the loop's executor
    /// The value, to be touched on the loop's thread only.
    public let value: Value
    /// Wraps `value`.
    public init(_ value: Value) { self.value = value }
}

extension EventLoop {
    /// Starts a task on the loop with a value that must not leave it.
    @discardableResult
    public func task<Value>(_ value: Value, _ body: @escaping @Sendable (Value) async -> Void) -> Task<Void, Never> {
        preconditionOnLoop()
        let confined = LoopConfined(value)
        return Task(executorPreference: self) { await body(confined.value) }
    }
}
