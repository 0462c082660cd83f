internal import EventLoop
internal import Wire

/// The identity of a request: `req_` and 32 hexadecimal digits, or what the client sent in `x-request-id`.
public struct RequestID: Sendable {
    /// Longest id taken from a client, in bytes.
    private static let maximumLength = 64

    private var storage = InlineArray<64, UInt8>(repeating: 0)
    private var count = 0

    init() {}

    /// Makes an id from two numbers that together are unique.
    init(_ high: UInt64, _ low: UInt64) {
        for (offset, byte) in "req_".utf8.enumerated() { storage[offset] = byte }
        for digit in 0..<16 {
            storage[4 + digit] = RequestID.hexadecimal(high >> (60 - 4 * UInt64(digit)))
            storage[20 + digit] = RequestID.hexadecimal(low >> (60 - 4 * UInt64(digit)))
        }
        count = 36
    }

    /// Takes a client's id when it is short and of harmless bytes; it ends up in logs and header fields.
    init?(client text: RawSpan) {
        guard text.byteCount > 0, text.byteCount <= RequestID.maximumLength else { return nil }
        for offset in 0..<text.byteCount {
            let byte = text[byte: offset]
            let isWord = (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10
            guard isWord || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") else { return nil }
            storage[offset] = byte
        }
        count = text.byteCount
    }

    /// The text.
    public var bytes: RawSpan {
        @_lifetime(borrow self) get { storage.span.bytes.extracting(first: count) }
    }

    private static func hexadecimal(_ nibble: UInt64) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: nibble & 15)
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
