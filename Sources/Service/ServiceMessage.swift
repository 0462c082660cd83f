public import EventLoop

/// A message to a service manager, in the form of sd_notify(3).
public enum ServiceMessage: Equatable, Sendable {
    /// Serving has begun, or a reload has ended.
    case ready(status: String)
    /// The activity of the process, for people.
    case status(String)
    /// A reload has begun. The time lets the manager distinguish it from an earlier one.
    case reloading(at: LoopInstant)
    /// The process is ending.
    case stopping(status: String)
    /// The loop is still turning.
    case watchdog

    /// The datagram.
    public var text: String {
        switch self {
        case .ready(let status): "READY=1\nSTATUS=\(Self.line(status))\n"
        case .status(let status): "STATUS=\(Self.line(status))\n"
        // Microseconds of CLOCK_MONOTONIC, which is the loop's clock (uv_hrtime).
        case .reloading(let now): "RELOADING=1\nMONOTONIC_USEC=\(now.nanoseconds / 1000)\n"
        case .stopping(let status): "STOPPING=1\nSTATUS=\(Self.line(status))\n"
        case .watchdog: "WATCHDOG=1\n"
        }
    }

    /// The longest status in characters; the manager shows it in one line.
    private static let longestStatus = 1000

    /// A status that can't end its line and begin an assignment of its own.
    private static func line(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }).prefix(longestStatus))
    }
}
