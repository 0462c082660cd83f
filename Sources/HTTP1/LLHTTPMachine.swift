internal import CLLHTTP
internal import Wire

/// Owns one llhttp parser and the notes of its callbacks, and runs it over one piece of a message at a time.
///
/// Heads and trailer sections are passed in one piece, after `LineScanner` has checked every byte of them;
/// chunks are passed as they come.
@safe struct LLHTTPMachine: ~Copyable {
    /// How a pass over chunked bytes ended.
    enum ChunkStep {
        case needsMoreBytes
        /// A piece of the body, as offsets into the given bytes.
        case body(Range<Int>)
        /// The line of the last chunk was read; the trailers follow.
        case lastChunk
    }

    private let parser: UnsafeMutablePointer<llhttp_t>
    private let notes: UnsafeMutablePointer<LLHTTPNotes>

    init(type: llhttp_type_t, limits: HTTPHeadLimits) {
        // Both stay where they are until `deinit`: llhttp keeps the address of the notes, and its own in its
        // states.
        unsafe parser = .allocate(capacity: 1)
        unsafe notes = .allocate(capacity: 1)
        unsafe notes.initialize(to: LLHTTPNotes(limits: limits, toleratesRepeats: type == HTTP_RESPONSE))
        unsafe llhttp_init(parser, type, LLHTTPCallbacks.settings)
        unsafe parser.pointee.data = UnsafeMutableRawPointer(notes)
    }

    deinit {
        unsafe notes.deinitialize(count: 1)
        unsafe notes.deallocate()
        unsafe parser.deallocate()
    }

    /// The fields of the head that was read last.
    var fields: HeadFields {
        _read { yield unsafe notes.pointee.fields }
    }

    /// Lends the fields to a function, without the accessor's coroutine, whose frame would be allocated for
    /// each use.
    func withFields<Result>(_ body: (borrowing HTTPFields) -> Result) -> Result {
        unsafe body(notes.pointee.fields.list)
    }

    /// Forgets the fields and frees their memory.
    func releaseMemory() {
        unsafe notes.pointee.fields.deallocate()
    }

    /// Parses a whole head, from the first byte of the start line to the empty line.
    func readHead(_ head: RawSpan) throws(HTTP1Error.Code) {
        unsafe llhttp_reset(parser)
        unsafe notes.pointee.beginMessage()
        let (result, consumed) = execute(head, from: 0)
        guard result == HPE_PAUSED else { throw fault(result) }
        guard consumed == head.byteCount else { throw .inconsistentFraming }
        // Nothing is ever tunnelled: with this set, llhttp would end the message here and treat its body as the
        // next request.
        unsafe parser.pointee.upgrade = 0
    }

    /// Refuses the message unless llhttp has understood the framing of its head in the same way.
    func confirm(_ framing: MessageFraming) throws(HTTP1Error.Code) {
        let flags = unsafe UInt32(parser.pointee.flags)
        let isChunked = flags & F_CHUNKED.rawValue != 0
        let hasLength = flags & F_CONTENT_LENGTH.rawValue != 0
        let length = unsafe parser.pointee.content_length
        guard isChunked == framing.isChunked, hasLength == (framing.contentLength != nil), length == UInt64(framing.contentLength ?? 0) else {
            throw .inconsistentFraming
        }
    }

    /// Whether llhttp takes the request's method for one of HTTP's own and not of a similar protocol.
    var knowsMethod: Bool {
        // HTTP's methods come first in llhttp's list, then SOURCE (Icecast), PRI (HTTP/2) and RTSP's.
        unsafe parser.pointee.method < UInt8(HTTP_SOURCE.rawValue)
    }

    /// Parses chunks, from `offset` up to the next piece of the body.
    ///
    /// - Parameters:
    ///   - bytes: The bytes just read.
    ///   - offset: Where to begin; moves past what was parsed.
    func readChunks(in bytes: RawSpan, at offset: inout Int) throws(HTTP1Error.Code) -> ChunkStep {
        guard offset < bytes.byteCount else { return .needsMoreBytes }
        unsafe llhttp_resume(parser)
        unsafe notes.pointee.bodyLength = 0
        let start = offset
        let (result, consumed) = execute(bytes, from: start)
        guard result == HPE_OK || result == HPE_PAUSED else { throw fault(result, amongChunks: true) }
        offset = start + consumed
        let length = unsafe notes.pointee.bodyLength
        unsafe notes.pointee.lineBytes += consumed - length
        if result == HPE_OK {
            // The size line continues. One that is longer than any acceptable one is not waited for.
            guard unsafe notes.pointee.mayGrow else { throw .malformedChunk }
            return .needsMoreBytes
        }
        guard unsafe notes.pointee.hasAcceptableDigits else { throw .malformedChunk }
        guard length > 0 else { return .lastChunk }
        unsafe notes.pointee.beginChunk(lineEndBytes: 4)
        return .body(offset - length..<offset)
    }

    /// Parses the whole trailer section after the last chunk, with the empty line that ends the message.
    func readTrailers(_ section: RawSpan) throws(HTTP1Error.Code) {
        unsafe notes.pointee.areTrailers = true
        unsafe llhttp_resume(parser)
        let (result, consumed) = execute(section, from: 0)
        guard result == HPE_PAUSED else { throw fault(result) }
        guard consumed == section.byteCount else { throw .inconsistentFraming }
    }

    /// Runs llhttp from `offset` to the end, or to where a callback stops it.
    @inline(__always)
    private func execute(_ bytes: RawSpan, from offset: Int) -> (llhttp_errno_t, consumed: Int) {
        unsafe bytes.withUnsafeBytes { buffer in
            let start = unsafe buffer.baseAddress.unsafelyUnwrapped + offset
            let count = buffer.count - offset
            let result = unsafe llhttp_execute(parser, start.assumingMemoryBound(to: CChar.self), count)
            guard result == HPE_PAUSED else { return (result, count) }
            return unsafe (result, UnsafeRawPointer(parser.pointee.error_pos) - start)
        }
    }

    /// What llhttp's refusal of a head, a chunk line or a trailer section means.
    private func fault(_ result: llhttp_errno_t, amongChunks: Bool = false) -> HTTP1Error.Code {
        // llhttp reports some refusals of a callback as errors of its own.
        if let failure = unsafe notes.pointee.failure { return failure }
        return switch result {
        case HPE_INVALID_METHOD, HPE_INVALID_CONSTANT: .unknownMethod
        case HPE_INVALID_VERSION: .unsupportedVersion
        case HPE_INVALID_URL: .malformedTarget
        case HPE_INVALID_STATUS: .malformedStatusLine
        case HPE_INVALID_CONTENT_LENGTH: .malformedContentLength
        case HPE_INVALID_TRANSFER_ENCODING: .malformedTransferEncoding
        case HPE_UNEXPECTED_CONTENT_LENGTH:
            unsafe UInt32(parser.pointee.flags) & F_TRANSFER_ENCODING.rawValue != 0 ? .contentLengthWithTransferEncoding : .repeatedContentLength
        case HPE_INVALID_CHUNK_SIZE: .malformedChunk
        case HPE_STRICT, HPE_INVALID_HEADER_TOKEN, HPE_LF_EXPECTED, HPE_UNEXPECTED_SPACE: amongChunks ? .malformedChunk : .malformedFieldLine
        default: .inconsistentFraming
        }
    }
}
