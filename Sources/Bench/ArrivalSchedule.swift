internal import Wire

/// When the requests of an open loop are to be sent, whatever the answers do.
public struct ArrivalSchedule: Sendable {
    /// How the requests are spread.
    public enum Kind: String, Sendable, CaseIterable {
        /// Independent of each other, like those of many users: the gaps are exponential.
        case poisson
        /// One every 1/rate seconds.
        case constant
    }

    private let kind: Kind
    /// Nanoseconds between two requests, on average.
    private let gap: Double
    private var random: LoadRandom
    private var passed = 0.0
    private var number = 0

    /// Makes the schedule for a rate in requests a second, above 0. The same seed gives the same times.
    public init(rate: Double, kind: Kind, seed: UInt64) {
        precondition(rate > 0 && rate.isFinite)
        self.kind = kind
        gap = 1e9 / rate
        random = LoadRandom(seed: seed)
    }

    /// The next request's time in nanoseconds from the start; never earlier than the previous one.
    public mutating func next() -> UInt64 {
        switch kind {
        case .constant:
            // Computed from the number and not by adding up, so that rounding errors do not accumulate.
            defer { number += 1 }
            return UInt64(clamping: Double(number) * gap)
        case .poisson:
            passed += random.exponential() * gap
            return UInt64(clamping: passed)
        }
    }
}
