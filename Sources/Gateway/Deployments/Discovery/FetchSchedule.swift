internal import EventLoop

/// When a provider is asked for its models again: daily after a success, with growing pauses after failures.
struct FetchSchedule: Equatable {
    private(set) var failures = 0

    /// The pause after a list that came.
    ///
    /// - Parameters:
    ///   - age: How old the list is already, for one from the cache.
    ///   - random: In `0..<1`; spreads the calls over a fifth of the interval.
    mutating func succeeded(_ options: DiscoveryOptions, age: Duration = .zero, random: Double) -> Duration {
        failures = 0
        return max(options.refreshInterval * (0.9 + 0.2 * random) - max(age, .zero), .zero)
    }

    /// The pause after a call that failed. With a `retryInterval` of 15 s:
    ///
    /// | failures | 1 | 2 | 3 | 5 | 8+ |
    /// | longest pause (s) | 15 | 30 | 60 | 240 | 1800 |
    ///
    /// - Parameter random: In `0..<1`; takes off up to half, so that processes do not ask together.
    mutating func failed(_ options: DiscoveryOptions, random: Double) -> Duration {
        failures += 1
        let grown = options.retryInterval * Double(1 << min(failures - 1, 20))
        return min(grown, options.maximumRetryInterval) * (0.5 + 0.5 * random)
    }
}
