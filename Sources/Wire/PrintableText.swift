/// Text from outside, made fit for a line that people read.
///
/// Invisible characters that have an effect are replaced: control characters (C0, DEL, C1), which can forge a
/// line or steer a terminal; line and paragraph separators; and format characters (Unicode's Cf), which can
/// turn the direction of the text around them or make two names look the same.
extension String {
    /// The text with `?` in place of each such character.
    public var printable: String {
        guard !isPlainASCII else { return self }
        return String(UnicodeScalarView(unicodeScalars.map { $0.isPrintable ? $0 : "?" }))
    }

    fileprivate var isPlainASCII: Bool { utf8.allSatisfy { $0 &- 0x20 < 0x5F } }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        if isASCII { return value &- 0x20 < 0x5F }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

extension ByteBuffer {
    /// Appends the text as `printable` has it.
    public mutating func append(printable text: String) { append(utf8: text.printable) }

    /// Appends text as a JSON string in which each such character is escaped, so that nothing is lost.
    public mutating func append(printableJSON text: String) {
        guard !text.isPlainASCII else { return append(jsonString: text) }
        append("\"")
        for scalar in text.unicodeScalars {
            if scalar.value < 0x7F || scalar.isPrintable {
                append(jsonEscaped: Array(String(scalar).utf8).span.bytes)
            } else {
                for unit in String(scalar).utf16 { append(unicodeEscape: unit) }
            }
        }
        append("\"")
    }

    /// Appends `\u` and four digits (RFC 8259 §7).
    private mutating func append(unicodeEscape unit: UInt16) {
        append("\\u")
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: unit >> UInt16(shift) & 15)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
