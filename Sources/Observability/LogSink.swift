internal import EventLoop
internal import Glibc
internal import Wire

/// Where log lines go: standard error, written by a thread of its own, so that a slow terminal or a full pipe never stops the loop.
///
/// Lines wait in a bounded buffer. When it is full, lines are dropped and counted, and the next line that fits says how many.
public final class LogSink: Sendable {
    /// Most bytes that wait for the thread.
    private static let maximumWaitingBytes = 4 * 1024 * 1024

    private struct State: ~Copyable {
        var waiting = ByteBuffer()
        var dropped = 0
        var isEnding = false
        var hasEnded = false
    }

    private let state = Locked(State())
    private let descriptor: Int32
    /// Posted once for each time the buffer stops being empty, and at the end.
    private let wakeUp = Semaphore()
    private let ended = Semaphore()

    /// Opens the sink on a descriptor and starts its thread.
    public init(descriptor: Int32 = 2) {
        self.descriptor = descriptor
        var thread = pthread_t()
        let me = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<LogSink>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, me)
        pthread_detach(thread)
    }

    /// Hands on whole lines; never waits.
    public func write(_ lines: RawSpan) {
        let mustWake = state.withLock { state in
            guard state.waiting.count + lines.byteCount <= LogSink.maximumWaitingBytes else {
                state.dropped += 1
                return false
            }
            let wasEmpty = state.waiting.isEmpty
            if state.dropped > 0 {
                state.waiting.append(utf8: "\(state.dropped) log lines were dropped: the log could not be written fast enough\n")
                state.dropped = 0
            }
            state.waiting.append(lines)
            return wasEmpty
        }
        if mustWake { wakeUp.post() }
    }

    /// Writes what waits and ends the thread; returns when it is out, or after `patience` when nobody reads the other end of a full pipe.
    public func close(patience: Int = 2) {
        state.withLock { $0.isEnding = true }
        wakeUp.post()
        ended.wait(seconds: patience)
    }

    private func run() {
        var batch = ByteBuffer()
        while true {
            wakeUp.wait()
            let isEnding = state.withLock { state in
                swap(&batch, &state.waiting)
                return state.isEnding
            }
            batch.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count < 0, errno != EINTR, errno != EAGAIN { break }
                    if count < 0, errno == EAGAIN { waitUntilWritable() }
                    if count > 0 { rest = rest.dropFirst(count) }
                }
            }
            batch.removeAll()
            if isEnding { return ended.post() }
        }
    }

    private func waitUntilWritable() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&entry, 1, 1000)
    }
}

/// A counting semaphore of the system (sem_overview(7)).
private final class Semaphore: @unchecked Sendable {  // sem_post and sem_wait are made for several threads
    private let raw = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(raw, 0, 0) }

    deinit {
        sem_destroy(raw)
        raw.deallocate()
    }

    func post() { sem_post(raw) }

    func wait(seconds: Int) {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_sec += seconds
        while sem_timedwait(raw, &end) != 0, errno == EINTR {}
    }

    func wait() {
        while sem_wait(raw) != 0, errno == EINTR {}
    }
}
