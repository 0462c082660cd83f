/// Where a string of a JSON text lies: the bytes between its quotes.
public struct JSONText: Equatable, Sendable {
    /// The bytes between the quotes.
    public let range: Range<Int>
    /// Whether there is a backslash among them, so that the text must be unescaped.
    public let hasEscapes: Bool

    /// Makes a string over the bytes between its quotes.
    init(range: Range<Int>, hasEscapes: Bool) {
        self.range = range
        self.hasEscapes = hasEscapes
    }

    /// Whether the string is the empty one.
    public var isEmpty: Bool { range.isEmpty }

    /// Whether the unescaped text is `literal`; `bytes` is the text it was found in.
    @inline(__always)
    public func equals(_ literal: StaticString, in bytes: RawSpan) -> Bool {
        hasEscapes ? equalsUnescaped(literal, in: bytes) : bytes.extracting(unchecked: range).equals(literal)
    }

    /// The unescaped text; `bytes` is the text it was found in. Half a surrogate pair becomes U+FFFD.
    public func string(in bytes: RawSpan) -> String {
        guard hasEscapes else { return bytes.extracting(range).text }
        var buffer = ByteBuffer()
        buffer.append(unescaping: self, in: bytes)
        return buffer.bytes.text
    }

    @inline(never)
    private func equalsUnescaped(_ literal: StaticString, in bytes: RawSpan) -> Bool {
        // An escape is at most six times as long as what it stands for.
        guard range.count <= literal.utf8CodeUnitCount * 6 else { return false }
        var buffer = ByteBuffer()
        buffer.append(unescaping: self, in: bytes)
        return buffer.bytes.equals(literal)
    }
}
