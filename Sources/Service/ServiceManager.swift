public import EventLoop

/// Keeps the service manager that started this process informed; without one, every call does nothing.
///
/// It lives on the loop, and that is the point of the watchdog: a blocked loop does not feed it, and the
/// manager restarts the process.
///
/// ```swift
/// let manager = ServiceManager(on: loop, environment: ProcessInfo.processInfo.environment, processID: getpid())
/// manager.ready(status: "serving 3 models")
/// manager.statusChanged(to: "serving 4 models")
/// manager.stopping(status: "finishing 2 requests")
/// manager.close()
/// ```
public final class ServiceManager {
    /// How long a message waits if the manager's queue is full.
    private static let retryInterval: Duration = .milliseconds(100)
    /// The most messages that wait; the oldest are dropped first.
    private static let maximumWaiting = 32

    private let loop: EventLoop
    private let socket: NotifySocket?
    private let watchdog: WatchdogSetting?
    private var pulse: LoopTimer?
    private var retry: LoopTimer?
    private var waiting: [ServiceMessage] = []
    private var status = ""

    /// Reads the manager's variables and connects to it.
    public init(on loop: EventLoop, environment: [String: String], processID: Int32) {
        self.loop = loop
        socket = environment["NOTIFY_SOCKET"].flatMap { NotifySocket($0) }
        watchdog = socket == nil ? nil : WatchdogSetting(environment: environment, processID: processID)
        guard socket != nil else { return }
        retry = try? LoopTimer(on: loop) { [unowned self] _ in sendWaiting() }
        guard let watchdog else { return }
        pulse = try? LoopTimer(on: loop) { [unowned self] timer in
            send(.watchdog)
            timer.arm(after: watchdog.interval)
        }
        send(.watchdog)
        pulse?.arm(after: watchdog.interval)
    }

    /// Whether there is a manager to inform.
    public var isPresent: Bool { socket != nil }

    /// Serving has begun.
    public func ready(status: String) {
        self.status = status
        send(.ready(status: status))
    }

    /// The activity of the process has changed; an unchanged text is not sent again.
    public func statusChanged(to status: String) {
        guard status != self.status else { return }
        self.status = status
        send(.status(status))
    }

    /// A reload begins. `ready` must follow, whatever the outcome.
    public func reloadBegan() {
        // The clock and not the start of the turn: the manager compares it with the time at which it requested
        // the reload.
        send(.reloading(at: loop.readClock()))
    }

    /// Shutdown begins.
    public func stopping(status: String) {
        self.status = status
        send(.stopping(status: status))
    }

    /// Releases the socket and the timers.
    public func close() {
        sendWaiting()
        pulse?.close()
        retry?.close()
        socket?.close()
    }

    private func send(_ message: ServiceMessage) {
        guard let socket else { return }
        guard waiting.isEmpty else { return enqueue(message) }
        if socket.send(message.text) == .full { enqueue(message) }
    }

    private func enqueue(_ message: ServiceMessage) {
        // A late pulse is worthless.
        guard message != .watchdog else { return }
        waiting.append(message)
        if waiting.count > ServiceManager.maximumWaiting { waiting.removeFirst() }
        if retry?.isArmed == false { retry?.arm(after: ServiceManager.retryInterval) }
    }

    private func sendWaiting() {
        while let message = waiting.first {
            if socket?.send(message.text) == .full {
                retry?.arm(after: ServiceManager.retryInterval)
                return
            }
            waiting.removeFirst()
        }
    }
}
