/// An answer of the operator's endpoints.
public struct AdminAnswer: Sendable {
    /// The status.
    public var status: Int
    /// The type of the body.
    public var contentType: StaticString
    /// The body.
    public var body: [UInt8]

    /// Makes an answer.
    public init(status: Int = 200, contentType: StaticString = "application/json", body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}
