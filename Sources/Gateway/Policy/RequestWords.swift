internal import Wire

/// The words of a request's body, where a provider's words are compared with them. Only ever asked after a failure whose words would matter.
enum RequestWords {
    /// In a longer body every word is taken to stand: so much text may hold any, and reading it would take the loop's time.
    private static let mostBytes = 256 * 1024

    /// Whether a phrase, in lower case, stands in the body, in any mix of cases, with JSON's escapes undone and runs of white space taken for one blank.
    static func hold(_ phrase: StaticString, in body: RawSpan) -> Bool {
        guard body.byteCount > 0 else { return false }
        guard body.byteCount <= mostBytes else { return true }
        var text = ByteBuffer(capacity: body.byteCount)
        var at = 0
        var wasSpace = false
        while at < body.byteCount {
            var byte = body[byte: at]
            at += 1
            if byte == UInt8(ascii: "\\"), at < body.byteCount {
                (byte, at) = unescaped(body, at)
            }
            let isSpace = byte == 0x20 || byte &- 9 < 5
            if !(isSpace && wasSpace) { text.append(isSpace ? 0x20 : byte &- 0x41 < 26 ? byte | 0x20 : byte) }
            wasSpace = isSpace
        }
        return text.bytes.firstRange(of: phrase) != nil
    }

    /// The byte that an escape at `at`, behind its backslash, stands for, and the offset behind it. What is no letter of ASCII becomes a mark that no
    /// phrase has.
    private static func unescaped(_ body: RawSpan, _ at: Int) -> (UInt8, Int) {
        let byte = body[byte: at]
        switch byte {
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "b"): return (0x20, at + 1)
        case UInt8(ascii: "u"):
            guard at + 4 < body.byteCount else { return (0, body.byteCount) }
            var value = 0
            for place in at + 1...at + 4 {
                guard let digit = hexadecimal(body[byte: place]) else { return (0, at + 1) }
                value = value << 4 | digit
            }
            return (value < 0x80 ? UInt8(value) : 0, at + 5)
        default: return (byte, at + 1)
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> Int? {
        if byte &- 0x30 < 10 { return Int(byte &- 0x30) }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? Int(letter) + 10 : nil
    }
}
