/// Tells a deployment that is down from one that fails now and then: Page's cumulative sum (Page, Continuous Inspection Schemes, Biometrika 1954) of the
/// log likelihood ratio of "down", where three of five attempts fail, against "well", where one of twenty does.
///
/// A failure adds ln(0.6 / 0.05) = 2.48, a success takes off ln(0.95 / 0.4) = 0.87, never below nothing; in units of a failure that is 1 and 0.35.
///
/// | attempts | down after |
/// | --- | --- |
/// | all fail | 4 |
/// | every second fails | about 12 |
/// | 4 % fail at random | a million, on average |
/// | connections are refused | 2 |
struct DownTest: Equatable, Sendable {
    /// What one success takes off.
    private static let relief: Float = 0.35
    /// From here on it is down.
    private static let threshold: Float = 4
    /// The sum does not grow beyond this, so that what was down for an hour is as soon well as what was down for a minute.
    private static let most: Float = 6

    /// The sum, in failures.
    private(set) var level: Float = 0

    /// Whether it is down.
    var isDown: Bool { level >= DownTest.threshold }

    /// An attempt succeeded.
    mutating func succeeded() { level = max(0, level - DownTest.relief) }

    /// An attempt failed.
    ///
    /// - Parameter weight: How much it says: 1, or 2 for a connection that nobody accepted.
    mutating func failed(_ weight: Float) { level = min(DownTest.most, level + weight) }

    /// A failure turned out to say nothing.
    mutating func takeBack(_ weight: Float) { level = max(0, level - weight) }

    /// A trial succeeded: it is well again, but two failures more and it is down.
    mutating func recovered() { level = min(level, DownTest.threshold / 2) }
}
