internal import CUV

/// What a watched descriptor is ready for, or should be watched for.
public struct SocketEvents: OptionSet, Sendable {
    /// The set's bits.
    public let rawValue: UInt8
    /// Makes a set of these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// There is something to read, or the peer has closed.
    public static let readable = Self(rawValue: 1)
    /// There is room to write, or a connect has ended.
    public static let writable = Self(rawValue: 2)
    /// The descriptor failed; libuv has stopped watching it.
    public static let failed = Self(rawValue: 4)
}

/// Watches a descriptor that is opened and closed elsewhere. libuv allows one watcher per descriptor
/// (`uv_poll_t`).
@safe public final class SocketWatcher {
    private let handle: UVHandle<uv_poll_t>
    private let loop: EventLoop
    private var watched: SocketEvents = []
    private var isClosing = false
    /// Called on the loop when the descriptor is ready; replaced when its owner changes, for example after a connect.
    public var onReady: (SocketEvents) -> Void

    /// Makes a watcher that watches for nothing yet.
    public init(descriptor: Int32, on loop: EventLoop, onReady: @escaping (SocketEvents) -> Void) throws(UVError) {
        self.loop = loop
        self.onReady = onReady
        unsafe handle = try UVHandle("uv_poll_init", on: loop) { raw in unsafe uv_poll_init(loop.raw, raw, descriptor) }
        unsafe handle.retain(self)
    }

    /// Watches for `events` from now on; an empty set stops watching.
    public func watch(for events: SocketEvents) {
        guard !isClosing, events != watched else { return }
        watched = events
        if events.isEmpty {
            unsafe uv_poll_stop(handle.raw)
            return
        }
        var mask: Int32 = 0
        if events.contains(.readable) { mask |= Int32(UV_READABLE.rawValue) }
        if events.contains(.writable) { mask |= Int32(UV_WRITABLE.rawValue) }
        unsafe uv_poll_start(handle.raw, mask) { raw, status, events in
            let watcher = unsafe Unmanaged<SocketWatcher>.fromOpaque(raw!.pointee.data).takeUnretainedValue()
            watcher.loop.callback("socket") { watcher.fire(status: status, events: events) }
        }
    }

    /// Ends the watch; must happen before the descriptor is closed. Calling it twice does nothing.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        onReady = { _ in }
        unsafe handle.close()
    }

    private func fire(status: Int32, events: Int32) {
        guard !isClosing else { return }
        guard status >= 0 else {
            // libuv has stopped polling by itself (uv_poll_start, status below zero); watching again is the
            // owner's decision.
            watched = []
            return onReady(.failed)
        }
        var ready: SocketEvents = []
        if events & Int32(UV_READABLE.rawValue) != 0 { ready.insert(.readable) }
        if events & Int32(UV_WRITABLE.rawValue) != 0 { ready.insert(.writable) }
        onReady(ready)
    }
}
