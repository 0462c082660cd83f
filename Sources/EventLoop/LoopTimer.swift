internal import CUV

/// A one-shot timer that can be armed repeatedly.
///
/// Moving the deadline later is free: the timer fires at the old time, sees that it is early and arms itself
/// for the remaining time. So a deadline that moves with every chunk costs no call into libuv.
@safe public final class LoopTimer {
    /// `nil` in a simulated loop, which keeps its own timers.
    private let handle: UVHandle<uv_timer_t>?
    private let loop: EventLoop
    private let fire: (LoopTimer) -> Void
    private var deadline: LoopInstant?
    private var armedFor: LoopInstant?
    private var isClosing = false

    /// Makes a timer that is not armed. `fire` runs on the loop; it should not keep the timer's owner alive, or `close()` must break that.
    public init(on loop: EventLoop, fire: @escaping (LoopTimer) -> Void) throws(UVError) {
        self.loop = loop
        self.fire = fire
        guard loop.simulation == nil else {
            unsafe handle = nil
            loop.handleOpened(UV_TIMER)
            return
        }
        let handle = unsafe try UVHandle("uv_timer_init", on: loop) { raw in unsafe uv_timer_init(loop.raw, raw) }
        unsafe self.handle = handle
        unsafe handle.retain(self)
    }

    /// Whether the timer is going to fire.
    public var isArmed: Bool { deadline != nil }

    /// Sets the one firing time, `delay` from the start of the current callback.
    public func arm(after delay: Duration) {
        arm(at: loop.now.advanced(by: delay))
    }

    /// Sets the one firing time, `delay` from the start of the current callback.
    public func arm(after delay: LoopInterval) {
        arm(at: loop.now.advanced(by: delay))
    }

    /// Sets the one firing time.
    public func arm(at instant: LoopInstant) {
        guard !isClosing else { return }
        deadline = instant
        if let armedFor, armedFor <= instant { return }
        start(for: instant)
    }

    /// Cancels the firing. libuv's timer may still expire once, which does nothing.
    public func disarm() {
        deadline = nil
    }

    /// Ends the timer; it never fires again. Calling it twice does nothing.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        deadline = nil
        if let handle = unsafe handle { unsafe handle.close() } else { loop.handleClosed(UV_TIMER) }
    }

    private func start(for instant: LoopInstant) {
        armedFor = instant
        guard let handle = unsafe handle else { return schedule(for: instant) }
        // libuv counts from its own cached time, which is at most a callback old; refreshing it keeps a timer from firing early.
        if !loop.isInTimers { unsafe uv_update_time(loop.raw) }
        let delay = max(instant.elapsed(since: loop.readClock()).millisecondsRoundedUp, loop.isInTimers ? 1 : 0)
        unsafe uv_timer_start(
            handle.raw,
            { raw in
                let timer = unsafe Unmanaged<LoopTimer>.fromOpaque(raw!.pointee.data).takeUnretainedValue()
                let loop = timer.loop
                loop.isInTimers = true
                loop.callback("timer") { timer.expire() }
                loop.isInTimers = false
            }, delay, 0)
    }

    /// `start(for:)` in a simulated loop.
    private func schedule(for instant: LoopInstant) {
        // As in libuv: a timer that is armed by a timer for now fires a millisecond later, or it would fire
        // forever.
        let earliest = loop.isInTimers ? loop.now.advanced(by: LoopInterval(nanoseconds: 1_000_000)) : loop.now
        let due = max(instant, earliest)
        armedFor = due
        loop.simulation?.add(self, at: due)
    }

    /// Expires in a simulated loop at the time it was armed for; an earlier start of a timer that was moved is
    /// ignored.
    func expire(armedFor instant: LoopInstant) {
        if armedFor == instant { expire() }
    }

    private func expire() {
        armedFor = nil
        guard !isClosing, let deadline else { return }
        if deadline > loop.now {
            start(for: deadline)
        } else {
            self.deadline = nil
            fire(self)
        }
    }
}
