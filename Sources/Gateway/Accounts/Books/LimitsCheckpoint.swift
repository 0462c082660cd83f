internal import EventLoop

/// The books of limits at a moment, to be written down on any thread: making text of thousands of them takes longer than a turn of the loop may.
public struct LimitsCheckpoint: Sendable {
    let moment: Moment
    let archive: BooksArchive

    /// The books as bytes, for a store. Books that have changed since may be in there as they were then.
    public func bytes() -> [UInt8] { archive.bytes(at: moment) }
}

extension LoopInstant {
    /// Whole milliseconds on the monotonic clock.
    var wholeMilliseconds: Int64 { Int64(clamping: nanoseconds / 1_000_000) }
}
