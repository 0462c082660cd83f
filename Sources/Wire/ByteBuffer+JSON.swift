/// Writing text as JSON strings and reading it back (RFC 8259 §7).
extension ByteBuffer {
    /// Appends `text` as the inside of a JSON string: quote, backslash and control bytes escaped, each byte that is not UTF-8
    /// replaced by U+FFFD.
    public mutating func append(jsonEscaped text: RawSpan) {
        reserve(text.byteCount)
        var plain = 0
        var at = 0
        while at < text.byteCount {
            let length = RawSpan.lengthOfPlainJSON(text, at)
            if length > 0 {
                at += length
                continue
            }
            append(text.extracting(plain..<at))
            append(jsonEscapeOf: text[byte: at])
            at += 1
            plain = at
        }
        append(text.extracting(plain..<at))
    }

    /// Appends `text` as a whole JSON string, with its quotes.
    public mutating func append(jsonString text: String) {
        var text = text
        append(UInt8(ascii: "\""))
        text.withUTF8 { append(jsonEscaped: RawSpan(_unsafeBytes: UnsafeRawBufferPointer($0))) }
        append(UInt8(ascii: "\""))
    }

    /// Appends the unescaped value of the string `text` of the JSON text `bytes`, in UTF-8. Half a surrogate
    /// pair becomes U+FFFD.
    public mutating func append(unescaping text: JSONText, in bytes: RawSpan) {
        let end = text.range.upperBound
        var at = text.range.lowerBound
        while let backslash = bytes.extracting(at..<end).firstIndex(of: 0x5C) {
            append(bytes.extracting(at..<at + backslash))
            at += backslash
            let letter = bytes[byte: at + 1]
            switch letter {
            case UInt8(ascii: "b"): append(0x08)
            case UInt8(ascii: "f"): append(0x0C)
            case UInt8(ascii: "n"): append(0x0A)
            case UInt8(ascii: "r"): append(0x0D)
            case UInt8(ascii: "t"): append(0x09)
            case UInt8(ascii: "u"):
                at += append(unescapingUnicode: bytes.extracting(at..<end))
                continue
            default: append(letter)
            }
            at += 2
        }
        append(bytes.extracting(at..<end))
    }

    /// Appends the character that the escape at the front of `bytes` stands for and returns the length of the
    /// escape: 6, or 12 for a pair.
    private mutating func append(unescapingUnicode bytes: RawSpan) -> Int {
        guard let high = JSONScanner.escapedUnit(bytes, 0) else { preconditionFailure("the escape was not validated") }
        if high & 0xFC00 == 0xD800, let low = JSONScanner.escapedUnit(bytes, 6), low & 0xFC00 == 0xDC00 {
            append(scalar: 0x10000 + ((high & 0x3FF) << 10 | low & 0x3FF))
            return 12
        }
        append(scalar: high & 0xF800 == 0xD800 ? 0xFFFD : high)
        return 6
    }

    private mutating func append(scalar: UInt32) {
        let low = UInt8(truncatingIfNeeded: scalar & 0x3F) | 0x80
        let middle = UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F) | 0x80
        let high = UInt8(truncatingIfNeeded: scalar >> 12 & 0x3F) | 0x80
        switch scalar {
        case 0..<0x80:
            append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            append(UInt8(truncatingIfNeeded: scalar >> 6) | 0xC0)
            append(low)
        case 0x800..<0x10000:
            append(UInt8(truncatingIfNeeded: scalar >> 12) | 0xE0)
            append(middle)
            append(low)
        default:
            append(UInt8(truncatingIfNeeded: scalar >> 18) | 0xF0)
            append(high)
            append(middle)
            append(low)
        }
    }

    /// Appends the escape of a byte that a JSON string cannot hold as it is.
    private mutating func append(jsonEscapeOf byte: UInt8) {
        switch byte {
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        case 0x22: append("\\\"")
        case 0x5C: append("\\\\")
        case 0x80...: append("\u{FFFD}")
        default:
            append("\\u00")
            append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            append(hex: Int(byte & 15))
        }
    }
}

extension RawSpan {
    /// How many bytes `append(jsonEscaped:)` appends for these.
    var jsonEscapedLength: Int {
        var total = 0
        var at = 0
        while at < byteCount {
            let length = RawSpan.lengthOfPlainJSON(self, at)
            if length > 0 {
                total += length
                at += length
                continue
            }
            switch self[byte: at] {
            case 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x22, 0x5C: total += 2
            case 0x80...: total += 3
            default: total += 6
            }
            at += 1
        }
        return total
    }

    /// The length of the character at `at` if a JSON string can hold it as it is, otherwise 0.
    @inline(__always)
    fileprivate static func lengthOfPlainJSON(_ bytes: RawSpan, _ at: Int) -> Int {
        let byte = bytes.byteOrZero(at: at)
        if byte >= 0x80 { return bytes.lengthOfUTF8Sequence(at: at) }
        return byte < 0x20 || byte == 0x22 || byte == 0x5C ? 0 : 1
    }
}
