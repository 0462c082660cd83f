/// How often the service manager expects a sign of life (sd_watchdog_enabled(3)).
public struct WatchdogSetting: Equatable, Sendable {
    /// The pause after which the manager considers the process dead, `WatchdogSec=` of the unit.
    public let limit: Duration

    /// How often to send one: twice within the limit, as sd_watchdog_enabled(3) recommends.
    public var interval: Duration { limit / 2 }

    /// Reads the variables that the manager sets.
    ///
    /// - Returns: `nil` without a watchdog, or if it is meant for another process.
    public init?(environment: [String: String], processID: Int32) {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else { return nil }
        if let named = environment["WATCHDOG_PID"], Int32(named) != processID { return nil }
        limit = .microseconds(microseconds)
    }
}
