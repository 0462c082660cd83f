internal import EventLoop
public import Wire

/// Receives one answer: its head, its body in pieces, and its end, in that order; or a failure at any point. Always on the loop.
public protocol UpstreamConsumer: AnyObject {
    /// The final status and header fields; interim answers (1xx) are skipped.
    func receiveHead(status: Int, fields: borrowing HTTPFields)
    /// A piece of the body, decoded from its transfer and content coding; borrowed for the call.
    func receive(_ chunk: RawSpan) -> Demand
    /// The end; nothing follows it.
    func receiveEnd(_ end: UpstreamEnd)
}
