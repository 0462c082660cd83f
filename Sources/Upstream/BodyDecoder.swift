internal import CZlib
internal import Wire

/// Decodes gzip and zlib bodies (RFC 1952, RFC 1950) piece by piece, in constant memory.
///
/// Requests ask for no coding; this is for servers in front of providers that code all the same, because the gateway must read what it
/// passes on.
@safe final class BodyDecoder {
    /// Bytes decoded before they are handed on.
    private static let pieceSize = FramedTransfer.smallPieceSize
    /// The largest window, with the form told by the header (zlib manual, inflateInit2).
    private static let automaticHeader: Int32 = 15 + 32

    private var stream = unsafe z_stream()
    private var output = ByteBuffer(capacity: pieceSize)
    /// Whether the coding's own end has come.
    private(set) var isFinished = false
    /// Whether more is decoded already than was handed on, so that the next call has something to hand on without a further byte.
    private(set) var hasMore = false

    init() {
        let status = unsafe czlib_inflate_init(&stream, BodyDecoder.automaticHeader)
        precondition(status == Z_OK, "out of memory: inflateInit2")
    }

    deinit { unsafe inflateEnd(&stream) }

    /// Decodes a piece of the coded body until it is used up or `deliver` has had enough: a thousand bytes may be in each of them.
    ///
    /// - Parameters:
    ///   - offset: Where to go on in `bytes`; it moves behind what was used up.
    ///   - deliver: Takes a decoded piece, and says whether the next one may follow at once.
    /// - Returns: Whether the coding is sound so far.
    func decode(_ bytes: RawSpan, at offset: inout Int, _ deliver: (RawSpan) -> Bool) -> Bool {
        unsafe bytes.extracting(droppingFirst: offset).withUnsafeBytes { input in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.avail_in = UInt32(clamping: input.count)
            defer { unsafe offset += input.count - Int(stream.avail_in) }
            var goesOn = true
            while unsafe goesOn && (stream.avail_in > 0 || hasMore) {
                // Another member may follow the end of one (RFC 1952 §2.2).
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
                // A full output may have left some behind.
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
    /// Whether it names a content coding that a `BodyDecoder` undoes (RFC 9110 §8.4.1).
    var namesCodingOfZlib: Bool { equalsIgnoringCase("gzip") || equalsIgnoringCase("x-gzip") || equalsIgnoringCase("deflate") }
}
