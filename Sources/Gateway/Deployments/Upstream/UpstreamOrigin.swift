/// A provider's host as connections see it: connections are pooled for each origin, which stands for one host, one key and one proxy.
public final class UpstreamOrigin {
    /// Whether the connection is encrypted.
    public let isSecure: Bool
    /// The host name or address, an IPv6 address in brackets.
    public let host: String
    /// The port.
    public let port: Int
    /// The proxy's URL; `nil` for what the environment says, empty for none.
    public let proxy: String?
    /// Whether a proxy is written for it. One of the environment is libcurl's own matter.
    public var hasProxy: Bool { proxy?.isEmpty == false }
    /// A file with the certificates to trust instead of the system's; `nil` for the system's.
    public let certificateFile: String?
    /// A socket in the file system that is connected to instead of the host, 1 to 107 bytes (unix(7)); for cold calls only.
    public let socketPath: String?
    /// What the transport keeps with an origin: its pool of connections.
    public var pool: AnyObject?
    /// Whether the configuration no longer has it: requests that are under way finish, and no connection is kept for another.
    public internal(set) var isRetired = false

    /// Makes an origin.
    public init(
        isSecure: Bool, host: String, port: Int, proxy: String? = nil, certificateFile: String? = nil, socketPath: String? = nil
    ) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.proxy = proxy
        self.certificateFile = certificateFile
        self.socketPath = socketPath
    }

    /// The origin as a URL without a path.
    public var url: String { "\(isSecure ? "https" : "http")://\(host):\(port)" }

    /// The value of the `host` field: the port is left out where it is the scheme's own (RFC 9110 §7.2).
    public var authority: String { port == (isSecure ? 443 : 80) ? host : "\(host):\(port)" }
}
