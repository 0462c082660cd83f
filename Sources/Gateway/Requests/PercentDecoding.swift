internal import Wire

/// Percent-encoded text of a path (RFC 3986 §2.1).
enum PercentDecoding {
    /// The decoded text.
    ///
    /// - Throws: 400 for a `%` without two hexadecimal digits, and for bytes that are not UTF-8.
    static func decode(_ text: RawSpan) throws(GatewayError) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.byteCount)
        var offset = 0
        while offset < text.byteCount {
            let byte = text[byte: offset]
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                offset += 1
                continue
            }
            guard offset + 2 < text.byteCount, let high = digit(text[byte: offset + 1]), let low = digit(text[byte: offset + 2]) else {
                throw .badRequest("the path has a `%` without two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
            offset += 3
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .badRequest("the path is not UTF-8") }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
