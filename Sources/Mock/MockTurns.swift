internal import EventLoop
internal import Glibc

/// Lets answers that are made as fast as the client reads go on once in each turn of the loop, all of them level, with the sockets
/// served in between.
///
/// It watches the writing end of an empty pipe, which is always ready, and so is called once a turn. A timer would not do: libuv 1.44
/// fires one that is armed anew with no delay again and again before it looks at the sockets.
final class MockTurns {
    private let read: Int32
    private let write: Int32
    private var watcher: SocketWatcher?
    private var waiting: [UInt64] = []
    private var running: [UInt64] = []
    /// Told when a token comes up. Not weak, as a weak reference makes every other one to the same object slow.
    unowned var delegate: (any MockPacerDelegate)?

    init(on loop: EventLoop) throws(UVError) {
        var ends: [Int32] = [-1, -1]
        // Without descriptors left the watcher below fails, and says so.
        pipe(&ends)
        (read, write) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        watcher = try SocketWatcher(descriptor: ends[1], on: loop) { [unowned self] _ in run() }
    }

    deinit {
        Glibc.close(read)
        Glibc.close(write)
    }

    /// Lets `token` come up in the next turn.
    func schedule(_ token: UInt64) {
        if waiting.isEmpty, running.isEmpty { watcher?.watch(for: .writable) }
        waiting.append(token)
    }

    /// Ends the watch.
    func close() {
        watcher?.close()
        watcher = nil
    }

    private func run() {
        swap(&waiting, &running)
        for token in running { delegate?.pacerReached(token) }
        running.removeAll(keepingCapacity: true)
        if waiting.isEmpty { watcher?.watch(for: []) }
    }
}
