public import Gateway

/// What the command line says; it wins over the environment and over every file.
public struct ConfigurationFlags: Sendable {
    /// `--host`: an IP address or `localhost`.
    public var host: String?
    /// `--port`.
    public var port: UInt16?
    /// `--data`: a path as seen from the working directory.
    public var dataDirectory: String?
    /// `--drain-timeout`, not negative.
    public var drainTimeout: Duration?
    /// `--log-format`.
    public var logFormat: LoggingOptions.Format?
    /// `--quiet`.
    public var isQuiet = false

    /// What problems with a flag name in place of a file.
    static let place = "command line"

    /// Makes flags of which none is given.
    public init() {}
}
