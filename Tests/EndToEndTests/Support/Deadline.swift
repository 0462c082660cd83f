import Foundation

/// A point in time by which something must have happened, so that no test hangs.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(_ duration: Duration) {
        end = .now.advanced(by: duration)
    }

    /// How long a single wait of a test may take; the slowest thing that is waited for is a debug build on a busy machine.
    static var usual: Deadline { Deadline(.seconds(9)) }

    var hasPassed: Bool { ContinuousClock.now >= end }

    /// What is left, in milliseconds, as poll(2) takes it.
    var milliseconds: Int32 {
        let left = ContinuousClock.now.duration(to: end) / .milliseconds(1)
        return Int32(max(0, left.rounded(.up)))
    }

    /// Waits for a descriptor.
    ///
    /// - Returns: Whether it became ready in time.
    func wait(for descriptor: Int32, _ events: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let count = poll(&entry, 1, milliseconds)
            if count < 0, errno == EINTR { continue }
            return count > 0
        }
    }

    /// Asks `isTrue` again and again, a few milliseconds apart.
    ///
    /// - Returns: Whether it became true in time.
    func until(_ isTrue: () throws -> Bool) rethrows -> Bool {
        while true {
            if try isTrue() { return true }
            if hasPassed { return false }
            poll(nil, 0, 3)
        }
    }
}
