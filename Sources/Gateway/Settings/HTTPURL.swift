/// An absolute `http` or `https` URL of a configuration file, split into its parts.
///
/// It is what a request target is built on: scheme, host, port and path. User information, queries and fragments are refused, so
/// a URL holds no credential and may be logged. See `init(parsing:)` for what is accepted.
public struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    /// The two schemes a provider may be reached by.
    public enum Scheme: String, Hashable, Sendable {
        /// Clear text, by default port 80 (RFC 9110 §4.2.1).
        case http
        /// TLS, by default port 443 (RFC 9110 §4.2.2).
        case https

        /// The port that a URL without one means.
        public var defaultPort: UInt16 {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    /// How the host is reached.
    public let scheme: Scheme
    /// A name or an IPv4 address in lower case, or an IPv6 address without its brackets.
    public let host: String
    /// The port, also when the text left it out; never 0.
    public let port: UInt16
    /// The path without a slash at its end, so that a suffix like `/models` can follow; empty for the root.
    public let path: String

    init(scheme: Scheme, host: String, port: UInt16, path: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
    }

    /// Parses an absolute URL.
    ///
    /// Accepted is `http` or `https` in any case, a host (a name of RFC 1123 labels, where `_` is allowed too, a dotted IPv4
    /// address or an IPv6 address in brackets), a port in `1...65535` and a path of RFC 3986 `pchar` segments. Slashes at the end
    /// of the path are dropped.
    ///
    /// - Throws: `HTTPURLError`, for anything else: user information, a query, a fragment, white space, empty or dot segments,
    ///   IPv4 addresses in other spellings than four decimal numbers (they mean different hosts to different parsers), more than
    ///   `HTTPURL.maximumLength` bytes.
    public init(parsing text: String) throws(HTTPURLError) {
        var parser = HTTPURLParser(text)
        self = try parser.parse()
    }

    /// 2,048 bytes: the longest URL that is parsed; our own bound, far above any provider's.
    public static let maximumLength = 2048

    /// The host as it stands in a `Host` field: brackets around IPv6, the port only where it is not the scheme's own (RFC 9110 §7.2).
    public var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// The whole URL in normal form, which `init(parsing:)` accepts again.
    public var text: String { "\(scheme.rawValue)://\(authority)\(path)" }

    /// The same as `text`.
    public var description: String { text }
}
