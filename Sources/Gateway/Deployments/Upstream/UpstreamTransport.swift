internal import EventLoop

/// Sends requests to providers. The gateway does not know how; `Upstream` implements it on libcurl's connections.
public protocol UpstreamTransport: AnyObject {
    /// Starts one request. The consumer hears nothing before this call has returned.
    ///
    /// - Returns: The handle to slow the answer down or to end it.
    func start(_ request: UpstreamRequest, delivering consumer: any UpstreamConsumer) -> any UpstreamTransfer
    /// An origin is no longer configured: idle connections to it close now, the others when their answer has ended.
    func originRetired(_ origin: UpstreamOrigin)
}

extension UpstreamTransport {
    /// Marks an origin as no longer configured and lets go of its connections as they become idle.
    func retire(_ origin: UpstreamOrigin) {
        origin.isRetired = true
        originRetired(origin)
    }
}
