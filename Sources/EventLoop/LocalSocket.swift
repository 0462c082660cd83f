internal import CUV
internal import Glibc

/// A listening stream socket with a name in the file system (unix(7)): the file's permissions decide who may
/// connect.
@safe public final class LocalSocket {
    /// Longest path in bytes: 108 less the terminating zero (unix(7)).
    public static let longestPath = MemoryLayout<sockaddr_un>.size - MemoryLayout<sa_family_t>.size - 1

    /// The file's path.
    public let path: String
    private var descriptor: Int32
    /// The identity of the file it made, so that it removes no other.
    private var device: dev_t = 0
    private var inode: ino_t = 0
    private var isRemoved = false

    /// Makes the file and listens. A socket that an earlier process left behind, without a listener, is
    /// replaced.
    ///
    /// - Parameters:
    ///   - path: The file's path; 1 to `longestPath` bytes without a zero.
    ///   - mode: The file's permissions, in effect from the moment it exists.
    /// - Throws: With `isAddressInUse` if another process listens there, `isOtherFile` if something other than
    ///   a socket is there, otherwise as bind(2).
    public init(path: String, mode: UInt16, backlog: Int32 = 128) throws(UVError) {
        self.path = path
        let name = Array(path.utf8)
        guard (1...LocalSocket.longestPath).contains(name.count), !name.contains(0) else {
            throw UVError(code: UV_ENAMETOOLONG.rawValue, call: "bind")
        }
        descriptor = socket(AF_UNIX, LocalSocket.kind, 0)
        guard descriptor >= 0 else { throw UVError(code: -errno, call: "socket") }
        do throws(UVError) {
            // Linux gives the file the socket's own mode minus the umask, so that it is never without one; the
            // rest is added afterwards.
            guard fchmod(descriptor, mode_t(mode)) == 0 else { throw UVError(code: -errno, call: "fchmod") }
            try bind(name)
            guard chmod(path, mode_t(mode)) == 0 else { throw UVError(code: -errno, call: "chmod") }
            var status = stat()
            guard unsafe lstat(path, &status) == 0 else { throw UVError(code: -errno, call: "lstat") }
            (device, inode) = (status.st_dev, status.st_ino)
            // Before the loop's listener does so again: no process must find the file without a listener and
            // take it for left behind.
            guard listen(descriptor, backlog) == 0 else { throw UVError(code: -errno, call: "listen") }
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Removes the file if it is still the one that was made. Calling it twice does nothing.
    public func remove() {
        guard !isRemoved else { return }
        isRemoved = true
        var status = stat()
        if unsafe lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode { unlink(path) }
    }

    /// Hands the descriptor over; the caller must close it.
    func takeDescriptor() -> Int32 {
        defer { descriptor = -1 }
        return descriptor
    }

    private static let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)

    private func bind(_ name: [UInt8]) throws(UVError) {
        if LocalSocket.call(Glibc.bind, descriptor, name) == 0 { return }
        guard errno == EADDRINUSE else { throw UVError(code: -errno, call: "bind") }
        var status = stat()
        if unsafe lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else { throw UVError(code: UV_ENOTSOCK.rawValue, call: "bind") }
            guard LocalSocket.isLeftBehind(name) else { throw UVError(code: UV_EADDRINUSE.rawValue, call: "bind") }
            guard unlink(path) == 0 || errno == ENOENT else { throw UVError(code: -errno, call: "unlink") }
        }
        guard LocalSocket.call(Glibc.bind, descriptor, name) == 0 else { throw UVError(code: -errno, call: "bind") }
    }

    /// Whether a socket has no listener, which connect(2) reports by ECONNREFUSED and nothing else.
    private static func isLeftBehind(_ name: [UInt8]) -> Bool {
        let probe = socket(AF_UNIX, kind, 0)
        guard probe >= 0 else { return false }
        defer { close(probe) }
        return call(Glibc.connect, probe, name) != 0 && errno == ECONNREFUSED
    }

    private static func call(_ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ descriptor: Int32, _ name: [UInt8]) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let start = MemoryLayout<sa_family_t>.size
        unsafe withUnsafeMutableBytes(of: &address) { raw in
            for (index, byte) in name.enumerated() { unsafe raw[start + index] = byte }
        }
        let size = socklen_t(start + name.count + 1)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe function(descriptor, $0, size) }
        }
    }
}
