/// How large the parts of a message outside its body may grow.
///
/// Crossing a limit ends the message with an `HTTP1Error`; each number is the largest that is still accepted.
/// The caller limits the length of a body: it sees every byte and the announced length.
public struct HTTPHeadLimits: Sendable {
    /// Bytes of a request target as sent: 8 KiB; RFC 9112 §3 asks for at least 8,000 for the whole request
    /// line. Beyond it: 414.
    public var maximumTargetBytes = 8 * 1024
    /// Bytes from the first of the start line to the empty line after the fields: 32 KiB, as nginx allows with
    /// 4 x 8 KiB. Beyond it: 431.
    public var maximumHeadBytes = 32 * 1024
    /// Field lines in a head, and again in a trailer section. Beyond it: 431.
    public var maximumFieldCount = 100
    /// Bytes of a trailer section with its empty line. Trailers are read and dropped. Beyond it: 431.
    public var maximumTrailerBytes = 8 * 1024
    /// Bytes of the extensions of one chunk, separators included (RFC 9112 §7.1.1 asks for a limit). Beyond it: 400.
    public var maximumChunkExtensionBytes = 1024
    /// Bytes of the extensions of all chunks of one message. Beyond it: 400.
    public var maximumTotalChunkExtensionBytes = 64 * 1024

    /// Digits of a chunk size, leading zeros included: what a 64-bit number needs. Beyond it: 400.
    static let maximumChunkSizeDigits = 16
    /// Digits of a `Content-Length`: what a 63-bit number needs. Beyond it: 400.
    static let maximumContentLengthDigits = 19
    /// Empty lines before a request line. RFC 9112 §2.2 asks for at least one, which old clients send after a
    /// body. Beyond it: 400.
    static let maximumLeadingEmptyLines = 2
    /// Bytes of all interim answers (1xx) before the final one. RFC 9110 §15.2 allows any number of them: a
    /// provider that thinks for minutes may send one each second. 64 KiB: a 102 each second for half an hour.
    /// How long they may continue is for the caller's clock.
    package static let maximumInterimBytes = 64 * 1024

    /// Makes the default limits.
    public init() {}
}
