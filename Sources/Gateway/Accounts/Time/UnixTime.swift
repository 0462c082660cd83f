internal import EventLoop
internal import Glibc
internal import Wire

/// A moment of the calendar: what people, files and other machines mean by a time. Spans within the process are measured on the loop's clock.
public struct UnixTime: Comparable, Hashable, Sendable {
    /// Milliseconds since 1970 (UTC).
    public let milliseconds: Int64

    /// Makes a moment from milliseconds since 1970 (UTC).
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Makes a moment from whole seconds since 1970 (UTC); what does not fit is the last or first moment there is.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Makes a moment from milliseconds since 1970 that somebody else chose: from 1970 to the end of 9999 (`ForeignNumber.timestamps`).
    public init(clamping milliseconds: Int64) {
        self.milliseconds = milliseconds.clamped(to: 0...Int64(ForeignNumber.epochMilliseconds))
    }

    /// The moment now, by the system's clock.
    public static var now: Self {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Self(milliseconds: Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000)
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { UnixTime.floor(milliseconds, by: 1000) }

    /// The beginning of the minute the moment lies in.
    public var minute: Self { Self(milliseconds: UnixTime.floor(milliseconds, by: 60_000) &* 60_000) }

    /// The beginning of the day (UTC) the moment lies in.
    public var day: Self { Self(milliseconds: UnixTime.floor(milliseconds, by: 86_400_000) &* 86_400_000) }

    /// Orders by time.
    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// The moment `duration` later; what does not fit is the last or first moment there is.
    public func advanced(by duration: Duration) -> Self {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return Self(milliseconds: seconds < 0 ? .min : .max) }
        return Self(milliseconds: milliseconds.addingClamped(product.addingClamped(attoseconds / 1_000_000_000_000_000)))
    }

    /// How long it is from `start` to this moment; zero when `start` is later.
    public func elapsed(since start: Self) -> Duration {
        let (span, overflow) = milliseconds.subtractingReportingOverflow(start.milliseconds)
        return overflow ? .milliseconds(Int64.max) : .milliseconds(max(0, span))
    }

    private static func floor(_ value: Int64, by step: Int64) -> Int64 {
        value / step - (value % step < 0 ? 1 : 0)
    }
}

extension EventLoop {
    /// The moment now, by the loop's time of day.
    var unixTime: UnixTime { UnixTime(milliseconds: Int64(millisecondsSinceEpoch)) }
}
