internal import Configuration

/// How this process finds its configuration, at the start and for each reload.
struct ServeSettings: Sendable {
    /// Reads every file again when it is asked; the flags and the environment are those of the start.
    let loader: ConfigurationLoader
    /// The directory of the configuration files.
    let directory: String
    /// The environment of the process at its start.
    let environment: [String: String]
    /// The socket the service manager listens on for this process; `nil` when the process opens its own.
    var listener: Int32?
    /// Whether the mock fleet is served where no provider can be used.
    var isDemo: Bool
    /// Whether the mock fleet is served, whatever keys there are.
    var forcesMock: Bool
}
