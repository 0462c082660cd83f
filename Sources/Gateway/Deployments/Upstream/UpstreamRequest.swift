/// One request to one provider.
public struct UpstreamRequest {
    /// Where it goes, with the part of its head that is always the same.
    public var endpoint: UpstreamEndpoint
    /// The body; none for a request without one.
    public var body: (any UpstreamBody)?
    /// The bounds in time.
    public var timeouts: UpstreamTimeouts
    /// Whether the answer is read by libcurl's own HTTP engine: for rare calls such as model lists, where its features count more than speed.
    public var isCold: Bool
    /// Whether the provider may be given the request twice without harm, when the connection it was sent on turns out to have ended before. Where each
    /// is paid for, or kept, it may not.
    public var mayBeRepeated = true
    /// Most bytes of the answer's body, decoded, where it is read by libcurl's own engine; a longer one is a failure.
    public var maximumBodyBytes = 64 * 1024 * 1024
    /// Bounds for this one request beside `timeouts`.
    public var bounds: UpstreamBounds?

    /// Makes a request.
    public init(endpoint: UpstreamEndpoint, body: (any UpstreamBody)?, timeouts: UpstreamTimeouts, isCold: Bool = false) {
        self.endpoint = endpoint
        self.body = body
        self.timeouts = timeouts
        self.isCold = isCold
    }
}
