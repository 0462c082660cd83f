import Dispatch
import Glibc

/// The pace of a deliberately slow peer, where slowness itself is tested. Never a wait for something to have
/// happened: that is what `eventually` and `Gate` are for.
public func rest(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    poll(nil, 0, Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000))
}

/// Lets one thread of a test wait for another.
public final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    /// Makes a closed gate.
    public init() {}

    /// Lets one waiter pass.
    public func open() { semaphore.signal() }

    /// Waits until the gate is opened.
    public func pass() { semaphore.wait() }
}
