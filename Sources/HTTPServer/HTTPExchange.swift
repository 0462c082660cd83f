public import EventLoop
internal import HTTP1
public import Wire

/// One request and its answer on a client connection; the connection uses one exchange for all of its requests in turn.
///
/// ```swift
/// final class Hello: HTTPResponder {
///     func screen(_ exchange: HTTPExchange) -> Screening { .proceed(maximumBodyBytes: 1024) }
///
///     func respond(to exchange: HTTPExchange) async {
///         exchange.respond(status: 200, contentType: "text/plain", body: StaticString("hello").span) { fields in
///             fields.add("cache-control", "no-store")
///         }
///     }
///
///     func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) { exchange.respond(status: refusal.status, body: RawSpan()) }
/// }
/// ```
public final class HTTPExchange {
    /// How far the answer is.
    private enum Answer {
        case none, streaming, finished
    }

    /// The loop the exchange lives on.
    public let loop: EventLoop
    /// Receives the drain of the write queue and the client's leaving while a request is answered.
    public var observer: (any HTTPExchangeObserver)?
    /// When the first byte of the request came.
    public internal(set) var startedAt: LoopInstant
    /// The number of the request on its connection, counted from 1.
    public internal(set) var number = 0
    /// The status that was answered; 0 until then.
    public private(set) var status = 0
    /// Bytes of the answer's body so far, without the framing.
    public private(set) var bytesWritten = 0

    /// When the last piece of a stream was written, by the time of the callback that wrote it.
    public private(set) var writtenAt = LoopInstant(nanoseconds: 0)

    /// What the responder keeps from its screening of the head until it answers.
    public var state: AnyObject?

    /// What the responder keeps about the request while answering it.
    public var answering: AnyObject?

    /// What the responder keeps about the client as long as its connection is open.
    public var connectionState: AnyObject?

    /// The client whose body it is, where all bodies of one client are held to a share of the loop's budget;
    /// set before the body's first byte comes.
    public var client: ClientShare?
    /// The client as it has identified itself.
    private(set) var knownClient: ClientShare?

    /// Whose answer it is: the client's, if the responder knows it, otherwise its network's.
    public var share: ClientShare { connection.server.responder.share(of: self) ?? networkShare }

    /// What is held for the client's network, where no particular client is known.
    public var networkShare: ClientShare { connection.network.share }

    /// Where the client comes from; a system call each time.
    public var clientNetwork: ClientNetwork { connection.clientNetwork }

    /// How many connections are open from the client's network.
    public var connectionsOfNetwork: Int { connection.network.count }

    /// Whether nearly all places of the server are taken, and a client with this many connections has more than
    /// its share.
    public func isCrowded(by connections: Int) -> Bool { connection.server.isCrowded(by: connections) }

    /// Records that the client has identified itself: where places are scarce, its connection is no longer a
    /// stranger's, and the request takes one of the client's turns.
    public func clientIsKnown(as client: ClientShare) {
        knownClient = client
        connection.clientIsKnown(as: client)
    }

    /// Makes the connection end with the answer.
    public func endConnection() { connection.closesAfterAnswer = true }

    let parser: HTTP1RequestParser
    /// Owns this exchange, and so outlives it; the check of a plain `unowned` would cost more than the work
    /// done with it.
    unowned(unsafe) let connection: HTTPConnection
    private var bodyBuffer: BodyBuffer?
    private var answer = Answer.none
    private var isChunked = false

    init(connection: HTTPConnection, parser: HTTP1RequestParser) {
        self.connection = connection
        self.parser = parser
        loop = connection.loop
        startedAt = connection.loop.now
    }

    // MARK: The request

    /// The method; `other` for a token the gateway does not know.
    public var method: HTTPMethod { parser.method }

    /// The path of the request target, as sent: percent-encoded, without the query.
    public var path: RawSpan {
        @_lifetime(borrow self) get {
            let parser = parser
            let target = parser.target.lent(by: self)
            let path = target.extracting(first: target.firstIndex(of: UInt8(ascii: "?")) ?? target.byteCount)
            return path
        }
    }

    /// The part after the path's `?`, as sent; empty without one.
    public var query: RawSpan {
        @_lifetime(borrow self) get {
            let parser = parser
            let target = parser.target.lent(by: self)
            let start = target.firstIndex(of: UInt8(ascii: "?")).map { $0 + 1 } ?? target.byteCount
            return target.extracting(droppingFirst: start)
        }
    }

    /// The value of the first header field named `name`, given in lower case.
    @_lifetime(borrow self)
    public func value(of name: StaticString) -> RawSpan? {
        let parser = parser
        guard let value = parser.value(of: name) else { return nil }
        return value.lent(by: self)
    }

    /// The value of the first `Authorization` field. It is recorded as the head is read, so nothing is
    /// searched.
    public var authorization: RawSpan? {
        @_lifetime(borrow self) get {
            let parser = parser
            guard let value = parser.authorization else { return nil }
            return value.lent(by: self)
        }
    }

    /// Whether there is more than one `Authorization` field, so that another reader might believe a different
    /// one.
    public var repeatsAuthorization: Bool { parser.authorizationCount > 1 }

    /// How many header field lines are named `name`, given in lower case.
    public func count(of name: StaticString) -> Int {
        parser.count(of: name)
    }

    /// The declared length of the body; `nil` without one, or when it came in chunks.
    public var contentLength: Int? { parser.contentLength }

    /// Whether the request has, or announces, a body.
    public var hasBody: Bool { parser.isChunked || (parser.contentLength ?? 0) > 0 }

    /// The body, complete when the responder is asked to respond.
    public var body: RawSpan {
        @_lifetime(borrow self) get {
            guard let bodyBuffer else { return RawSpan() }
            return _overrideLifetime(bodyBuffer.bytes.bytes, borrowing: self)
        }
    }

    /// Frees the body's memory before the answer ends; `body` is empty from then on.
    public func releaseBody() {
        guard let buffer = bodyBuffer else { return }
        bodyBuffer = nil
        if buffer.isLent { buffer.isGivenUp = true } else { connection.server.reclaim(buffer) }
    }

    /// Lends the body to work on another thread and returns its result on the loop. The body's memory is not
    /// freed meanwhile.
    public func withBodyOffLoop<Result: Sendable>(_ work: @escaping @Sendable (RawSpan) -> Result) async -> Result {
        guard let buffer = bodyBuffer, !buffer.isLent else { return work(body) }
        buffer.isLent = true
        let lent = LentBody(buffer)
        let result = await LoopWork.run(on: loop) {
            let buffer = lent.buffer
            return work(buffer.span)
        }
        buffer.isLent = false
        if buffer.isGivenUp {
            buffer.isGivenUp = false
            connection.server.reclaim(buffer)
        }
        return result
    }

    /// Adds bytes that the loop has room for.
    func appendBody(_ bytes: RawSpan) {
        if bodyBuffer == nil {
            bodyBuffer = connection.server.takeBodyBuffer()
            // Room for the announced length, within reason: the announcement alone must not cost memory.
            bodyBuffer?.bytes.reserve(min(contentLength ?? 0, 256 * 1024))
        }
        bodyBuffer?.bytes.append(bytes)
        if let client { bodyBuffer?.client = client }
    }

    var bodyByteCount: Int { bodyBuffer?.bytes.count ?? 0 }

    // MARK: The answer

    /// Whether bytes of the answer wait until the client takes those sent before them.
    public var hasQueuedBytes: Bool { connection.hasQueuedBytes }

    /// Whether the client has gone, so that an answer can't reach it.
    public var hasLostClient: Bool { connection.isClosed }

    /// Whether the head of an answer has been sent.
    public var hasBegun: Bool { answer != .none }

    /// Whether the answer is complete or was broken off.
    public var hasFinished: Bool { answer == .finished }

    /// Answers with a whole body, in one write.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - contentType: The body's media type; none for an answer without a body.
    ///   - body: The whole body.
    ///   - fields: Adds further header fields.
    public func respond(
        status: Int, contentType: StaticString? = "application/json", body: RawSpan, fields: (inout ResponseFields) -> Void = { _ in }
    ) {
        precondition(answer == .none, "a request is answered once")
        var head = takeHead(status: status)
        if let contentType { head.add("content-type", contentType) }
        fields(&head)
        // RFC 9110 §8.6: no Content-Length with 204.
        if status != 204 { head.add("content-length", body.byteCount) }
        endHead(&head)
        bytesWritten = body.byteCount
        if isHead || body.byteCount == 0 {
            _ = connection.send(head.head.bytes)
        } else {
            _ = connection.send(head.head.bytes, body)
        }
        giveBack(&head)
        complete()
    }

    /// Answers with a whole body that is handed over and empty afterwards: the part of a long body that the
    /// client does not take at once waits where it is.
    ///
    /// - Parameter fields: Adds header fields, including the body's media type.
    public func respond(status: Int, adopting body: inout ByteBuffer, fields: (inout ResponseFields) -> Void) {
        precondition(answer == .none, "a request is answered once")
        var head = takeHead(status: status)
        fields(&head)
        head.add("content-length", body.count)
        endHead(&head)
        bytesWritten = body.count
        if isHead || body.isEmpty {
            body.deallocate()
            _ = connection.send(head.head.bytes)
        } else {
            _ = connection.send(head.head.bytes, adopting: &body)
        }
        giveBack(&head)
        complete()
    }

    /// Begins an answer of unknown length, and sends its first piece with the head, in one write.
    ///
    /// - Returns: Whether more may be written at once.
    public func startStream(status: Int, contentType: RawSpan, first: RawSpan, fields: (inout ResponseFields) -> Void = { _ in }) -> WriteOutcome {
        precondition(answer == .none, "a request is answered once")
        // A client of HTTP/1.0 knows no chunks: the end of the connection is the end of the body (RFC 9112 §6.3).
        isChunked = parser.minorVersion > 0
        if !isChunked { connection.closesAfterAnswer = true }
        var head = takeHead(status: status)
        head.add("content-type", contentType)
        fields(&head)
        if isChunked { head.add("transfer-encoding", "chunked") }
        endHead(&head)
        answer = .streaming
        bytesWritten = first.byteCount
        writtenAt = loop.now
        let outcome: WriteOutcome
        if isHead || first.byteCount == 0 {
            outcome = connection.send(head.head.bytes)
        } else if isChunked {
            appendChunkSize(first.byteCount, to: &head.head)
            outcome = connection.send(head.head.bytes, first, StaticString("\r\n").span)
        } else {
            outcome = connection.send(head.head.bytes, first)
        }
        giveBack(&head)
        return outcome
    }

    /// Sends a piece of the body that is handed over and empty afterwards.
    ///
    /// - Returns: Whether more may be written at once.
    public func write(adopting chunk: inout ByteBuffer) -> WriteOutcome {
        guard answer == .streaming, !chunk.isEmpty, !isHead else {
            chunk.deallocate()
            return .ready
        }
        bytesWritten += chunk.count
        writtenAt = loop.now
        guard isChunked else { return connection.send(RawSpan(), adopting: &chunk) }
        var size = ByteBuffer()
        swap(&size, &loop.scratch)
        size.removeAll()
        appendChunkSize(chunk.count, to: &size)
        let outcome = connection.send(size.bytes, adopting: &chunk, StaticString("\r\n").span)
        swap(&size, &loop.scratch)
        return outcome
    }

    /// Sends a piece of the body, in one write with its framing.
    ///
    /// - Returns: Whether more may be written at once; after `saturated` the piece was taken, and the observer
    ///   learns when to continue.
    public func write(_ chunk: RawSpan) -> WriteOutcome {
        guard answer == .streaming, chunk.byteCount > 0, !isHead else { return .ready }
        bytesWritten += chunk.byteCount
        writtenAt = loop.now
        guard isChunked else { return connection.send(chunk) }
        var size = ByteBuffer()
        swap(&size, &loop.scratch)
        size.removeAll()
        appendChunkSize(chunk.byteCount, to: &size)
        let outcome = connection.send(size.bytes, chunk, StaticString("\r\n").span)
        swap(&size, &loop.scratch)
        return outcome
    }

    /// Ends the answer, with a last piece in the same write.
    public func finish(with chunk: RawSpan = RawSpan()) {
        guard answer == .streaming else { return }
        bytesWritten += chunk.byteCount
        if isHead {
            // The head was the whole answer.
        } else if !isChunked {
            if chunk.byteCount > 0 { _ = connection.send(chunk) }
        } else if chunk.byteCount == 0 {
            _ = connection.send(StaticString("0\r\n\r\n").span)
        } else {
            var size = ByteBuffer()
            swap(&size, &loop.scratch)
            size.removeAll()
            appendChunkSize(chunk.byteCount, to: &size)
            _ = connection.send(size.bytes, chunk, StaticString("\r\n0\r\n\r\n").span)
            swap(&size, &loop.scratch)
        }
        complete()
    }

    /// Breaks the answer off in such a way that no client can take it for complete: the connection ends without
    /// the last chunk.
    public func abort() {
        guard answer != .finished else { return }
        answer = .finished
        connection.abort()
    }

    /// Prepares the exchange for the connection's next request.
    func reset() {
        releaseBody()
        observer = nil
        state = nil
        answering = nil
        client = nil
        knownClient = nil
        answer = .none
        status = 0
        bytesWritten = 0
    }

    /// Whether the answer is sent without its body; not for a refusal before the request's own method is known.
    private var isHead: Bool { parser.method == .head && !connection.isReadingHead }

    private func complete() {
        answer = .finished
        connection.answerFinished()
    }

    private func takeHead(status: Int) -> ResponseFields {
        self.status = status
        var head = ResponseFields(head: ByteBuffer())
        swap(&head.head, &loop.scratch)
        head.head.removeAll()
        let line = HTTPStatus.line(status)
        if line.utf8CodeUnitCount > 0 {
            head.head.append(line)
        } else {
            head.head.append("HTTP/1.1 ")
            head.head.append(decimal: status)
            head.head.append(" Unknown\r\n")
        }
        return head
    }

    private func endHead(_ head: inout ResponseFields) {
        if connection.answerIsLast {
            head.add("connection", "close")
        } else if parser.minorVersion == 0 {
            head.add("connection", "keep-alive")
        }
        connection.server.date.appendLine(to: &head.head, at: loop.secondsSinceEpoch)
        head.head.append("\r\n")
    }

    private func giveBack(_ head: inout ResponseFields) {
        swap(&head.head, &loop.scratch)
    }

    @inline(__always)
    private func appendChunkSize(_ size: Int, to buffer: inout ByteBuffer) {
        buffer.append(hex: size)
        buffer.append("\r\n")
    }
}

/// Carries a body to the thread it is lent to.
private struct LentBody: @unchecked Sendable {  // only read there, and a complete body does not change
    let buffer: BodyBuffer

    init(_ buffer: BodyBuffer) { self.buffer = buffer }
}
