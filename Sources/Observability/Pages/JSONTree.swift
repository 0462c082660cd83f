internal import Wire

/// A JSON value that is written as it stands in the source, so that a document made of it is well formed by construction.
indirect enum JSONTree: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    case string(String)
    case integer(Int)
    case bool(Bool)
    case array([JSONTree])
    /// The members in their order.
    case object([(String, JSONTree)])

    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSONTree)...) { self = .object(elements) }

    /// An object with further members behind those of `self`, which must be an object.
    func adding(_ members: [(String, JSONTree)]) -> JSONTree {
        guard case .object(let own) = self else { preconditionFailure("only an object has members") }
        return .object(own + members)
    }

    /// Appends the value as JSON.
    func write(into buffer: inout ByteBuffer) {
        switch self {
        case .string(let text): buffer.append(jsonString: text)
        case .integer(let number): buffer.append(decimal: number)
        case .bool(let value): buffer.append(value ? "true" : "false")
        case .array(let elements):
            buffer.append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { buffer.append(",") }
                element.write(into: &buffer)
            }
            buffer.append("]")
        case .object(let members):
            buffer.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { buffer.append(",") }
                buffer.append(jsonString: member.0)
                buffer.append(":")
                member.1.write(into: &buffer)
            }
            buffer.append("}")
        }
    }
}
