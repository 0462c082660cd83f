/// How often the service manager wants to hear that the process lives (sd_watchdog_enabled(3)).
public struct WatchdogSetting: Equatable, Sendable {
    /// The pause after which the manager takes the process for dead, `WatchdogSec=` of the unit.
    public let limit: Duration

    /// How often to say that the loop turns: twice within the limit, as sd_watchdog_enabled(3) recommends.
    public var interval: Duration { limit / 2 }

    /// Reads the variables the manager sets.
    ///
    /// - Returns: `nil` without a watchdog, and when it is meant for another process.
    public init?(environment: [String: String], processID: Int32) {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else { return nil }
        if let named = environment["WATCHDOG_PID"], Int32(named) != processID { return nil }
        limit = .microseconds(microseconds)
    }
}
