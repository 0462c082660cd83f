import EventLoop
import Glibc
import LoopTesting
import Testing

/// Two connected sockets of this process.
private func makePair() throws -> (ours: Int32, theirs: Peer) {
    var pair: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else { throw PeerError.system(errno) }
    return (pair[0], Peer(descriptor: pair[1]))
}

private final class Events {
    var seen: [SocketEvents] = []
}

@Suite(.timeLimit(.minutes(1))) struct WatcherTests {
    @Test func `a descriptor with room is writable and one with bytes is readable`() async throws {
        try await withLoop { loop in
            let (ours, theirs) = try makePair()
            let events = Events()
            let watcher = try SocketWatcher(descriptor: ours, on: loop) { events.seen.append($0) }
            try await pause(.milliseconds(5), on: loop)
            #expect(events.seen.isEmpty)
            watcher.watch(for: .writable)
            try await eventually(on: loop, "room") { events.seen.contains(.writable) }
            watcher.watch(for: .readable)
            events.seen = []
            try await pause(.milliseconds(5), on: loop)
            #expect(events.seen.isEmpty)
            try theirs.send("x")
            try await eventually(on: loop, "a byte") { events.seen.contains(.readable) }
            watcher.watch(for: [.readable, .writable])
            try await eventually(on: loop, "both") { events.seen.contains([.readable, .writable]) }
            watcher.watch(for: [])
            events.seen = []
            try await pause(.milliseconds(5), on: loop)
            #expect(events.seen.isEmpty)
            watcher.close()
            watcher.close()
            watcher.watch(for: .readable)
            close(ours)
        }
    }

    @Test func `a descriptor whose peer has closed is readable`() async throws {
        try await withLoop { loop in
            let (ours, theirs) = try makePair()
            let events = Events()
            let watcher = try SocketWatcher(descriptor: ours, on: loop) { events.seen.append($0) }
            watcher.watch(for: .readable)
            theirs.close()
            try await eventually(on: loop, "the end") { events.seen.contains(.readable) }
            watcher.close()
            close(ours)
        }
    }

    @Test func `a reset fails the watch, which can be started again`() async throws {
        try await withLoop { loop in
            let server = try PeerServer { peer, _ in _ = try? peer.receive() }
            let client = try Peer(port: server.port)
            let events = Events()
            let watcher = try SocketWatcher(descriptor: client.descriptor, on: loop) { [unowned events] in events.seen.append($0) }
            watcher.watch(for: .readable)
            try await eventually(on: loop, "the connection") { server.accepted == 1 }
            server.reset()
            try await eventually(on: loop, "the failure") { events.seen.contains(.failed) }
            #expect(events.seen.filter { $0 == .failed }.count == 1)
            watcher.watch(for: .readable)
            try await eventually(on: loop, "another event") { events.seen.count > 1 }
            watcher.close()
            server.stop()
        }
    }

    @Test func `a signal becomes an event of the loop`() async throws {
        try await withLoop { loop in
            final class Count { var signals = 0 }
            let count = Count()
            let watcher = try SignalWatcher(.hangUp, on: loop) {
                #expect(loop.isCurrent)
                count.signals += 1
            }
            kill(getpid(), SIGHUP)
            try await eventually(on: loop, "the signal") { count.signals == 1 }
            kill(getpid(), SIGHUP)
            try await eventually(on: loop, "the second signal") { count.signals == 2 }
            #expect(loop.liveHandles["signal"] == 1)
            watcher.close()
            watcher.close()
        }
    }
}
