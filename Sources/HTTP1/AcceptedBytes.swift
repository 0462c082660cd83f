/// The one table of what is accepted in a message, byte by byte and in combination; everything else is refused.
///
/// Bytes:
///
/// | place | accepted | source |
/// |---|---|---|
/// | line end | CR LF, never one alone | RFC 9112 §2.2 |
/// | any line | HTAB, 20-7E, 80-FF; the places below narrow this | RFC 9110 §5.5 |
/// | method | token: letters, digits, ``!#$%&'*+-.^_`|~`` | RFC 9110 §5.6.2 |
/// | target, path | letters, digits, `-._~!$&'()*+,;=:@/`, `%` with two hex digits | RFC 3986 §3.3 |
/// | target, query | the same and `?[]`; the brackets are what browsers leave as they are | RFC 3986 §3.4, WHATWG URL |
/// | host | letters, digits, `-._`, labels not empty; or `[` hex digits, `:`, `.` `]`; then `:` and at most 65535 | RFC 9110 §7.2 |
/// | field name | token | RFC 9110 §5.1 |
/// | field value, reason phrase | HTAB, 20-7E, 80-FF | RFC 9110 §5.5 |
/// | content-length | 1-19 digits, up to 2^63 - 1 | RFC 9110 §8.6 |
/// | chunk size | 1-16 hex digits | RFC 9112 §7.1 |
/// | chunk extension | `;` token, or `;` token `=` token or quoted string without escapes; no white space (see below) | RFC 9112 §7.1.1 |
///
/// Combinations:
///
/// | what | request | answer |
/// |---|---|---|
/// | start line | one space between the parts, none behind | the same; reason phrase and the space before it may be missing |
/// | version | HTTP/1.1, HTTP/1.0; else 505 | the same |
/// | method | llhttp's HTTP methods; not CONNECT, SOURCE, PRI, RTSP's; else 501 | - |
/// | target form | `/path`, `http://host/path`, `https://host/path`; `*` for OPTIONS alone | - |
/// | empty lines before it | 2 | 0 |
/// | white space at a line's begin, or before the colon | no | no |
/// | Host | exactly 1 with HTTP/1.1, at most 1 with HTTP/1.0; equal to an absolute target's | any |
/// | Content-Length | at most 1 | equal ones may repeat |
/// | Transfer-Encoding | at most 1, exactly `chunked`, HTTP/1.1 alone, without Content-Length | the same |
/// | Expect | `100-continue`; else 417 | any |
/// | Upgrade | ignored: nothing is ever tunnelled | ignored; 101 refused |
/// | trailers | read and dropped; not Content-Length, Transfer-Encoding, Host | the same |
/// | body of an answer to HEAD, of 1xx, 204, 304 | - | none, whatever the fields say |
///
/// llhttp 8.1 in strict mode checks much of this again, but by itself it also accepts: a bare LF after the
/// start line and the fields, any number of empty lines, folded lines, runs of spaces in the request line,
/// HTTP/0.9 and 2.0, methods of other protocols, any visible target bytes, fragments, any or no Host, fields
/// without a name, Transfer-Encoding with HTTP/1.0, control bytes in a reason phrase, status codes of one
/// digit, chunk sizes and chunk extensions of any length, empty names and values in these, and it obeys
/// Upgrade. It is stricter than the table in three points, which stay refused: a tab after the value of
/// Content-Length or Transfer-Encoding, another chunk extension after an unquoted value, and equal
/// Content-Length lines, which are accepted only in answers. An empty extension after an unquoted value is
/// ignored.
enum AcceptedBytes {
    /// A place in a message where only some ASCII bytes are allowed, as one bit.
    struct Place {
        fileprivate let bit: UInt8
        /// A method, field name, transfer coding or extension name (RFC 9110 §5.6.2).
        static let token = Place(bit: 1)
        /// A target's path; `%` is checked separately (RFC 3986 §3.3).
        static let path = Place(bit: 2)
        /// A target's query; `%` is checked separately (RFC 3986 §3.4).
        static let query = Place(bit: 4)
        /// A host's name.
        static let hostName = Place(bit: 8)
        /// The part between the brackets of an IPv6 address.
        static let hostAddress = Place(bit: 16)
    }

    /// One letter for each byte 00-FF, sixteen to a row, whose low five bits are the places where the byte is
    /// allowed: `@` none, `A` token, `D` query, `F` path and query, `G` all three, `O` those and host name, `V`
    /// path, query and host address, `_` everywhere.
    private static let table: StaticString = """
        @@@@@@@@@@@@@@@@\
        @@@@@@@@@@@@@@@@\
        @G@AGAGGFFGGFO_F\
        __________VF@F@D\
        F______OOOOOOOOO\
        OOOOOOOOOOOD@DAO\
        A______OOOOOOOOO\
        OOOOOOOOOOO@A@G@\
        @@@@@@@@@@@@@@@@\
        @@@@@@@@@@@@@@@@\
        @@@@@@@@@@@@@@@@\
        @@@@@@@@@@@@@@@@\
        @@@@@@@@@@@@@@@@\
        @@@@@@@@@@@@@@@@\
        @@@@@@@@@@@@@@@@\
        @@@@@@@@@@@@@@@@
        """

    /// Whether `byte` is allowed at `place`.
    @inline(__always)
    static func accepts(_ byte: UInt8, in place: Place) -> Bool {
        // In bounds: the table has 256 letters.
        unsafe table.utf8Start[Int(byte)] & place.bit != 0
    }

    /// Whether every byte is allowed at `place`.
    @inline(__always)
    static func accepts(_ bytes: RawSpan, in place: Place) -> Bool {
        for offset in 0..<bytes.byteCount where !accepts(bytes.byte(at: offset), in: place) { return false }
        return true
    }

    /// Whether `byte` is a hexadecimal digit.
    static func isHexDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
    }
}
