public import EventLoop

/// How long something is left alone when nobody said a time: the rungs of one kind of trouble.
///
/// With the defaults:
///
/// | trouble in a row | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11+ |
/// | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
/// | failures (s) | 1 | 2 | 4 | 8 | 16 | 32 | 60 | 60 | 60 | 60 | 60 |
/// | limits without a time (s) | 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256 | 512 | 600 |
/// | rejected credential (h) | 1 | 2 | 4 | 8 | 16 | 24 | 24 | 24 | 24 | 24 | 24 |
///
/// Each is moved by up to the jitter, a fifth.
public struct CooldownLadder: Sendable, Equatable {
    /// The highest rung that differs from the last.
    static let highestRung: UInt8 = 32

    private let first: UInt64
    private let most: UInt64
    private let jitter: Double

    /// Makes the ladder that begins at `first` and doubles up to `most`.
    ///
    /// - Parameter jitter: The part of a pause by which it may be longer or shorter, 0 to 0.5.
    public init(first: Duration, most: Duration, jitter: Double) {
        self.first = max(1, LoopInterval(first).nanoseconds)
        self.most = max(self.first, LoopInterval(most).nanoseconds)
        self.jitter = jitter
    }

    /// The pause of a rung.
    ///
    /// - Parameters:
    ///   - rung: From 1.
    ///   - chance: A random number, 0 to 1.
    public func pause(_ rung: UInt8, chance: Double) -> LoopInterval {
        let shift = UInt64(min(max(rung, 1), CooldownLadder.highestRung) - 1)
        let (doubled, overflow) = first.multipliedReportingOverflow(by: 1 << shift)
        let plain = Double(overflow ? most : min(doubled, most))
        return LoopInterval(nanoseconds: UInt64(plain * (1 + jitter * (2 * chance - 1))))
    }
}
