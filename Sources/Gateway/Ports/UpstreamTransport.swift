public import Wire

/// Sends requests to providers. The gateway does not know how; `Upstream` implements it on libcurl's connections.
public protocol UpstreamTransport: AnyObject {
    /// Starts one request. The consumer hears nothing before this call has returned.
    ///
    /// - Returns: The handle to slow the answer down or to end it.
    func start(_ request: UpstreamRequest, delivering consumer: any UpstreamConsumer) -> any UpstreamTransfer
}

/// One request on its way. Every call is made on the loop.
public protocol UpstreamTransfer: AnyObject {
    /// Goes on with an answer whose consumer had asked for a pause.
    func resume()
    /// Ends the request at once, in this turn of the loop; the consumer hears nothing more.
    func cancel()
    /// Lets the connection end by itself: the consumer has all it wants of the answer and hears nothing more.
    func detach()
}

/// What a consumer wants after a piece of an answer.
public enum Demand: Sendable {
    /// More, as it comes.
    case more
    /// Nothing until `UpstreamTransfer.resume()`; this piece was taken, and the rest of the same read still comes.
    case pause
}

/// Receives one answer: its head, its body in pieces, and its end, in that order; or a failure at any point. Always on the loop.
public protocol UpstreamConsumer: AnyObject {
    /// The final status and header fields; interim answers (1xx) are skipped.
    func receiveHead(status: Int, fields: borrowing HTTPFields)
    /// A piece of the body, decoded from its transfer and content coding; borrowed for the call.
    func receive(_ chunk: RawSpan) -> Demand
    /// The end; nothing follows it.
    func receiveEnd(_ end: UpstreamEnd)
}

/// How an answer ended.
public enum UpstreamEnd: Sendable {
    /// The framing says that the answer is whole.
    case complete
    /// The connection was closed where nothing but that marks the end, so a cut can't be told from it (RFC 9112 §6.3, rule 8).
    case closed
    /// It failed.
    case failed(UpstreamFailure)
}

/// The body of a request, written anew for each attempt.
public protocol UpstreamBody: AnyObject {
    /// The exact number of bytes `writeBody` appends.
    var bodyByteCount: Int { get }
    /// Appends the body.
    func writeBody(into buffer: inout ByteBuffer)
}

/// One request to one provider.
public struct UpstreamRequest {
    /// Where it goes, with the part of its head that is always the same.
    public var endpoint: UpstreamEndpoint
    /// The body; none for a request without one.
    public var body: (any UpstreamBody)?
    /// The bounds in time.
    public var timeouts: UpstreamTimeouts
    /// Whether the answer is read by libcurl's own HTTP engine: for rare calls such as model lists, where its features count more than speed.
    public var isCold: Bool

    /// Makes a request.
    public init(endpoint: UpstreamEndpoint, body: (any UpstreamBody)?, timeouts: UpstreamTimeouts, isCold: Bool = false) {
        self.endpoint = endpoint
        self.body = body
        self.timeouts = timeouts
        self.isCold = isCold
    }
}
