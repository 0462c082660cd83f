import EventLoop
import Foundation
import Glibc

/// What went wrong on a test's own socket.
public enum PeerError: Error, Equatable {
    /// Nothing came, or nothing was taken, within the socket's limit.
    case timedOut
    /// The other side has reset the connection.
    case reset
    /// The other side has ended the connection where more was expected.
    case ended
    /// Another system error.
    case system(Int32)
    /// The received bytes are not HTTP as the test reads it.
    case malformed(String)
}

/// The test's own end of a TCP connection, or of one to a socket in the file system, with blocking calls.
public final class Peer: @unchecked Sendable {  // used by one thread at a time; `interrupt` and `abort` may come from another, under the lock
    /// The socket.
    public let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Whether the descriptor is closed. The system reuses its number at once: touching it then would end
    /// another connection.
    private let isClosed = Locked(false)

    /// Takes over a connected socket; every call on it waits at most 15 s.
    public init(descriptor: Int32) {
        self.descriptor = descriptor
        setTimeout(.seconds(15))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Connects to a port of this machine.
    ///
    /// - Parameter receiveBuffer: The kernel's receive buffer in bytes; small for a client that does not read.
    public convenience init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw PeerError.system(errno) }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = loopbackAddress(port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard status == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw PeerError.system(code)
        }
        self.init(descriptor: descriptor)
    }

    /// Connects to a socket in the file system.
    public convenience init(path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw PeerError.system(errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard status == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw PeerError.system(code)
        }
        self.init(descriptor: descriptor)
    }

    deinit { close() }

    /// How long a call may wait.
    public func setTimeout(_ limit: Duration) {
        let (seconds, attoseconds) = limit.components
        var value = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<timeval>.size)) }
    }

    // MARK: Out

    /// Sends text.
    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends bytes, all of them.
    public func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
            guard count >= 0 else { throw failure() }
            sent += count
        }
    }

    /// Ends the outgoing half (FIN).
    public func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends both halves, so that a call that waits on another thread returns.
    public func interrupt() {
        isClosed.withLock { isClosed in
            if !isClosed { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Closes the connection.
    public func close() {
        isClosed.withLock { isClosed in
            if !isClosed { Glibc.close(descriptor) }
            isClosed = true
        }
    }

    /// Resets the connection even if another thread waits on it: a connect to no address (`AF_UNSPEC`,
    /// connect(2)).
    public func abort() {
        isClosed.withLock { isClosed in
            guard !isClosed else { return }
            var nowhere = sockaddr()
            connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
        }
    }

    /// Closes the connection with a reset instead of a FIN (`SO_LINGER` of 0 s, socket(7)).
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: In

    /// The bytes that have come, at most `limit`; none at the connection's end.
    public func receive(atMost limit: Int = 64 * 1024) throws -> [UInt8] {
        if !buffer.isEmpty {
            let part = Array(buffer.prefix(limit))
            buffer.removeFirst(part.count)
            return part
        }
        return try receiveFromSocket(limit)
    }

    private func receiveFromSocket(_ limit: Int) throws -> [UInt8] {
        let bytes = try [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            let got = recv(descriptor, room.baseAddress!, limit, 0)
            guard got >= 0 else { throw failure() }
            count = got
        }
        return bytes
    }

    /// Exactly this many bytes.
    public func receiveExactly(_ size: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < size {
            let more = try receive(atMost: size - bytes.count)
            guard !more.isEmpty else { throw PeerError.ended }
            bytes += more
        }
        return bytes
    }

    /// Everything until the other side ends the connection.
    public func receiveAll() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = try receive()
            guard !more.isEmpty else { return bytes }
            bytes += more
        }
    }

    /// Everything until the other side ends the connection, as text.
    public func receiveText() throws -> String { String(decoding: try receiveAll(), as: UTF8.self) }

    /// Whether the connection is closed or reset before another byte comes.
    public func seesEnd() -> Bool {
        do { return try receive().isEmpty } catch PeerError.reset { return true } catch { return false }
    }

    /// One line without its end.
    public func receiveLine() throws -> String {
        var line: [UInt8] = []
        while true {
            if buffer.isEmpty {
                buffer = try receiveFromSocket(16 * 1024)
                guard !buffer.isEmpty else { throw PeerError.ended }
            }
            guard let end = buffer.firstIndex(of: 10) else {
                line += buffer
                buffer = []
                continue
            }
            line += buffer[..<end]
            buffer.removeFirst(end + 1)
            if line.last == 13 { line.removeLast() }
            return String(decoding: line, as: UTF8.self)
        }
    }

    private func failure() -> PeerError {
        switch errno {
        case EAGAIN: .timedOut
        case ECONNRESET, EPIPE: .reset
        default: .system(errno)
        }
    }
}

/// A port of 127.0.0.1.
func loopbackAddress(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}
