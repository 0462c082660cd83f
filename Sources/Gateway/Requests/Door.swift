internal import HTTPServer

/// The way by which a request came in.
enum Door: Sendable {
    /// The listener of clients.
    case clients
    /// The operator's own listener.
    case admin
}
