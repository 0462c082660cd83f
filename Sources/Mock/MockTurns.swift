internal import EventLoop
internal import Glibc

/// Lets answers that are sent as fast as the client reads continue once in each turn of the loop, all of them
/// evenly, with the sockets served in between.
///
/// It watches the writing end of an empty pipe, which is always ready, and so is called once a turn. A timer
/// would not do: libuv 1.44 fires one that is armed again without delay repeatedly before it polls the sockets.
final class MockTurns {
    private let read: Int32
    private let write: Int32
    private var watcher: SocketWatcher?
    private var waiting: [UInt64] = []
    private var running: [UInt64] = []
    /// Called when a token is due. Not weak, since a weak reference slows down every other one to the same
    /// object.
    unowned var delegate: (any MockPacerDelegate)?

    init(on loop: EventLoop) throws(UVError) {
        var ends: [Int32] = [-1, -1]
        // If there are no descriptors left, the watcher below fails and reports it.
        pipe(&ends)
        (read, write) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        watcher = try SocketWatcher(descriptor: ends[1], on: loop) { [unowned self] _ in run() }
    }

    deinit {
        Glibc.close(read)
        Glibc.close(write)
    }

    /// Makes `token` due in the next turn.
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
