internal import CLLHTTP
public import Wire

/// Reads the answers on one upstream connection from the bytes as they arrive: strictly, with bounds, and
/// without an allocation per answer.
///
/// The caller announces each answer with `begin(expectsNoBody:)` and then pulls as with `HTTP1RequestParser`.
/// Interim answers (1xx) are skipped, as many as fit into a bound of bytes. `AcceptedBytes` lists what is
/// accepted; everything else throws, and the connection must be closed. The spans that the properties return
/// are valid until the next call of `next(in:at:)`, `begin(expectsNoBody:)` or `releaseMemory()`.
///
/// It belongs to one thread.
public final class HTTP1ResponseParser {
    private enum Phase {
        case head
        case body
        case ended
        case failed(HTTP1Error.Code)
    }

    private let limits: HTTPHeadLimits
    private let machine: LLHTTPMachine
    private var phase = Phase.ended
    private var section = SectionCollector()
    private var statusLine: StatusLine?
    private var body = BodyReader()
    private var expectsNoBody = false
    private var interimBytes = 0
    private var reasonPhrase = ByteBuffer()

    /// The answer's status, 100...999.
    public private(set) var status: UInt16 = 0
    /// The minor version, after `HTTP/1.`: 0 or 1.
    public private(set) var minorVersion = 1
    /// The announced length of the body in bytes, if one was announced; an answer to HEAD announces a body that
    /// it does not send.
    public private(set) var contentLength: Int?
    /// Whether the body comes in chunks.
    public private(set) var isChunked = false
    /// Whether the connection can be reused once the answer is complete (RFC 9112 §9.3).
    public private(set) var keepAlive = false

    /// Makes a parser for one connection; it refuses to read before the first `begin(expectsNoBody:)`.
    public init(limits: HTTPHeadLimits = HTTPHeadLimits()) {
        self.limits = limits
        machine = LLHTTPMachine(type: HTTP_RESPONSE, limits: limits)
    }

    /// Begins a new answer and forgets the last one, including an error.
    ///
    /// - Parameter expectsNoBody: Whether the request was a HEAD, which is answered without a body (RFC 9112 §6.3).
    public func begin(expectsNoBody: Bool) {
        phase = .head
        section.removeAll()
        self.expectsNoBody = expectsNoBody
        interimBytes = 0
    }

    /// Reads on and returns what came next.
    ///
    /// - Parameters:
    ///   - bytes: The bytes just read; only the beginning of an unfinished head is kept.
    ///   - offset: Where to continue in `bytes`; moves past what was used.
    /// - Returns: The next event. After `.end`, and before `begin(expectsNoBody:)`, nothing is used and more
    ///   bytes are requested: unsolicited bytes are for the caller to judge.
    /// - Throws: What is wrong with the answer; every later call throws the same.
    public func next(in bytes: RawSpan, at offset: inout Int) throws(HTTP1Error) -> HTTP1Event {
        do throws(HTTP1Error.Code) {
            return try step(in: bytes, at: &offset)
        } catch {
            phase = .failed(error)
            throw HTTP1Error(response: error)
        }
    }

    /// Tells the parser that the other side has closed the connection.
    ///
    /// - Returns: Whether this close ended the body, so that it can't be known whether the body is complete;
    ///   false if the answer was complete before.
    /// - Throws: `.truncated` when the answer is not complete; an earlier error, if there was one.
    public func finish() throws(HTTP1Error) -> Bool {
        switch phase {
        case .ended:
            return false
        case .body where body.endsWithConnection:
            phase = .ended
            return true
        case .head, .body:
            phase = .failed(.truncated)
            throw HTTP1Error(response: .truncated)
        case .failed(let code):
            throw HTTP1Error(response: code)
        }
    }

    /// The reason phrase, often empty.
    public var reason: RawSpan {
        @_lifetime(borrow self) get { unsafe _overrideLifetime(reasonPhrase.bytes, borrowing: self) }
    }

    /// Lends every field of the head to a function.
    public func withFields<Result>(_ body: (borrowing HTTPFields) -> Result) -> Result {
        machine.withFields(body)
    }

    /// Whether no answer is in progress.
    public var isIdle: Bool {
        if case .ended = phase { true } else { false }
    }

    /// Frees the buffers if no answer is in progress; otherwise does nothing.
    public func releaseMemory() {
        guard isIdle else { return }
        section.deallocate()
        machine.releaseMemory()
        reasonPhrase.deallocate()
    }

    private func step(in bytes: RawSpan, at offset: inout Int) throws(HTTP1Error.Code) -> HTTP1Event {
        switch phase {
        case .head:
            return try readHead(in: bytes, at: &offset)
        case .body:
            let event = try body.next(in: bytes, at: &offset, machine: machine, section: &section, limits: limits)
            if event == .end { phase = .ended }
            return event
        case .ended:
            return .needsMoreBytes
        case .failed(let code):
            throw code
        }
    }

    // MARK: - The head

    private func readHead(in bytes: RawSpan, at offset: inout Int) throws(HTTP1Error.Code) -> HTTP1Event {
        while true {
            let view = section.view(of: bytes, at: offset, limit: limits.maximumHeadBytes)
            if section.scanner.lineCount == 0, let first = try section.scanner.nextLine(in: view, limit: limits.maximumHeadBytes) {
                guard !first.isEmpty else { throw .strayEmptyLine }
                statusLine = try StatusLine(view.extracting(first))
            }
            guard section.scanner.lineCount > 0,
                let end = try section.scanner.endOfSection(in: view, limit: limits.maximumHeadBytes, lines: limits.maximumFieldCount + 1)
            else {
                guard view.byteCount <= limits.maximumHeadBytes else { throw .headTooLarge }
                section.keep(view, of: bytes, at: &offset)
                return .needsMoreBytes
            }
            let isFinal = try accept(view.extracting(0..<end))
            section.finish(end, at: &offset)
            guard isFinal else { continue }
            phase = .body
            return .head
        }
    }

    /// Accepts a head; returns false for an interim answer.
    private func accept(_ head: RawSpan) throws(HTTP1Error.Code) -> Bool {
        guard let statusLine else { throw .malformedStatusLine }
        try machine.readHead(head)
        let framing = try MessageFraming(machine.fields, minorVersion: statusLine.minorVersion, toleratesRepeats: true)
        try machine.confirm(framing)
        let announcesBody = framing.isChunked || framing.contentLength ?? 0 > 0
        if statusLine.status < 200 {
            guard statusLine.status != 101 else { throw .switchedProtocols }
            guard !announcesBody else { throw .interimWithBody }
            interimBytes += head.byteCount
            guard interimBytes <= HTTPHeadLimits.maximumInterimBytes else { throw .tooManyInterimAnswers }
            return false
        }
        status = statusLine.status
        minorVersion = statusLine.minorVersion
        reasonPhrase.removeAll()
        reasonPhrase.append(head.extracting(statusLine.reason))
        contentLength = framing.contentLength
        isChunked = framing.isChunked
        keepAlive = machine.fields.keepsConnection(minorVersion: minorVersion)
        if expectsNoBody || status == 204 || status == 304 {
            body.beginEmpty()
            // A 204 that announces a body may be followed by one.
            if status == 204, announcesBody { keepAlive = false }
        } else {
            body.begin(framing, untilClose: true)
            if body.endsWithConnection { keepAlive = false }
        }
        return true
    }
}

/// The fields one by one. Names to search for are given in lower case.
extension HTTP1ResponseParser {
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

    /// How many lines are named `name`.
    public func count(of name: StaticString) -> Int {
        machine.fields.list.count(of: name)
    }
}
