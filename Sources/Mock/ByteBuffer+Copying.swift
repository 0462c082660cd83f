internal import HTTPServer
internal import Wire

/// Ways to use a buffer that an object holds: a span of it could not leave the access to the object's property.
extension ByteBuffer {
    /// Appends a copy of these bytes to another buffer.
    @inline(__always)
    func copy(to other: inout ByteBuffer) { other.append(bytes) }

    /// Appends these bytes to another buffer as the inside of a JSON string.
    func copyEscaped(to other: inout ByteBuffer) { other.append(jsonEscaped: bytes) }

    /// Adds these bytes, which are whole lines, to a head.
    func addLines(to head: inout ResponseFields) { head.add(lines: bytes) }

    /// Whether these bytes are `first`, a zero byte and `second`.
    func isPair(_ first: RawSpan, _ second: RawSpan) -> Bool {
        count == first.byteCount + second.byteCount + 1 && bytes.extracting(first: first.byteCount).equals(first)
            && bytes.extracting(droppingFirst: first.byteCount + 1).equals(second)
    }
}
