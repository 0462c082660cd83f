public import EventLoop

/// A moment on both clocks: spans are measured on the monotonic one, which nobody sets; the calendar's periods begin by the time of day.
public struct Moment: Hashable, Sendable {
    /// The loop's time, which only goes forward.
    public let monotonic: LoopInstant
    /// The time of day, which an operator or a time server may set on or back.
    public let wall: UnixTime

    /// Makes a moment.
    public init(monotonic: LoopInstant, wall: UnixTime) {
        self.monotonic = monotonic
        self.wall = wall
    }

    /// The moment `duration` later, with both clocks going as they should.
    public func advanced(by duration: Duration) -> Moment {
        Moment(monotonic: monotonic.advanced(by: duration), wall: wall.advanced(by: duration))
    }
}

extension EventLoop {
    /// The moment at which the current callback began.
    var moment: Moment { Moment(monotonic: now, wall: unixTime) }
}
