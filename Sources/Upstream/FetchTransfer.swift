internal import CCurl
internal import EventLoop
internal import Gateway
internal import HTTP1
internal import Wire

/// A rare call, such as for a model list, carried out entirely by libcurl's own HTTP engine, which frames and
/// times out by itself.
@safe final class FetchTransfer: UpstreamTransfer, CurlJob, TurnTaker {
    /// The most bytes of the body that are passed on in one turn: a consumer copies them.
    private static let pieceSize = 256 * 1024
    /// Why an answer with an unrequested coding is not accepted.
    private static let unknownCoding = UpstreamFailure(.malformed, "the answer has a content coding that was not asked for")

    private let request: UpstreamRequest
    private let transport: CurlTransport
    private var consumer: (any UpstreamConsumer)?
    private let easy: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var fieldList: UnsafeMutablePointer<curl_slist>?
    private var heads: HeadTally
    /// The fields of the latest head, which in the end is that of the final answer.
    private var fields = HTTPFields()
    private var body = ByteBuffer()
    /// Undoes the body's coding, if it has one, once all of it is there.
    private var decoder: BodyDecoder?
    /// How much of the body was passed on or decoded.
    private var delivered = 0
    /// How much of the decoded data was passed on.
    private var decoded = 0
    /// Why further data is no longer accepted.
    private var refusal: UpstreamFailure?
    /// Bytes of the body as counted in the loop's budget.
    private var heldBytes = 0
    private var isDone = false

    init(_ request: UpstreamRequest, transport: CurlTransport, consumer: any UpstreamConsumer) {
        self.request = request
        self.transport = transport
        self.consumer = consumer
        heads = HeadTally(transport.headLimits)
        guard let handle = unsafe curl_easy_init() else { preconditionFailure("out of memory: curl_easy_init") }
        unsafe easy = handle
        unsafe errorText = .allocate(capacity: CurlOptions.errorTextSize)
        unsafe errorText.initialize(repeating: 0, count: CurlOptions.errorTextSize)
    }

    deinit {
        unsafe curl_slist_free_all(fieldList)
        unsafe errorText.deallocate()
    }

    func begin() {
        let endpoint = request.endpoint
        unsafe CurlOptions.setCommon(easy, origin: endpoint.origin, connectTimeout: request.timeouts.connect)
        unsafe ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        unsafe ccurl_set_string(easy, CURLOPT_URL, endpoint.origin.url + endpoint.target)
        if let path = endpoint.origin.socketPath { unsafe ccurl_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, path) }
        unsafe ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, request.timeouts.total.milliseconds)
        // A list of models may be megabytes. libcurl would decode all that it has read in one turn, which may
        // then be a thousand times as long.
        unsafe fieldList = curl_slist_append(fieldList, "accept-encoding: gzip")
        for line in endpoint.fieldLines where !line.hasPrefix("accept-encoding:") { unsafe fieldList = curl_slist_append(fieldList, line) }
        unsafe ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, fieldList)
        unsafe ccurl_set_write(easy, CURLOPT_HEADERFUNCTION, curlDidReceiveHeadLine)
        unsafe ccurl_set_pointer(easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(self).toOpaque())
        unsafe ccurl_set_write(easy, CURLOPT_WRITEFUNCTION, curlDidReceiveBody)
        unsafe ccurl_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        if let source = request.body {
            var bytes = ByteBuffer()
            source.writeBody(into: &bytes)
            unsafe ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, bytes.count)
            // POSTFIELDS would point into the buffer; the copying form allows it to be released.
            unsafe bytes.bytes.withUnsafeBytes { bytes in
                _ = unsafe ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            }
        }
        unsafe transport.multi(for: request.endpoint.origin).add(easy, job: self)
    }

    func resume() {}

    func detach() { cancel() }

    func cancel() {
        consumer = nil
        tearDown()
        body.deallocate()
    }

    func curlClosed() { cancel() }

    func curlFinished(_ code: CURLcode) {
        guard !isDone, let consumer else { return tearDown() }
        var status = 0
        unsafe ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        var failure: UpstreamFailure?
        if let refusal {
            failure = refusal
        } else if code != CURLE_OK {
            failure = unsafe UpstreamFailure(code, text: String(cString: errorText), easy: easy, viaProxy: request.endpoint.origin.hasProxy)
        }
        endCall()
        // Out of reach of the functions called from here.
        var fields = HTTPFields()
        swap(&fields, &self.fields)
        if failure == nil, !body.isEmpty, let coding = fields.value(of: "content-encoding"), !coding.isEmpty, !coding.equalsIgnoringCase("identity") {
            if coding.namesCodingOfZlib { decoder = BodyDecoder() } else { failure = FetchTransfer.unknownCoding }
        }
        if let failure { return end(.failed(failure)) }
        consumer.receiveHead(status: status, fields: fields)
        takeTurn()
    }

    /// Passes on the next piece of the body. It stays counted until the consumer has counted it.
    func takeTurn() {
        guard let consumer else { return }
        guard !transport.isClosed else { return cancel() }
        // Out of reach of the functions called from here.
        var whole = ByteBuffer()
        swap(&whole, &body)
        if let decoder {
            let isSound = decode(whole.bytes, decoder, consumer)
            guard self.consumer != nil else { return }
            guard isSound else { return end(.failed(UpstreamFailure(.malformed, "the answer's gzip coding is broken"))) }
            guard decoded <= request.maximumBodyBytes else { return end(.failed(tooLarge)) }
            if delivered < whole.count || decoder.hasMore {
                swap(&whole, &body)
                return transport.loop.queueTurn(for: self)
            }
            return end(decoder.isFinished ? .complete : .failed(UpstreamFailure(.truncated, "the answer's gzip coding is not complete")))
        }
        let range = delivered..<min(delivered + FetchTransfer.pieceSize, whole.count)
        delivered = range.upperBound
        _ = consumer.receive(whole.bytes.extracting(range))
        guard self.consumer != nil else { return }
        if delivered < whole.count {
            swap(&whole, &body)
            return transport.loop.queueTurn(for: self)
        }
        end(.complete)
    }

    /// Decodes as much as is passed on in one turn, and passes it on.
    ///
    /// - Returns: Whether the coding has been valid so far.
    private func decode(_ bytes: RawSpan, _ decoder: BodyDecoder, _ consumer: any UpstreamConsumer) -> Bool {
        var left = FetchTransfer.pieceSize
        return decoder.decode(bytes, at: &delivered) { piece in
            decoded += piece.byteCount
            left -= piece.byteCount
            guard decoded <= request.maximumBodyBytes else { return false }
            _ = consumer.receive(piece)
            return left > 0 && self.consumer != nil
        }
    }

    /// Reports the end to the consumer; nothing follows.
    private func end(_ end: UpstreamEnd) {
        guard let consumer else { return }
        self.consumer = nil
        giveBack()
        body.deallocate()
        decoder = nil
        consumer.receiveEnd(end)
    }

    private var tooLarge: UpstreamFailure { UpstreamFailure(.malformed, "the answer is larger than \(request.maximumBodyBytes) bytes") }

    fileprivate func bodyArrived(_ bytes: RawSpan) -> Bool {
        guard body.count + bytes.byteCount <= request.maximumBodyBytes else {
            refusal = tooLarge
            return false
        }
        guard transport.loop.held.take(bytes.byteCount) else {
            refusal = UpstreamFailure(.local, "too much is being held in memory")
            return false
        }
        heldBytes += bytes.byteCount
        body.append(bytes)
        return true
    }

    fileprivate func headLineArrived(_ line: RawSpan) -> Bool {
        switch heads.take(line) {
        case .start: fields.removeAll()
        case .field: fields.append(line: line)
        case .trailer: break
        case .end:
            var failure = unsafe UpstreamFailure(proxyOf: easy)
            // libcurl undoes any transfer coding, requested or not, for all that it has read at once.
            if failure == nil, fields.haveUnknownTransferCoding { failure = FetchTransfer.unknownCoding }
            guard let failure else { break }
            refusal = failure
            return false
        case .tooMuch:
            var status = 0
            unsafe ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            // The provider has not answered yet: this is the proxy.
            let isProxy = status == 0 && request.endpoint.origin.hasProxy
            refusal = UpstreamFailure(isProxy ? .proxy : .malformed, HeadTally.tooMuch)
            return false
        }
        return true
    }

    private func tearDown() {
        endCall()
        giveBack()
    }

    private func giveBack() {
        transport.loop.held.give(heldBytes)
        heldBytes = 0
    }

    private func endCall() {
        guard !isDone else { return }
        isDone = true
        unsafe transport.multi(for: request.endpoint.origin).remove(easy)
        unsafe curl_easy_cleanup(easy)
    }
}

extension HTTPFields {
    /// Whether the body has a transfer coding other than chunked.
    fileprivate var haveUnknownTransferCoding: Bool {
        guard let coding = value(of: "transfer-encoding") else { return false }
        return !coding.equalsIgnoringCase("chunked") && !coding.equalsIgnoringCase("identity") || count(of: "transfer-encoding") > 1
    }
}

private let curlDidReceiveBody: curl_write_callback = { bytes, size, count, user in
    let transfer = unsafe Unmanaged<FetchTransfer>.fromOpaque(user!).takeUnretainedValue()
    let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(bytes!), byteCount: size * count)
    return transfer.bodyArrived(span) ? size * count : 0
}

private let curlDidReceiveHeadLine: curl_write_callback = { bytes, size, count, user in
    let transfer = unsafe Unmanaged<FetchTransfer>.fromOpaque(user!).takeUnretainedValue()
    let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(bytes!), byteCount: size * count)
    // A smaller count ends the call (CURLOPT_HEADERFUNCTION(3)).
    return transfer.headLineArrived(span) ? size * count : 0
}
