internal import EventLoop
internal import HTTPServer
internal import Wire

/// How one attempt ended for the request.
enum AttemptResult {
    /// The client has a whole answer.
    case answered
    /// The client has nothing yet; another deployment may be tried.
    case failed(AttemptFailure)
    /// The client has the beginning of an answer that broke; nothing more may be tried.
    case broken(AttemptFailure)
    /// The client has left.
    case clientGone
    /// The gateway ended it, as it ends itself: nothing is learnt of the provider.
    case cut

    /// Whether another deployment may be tried.
    var isFailure: Bool { if case .failed = self { true } else { false } }
}
