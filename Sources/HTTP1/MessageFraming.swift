internal import Wire

/// How a message's body is delimited, as its fields say (RFC 9112 §6.3).
struct MessageFraming {
    /// The announced length of the body in bytes.
    var contentLength: Int?
    /// Whether the body comes in chunks.
    var isChunked: Bool

    /// Reads the framing fields. They must be unambiguous, or the message is refused.
    ///
    /// - Parameters:
    ///   - fields: The head's fields.
    ///   - minorVersion: The minor version, after `HTTP/1.`.
    ///   - toleratesRepeats: Whether several `Content-Length` lines with equal values count as one (RFC 9112 §6.3 allows it).
    init(_ fields: borrowing HeadFields, minorVersion: Int, toleratesRepeats: Bool) throws(HTTP1Error.Code) {
        contentLength = nil
        isChunked = false
        if fields.transferEncoding.count > 0 {
            guard fields.contentLength.count == 0 else { throw .contentLengthWithTransferEncoding }
            guard minorVersion > 0 else { throw .transferEncodingOnHTTP10 }
            guard fields.transferEncoding.count == 1 else { throw .repeatedTransferEncoding }
            try MessageFraming.checkCoding(fields.list.value(at: fields.transferEncoding.first))
            isChunked = true
        } else if fields.contentLength.count > 0 {
            let first = fields.list.value(at: fields.contentLength.first)
            guard let length = first.decimal(maximumDigits: HTTPHeadLimits.maximumContentLengthDigits) else {
                throw .malformedContentLength
            }
            if fields.contentLength.count > 1 {
                guard toleratesRepeats else { throw .repeatedContentLength }
                var next = fields.list.index(of: "content-length", from: fields.contentLength.first + 1)
                while let index = next {
                    guard fields.list.value(at: index).equals(first) else { throw .repeatedContentLength }
                    next = fields.list.index(of: "content-length", from: index + 1)
                }
            }
            contentLength = length
        }
    }

    /// Accepts only `chunked`. A list that ends in it names codings we do not know, which is legitimate;
    /// anything else around the word `chunked` is how requests are smuggled.
    private static func checkCoding(_ value: RawSpan) throws(HTTP1Error.Code) {
        if value.isLiteral("chunked") { return }
        var start = 0
        var endedInChunked = false
        while start <= value.byteCount {
            let end = value.firstIndex(of: UInt8(ascii: ","), from: start) ?? value.byteCount
            let coding = value.extracting(start..<end).trimmed
            guard !endedInChunked, coding.byteCount > 0, AcceptedBytes.accepts(coding, in: .token) else { throw .malformedTransferEncoding }
            endedInChunked = coding.isLiteral("chunked")
            start = end + 1
        }
        throw .unknownTransferCoding
    }
}
