internal import CUV
internal import Glibc

/// A one-shot timer with the kernel's own resolution, for work that must happen within microseconds
/// (timerfd_create(2)).
///
/// libuv's timers, and so `LoopTimer`, count whole milliseconds. This one costs a descriptor and a system call each time it is armed and each
/// time it fires.
@safe public final class PreciseTimer {
    private let descriptor: Int32
    private let watcher: SocketWatcher
    private let fire: () -> Void
    private var isClosed = false
    private var armedFor: LoopInstant?

    /// Makes a timer that is not armed. `fire` runs on the loop; it should not keep the timer's owner alive, or `close()` must break that.
    public init(on loop: EventLoop, fire: @escaping () -> Void) throws(UVError) {
        self.fire = fire
        descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        guard descriptor >= 0 else { throw UVError(code: -errno, call: "timerfd_create") }
        do {
            watcher = try SocketWatcher(descriptor: descriptor, on: loop) { _ in }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        watcher.onReady = { [unowned self] _ in expire() }
        watcher.watch(for: .readable)
    }

    /// Sets the one firing time; a time in the past fires in the next turn.
    public func arm(at instant: LoopInstant) {
        guard !isClosed, armedFor != instant else { return }
        armedFor = instant
        var setting = itimerspec()
        // Zero would disarm (timerfd_settime(2)).
        let nanoseconds = max(1, instant.nanoseconds)
        setting.it_value.tv_sec = Int(clamping: nanoseconds / 1_000_000_000)
        setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        unsafe timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    /// Cancels the firing.
    public func disarm() {
        guard !isClosed, armedFor != nil else { return }
        armedFor = nil
        var setting = itimerspec()
        unsafe timerfd_settime(descriptor, 0, &setting, nil)
    }

    /// Ends the timer; it never fires again. Calling it twice does nothing.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        watcher.close()
        Glibc.close(descriptor)
    }

    private func expire() {
        var count: UInt64 = 0
        // Armed again since the kernel reported it: there is nothing to read and nothing to do (EAGAIN).
        let size = unsafe read(descriptor, &count, MemoryLayout<UInt64>.size)
        guard size == MemoryLayout<UInt64>.size, armedFor != nil, !isClosed else { return }
        armedFor = nil
        fire()
    }
}
