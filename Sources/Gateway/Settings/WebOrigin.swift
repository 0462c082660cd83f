/// Where a web page or an app in a web view comes from, as browsers send it (RFC 6454 §6.1): `https://chat.example`, `http://localhost:3000`,
/// `app://obsidian.md`.
///
/// Two origins are the same when their texts are: lower case, without the port that http and https mean by themselves. `null`, which stands for any
/// origin that is to be kept secret, is none.
public struct WebOrigin: Hashable, Sendable, CustomStringConvertible {
    /// `scheme://host` or `scheme://host:port`.
    public let text: String

    /// 320 bytes: the longest text that is parsed. A host name has at most 253 (RFC 1035 §2.3.4).
    public static let maximumLength = 320

    /// Parses an origin; `nil` when it is none. Nothing may follow the host and the port, not even a slash.
    public init?(parsing text: String) {
        guard text.utf8.count <= WebOrigin.maximumLength, let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard WebOrigin.isScheme(scheme) else { return nil }
        let isWeb = scheme == "http" || scheme == "https"
        var host = text[mark.upperBound...].lowercased()[...]
        var port: Substring?
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
            guard HostName.isIPv6(Array(host[host.index(after: host.startIndex)..<end].utf8)[...]) else { return nil }
            host = host[...end]
        } else {
            if let colon = host.firstIndex(of: ":") {
                port = host[host.index(after: colon)...]
                host = host[..<colon]
            }
            guard isWeb ? HostName.isValid(String(host)) && !host.contains(":") : WebOrigin.isHostOfApp(host) else { return nil }
        }
        guard let port else {
            self.text = "\(scheme)://\(host)"
            return
        }
        guard let number = WebOrigin.port(port) else { return nil }
        let isOwn = scheme == "http" && number == 80 || scheme == "https" && number == 443
        self.text = isOwn ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(number)"
    }

    /// Parses an origin as an operator writes it down: a slash may follow, and `*` stands for every host of a scheme other than http and https, as web
    /// views of VS Code and browsers' extensions have hosts that are made up (`vscode-webview://*`).
    public init?(allowing text: String) {
        let plain = text.hasSuffix("/") && !text.hasSuffix("://") ? String(text.dropLast()) : text
        if plain.hasSuffix("://*") {
            let scheme = plain.dropLast(4).lowercased()
            guard WebOrigin.isScheme(scheme), scheme != "http", scheme != "https", plain.utf8.count <= WebOrigin.maximumLength else { return nil }
            self.init(text: "\(scheme)://*")
        } else {
            self.init(parsing: plain)
        }
    }

    private init(text: String) { self.text = text }

    /// Every origin of the same scheme, as `init(allowing:)` has it; `nil` for those of the web.
    var family: WebOrigin? {
        guard let mark = text.firstRange(of: "://"), !text.hasPrefix("http://"), !text.hasPrefix("https://") else { return nil }
        return WebOrigin(text: "\(text[..<mark.lowerBound])://*")
    }

    /// The same as `text`.
    public var description: String { text }

    /// What stands behind the scheme of an app need not be a name of a machine: `app://-`, `app://.`. RFC 3986's unreserved characters, up to 253.
    private static func isHostOfApp(_ host: Substring) -> Bool {
        (1...253).contains(host.utf8.count)
            && host.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-._~".utf8.contains($0) }
    }

    /// RFC 3986 §3.1, in lower case.
    private static func isScheme(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) }
    }

    /// 1 to 65535, without zeros in front.
    private static func port(_ digits: Substring) -> UInt16? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.first != UInt8(ascii: "0"),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return UInt16(digits)
    }
}
