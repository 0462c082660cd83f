/// A request method the gateway tells apart (RFC 9110 §9); every other token is `other` and gets a 501 or 405.
public enum HTTPMethod: UInt8, Sendable {
    case get, head, post, put, patch, delete, options, other

    /// The token on the wire; `other` has none of its own.
    public var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: "other"
        }
    }
}
