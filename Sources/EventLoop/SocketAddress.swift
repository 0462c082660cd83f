internal import CUV
internal import Glibc

/// An IP address and port, to listen on or to connect to.
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

    /// The address of a socket that is already listening.
    ///
    /// - Returns: `nil` if the descriptor is not a listening TCP socket over IP.
    public init?(listeningOn descriptor: Int32) {
        guard SocketAddress.option(SO_ACCEPTCONN, of: descriptor) == 1, SocketAddress.option(SO_TYPE, of: descriptor) == SOCK_STREAM.rawValue else {
            return nil
        }
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // INET6_ADDRSTRLEN, 46 bytes, is the longest text of an address (inet_ntop(3)).
        var text = [CChar](repeating: 0, count: 46)
        let isNamed = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe getsockname(descriptor, raw, &size) == 0 && uv_ip_name(raw, &text, text.count) == 0
            }
        }
        guard isNamed else { return nil }
        // sin_port and sin6_port are at the same place (ip(7), ipv6(7)).
        let port = unsafe withUnsafeBytes(of: &storage) { unsafe UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
        self.init(host: String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self), port: port)
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> UInt32? {
        var value: UInt32 = 0
        var size = socklen_t(MemoryLayout<UInt32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }

    /// Looks a host name up, blocking, as programs do before their loop runs (getaddrinfo(3)).
    ///
    /// - Returns: The addresses in the system's order of preference; none when the name is unknown.
    public static func lookUp(host: String, port: UInt16) -> [SocketAddress] {
        if let address = SocketAddress(host: host, port: port) { return [address] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { unsafe freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            unsafe next = entry.pointee.ai_next
            // The longest text of an address, INET6_ADDRSTRLEN in in.h, with room for a zone.
            var text = [CChar](repeating: 0, count: 64)
            let status = unsafe getnameinfo(entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, 64, nil, 0, NI_NUMERICHOST)
            let end = text.firstIndex(of: 0) ?? 0
            let name = String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if status == 0, let address = SocketAddress(host: name, port: port), !found.contains(address) { found.append(address) }
        }
        return found
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
