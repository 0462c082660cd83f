internal import EventLoop

/// When a day's allowance comes back whose provider does not say when.
///
/// Days end at different times: at midnight in UTC (OpenRouter), by the Pacific's clock (Google), 24 h after the use (Groq, which names the time). So
/// what has used up its day is left alone until the next of the midnights, where one request may try; if that is refused, until the one after.
enum DailyReset {
    private static let hour = 3600
    /// Midnight in UTC and midnight by the Pacific's standard time, in hours of UTC. In summer the latter comes an hour late, which is no harm.
    private static let midnights = [0, 8, 24]

    /// How long to leave it alone, 1 to 17 h: a midnight that is less than an hour away is nearer than the two clocks and the provider's
    /// book-keeping may agree.
    ///
    /// - Parameter now: Seconds since the Unix epoch.
    static func pause(at now: Int) -> LoopInterval {
        let time = ((now % (24 * hour)) + 24 * hour) % (24 * hour)
        let next = midnights.lazy.map { $0 * hour }.first { $0 > time } ?? 24 * hour
        return LoopInterval(.seconds(max(next - time, hour)))
    }
}
