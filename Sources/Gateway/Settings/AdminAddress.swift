/// An address of the operator's own listener: `127.0.0.1:9001`, `[::1]:9001`, `localhost:9001` or `unix:/run/best/admin.sock`.
public enum AdminAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address, IPv6 without brackets, or `localhost`; port 0 lets the system choose.
    case tcp(host: String, port: UInt16)
    /// A socket in the file system, 1 to `longestPath` bytes, as seen from the working directory.
    case socket(path: String)

    /// Longest path of a socket in bytes (unix(7)).
    public static let longestPath = 107
    private static let scheme = "unix:"

    /// Parses the text form.
    ///
    /// - Returns: `nil` when it is none of the forms above.
    public init?(parsing text: String) {
        if text.hasPrefix(AdminAddress.scheme) {
            let path = text.dropFirst(AdminAddress.scheme.count)
            guard (1...AdminAddress.longestPath).contains(path.utf8.count), !path.utf8.contains(0), !path.hasSuffix("/") else { return nil }
            self = .socket(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = UInt16(digits), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var host = String(text[..<colon])
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = String(host.dropFirst().dropLast()) }
        guard HostName.isListenable(host), host.utf8.contains(UInt8(ascii: ":")) == isBracketed else { return nil }
        self = .tcp(host: host, port: port)
    }

    /// The text form.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .socket(let path): AdminAddress.scheme + path
        }
    }

    /// Whether only this machine reaches it.
    public var isLoopback: Bool {
        switch self {
        case .tcp(let host, _): HostName.isLoopback(host)
        case .socket: true
        }
    }
}
