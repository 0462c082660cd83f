internal import Wire

/// The first line of an answer, split into its parts (RFC 9112 §4). Offsets count from the line's first byte.
struct StatusLine {
    /// The minor version, after `HTTP/1.`: 0 or 1.
    var minorVersion: Int
    /// The status, 100...999; the caller decides about 600 and above (RFC 9110 §15 calls them invalid).
    var status: UInt16
    /// The reason phrase, which may be empty.
    var reason: Range<Int>

    /// Splits a line. The space before an empty reason phrase may be missing, as many servers leave it out.
    ///
    /// - Parameter line: The line without its end, free of control bytes except HTAB.
    init(_ line: RawSpan) throws(HTTP1Error.Code) {
        guard line.byteCount >= 12, line.hasPrefix("HTTP/"), line.byte(at: 6) == UInt8(ascii: "."), line.byte(at: 8) == 0x20 else {
            throw .malformedStatusLine
        }
        let major = line.byte(at: 5) &- 0x30
        let minor = line.byte(at: 7) &- 0x30
        guard major < 10, minor < 10 else { throw .malformedStatusLine }
        guard major == 1, minor < 2 else { throw .unsupportedVersion }
        minorVersion = Int(minor)
        var status: UInt16 = 0
        for offset in 9..<12 {
            let digit = line.byte(at: offset) &- 0x30
            guard digit < 10 else { throw .malformedStatusLine }
            status = status * 10 + UInt16(digit)
        }
        guard status >= 100 else { throw .malformedStatusLine }
        self.status = status
        guard line.byteCount > 12 else {
            reason = 12..<12
            return
        }
        guard line.byte(at: 12) == 0x20 else { throw .malformedStatusLine }
        reason = 13..<line.byteCount
    }
}
