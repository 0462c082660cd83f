internal import Wire

/// Writes one JSON text, for answers of the gateway's own that are rare: it keeps track of the commas.
struct JSONWriter: ~Copyable {
    var buffer = ByteBuffer(capacity: 16 * 1024)
    private var needsComma = false

    mutating func object(_ body: (inout JSONWriter) -> Void) {
        begin("{")
        body(&self)
        end("}")
    }

    mutating func array(_ body: (inout JSONWriter) -> Void) {
        begin("[")
        body(&self)
        end("]")
    }

    /// Opens an object or an array that is written in several steps.
    mutating func begin(_ bracket: StaticString) {
        buffer.append(bracket)
        needsComma = false
    }

    /// Closes what `begin` has opened.
    mutating func end(_ bracket: StaticString) {
        buffer.append(bracket)
        needsComma = true
    }

    /// The next element of an array.
    mutating func element(_ body: (inout JSONWriter) -> Void) {
        if needsComma { buffer.append(",") }
        body(&self)
        needsComma = true
    }

    /// The name of a member, whose value follows.
    mutating func name(_ name: StaticString) {
        if needsComma { buffer.append(",") }
        buffer.append("\"")
        buffer.append(name)
        buffer.append("\":")
        needsComma = true
    }

    mutating func member(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        body(&self)
        needsComma = true
    }

    mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        buffer.append(jsonString: value)
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        buffer.append(value ? "true" : "false")
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        buffer.append(decimal: value)
    }

    /// The shortest decimal that reads back as the same number; JSON has none for infinity.
    mutating func member(_ name: StaticString, _ value: Double) {
        self.name(name)
        if value.isFinite { buffer.append(utf8: "\(value)") } else { buffer.append("null") }
    }

    /// The text; the writer is empty afterwards.
    mutating func take() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &buffer)
        return taken
    }
}
