/// Reading one value of an expected but uncertain kind: a value of another kind is skipped, so that the caller
/// stays in step with the text whatever the peer has sent.
extension JSONScanner {
    /// Enters the next value if it is an object, otherwise passes it. Returns whether it was entered.
    @inline(__always)
    public mutating func enterObjectOrSkip() throws(JSONError) -> Bool {
        guard try nextKind() == .object else {
            try skipValue()
            return false
        }
        try enterObject()
        return true
    }

    /// Enters the next value if it is an array, otherwise passes it. Returns whether it was entered.
    @inline(__always)
    public mutating func enterArrayOrSkip() throws(JSONError) -> Bool {
        guard try nextKind() == .array else {
            try skipValue()
            return false
        }
        try enterArray()
        return true
    }

    /// The next value when it is a string, otherwise `nil`.
    @inline(__always)
    public mutating func readTextOrSkip() throws(JSONError) -> JSONText? {
        guard try nextKind() == .string else {
            try skipValue()
            return nil
        }
        return try readString()
    }

    /// The next value when it is a number of integer value (`12`, `12.0`), otherwise `nil`.
    ///
    /// - Parameter limit: The most that is returned, and with a minus the least; see `ForeignNumber`.
    public mutating func readIntegerOrSkip(atMost limit: Int) throws(JSONError) -> Int? {
        let isNumber = try nextKind() == .number
        let range = try skipValue()
        return isNumber ? Self.integer(bytes.extracting(unchecked: range), atMost: limit) : nil
    }

    /// The next value when it is `true` or `false`, otherwise `nil`.
    public mutating func readBooleanOrSkip() throws(JSONError) -> Bool? {
        let kind = try nextKind()
        try skipValue()
        return kind == .true ? true : kind == .false ? false : nil
    }

    /// Passes the next value. Returns whether a client that tests it for truth finds it true: not `null`,
    /// `false`, a zero, or an empty string, array or object.
    public mutating func skipTruth() throws(JSONError) -> Bool {
        let kind = try nextKind()
        let range = try skipValue()
        switch kind {
        case .true: return true
        case .false, .null: return false
        case .string: return range.count > 2
        case .object, .array: return Self.pastSpace(bytes, range.lowerBound + 1) < range.upperBound - 1
        case .number: return !Self.isZero(bytes.extracting(unchecked: range))
        }
    }

    /// The value of a valid JSON number without an exponent whose fraction, if any, is zero.
    private static func integer(_ number: RawSpan, atMost limit: Int) -> Int? {
        var digits = number
        if let point = number.firstIndex(of: UInt8(ascii: ".")) {
            for place in point + 1..<number.byteCount where number[byte: place] != UInt8(ascii: "0") { return nil }
            digits = number.extracting(0..<point)
        }
        guard digits[byte: 0] == UInt8(ascii: "-") else { return digits.decimalValue(atMost: limit) }
        return digits.extracting(1..<digits.byteCount).decimalValue(atMost: limit).map { -$0 }
    }

    private static func isZero(_ number: RawSpan) -> Bool {
        for place in 0..<number.byteCount {
            let byte = number[byte: place]
            if byte | 0x20 == UInt8(ascii: "e") { return true }
            if byte &- 0x31 < 9 { return false }
        }
        return true
    }
}
