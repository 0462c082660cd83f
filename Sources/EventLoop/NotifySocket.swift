internal import CUV
internal import Glibc

/// The datagram socket through which this process informs its service manager, as `$NOTIFY_SOCKET` names it
/// (sd_notify(3)).
@safe public final class NotifySocket {
    /// The outcome of sending a message.
    public enum Outcome: Sendable {
        /// The manager has received it.
        case sent
        /// The manager's queue is full; the same message may be sent again later.
        case full
        /// There is no receiver.
        case failed
    }

    /// A socket's name in the file system or in the abstract namespace, which is written with a leading `@`
    /// (unix(7)).
    private enum Place {
        case path([UInt8])
        case abstract([UInt8])
    }

    private var descriptor: Int32

    /// Connects to the manager's socket.
    ///
    /// - Parameter name: An absolute path, or `@` and an abstract name.
    /// - Returns: `nil` if it is neither, too long, or has no listener.
    public init?(_ name: String) {
        guard let place = NotifySocket.place(name) else { return nil }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        guard NotifySocket.connect(descriptor, to: place) else {
            Glibc.close(descriptor)
            return nil
        }
    }

    deinit { close() }

    /// Sends one message, as one datagram; never waits.
    public func send(_ message: String) -> Outcome {
        guard descriptor >= 0 else { return .failed }
        var text = message
        let count = text.withUTF8 { bytes in
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return .sent }
        return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? .full : .failed
    }

    /// Ends the connection. Calling it twice does nothing.
    public func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    private static func place(_ name: String) -> Place? {
        let bytes = Array(name.utf8)
        let isSane = bytes.count > 1 && !bytes.contains(0)
        switch bytes.first {
        // A path needs room for its terminating zero, an abstract name begins with its zero (unix(7)).
        case UInt8(ascii: "/") where isSane && bytes.count < capacity: return .path(bytes)
        case UInt8(ascii: "@") where isSane && bytes.count <= capacity: return .abstract(Array(bytes.dropFirst()))
        default: return nil
        }
    }

    /// Bytes of a socket's name, 108 on Linux (unix(7)).
    private static let capacity = MemoryLayout<sockaddr_un>.size - nameOffset
    private static let nameOffset = MemoryLayout<sa_family_t>.size

    private static func connect(_ descriptor: Int32, to place: Place) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let (start, name) =
            switch place {
            case .path(let name): (nameOffset, name)
            case .abstract(let name): (nameOffset + 1, name)
            }
        unsafe withUnsafeMutableBytes(of: &address) { raw in
            for (index, byte) in name.enumerated() { unsafe raw[start + index] = byte }
        }
        let size = socklen_t(start + name.count)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(descriptor, $0, size) } == 0
        }
    }
}
