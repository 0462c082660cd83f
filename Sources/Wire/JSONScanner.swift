/// Walks a JSON text once, from front to back, and checks every byte it passes (RFC 8259).
///
/// It builds no tree: the caller asks for the members it acts on and skips the rest, which is validated too.
/// Beyond the grammar it requires UTF-8 and bounds nesting. It allocates nothing.
///
///     var scanner = JSONScanner(body)
///     try scanner.enterObject()
///     while let name = try scanner.nextMember() {
///         if name.equals("model", in: body) { model = try scanner.skipValue() } else { try scanner.skipValue() }
///     }
///     try scanner.finish()
public struct JSONScanner: ~Escapable {
    /// How deep objects and arrays may be nested. RFC 8259 §9 leaves the limit to the parser; skipping keeps
    /// one bit for each open container, and this is how many fit.
    public static let maximumDepth = 128

    /// The text.
    let bytes: RawSpan
    /// How many bytes have been passed.
    public internal(set) var offset = 0
    /// How many containers have been entered and not left.
    var depth = 0
    let depthLimit: Int
    /// Whether a `\u` escape of half a surrogate pair is an error.
    let isStrict: Bool
    /// Whether the container entered last has had no member yet.
    private var isFirst = false

    /// Makes a scanner at the front of `bytes`.
    ///
    /// - Parameters:
    ///   - maximumDepth: How deep containers may be nested, at most `JSONScanner.maximumDepth`.
    ///   - acceptingLoneSurrogates: Accepts half of an escaped surrogate pair, as the grammar does (RFC 8259
    ///     §8.2) and as servers that cut an emoji between two stream events send it.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, maximumDepth: Int = JSONScanner.maximumDepth, acceptingLoneSurrogates: Bool = false) {
        precondition(maximumDepth <= JSONScanner.maximumDepth)
        self.bytes = bytes
        depthLimit = maximumDepth
        isStrict = !acceptingLoneSurrogates
    }

    /// The kind of the next value; only white space before it is passed.
    @inline(__always)
    public mutating func nextKind() throws(JSONError) -> JSONKind {
        offset = Self.pastSpace(bytes, offset)
        switch bytes.byteOrZero(at: offset) {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"): return .true
        case UInt8(ascii: "f"): return .false
        case UInt8(ascii: "n"): return .null
        default: throw Self.failure(bytes, at: offset, .valueExpected)
        }
    }

    /// Passes the bracket that opens an object.
    @inline(__always)
    public mutating func enterObject() throws(JSONError) {
        try enter(UInt8(ascii: "{"), .objectExpected)
    }

    /// Passes the bracket that opens an array.
    @inline(__always)
    public mutating func enterArray() throws(JSONError) {
        try enter(UInt8(ascii: "["), .valueExpected)
    }

    @inline(__always)
    private mutating func enter(_ bracket: UInt8, _ reason: JSONError.Reason) throws(JSONError) {
        offset = Self.pastSpace(bytes, offset)
        guard bytes.byteOrZero(at: offset) == bracket else { throw Self.failure(bytes, at: offset, reason) }
        guard depth < depthLimit else { throw JSONError(.tooDeep, at: offset) }
        depth += 1
        offset &+= 1
        isFirst = true
    }

    /// Passes the next member's name and colon, or the object's end.
    ///
    /// - Returns: The name, or `nil` when the object has ended. After a name, its value must be read or
    ///   skipped.
    @inline(__always)
    public mutating func nextMember() throws(JSONError) -> JSONText? {
        guard try passSeparator(UInt8(ascii: "}")) else { return nil }
        guard bytes.byteOrZero(at: offset) == UInt8(ascii: "\"") else { throw Self.failure(bytes, at: offset, .nameExpected) }
        let name = try readString()
        offset = Self.pastSpace(bytes, offset)
        guard bytes.byteOrZero(at: offset) == UInt8(ascii: ":") else { throw Self.failure(bytes, at: offset, .colonExpected) }
        offset &+= 1
        return name
    }

    /// Passes the comma before the next element, or the array's end; `false` when the array has ended.
    @inline(__always)
    public mutating func nextElement() throws(JSONError) -> Bool {
        try passSeparator(UInt8(ascii: "]"))
    }

    @inline(__always)
    private mutating func passSeparator(_ closing: UInt8) throws(JSONError) -> Bool {
        offset = Self.pastSpace(bytes, offset)
        let byte = bytes.byteOrZero(at: offset)
        if byte == closing {
            offset &+= 1
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw Self.failure(bytes, at: offset, .commaExpected) }
            offset = Self.pastSpace(bytes, offset &+ 1)
        }
        return true
    }

    /// Passes the string whose opening quote is the next byte.
    @inline(never)
    mutating func readString() throws(JSONError) -> JSONText {
        var hasEscapes = false
        let start = offset &+ 1
        let end = try Self.endOfString(bytes, from: start, strictly: isStrict, hasEscapes: &hasEscapes)
        offset = end &+ 1
        return JSONText(range: Range(uncheckedBounds: (start, end)), hasEscapes: hasEscapes)
    }

    /// Throws if anything but white space is left.
    public mutating func finish() throws(JSONError) {
        offset = Self.pastSpace(bytes, offset)
        guard offset == bytes.byteCount else { throw JSONError(.trailingBytes, at: offset) }
    }

    /// Checks that `bytes` are one JSON value and nothing else.
    public static func validate(_ bytes: RawSpan, maximumDepth: Int = JSONScanner.maximumDepth) throws(JSONError) {
        var scanner = JSONScanner(bytes, maximumDepth: maximumDepth)
        try scanner.skipValue()
        try scanner.finish()
    }
}
