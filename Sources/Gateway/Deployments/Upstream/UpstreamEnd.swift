internal import EventLoop

/// How an answer ended.
public enum UpstreamEnd: Sendable {
    /// The framing says that the answer is whole.
    case complete
    /// The connection was closed where nothing but that marks the end, so a cut can't be told from it (RFC 9112 §6.3, rule 8).
    case closed
    /// It failed.
    case failed(UpstreamFailure)

    /// Whether the framing says so, and not only the end of the connection.
    var isFramed: Bool { if case .complete = self { true } else { false } }
}
