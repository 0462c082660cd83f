internal import CUV
internal import Glibc

/// Where a client comes from, as far as its address distinguishes it from others: an IPv4 address, the first 64
/// bits of an IPv6 address, which is what one site is given (RFC 6177), or this machine through a socket in the
/// file system.
public struct ClientNetwork: Hashable, Sendable {
    private enum Kind: UInt8 {
        case unknown, local, four, six
    }

    private let kind: Kind
    private let prefix: UInt64

    /// A client whose address is not known, for example because it has gone.
    public static let unknown = ClientNetwork(kind: .unknown, prefix: 0)
    /// A client that connected through a socket in the file system.
    public static let local = ClientNetwork(kind: .local, prefix: 0)

    private init(kind: Kind, prefix: UInt64) {
        self.kind = kind
        self.prefix = prefix
    }

    /// The network of an IP address.
    public init(_ address: SocketAddress) {
        self = unsafe address.withRaw { unsafe ClientNetwork(UnsafeRawPointer($0)) }
    }

    /// The network of the other end of a connection.
    init(peerOf descriptor: Int32) {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getpeername(descriptor, $0, &size) }
        }
        self = status == 0 ? unsafe withUnsafePointer(to: &storage) { unsafe ClientNetwork(UnsafeRawPointer($0)) } : .unknown
    }

    private init(_ raw: UnsafeRawPointer) {
        // sin_addr is at byte 4, sin6_addr at byte 8 (ip(7), ipv6(7)).
        switch Int32(unsafe raw.loadUnaligned(as: sa_family_t.self)) {
        case AF_UNIX: self = .local
        case AF_INET: self.init(kind: .four, prefix: UInt64(unsafe raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian))
        case AF_INET6:
            let high = unsafe raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
            let low = unsafe raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self).bigEndian
            // ::ffff:0:0/96 holds IPv4 addresses (RFC 4291 §2.5.5.2).
            if high == 0, low >> 32 == 0xFFFF {
                self.init(kind: .four, prefix: low & 0xFFFF_FFFF)
            } else {
                self.init(kind: .six, prefix: high)
            }
        default: self = .unknown
        }
    }
}
