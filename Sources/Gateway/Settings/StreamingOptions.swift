/// How streams are kept alive while their provider says nothing.
public struct StreamingOptions: Sendable {
    /// From the request to the first comment; `nil` turns comments off. 15 s: proxies cut a silent connection after 30 s at the earliest
    /// (conventions, section 4), and until then an error still has a status of its own.
    public var keepAliveAfter: Duration? = .seconds(15)
    /// From one comment to the next, and from the last byte of an answer in which its provider falls silent. 15 s, for the same reason.
    public var keepAliveInterval: Duration = .seconds(15)

    /// Makes the defaults.
    public init() {}
}
