internal import Wire

/// The header fields of an answer while they are being written. Names are lower-case literals; values must not
/// hold CR, LF or NUL.
public struct ResponseFields: ~Copyable {
    var head: ByteBuffer

    /// Adds a field with literal text.
    @inline(__always)
    public mutating func add(_ name: StaticString, _ value: StaticString) {
        begin(name)
        head.append(value)
        head.append("\r\n")
    }

    /// Adds a field with text that was checked before, for example by a parser.
    @inline(__always)
    public mutating func add(_ name: StaticString, _ value: RawSpan) {
        begin(name)
        head.append(value)
        head.append("\r\n")
    }

    /// Adds a field with a decimal number.
    @inline(__always)
    public mutating func add(_ name: StaticString, _ value: Int) {
        begin(name)
        head.append(decimal: value)
        head.append("\r\n")
    }

    /// Adds a field with any text; each character other than printable ASCII becomes `?`. Readers of fields
    /// take other bytes for Latin-1 (RFC 9110 §5.5), in which some of them end a line.
    public mutating func add(_ name: StaticString, text value: String) {
        begin(name)
        for byte in value.utf8 {
            if byte &- 0x20 < 0x5F {
                head.append(byte)
            } else if byte & 0xC0 != 0x80 {
                head.append(UInt8(ascii: "?"))
            }
        }
        head.append("\r\n")
    }

    /// Adds a field with a number of thousandths as a decimal fraction, for example microseconds as
    /// milliseconds.
    public mutating func add(_ name: StaticString, thousandths value: Int) {
        begin(name)
        if value < 0 { head.append("-") }
        head.append(decimal: Int(value.magnitude / 1000))
        head.append(".")
        let rest = Int(value.magnitude % 1000)
        if rest < 100 { head.append("0") }
        if rest < 10 { head.append("0") }
        head.append(decimal: rest)
        head.append("\r\n")
    }

    /// Adds whole field lines, each with its line end.
    @inline(__always)
    public mutating func add(lines: RawSpan) {
        head.append(lines)
    }

    @inline(__always)
    private mutating func begin(_ name: StaticString) {
        head.append(name)
        head.append(": ")
    }
}
