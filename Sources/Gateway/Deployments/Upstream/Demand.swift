internal import EventLoop

/// What a consumer wants after a piece of an answer.
public enum Demand: Sendable {
    /// More, as it comes.
    case more
    /// Nothing until `UpstreamTransfer.resume()`; this piece was taken.
    case pause
    /// Nothing more in this turn of the loop: what came was much work for its size.
    case rest
}
