internal import EventLoop

/// Holds back whoever guesses the admin key: after so many wrong ones in a minute nobody is heard until some of them are a minute old.
///
/// | wrong keys in the last 60 s | 1–10 | from 11 on |
/// | --- | --- | --- |
/// | answer | 401 | 429, also to the right key |
///
/// The right key has 256 bits in practice, so ten guesses a minute find nothing; what is guarded is a weak key that an operator chose.
struct FailureGuard: Sendable {
    /// Wrong keys in a minute before nobody is heard.
    static let most = 10
    private static let span = LoopInterval(.seconds(60))

    /// When the last wrong keys came, the oldest first.
    private var failures: [LoopInstant] = []

    /// How long nobody is heard; `nil` when anybody is.
    mutating func pause(at now: LoopInstant) -> Duration? {
        failures.removeAll { $0.advanced(by: FailureGuard.span) <= now }
        guard failures.count >= FailureGuard.most, let oldest = failures.first else { return nil }
        return oldest.advanced(by: FailureGuard.span).elapsed(since: now)
    }

    /// Notes a wrong key.
    mutating func failed(at now: LoopInstant) {
        failures.append(now)
    }
}
