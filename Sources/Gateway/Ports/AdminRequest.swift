public import Wire

/// A request to the operator's endpoints, whose admin key has been checked.
public struct AdminRequest: Sendable {
    /// The method.
    public let method: HTTPMethod
    /// The parts of the path behind `/admin/`, percent-decoded.
    public let path: [String]
    /// The members of the query, percent-decoded, in their order.
    public let query: [(name: String, value: String)]
    /// The types that the client takes, the value of its `accept` field; empty without one.
    public let accept: String
    /// The body.
    public let body: [UInt8]

    /// Makes a request.
    public init(method: HTTPMethod, path: [String], query: [(name: String, value: String)] = [], accept: String = "", body: [UInt8] = []) {
        self.accept = accept
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }
}
