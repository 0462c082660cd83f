internal import CZlib
internal import Wire

/// Decodes gzip and zlib bodies (RFC 1952, RFC 1950) piece by piece, in constant memory.
///
/// Requests ask for no coding; this is for servers in front of providers that code all the same, because the gateway must read what it
/// passes on.
@safe final class BodyDecoder {
    /// Bytes decoded before they are handed on.
    private static let pieceSize = 32 * 1024
    /// The largest window, with the form told by the header (zlib manual, inflateInit2).
    private static let automaticHeader: Int32 = 15 + 32

    private var stream = unsafe z_stream()
    private var output = ByteBuffer(capacity: pieceSize)
    /// Whether the coding's own end has come.
    private(set) var isFinished = false

    init() {
        let status = unsafe czlib_inflate_init(&stream, BodyDecoder.automaticHeader)
        precondition(status == Z_OK, "out of memory: inflateInit2")
    }

    deinit { unsafe inflateEnd(&stream) }

    /// Decodes a piece of the coded body.
    ///
    /// - Returns: Whether the coding is sound so far.
    func decode(_ bytes: RawSpan, _ deliver: (RawSpan) -> Void) -> Bool {
        unsafe bytes.withUnsafeBytes { input in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.avail_in = UInt32(input.count)
            while unsafe stream.avail_in > 0 {
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
                if !output.isEmpty { deliver(output.bytes) }
                if status == Z_STREAM_END { isFinished = true }
                guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return false }
                if status == Z_BUF_ERROR { break }
            }
            return true
        }
    }
}
