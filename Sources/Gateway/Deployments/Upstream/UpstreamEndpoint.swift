public import Wire

/// One path at an origin, with the head of a request that is the same each time.
public final class UpstreamEndpoint {
    /// The host it is on.
    public let origin: UpstreamOrigin
    /// The method.
    public let method: HTTPMethod
    /// The request target: path and query.
    public let target: String
    /// The request line and header fields, each with its line end, without `content-length` and the empty line.
    private var headStorage: ByteBuffer
    /// Header field lines without the request line and `host`, for libcurl's own engine.
    public let fieldLines: [String]

    /// Makes an endpoint.
    ///
    /// - Parameters:
    ///   - fields: Header fields, checked before: names are tokens, values hold no control bytes.
    public init(origin: UpstreamOrigin, method: HTTPMethod, target: String, fields: [(name: String, value: String)]) {
        self.origin = origin
        self.method = method
        self.target = target
        fieldLines = fields.map { "\($0.name): \($0.value)" }
        var head = ByteBuffer(capacity: 256)
        head.append(method.name)
        head.append(" ")
        head.append(utf8: target)
        head.append(" HTTP/1.1\r\nhost: ")
        head.append(utf8: origin.authority)
        head.append("\r\n")
        for line in fieldLines {
            head.append(utf8: line)
            head.append("\r\n")
        }
        headStorage = head
    }

    /// The request line and the fixed header fields.
    public var head: RawSpan {
        @_lifetime(borrow self) get { _overrideLifetime(headStorage.bytes, borrowing: self) }
    }
}
