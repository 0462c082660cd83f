/// What is written to the log.
public struct LoggingOptions: Hashable, Sendable {
    /// The form of log lines.
    public enum Format: String, CaseIterable, Hashable, Sendable {
        /// For reading.
        case text
        /// One JSON object for each line.
        case json
    }

    /// Whether text lines are coloured.
    public enum Colour: String, CaseIterable, Hashable, Sendable {
        /// On a terminal, unless `NO_COLOR` is set (https://no-color.org).
        case auto
        /// Always, also in a pipe.
        case always
        /// Not at all.
        case never
    }

    /// The form of log lines.
    public var format = Format.text
    /// Whether each request has a line; notices are written in any case.
    public var requests = true
    /// Whether text lines are coloured.
    public var colour = Colour.auto
    /// How long a turn of the event loop may take before a notice names it. 10 ms: a fifth of what a person sees as a pause.
    public var slowTurn = Duration.milliseconds(10)

    /// Makes the defaults.
    public init() {}
}
