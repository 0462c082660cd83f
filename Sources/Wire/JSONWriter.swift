/// Writes one JSON text, for answers of the gateway's own that are rare: it keeps track of the commas.
public struct JSONWriter: ~Copyable {
    /// What is written so far; a value behind `name(_:)` is appended here.
    public var buffer: ByteBuffer
    private var needsComma = false

    /// Makes a writer of an empty text.
    ///
    /// - Parameter capacity: Bytes that are set aside for it at first.
    public init(capacity: Int = 16 * 1024) { buffer = ByteBuffer(capacity: capacity) }

    /// An object whose members `body` writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        begin("{")
        body(&self)
        end("}")
    }

    /// An array whose elements `body` writes.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        begin("[")
        body(&self)
        end("]")
    }

    /// Opens an object or an array that is written in several steps.
    public mutating func begin(_ bracket: StaticString) {
        buffer.append(bracket)
        needsComma = false
    }

    /// Closes what `begin` has opened.
    public mutating func end(_ bracket: StaticString) {
        buffer.append(bracket)
        needsComma = true
    }

    /// The next element of an array.
    public mutating func element(_ body: (inout JSONWriter) -> Void) {
        if needsComma { buffer.append(",") }
        body(&self)
        needsComma = true
    }

    /// The name of a member, whose value follows.
    public mutating func name(_ name: StaticString) {
        if needsComma { buffer.append(",") }
        buffer.append("\"")
        buffer.append(name)
        buffer.append("\":")
        needsComma = true
    }

    /// A member whose value `body` writes.
    public mutating func member(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        body(&self)
        needsComma = true
    }

    /// A member whose value is a text, which is escaped here.
    public mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        buffer.append(jsonString: value)
    }

    /// A member whose value is `true` or `false`.
    public mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        buffer.append(value ? "true" : "false")
    }

    /// A member whose value is a whole number.
    public mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        buffer.append(decimal: value)
    }

    /// A member whose value is a number: the shortest decimal that reads back as the same number; JSON has none for infinity.
    public mutating func member(_ name: StaticString, _ value: Double) {
        self.name(name)
        if value.isFinite { buffer.append(utf8: "\(value)") } else { buffer.append("null") }
    }

    /// The text; the writer is empty afterwards.
    public mutating func take() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &buffer)
        return taken
    }
}
