internal import Wire

/// A JSON text as a tree of values, for rare reads off the request path: boards, catalogues, lists of models.
///
/// Objects keep the order of their members, so that results computed from them are the same in every run.
indirect enum JSONTree {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([(name: String, value: JSONTree)])

    /// Reads a text; throws if it is not JSON or is nested more than 32 deep.
    init(parsing bytes: [UInt8]) throws(BoardError) {
        var scanner = JSONScanner(bytes.span.bytes, maximumDepth: 32, acceptingLoneSurrogates: true)
        do throws(JSONError) {
            self = try Self.read(&scanner, bytes.span.bytes)
            try scanner.finish()
        } catch {
            throw BoardError("not JSON: \(error.explanation) (byte \(error.offset))")
        }
    }

    private static func read(_ scanner: inout JSONScanner, _ bytes: RawSpan) throws(JSONError) -> JSONTree {
        switch try scanner.nextKind() {
        case .object:
            try scanner.enterObject()
            var members: [(name: String, value: JSONTree)] = []
            while let name = try scanner.nextMember() { members.append((name.string(in: bytes), try read(&scanner, bytes))) }
            return .object(members)
        case .array:
            try scanner.enterArray()
            var elements: [JSONTree] = []
            while try scanner.nextElement() { elements.append(try read(&scanner, bytes)) }
            return .array(elements)
        case .string: return .string(try scanner.readTextOrSkip()?.string(in: bytes) ?? "")
        case .number:
            let range = try scanner.skipValue()
            let text = bytes.extracting(range).text
            // A number too large for a Double can't have been measured.
            return Self.figure(text).map { .number($0) } ?? .null
        case .true, .false:
            let range = try scanner.skipValue()
            return .bool(range.count == 4)
        case .null:
            try scanner.skipValue()
            return .null
        }
    }

    /// The member of an object; `nil` if it is missing, `null` or this is not an object.
    subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self, let member = members.first(where: { $0.name == name }) else { return nil }
        if case .null = member.value { return nil }
        return member.value
    }

    /// The elements of an array, otherwise none.
    var elements: [JSONTree] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// The members of an object, otherwise none.
    var members: [(name: String, value: JSONTree)] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    /// The text of a string.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// A number, or a string that holds one (OpenRouter's prices).
    var number: Double? {
        switch self {
        case .number(let value): value
        case .string(let text): Self.figure(text)
        default: nil
        }
    }

    /// A figure from outside, at most `ForeignNumber.figure` away from 0; `nil` for text that is not a number,
    /// and for infinity.
    static func figure(_ text: String) -> Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value.clamped(to: -ForeignNumber.figure...ForeignNumber.figure)
    }

    /// A number rounded to an integer.
    var integer: Int? { number.flatMap { Int(exactly: $0.rounded()) } }

    /// A boolean.
    var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The strings of an array.
    var texts: [String] { elements.compactMap(\.text) }
}
