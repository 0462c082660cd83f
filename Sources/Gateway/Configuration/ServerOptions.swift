/// How the gateway itself listens, authenticates and logs.
public struct ServerOptions: Sendable {
    /// The form of log lines.
    public enum LogFormat: String, CaseIterable, Hashable, Sendable {
        /// For reading.
        case text
        /// One JSON object for each line.
        case json
    }

    /// The address or name to listen on; IPv6 without brackets.
    public var host = "127.0.0.1"
    /// The TCP port to listen on; 0 lets the kernel choose.
    public var port: UInt16 = 8000
    /// The directory for the key store, discovered models and learnt limits.
    public var dataDirectory = "data"
    /// Static client tokens: not empty, without duplicates, visible ASCII.
    public var bearerTokens: [Secret] = []
    /// The admin key, never empty; `nil` turns the admin endpoints off.
    public var adminKey: Secret?
    /// The form of log lines.
    public var logFormat = LogFormat.text
    /// The largest request body in bytes: 32 MiB, product default.
    public var maximumBodyBytes = 32 * 1024 * 1024
    /// The waiting times of providers that set none of their own.
    public var timeouts = UpstreamTimeouts()

    /// Makes the defaults.
    public init() {}

    /// Whether neither a client token nor an admin key is configured; with an empty key store the gateway then needs no authentication.
    public var isOpen: Bool { bearerTokens.isEmpty && adminKey == nil }

    /// Whether `host` can be reached from this machine only.
    public var isLoopback: Bool { HostName.isLoopback(host) }
}
