internal import Configuration
internal import Gateway

/// Where a running gateway serves its operator's endpoints.
enum AdminTarget: Equatable, CustomStringConvertible {
    /// An address, with the path they are below where a proxy stands before the gateway.
    case url(HTTPURL)
    /// A socket in the file system.
    case socket(path: String)

    /// What a person writes: `http://127.0.0.1:8000`, `https://gateway.example/best`, `unix:/run/best/admin.sock`.
    init?(parsing text: String) {
        if let url = try? HTTPURL(parsing: text) {
            self = .url(url)
        } else if text.hasPrefix("unix:"), case .socket(let path)? = AdminAddress(parsing: text) {
            self = .socket(path: path)
        } else {
            return nil
        }
    }

    /// Where the gateway of a configuration has them; `nil` where the system chooses the port.
    init?(of configuration: GatewayConfiguration) {
        let (host, port): (String, UInt16)
        switch configuration.admin.listen {
        case .socket(let path)?:
            self = .socket(path: path)
            return
        case .tcp(let own, let ownPort)?: (host, port) = (own, ownPort)
        case nil: (host, port) = (configuration.server.host, configuration.server.port)
        }
        self.init(host: host, port: port)
    }

    /// Where the gateway of a configuration listens for clients; `nil` where the system chooses the port.
    init?(clientsOf configuration: GatewayConfiguration) {
        self.init(host: configuration.server.host, port: configuration.server.port)
    }

    private init?(host: String, port: UInt16) {
        guard port != 0 else { return nil }
        // What listens on every interface is on this machine's own, too.
        let reachable = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        guard let url = try? HTTPURL(parsing: "http://\(AdminAddress.tcp(host: reachable, port: port))") else { return nil }
        self = .url(url)
    }

    var description: String {
        switch self {
        case .url(let url): url.text
        case .socket(let path): "unix:\(path)"
        }
    }

    /// What a connection is made to. Never through a proxy of the environment, which would learn the admin key.
    var origin: UpstreamOrigin {
        switch self {
        case .url(let url):
            let host = url.host.utf8.contains(UInt8(ascii: ":")) ? "[\(url.host)]" : url.host
            return UpstreamOrigin(isSecure: url.scheme == .https, host: host, port: Int(url.port), proxy: "")
        case .socket(let path): return UpstreamOrigin(isSecure: false, host: "localhost", port: 80, proxy: "", socketPath: path)
        }
    }

    /// The target of a request for a path.
    func target(_ path: String) -> String {
        switch self {
        case .url(let url): url.path + path
        case .socket: path
        }
    }
}
