internal import HTTP1
internal import Wire

/// Counts the heads and trailers of one libcurl call, line by line as libcurl passes them
/// (CURLOPT_HEADERFUNCTION(3)).
///
/// libcurl itself bounds only single lines (7.88), reads a proxy's answer to CONNECT byte by byte without a
/// break for as long as there is any, and keeps every line in a list that it walks for each lookup. So a
/// `tooMuch` must end the call.
struct HeadTally {
    /// The kind of a line.
    enum Line: Equatable {
        /// A status line: anything before it was an interim answer, or a proxy's to CONNECT.
        case start
        /// A field of a head.
        case field
        /// A field after the body.
        case trailer
        /// The empty line after a head.
        case end
        /// More than an answer may have; none of it must be used.
        case tooMuch
    }

    private let limits: HTTPHeadLimits
    /// Bytes and field lines of the current section.
    private var bytes = 0
    private var lines = 0
    /// Bytes of the heads before it.
    private var earlierBytes = 0
    private var isTrailer = false

    init(_ limits: HTTPHeadLimits) {
        self.limits = limits
    }

    /// Takes the next line, with its end.
    mutating func take(_ line: RawSpan) -> Line {
        let isStart = line.byteCount >= 5 && line.extracting(first: 5).equals("HTTP/")
        let isEnd = !isTrailer && line.byteCount <= 2
        if isStart {
            if !isTrailer { earlierBytes += bytes }
            (bytes, lines, isTrailer) = (0, 0, false)
        } else if !isEnd {
            lines += 1
        }
        bytes += line.byteCount
        guard bytes <= (isTrailer ? limits.maximumTrailerBytes : limits.maximumHeadBytes), lines <= limits.maximumFieldCount,
            earlierBytes <= HTTPHeadLimits.maximumInterimBytes
        else { return .tooMuch }
        guard isEnd else { return isStart ? .start : isTrailer ? .trailer : .field }
        earlierBytes += bytes
        (bytes, lines, isTrailer) = (0, 0, true)
        return .end
    }

    /// The error for an answer that is too large.
    static let tooMuch = "the answer's head or trailer has too many fields or bytes"
}

extension HTTPFields {
    /// Appends a field line of a head, given with its line end. Lines that are not fields, such as the rest of
    /// a folded value (RFC 9112 §5.2), are left out.
    mutating func append(line: RawSpan) {
        var colon = 0
        while colon < line.byteCount, !HTTPFields.isBlank(line[byte: colon]), line[byte: colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon > 0, colon < line.byteCount, line[byte: colon] == UInt8(ascii: ":") else { return }
        var (start, end) = (colon + 1, line.byteCount)
        while start < end, HTTPFields.isBlank(line[byte: start]) { start += 1 }
        while end > start, HTTPFields.isBlank(line[byte: end - 1]) { end -= 1 }
        append(name: line.extracting(first: colon), value: line.extracting(start..<end))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
}
