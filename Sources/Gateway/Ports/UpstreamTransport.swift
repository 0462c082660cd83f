public import EventLoop
public import Wire

/// Sends requests to providers. The gateway does not know how; `Upstream` implements it on libcurl's connections.
public protocol UpstreamTransport: AnyObject {
    /// Starts one request. The consumer hears nothing before this call has returned.
    ///
    /// - Returns: The handle to slow the answer down or to end it.
    func start(_ request: UpstreamRequest, delivering consumer: any UpstreamConsumer) -> any UpstreamTransfer
    /// An origin is no longer configured: idle connections to it close now, the others when their answer has ended.
    func originRetired(_ origin: UpstreamOrigin)
}

extension UpstreamTransport {
    /// Marks an origin as no longer configured and lets go of its connections as they become idle.
    func retire(_ origin: UpstreamOrigin) {
        origin.isRetired = true
        originRetired(origin)
    }
}

/// One request on its way. Every call is made on the loop.
public protocol UpstreamTransfer: AnyObject {
    /// Whether anything of the request has been handed to the provider's connection. Not while the connection is being opened; it keeps its value when the
    /// transfer has ended.
    var hasBegunSending: Bool { get }
    /// Goes on with an answer whose consumer had asked for a pause.
    func resume()
    /// Ends the request at once, in this turn of the loop; the consumer hears nothing more.
    func cancel()
    /// The consumer has seen what it waited for: from now on only silence and the end are timed.
    func contentArrived()
    /// Lets the connection end by itself: the consumer has all it wants of the answer and hears nothing more.
    func detach()
}

extension UpstreamTransfer {
    /// A transfer that can't tell may have sent something.
    public var hasBegunSending: Bool { true }
    /// Does nothing: a transfer that does not time the phases of an answer need not know.
    public func contentArrived() {}
}

/// What a consumer wants after a piece of an answer.
public enum Demand: Sendable {
    /// More, as it comes.
    case more
    /// Nothing until `UpstreamTransfer.resume()`; this piece was taken.
    case pause
    /// Nothing more in this turn of the loop: what came was much work for its size.
    case rest
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

    /// Whether the framing says so, and not only the end of the connection.
    var isFramed: Bool { if case .complete = self { true } else { false } }
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
    /// Whether the provider may be given the request twice without harm, when the connection it was sent on turns out to have ended before. Where each
    /// is paid for, or kept, it may not.
    public var mayBeRepeated = true
    /// Most bytes of the answer's body, decoded, where it is read by libcurl's own engine; a longer one is a failure.
    public var maximumBodyBytes = 64 * 1024 * 1024
    /// Bounds for this one request beside `timeouts`.
    public var bounds: UpstreamBounds?

    /// Makes a request.
    public init(endpoint: UpstreamEndpoint, body: (any UpstreamBody)?, timeouts: UpstreamTimeouts, isCold: Bool = false) {
        self.endpoint = endpoint
        self.body = body
        self.timeouts = timeouts
        self.isCold = isCold
    }
}

/// The bounds in time of one request, by what was learnt of the provider and by what the client still waits.
public struct UpstreamBounds: Sendable {
    /// From the request sent to the first content, in place of the time to the first byte.
    public var firstContent: LoopInterval
    /// The first content is there by then.
    public var contentBy: LoopInstant
    /// The whole answer is there by then.
    public var endBy: LoopInstant
    /// Whether the consumer says by `contentArrived()` what content is; otherwise the first byte of the body is that is no blank.
    public var waitsForWord: Bool

    /// Makes bounds.
    public init(firstContent: LoopInterval, contentBy: LoopInstant, endBy: LoopInstant, waitsForWord: Bool) {
        self.firstContent = firstContent
        self.contentBy = contentBy
        self.endBy = endBy
        self.waitsForWord = waitsForWord
    }
}
