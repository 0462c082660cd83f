internal import CLLHTTP
public import Wire

/// Reads the requests of one connection from the bytes as they arrive: strictly, with bounds, and without an
/// allocation per request.
///
/// The caller pulls: it passes in the bytes that it has read, calls `next(in:at:)` until that needs more bytes,
/// and looks at the head in between. `AcceptedBytes` lists what is accepted; everything else throws, and the
/// connection must be closed after the answer. The spans that the properties return are valid until the next
/// call of `next(in:at:)`, `reset()` or `releaseMemory()`.
///
/// It belongs to one thread.
///
/// ```swift
/// let parser = HTTP1RequestParser()
/// let bytes = Array("POST /v1/embeddings HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}".utf8)
/// var (offset, target, body) = (0, "", [UInt8]())
/// reading: while true {
///     switch try parser.next(in: bytes.span.bytes, at: &offset) {
///     case .head: target = parser.target.text  // "/v1/embeddings"
///     case .body(let range): body += bytes[range]  // "{}"
///     case .needsMoreBytes, .end: break reading
///     }
/// }
/// ```
public final class HTTP1RequestParser {
    private enum Phase {
        case head
        case body
        case ended
        case failed(HTTP1Error.Code)
    }

    /// Room around the target in a request line: the longest method with its space before it, a space and
    /// `HTTP/1.1` after it.
    private static let requestLineAllowance = 64

    private let limits: HTTPHeadLimits
    private let machine: LLHTTPMachine
    private var phase = Phase.head
    private var section = SectionCollector()
    private var emptyLines = 0
    private var requestLine: RequestLine?
    private var body = BodyReader()
    /// The request line up to the target's end, followed by the path if it had to be completed.
    private var line = ByteBuffer()
    private var path = 0..<0

    /// The request's method; `.other` for a valid one that this gateway does not use.
    public private(set) var method = HTTPMethod.other
    /// The minor version, after `HTTP/1.`: 0 or 1.
    public private(set) var minorVersion = 1
    /// The announced length of the body in bytes, if one was announced.
    public private(set) var contentLength: Int?
    /// Whether the body comes in chunks, so that its length is known only at the end.
    public private(set) var isChunked = false
    /// Whether the client will send another request on this connection (RFC 9112 §9.3).
    public private(set) var keepAlive = false
    /// Whether the client waits for an interim answer 100 before it sends the body (RFC 9110 §10.1.1).
    public private(set) var expectsContinue = false

    /// Makes a parser for one connection.
    public init(limits: HTTPHeadLimits = HTTPHeadLimits()) {
        self.limits = limits
        machine = LLHTTPMachine(type: HTTP_REQUEST, limits: limits)
    }

    /// Reads on and returns what came next.
    ///
    /// - Parameters:
    ///   - bytes: The bytes just read; only the beginning of an unfinished head is kept.
    ///   - offset: Where to continue in `bytes`; moves past what was used.
    /// - Returns: The next event. After `.end` the same call continues with the next request: a caller that
    ///   gives up the connection, because of `keepAlive` or its own answer, must not call again.
    /// - Throws: What is wrong with the request; every later call throws the same.
    public func next(in bytes: RawSpan, at offset: inout Int) throws(HTTP1Error) -> HTTP1Event {
        do throws(HTTP1Error.Code) {
            return try step(in: bytes, at: &offset)
        } catch {
            phase = .failed(error)
            throw HTTP1Error(request: error)
        }
    }

    /// The method as it was sent.
    public var methodToken: RawSpan {
        @_lifetime(borrow self) get {
            unsafe _overrideLifetime(line.bytes.extracting(0..<(requestLine?.methodEnd ?? 0)), borrowing: self)
        }
    }

    /// The request's path and query, or `*`; for an absolute target only that part (RFC 9112 §3.2.2).
    public var target: RawSpan {
        @_lifetime(borrow self) get {
            unsafe _overrideLifetime(line.bytes.extracting(path), borrowing: self)
        }
    }

    /// The host and port the request is for: an absolute target's, otherwise the `Host` field's; empty if there
    /// is neither.
    public var host: RawSpan {
        @_lifetime(borrow self) get {
            if let authority = requestLine?.authority { return unsafe _overrideLifetime(line.bytes.extracting(authority), borrowing: self) }
            guard machine.fields.host.count > 0 else { return RawSpan() }
            return unsafe _overrideLifetime(machine.fields.list.value(at: machine.fields.host.first), borrowing: self)
        }
    }

    /// Lends every field of the head to a function.
    public func withFields<Result>(_ body: (borrowing HTTPFields) -> Result) -> Result {
        machine.withFields(body)
    }

    /// Whether nothing has arrived since the last request ended.
    public var isIdle: Bool {
        switch phase {
        case .head: section.isEmpty
        case .ended: true
        case .body, .failed: false
        }
    }

    /// How many bytes of an unfinished head, or of trailers, are kept.
    public var heldBytes: Int { section.keptBytes }

    /// Forgets everything about the current request, including an error, but keeps the memory.
    public func reset() {
        phase = .head
        section.removeAll()
        emptyLines = 0
    }

    /// Frees the buffers if the connection is idle; otherwise does nothing.
    public func releaseMemory() {
        guard isIdle else { return }
        // Empty lines before a request are counted, no matter how slowly they come.
        let emptyLines = emptyLines
        reset()
        self.emptyLines = emptyLines
        section.deallocate()
        machine.releaseMemory()
        line.deallocate()
        requestLine = nil
        path = 0..<0
    }

    private func step(in bytes: RawSpan, at offset: inout Int) throws(HTTP1Error.Code) -> HTTP1Event {
        switch phase {
        case .ended:
            guard offset < bytes.byteCount else { return .needsMoreBytes }
            phase = .head
            return try readHead(in: bytes, at: &offset)
        case .head:
            return try readHead(in: bytes, at: &offset)
        case .body:
            let event = try body.next(in: bytes, at: &offset, machine: machine, section: &section, limits: limits)
            if event == .end { phase = .ended }
            return event
        case .failed(let code):
            throw code
        }
    }

    // MARK: - The head

    private func readHead(in bytes: RawSpan, at offset: inout Int) throws(HTTP1Error.Code) -> HTTP1Event {
        while true {
            let view = section.view(of: bytes, at: offset, limit: limits.maximumHeadBytes)
            if section.scanner.lineCount == 0 {
                let limit = min(limits.maximumTargetBytes + HTTP1RequestParser.requestLineAllowance, limits.maximumHeadBytes)
                guard let first = try section.scanner.nextLine(in: view, limit: limit) else {
                    guard view.byteCount <= limit else { throw limit == limits.maximumHeadBytes ? .headTooLarge : .targetTooLong }
                    section.keep(view, of: bytes, at: &offset)
                    return .needsMoreBytes
                }
                guard !first.isEmpty else {
                    emptyLines += 1
                    guard emptyLines <= HTTPHeadLimits.maximumLeadingEmptyLines else { throw .strayEmptyLine }
                    section.finish(2, at: &offset)
                    continue
                }
                // Checked at once, because a client of HTTP/0.9 waits for its answer now.
                requestLine = try RequestLine(view.extracting(first), maximumTargetBytes: limits.maximumTargetBytes)
            }
            guard let end = try section.scanner.endOfSection(in: view, limit: limits.maximumHeadBytes, lines: limits.maximumFieldCount + 1) else {
                guard view.byteCount <= limits.maximumHeadBytes else { throw .headTooLarge }
                section.keep(view, of: bytes, at: &offset)
                return .needsMoreBytes
            }
            try accept(view.extracting(0..<end))
            section.finish(end, at: &offset)
            emptyLines = 0
            phase = .body
            return .head
        }
    }

    private func accept(_ head: RawSpan) throws(HTTP1Error.Code) {
        guard let requestLine else { throw .malformedRequestLine }
        try machine.readHead(head)
        guard requestLine.method != .other || machine.knowsMethod else { throw .unknownMethod }
        method = requestLine.method
        minorVersion = requestLine.minorVersion
        keepTarget(of: requestLine, in: head)
        if let authority = requestLine.authority {
            try machine.fields.checkHost(minorVersion: minorVersion, authority: head.extracting(authority))
        } else {
            try machine.fields.checkHost(minorVersion: minorVersion, authority: nil)
        }
        let framing = try MessageFraming(machine.fields, minorVersion: minorVersion, toleratesRepeats: false)
        try machine.confirm(framing)
        contentLength = framing.contentLength
        isChunked = framing.isChunked
        body.begin(framing, untilClose: false)
        keepAlive = machine.fields.keepsConnection(minorVersion: minorVersion)
        expectsContinue = try machine.fields.expectsContinue() && minorVersion > 0 && (isChunked || contentLength ?? 0 > 0)
    }

    private func keepTarget(of requestLine: RequestLine, in head: RawSpan) {
        line.removeAll()
        line.append(head.extracting(0..<requestLine.targetEnd))
        path = requestLine.path
        guard requestLine.authority != nil, path.isEmpty || head.byte(at: path.lowerBound) != UInt8(ascii: "/") else { return }
        // RFC 9112 §3.2.1 and §3.2.4: an absolute target without a path stands for "/", with OPTIONS and no query for "*".
        let start = line.count
        line.append(requestLine.method == .options && path.isEmpty ? "*" : "/")
        line.append(head.extracting(path))
        path = start..<line.count
    }
}

/// The fields one by one. Names to search for are given in lower case.
extension HTTP1RequestParser {
    /// How many field lines the head has.
    public var fieldCount: Int { machine.fields.list.count }

    /// The name of the field line at `index`, as it was sent.
    @_lifetime(borrow self)
    public func name(at index: Int) -> RawSpan {
        unsafe _overrideLifetime(machine.fields.list.name(at: index), borrowing: self)
    }

    /// The value of the field line at `index`, without white space around it.
    @_lifetime(borrow self)
    public func value(at index: Int) -> RawSpan {
        unsafe _overrideLifetime(machine.fields.list.value(at: index), borrowing: self)
    }

    /// The value of the first line named `name`.
    @_lifetime(borrow self)
    public func value(of name: StaticString) -> RawSpan? {
        guard let index = machine.fields.list.index(of: name) else { return nil }
        return unsafe _overrideLifetime(machine.fields.list.value(at: index), borrowing: self)
    }

    /// The value of the first `Authorization` line.
    public var authorization: RawSpan? {
        @_lifetime(borrow self) get {
            guard machine.fields.authorization.count > 0 else { return nil }
            return unsafe _overrideLifetime(machine.fields.list.value(at: machine.fields.authorization.first), borrowing: self)
        }
    }

    /// How many `Authorization` lines there are. Only one is allowed: a reader that used a different one could
    /// admit a client that this one does not.
    public var authorizationCount: Int { machine.fields.authorization.count }

    /// How many lines are named `name`.
    public func count(of name: StaticString) -> Int {
        machine.fields.list.count(of: name)
    }
}
