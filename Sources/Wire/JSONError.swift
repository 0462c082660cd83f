/// Why a text is not the JSON that was expected, and where (RFC 8259).
public struct JSONError: Error, Equatable, Sendable {
    /// What was wrong.
    public enum Reason: UInt8, Sendable {
        case endOfText, valueExpected, nameExpected, colonExpected, commaExpected, trailingBytes
        case controlByte, invalidEscape, loneSurrogate, invalidUTF8, invalidNumber
        case tooDeep, tooManyMembers, objectExpected
    }

    /// What was wrong.
    public let reason: Reason
    /// The offset of the byte where it was noticed, counted from 0; the text's length if the text ended too
    /// soon.
    public let offset: Int

    /// Makes an error for the byte at `offset`.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// What was wrong and what would be right, in lower case and without the offset.
    public var explanation: String {
        switch reason {
        case .endOfText: "the text ends before its value does"
        case .valueExpected: "expected a value: an object, array, string, number, true, false or null"
        case .nameExpected: "expected a member name in double quotes"
        case .colonExpected: "expected a colon after the member name"
        case .commaExpected: "expected a comma or the closing bracket"
        case .trailingBytes: "expected nothing after the value"
        case .controlByte: "control characters in a string must be escaped"
        case .invalidEscape: "expected one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"
        case .loneSurrogate: "a \\u escape of a surrogate must be one of a pair, high before low"
        case .invalidUTF8: "strings must be UTF-8"
        case .invalidNumber: "expected a number such as 0, -1, 0.5 or 1e-3"
        case .tooDeep: "objects and arrays are nested too deep"
        case .tooManyMembers: "the top-level object has too many members"
        case .objectExpected: "expected an object at the top level"
        }
    }
}
