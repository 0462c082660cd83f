internal import CUV
internal import Wire

/// The loop's monotonic time. It stands still within one callback, so one request sees one time.
public struct LoopInstant: Comparable, Hashable, Sendable {
    /// Nanoseconds on the monotonic clock (`uv_hrtime`), from an arbitrary start.
    public let nanoseconds: UInt64

    /// Makes an instant from nanoseconds on the monotonic clock.
    @inlinable
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Orders by time.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant `duration` later; a negative duration goes back, at most to the clock's start.
    public func advanced(by duration: Duration) -> Self {
        let (seconds, attoseconds) = duration.components
        let delta = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !delta.overflow else { return Self(nanoseconds: seconds < 0 ? 0 : .max) }
        let sum = Int64(clamping: nanoseconds).addingClamped(delta.partialValue.addingClamped(attoseconds / 1_000_000_000))
        return Self(nanoseconds: sum == .max ? .max : UInt64(max(0, sum)))
    }

    /// How long it is from `start` to this instant; zero when `start` is later.
    public func elapsed(since start: Self) -> Duration {
        .nanoseconds(Int64(clamping: nanoseconds > start.nanoseconds ? nanoseconds - start.nanoseconds : 0))
    }

    /// Whole microseconds from `start` to this instant; zero when `start` is later.
    public func microseconds(since start: Self) -> Int {
        nanoseconds > start.nanoseconds ? Int((nanoseconds - start.nanoseconds) / 1000) : 0
    }

    /// The monotonic time now, read from the clock.
    static func read() -> Self { Self(nanoseconds: uv_hrtime()) }
}

/// A duration in the clock's own unit: what a `Duration` is converted to once, where instants are moved by it
/// for each request.
public struct LoopInterval: Comparable, Hashable, Sendable {
    /// Nanoseconds.
    public let nanoseconds: UInt64

    /// Makes an interval of this many nanoseconds.
    @inlinable
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Makes an interval; a negative duration becomes zero.
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let whole = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        nanoseconds = whole.overflow ? .max : whole.partialValue.addingClamped(UInt64(clamping: attoseconds / 1_000_000_000))
    }

    /// Orders by length.
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension LoopInstant {
    /// The instant `interval` later.
    @inlinable
    public func advanced(by interval: LoopInterval) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(interval.nanoseconds)
        return Self(nanoseconds: overflow ? .max : sum)
    }
}

extension Duration {
    /// The duration in whole milliseconds, rounded up; never negative.
    public var millisecondsRoundedUp: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let whole = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1000)
        return whole.overflow ? .max : whole.partialValue.addingClamped(UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
