internal import CUV

/// Turns a Unix signal into an event of the loop.
@safe public final class SignalWatcher {
    /// The signals the program reacts to.
    public enum Signal: Int32, Sendable {
        /// Reload (`SIGHUP`).
        case hangUp = 1
        /// Interrupt from the terminal (`SIGINT`).
        case interrupt = 2
        /// The same, from a terminal's other key (`SIGQUIT`).
        case quit = 3
        /// Stop after the current work (`SIGTERM`).
        case terminate = 15
    }

    private let handle: UVHandle<uv_signal_t>
    private let loop: EventLoop
    private let onSignal: () -> Void
    private var isClosing = false

    /// Watches for `signal` until `close()`.
    public init(_ signal: Signal, on loop: EventLoop, onSignal: @escaping () -> Void) throws(UVError) {
        self.loop = loop
        self.onSignal = onSignal
        unsafe handle = try UVHandle("uv_signal_init", on: loop) { raw in unsafe uv_signal_init(loop.raw, raw) }
        unsafe handle.retain(self)
        let status = unsafe uv_signal_start(
            handle.raw,
            { raw, _ in
                let watcher = unsafe Unmanaged<SignalWatcher>.fromOpaque(raw!.pointee.data).takeUnretainedValue()
                watcher.loop.callback("signal") { if !watcher.isClosing { watcher.onSignal() } }
            }, signal.rawValue)
        guard status >= 0 else {
            close()
            throw UVError(code: status, call: "uv_signal_start")
        }
    }

    /// Ends the watch. Calling it twice does nothing.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        unsafe handle.close()
    }
}
