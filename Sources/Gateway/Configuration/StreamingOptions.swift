/// How streams are kept alive while their first content is late.
public struct StreamingOptions: Sendable {
    /// From the request to the first comment; `nil` turns comments off. 15 s: proxies cut a silent connection after 30 s at the earliest
    /// (conventions, section 4), and until then an error still has a status of its own.
    public var keepAliveAfter: Duration? = .seconds(15)
    /// From one comment to the next. 15 s, for the same reason.
    public var keepAliveInterval: Duration = .seconds(15)

    /// Makes the defaults.
    public init() {}
}
