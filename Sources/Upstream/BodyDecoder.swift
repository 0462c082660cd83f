internal import CZlib
internal import Wire

/// Decodes gzip and zlib bodies (RFC 1952, RFC 1950) piece by piece, in constant memory.
///
/// Requests ask for no coding; this is for servers in front of providers that encode anyway, because the
/// gateway must read what it passes on.
@safe final class BodyDecoder {
    /// Bytes decoded before they are passed on.
    private static let pieceSize = FramedTransfer.smallPieceSize
    /// The largest window, with the format detected from the header (zlib manual, inflateInit2).
    private static let automaticHeader: Int32 = 15 + 32

    private var stream = unsafe z_stream()
    private var output = ByteBuffer(capacity: pieceSize)
    /// Whether the end of the coding has come.
    private(set) var isFinished = false
    /// Whether more has been decoded than was passed on, so that the next call has output even without further
    /// input.
    private(set) var hasMore = false

    init() {
        let status = unsafe czlib_inflate_init(&stream, BodyDecoder.automaticHeader)
        precondition(status == Z_OK, "out of memory: inflateInit2")
    }

    deinit { unsafe inflateEnd(&stream) }

    /// Decodes a piece of the coded body until it is used up or `deliver` has had enough: each byte may expand
    /// to a thousand.
    ///
    /// - Parameters:
    ///   - offset: Where to continue in `bytes`; moves past what was used.
    ///   - deliver: Takes a decoded piece, and returns whether the next one may follow at once.
    /// - Returns: Whether the coding has been valid so far.
    func decode(_ bytes: RawSpan, at offset: inout Int, _ deliver: (RawSpan) -> Bool) -> Bool {
        unsafe bytes.extracting(droppingFirst: offset).withUnsafeBytes { input in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.avail_in = UInt32(clamping: input.count)
            defer { unsafe offset += input.count - Int(stream.avail_in) }
            var goesOn = true
            while unsafe goesOn && (stream.avail_in > 0 || hasMore) {
                // One member may be followed by another (RFC 1952 §2.2).
                if isFinished {
                    guard unsafe inflateReset(&stream) == Z_OK else { return false }
                    isFinished = false
                }
                output.removeAll()
                var status = Z_OK
                unsafe output.appendUninitialized(BodyDecoder.pieceSize) { room in
                    unsafe stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.avail_out = UInt32(room.count)
                    status = unsafe inflate(&stream, Z_SYNC_FLUSH)
                    return unsafe room.count - Int(stream.avail_out)
                }
                // If the output is full, some may be left over.
                hasMore = unsafe stream.avail_out == 0 && status == Z_OK
                if !output.isEmpty { goesOn = deliver(output.bytes) }
                if status == Z_STREAM_END { isFinished = true }
                guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return false }
                if status == Z_BUF_ERROR { break }
            }
            return true
        }
    }
}

extension RawSpan {
    /// Whether it names a content coding that a `BodyDecoder` can undo (RFC 9110 §8.4.1).
    var namesCodingOfZlib: Bool { equalsIgnoringCase("gzip") || equalsIgnoringCase("x-gzip") || equalsIgnoringCase("deflate") }
}
