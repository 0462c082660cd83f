internal import CUV

/// A libuv call that failed: which call, and libuv's code for why.
public struct UVError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A negative error number (`UV_E…`, errno.h with the sign turned).
    public let code: Int32
    /// The name of the call, for the log.
    public let call: String

    /// Whether the address is taken by another socket (`EADDRINUSE`).
    public var isAddressInUse: Bool { code == UV_EADDRINUSE.rawValue }
    /// Whether the process may not do this, for example bind a port below 1024 (`EACCES`).
    public var isPermissionDenied: Bool { code == UV_EACCES.rawValue }

    /// Whether something other than a socket is at the path (`ENOTSOCK`).
    public var isOtherFile: Bool { code == UV_ENOTSOCK.rawValue }
    /// Whether the directory of a path does not exist (`ENOENT`).
    public var isMissingDirectory: Bool { code == UV_ENOENT.rawValue }

    /// libuv's text for the code.
    public var reason: String { unsafe String(cString: uv_strerror(code)) }

    /// The call and the reason.
    public var description: String { "\(call): \(reason)" }
}

/// Turns a negative libuv status into an error.
@discardableResult
func check(_ call: String, _ status: Int32) throws(UVError) -> Int32 {
    guard status >= 0 else { throw UVError(code: status, call: call) }
    return status
}
