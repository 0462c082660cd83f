internal import EventLoop
public import Wire

/// A failed attempt, kept until the request has an answer.
public struct AttemptFailure: Sendable {
    /// The provider.
    public let provider: String
    /// The provider's id of the model.
    public let model: String
    /// What it means.
    public let verdict: FailureVerdict
    /// For the log: lower case, no secret.
    public let detail: String
    /// What the provider's error body says, for the client where the mistake is the client's own.
    public let upstream: UpstreamErrorBody?
    /// When it is asked again by the gateway's own account, where its provider named no time.
    var backAt: LoopInstant?

    /// What went wrong.
    public var failure: FailureClass { verdict.kind }
}
