internal import Foundation
internal import Gateway
internal import Wire

/// A JSON value of a request to the operator's endpoints.
enum JSONBody: Decodable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSONBody])
    case object([String: JSONBody])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONBody].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONBody].self))
        }
    }

    /// The members of a body that must be an object; an empty body has none.
    ///
    /// - Parameter example: One that would be right.
    /// - Throws: 400 when it is no JSON object.
    static func members(of body: [UInt8], like example: String = "{\"name\": \"team\"}") throws(GatewayError) -> [String: JSONBody] {
        if body.isEmpty { return [:] }
        guard case .object(let members)? = try? JSONDecoder().decode(JSONBody.self, from: Data(body)) else {
            throw GatewayError(400, .invalidRequest, code: nil, "the body must be a JSON object, like \(example)")
        }
        return members
    }

    /// The value when it is a whole number, clamped to what an `Int` holds: 2⁶³ is as whole as 2⁶² is.
    var wholeNumber: Int? {
        switch self {
        case .integer(let number): number
        case .number(let number) where number == number.rounded(): Int(clamping: number)
        default: nil
        }
    }

    /// 400 for a member whose value does not fit.
    static func wrong(_ name: String, _ value: JSONBody, _ expected: String) -> GatewayError {
        GatewayError(400, .invalidRequest, code: nil, param: name, "`\(name)` is \(value.kind) that does not fit: expected \(expected)")
    }

    /// 400 for a member that there is not.
    static func unknown(_ name: String, among names: [String]) -> GatewayError {
        let nearest = NearestName.nearest(to: name, among: names).map { "; did you mean `\($0)`?" } ?? "; there are \(names.joined(separator: ", "))"
        return GatewayError(400, .invalidRequest, code: nil, param: name, "`\(name)` is not known here\(nearest)")
    }

    /// What stands there, for a message; never the value itself, which may be a secret in the wrong place.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .text: "a text"
        case .list: "a list"
        case .object: "an object"
        }
    }
}
