internal import Glibc

/// What the loop's work takes from outside besides events and the monotonic clock. A simulated loop has its
/// own, so that a run can be repeated.
extension EventLoop {
    /// The time of day now, in whole milliseconds since 1970 (UTC).
    public var millisecondsSinceEpoch: Int {
        if let simulation { return simulation.epoch &+ now.microseconds(since: simulation.start) / 1000 }
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec &* 1000 &+ time.tv_nsec / 1_000_000
    }

    /// The time of day now, in whole seconds since 1970 (UTC).
    public var secondsSinceEpoch: Int { simulation == nil ? time(nil) : millisecondsSinceEpoch / 1000 }

    /// A random number to start from: from the system, or in a simulated loop from its seed.
    public func makeSeed() -> UInt64 {
        guard let simulation else { return .random(in: .min ... .max) }
        // splitmix64 (Steele, Lea, Flood 2014).
        simulation.random &+= 0x9E37_79B9_7F4A_7C15
        var value = simulation.random
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
