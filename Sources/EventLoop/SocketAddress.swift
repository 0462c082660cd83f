internal import CUV
internal import Glibc

/// An IP address and port to listen on.
public struct SocketAddress: Equatable, Sendable, CustomStringConvertible {
    /// The address in text: IPv4 dotted or IPv6 without brackets.
    public let host: String
    /// The port, 0 to let the system choose.
    public let port: UInt16
    let isIPv6: Bool

    /// Parses an address; `localhost` is 127.0.0.1, brackets around an IPv6 address are allowed.
    ///
    /// - Returns: `nil` when `host` is not an IP address.
    public init?(host: String, port: UInt16) {
        var text = host == "localhost" ? "127.0.0.1" : host
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if unsafe uv_ip4_addr(text, Int32(port), &four) == 0 {
            isIPv6 = false
        } else if unsafe uv_ip6_addr(text, Int32(port), &six) == 0 {
            isIPv6 = true
        } else {
            return nil
        }
        self.host = text
        self.port = port
    }

    /// Whether only this machine can reach the address (127.0.0.0/8 or ::1).
    public var isLoopback: Bool { isIPv6 ? host == "::1" : host.hasPrefix("127.") }

    /// The address as in a URL.
    public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Calls `body` with the address in the form of the C calls.
    func withRaw<R>(_ body: (UnsafePointer<sockaddr>) -> R) -> R {
        if isIPv6 {
            var six = sockaddr_in6()
            unsafe uv_ip6_addr(host, Int32(port), &six)
            return unsafe withUnsafePointer(to: &six) { unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
        }
        var four = sockaddr_in()
        unsafe uv_ip4_addr(host, Int32(port), &four)
        return unsafe withUnsafePointer(to: &four) { unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
}
