/// Passing whole values without interpreting them.
extension JSONScanner {
    /// Passes the next value, however deep, and checks all of it.
    ///
    /// - Returns: The range of the value, without white space around it.
    @discardableResult
    @inline(never)
    public mutating func skipValue() throws(JSONError) -> Range<Int> {
        // Most values that are skipped singly are short strings, for which the walk's preparations would double
        // the cost.
        offset = Self.pastSpace(bytes, offset)
        if bytes.byteOrZero(at: offset) == UInt8(ascii: "\"") {
            let start = offset
            var hasEscapes = false
            offset = try Self.endOfString(bytes, from: start &+ 1, strictly: isStrict, hasEscapes: &hasEscapes) &+ 1
            return Range(uncheckedBounds: (start, offset))
        }
        var parts = ContentParts()
        return try pass(noting: &parts, isNoting: false)
    }

    /// Passes the next value like `skipValue()` and adds the media kinds that content parts anywhere in it are of.
    @inline(never)
    mutating func skipValue(noting parts: inout ContentParts) throws(JSONError) -> Range<Int> {
        try pass(noting: &parts, isNoting: true)
    }

    /// The walk that both share, compiled once for each value of `isNoting`. It keeps one bit for each open
    /// container instead of recursing, so no text can exhaust the stack.
    @inline(__always)
    private mutating func pass(noting parts: inout ContentParts, isNoting: Bool) throws(JSONError) -> Range<Int> {
        let bytes = bytes
        let strictly = isStrict
        let room = depthLimit - depth
        var at = Self.pastSpace(bytes, offset)
        let start = at
        // The innermost container in the lowest bit: 1 for an object, 0 for an array.
        var open: UInt128 = 0
        var level = 0
        // Whether the value to come belongs to a member named `type`.
        var isType = false
        var hasEscapes = false

        while true {
            let byte = bytes.byteOrZero(at: at)
            switch byte {
            case UInt8(ascii: "\""):
                let first = at &+ 1
                if isNoting { hasEscapes = false }
                let end = try Self.endOfString(bytes, from: first, strictly: strictly, hasEscapes: &hasEscapes)
                if isNoting, isType {
                    parts.formUnion(ContentParts(type: JSONText(range: Range(uncheckedBounds: (first, end)), hasEscapes: hasEscapes), in: bytes))
                    isType = false
                }
                at = end &+ 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard level < room else { throw JSONError(.tooDeep, at: at) }
                level &+= 1
                // Brackets differ from their closing ones by 2, and an object's from an array's in bit 5.
                let isObject = byte & 0x20 != 0
                open = open &<< 1 | (isObject ? 1 : 0)
                at = Self.pastSpace(bytes, at &+ 1)
                if bytes.byteOrZero(at: at) == byte &+ 2 {
                    at &+= 1
                    open = open &>> 1
                    level &-= 1
                    if isNoting { isType = false }
                } else if isObject {
                    at = try Self.pastName(bytes, at, strictly: strictly, isType: &isType, isNoting: isNoting)
                    continue
                } else {
                    if isNoting { isType = false }
                    continue
                }
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                at = try Self.endOfNumber(bytes, from: at)
                if isNoting { isType = false }
            case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
                at = try Self.endOfLiteral(bytes, from: at)
                if isNoting { isType = false }
            default:
                throw Self.failure(bytes, at: at, .valueExpected)
            }
            // After a value: close the containers that end here, then go on to the next member or element.
            while true {
                guard level > 0 else {
                    offset = at
                    return Range(uncheckedBounds: (start, at))
                }
                at = Self.pastSpace(bytes, at)
                let byte = bytes.byteOrZero(at: at)
                let isObject = open & 1 == 1
                if byte == UInt8(ascii: ",") {
                    at = Self.pastSpace(bytes, at &+ 1)
                    if isObject { at = try Self.pastName(bytes, at, strictly: strictly, isType: &isType, isNoting: isNoting) }
                    break
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw Self.failure(bytes, at: at, .commaExpected) }
                at &+= 1
                open = open &>> 1
                level &-= 1
            }
        }
    }

    /// The offset of the value that follows the member name at `at`; sets `isType` to whether the name is
    /// `type`.
    @inline(__always)
    private static func pastName(_ bytes: RawSpan, _ at: Int, strictly: Bool, isType: inout Bool, isNoting: Bool) throws(JSONError) -> Int {
        guard bytes.byteOrZero(at: at) == UInt8(ascii: "\"") else { throw failure(bytes, at: at, .nameExpected) }
        var hasEscapes = false
        let end = try endOfString(bytes, from: at &+ 1, strictly: strictly, hasEscapes: &hasEscapes)
        if isNoting {
            isType =
                hasEscapes || end &- at == 5
                ? JSONText(range: Range(uncheckedBounds: (at &+ 1, end)), hasEscapes: hasEscapes).equals("type", in: bytes) : false
        }
        let colon = pastSpace(bytes, end &+ 1)
        guard bytes.byteOrZero(at: colon) == UInt8(ascii: ":") else { throw failure(bytes, at: colon, .colonExpected) }
        return pastSpace(bytes, colon &+ 1)
    }
}
