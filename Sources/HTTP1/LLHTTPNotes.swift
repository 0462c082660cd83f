internal import Wire

/// What llhttp's callbacks record for the machine that runs it.
///
/// It stays at a fixed address as long as the parser, which has that address in `data`. The pointers point into
/// the bytes that llhttp was given and are valid only until it returns.
@safe struct LLHTTPNotes: ~Copyable {
    /// The fields of the head.
    var fields = HeadFields()
    /// Whether field lines are trailers, which are checked and dropped.
    var areTrailers = false
    /// Whether equal `Content-Length` lines may repeat; llhttp itself refuses them.
    let toleratesRepeats: Bool
    /// The name of the field line being read.
    var name: UnsafePointer<CChar>?
    /// The length of `name`.
    var nameLength = 0
    /// Why a callback stopped the parser.
    var failure: HTTP1Error.Code?
    /// A piece of the body.
    var body: UnsafePointer<CChar>?
    /// The length of `body`, 0 when there is none.
    var bodyLength = 0
    /// Bytes of chunk framing since the last byte of the body: line end, size, extensions, line end.
    var lineBytes = 0
    /// The part of `lineBytes` that is line ends: one for the first chunk, two for the others.
    var lineEndBytes = 2
    /// The part of `lineBytes` that is extensions.
    var extensionBytes = 0
    /// Bytes of the extensions of all chunks of the message.
    var totalExtensionBytes = 0
    /// Bytes of the extension name or value being read.
    var partBytes = 0
    /// Whether the extension value being read is a quoted string.
    var isQuoted = false
    /// The limits on the extensions.
    let limits: HTTPHeadLimits

    init(limits: HTTPHeadLimits, toleratesRepeats: Bool) {
        self.limits = limits
        self.toleratesRepeats = toleratesRepeats
    }

    /// Forgets the last message.
    mutating func beginMessage() {
        fields.removeAll()
        areTrailers = false
        nameLength = 0
        failure = nil
        beginChunk(lineEndBytes: 2)
        totalExtensionBytes = 0
        partBytes = 0
    }

    /// Forgets the last chunk's size line.
    mutating func beginChunk(lineEndBytes: Int) {
        lineBytes = 0
        self.lineEndBytes = lineEndBytes
        extensionBytes = 0
    }

    /// Counts bytes of chunk extensions; false beyond a limit.
    mutating func countExtension(_ bytes: Int) -> Bool {
        extensionBytes += bytes
        totalExtensionBytes += bytes
        return extensionBytes <= limits.maximumChunkExtensionBytes && totalExtensionBytes <= limits.maximumTotalChunkExtensionBytes
    }

    /// Whether an unfinished size line is still as short as the longest acceptable one.
    var mayGrow: Bool {
        lineBytes <= lineEndBytes + HTTPHeadLimits.maximumChunkSizeDigits + limits.maximumChunkExtensionBytes
    }

    /// Whether a finished size line, without line ends and extensions, is a size of acceptable length.
    var hasAcceptableDigits: Bool {
        lineBytes - lineEndBytes - extensionBytes <= HTTPHeadLimits.maximumChunkSizeDigits
    }
}
