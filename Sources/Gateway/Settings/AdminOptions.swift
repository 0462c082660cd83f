/// Where the operator's endpoints are served.
public struct AdminOptions: Hashable, Sendable {
    /// A listener of their own, on which they and the metrics then are, and nothing for clients; `nil` serves them beside the clients' endpoints.
    public var listen: AdminAddress?
    /// The permissions of the socket's file, `0...0o777`; a connection needs the right to write. 0600: only the user that BEST runs as.
    public var socketMode: UInt16 = 0o600

    /// Makes the defaults.
    public init() {}
}
