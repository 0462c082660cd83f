public import HTTPServer

/// How the gateway itself listens and authenticates.
public struct ServerOptions: Sendable {
    /// The IP address to listen on, or `localhost`; IPv6 without brackets.
    public var host = "127.0.0.1"
    /// The TCP port to listen on; 0 lets the kernel choose.
    public var port: UInt16 = 8000
    /// The directory for the key store, discovered models and learnt limits.
    public var dataDirectory = "data"
    /// Clients connected at once, at least 1; `nil` means as many as the limit of open descriptors allows, which is the bound in any case.
    public var maximumConnections: Int?
    /// How long answers in work may take after the signal to stop. 30 s: systemd's own patience is 90 s (`TimeoutStopSec=`).
    public var drainTimeout = Duration.seconds(30)
    /// Bytes that are held in memory for all clients and providers together; what would need more fails.
    public var maximumHeldBytes = 1024 * 1024 * 1024
    /// What a client may send and how long it may take. `maximumConnections` in it is not used: it follows from the one above.
    public var limits = ServerLimits()
    /// Whether clients need a key.
    public var authentication = Authentication.automatic
    /// The origins whose pages may use the gateway while no key is needed. Where one is needed, pages of any origin may, with a key.
    public var allowedOrigins: [WebOrigin] = []
    /// Static client tokens: not empty, without duplicates, visible ASCII. Never in a file: `ALLOWED_BEARER_TOKENS`.
    public var bearerTokens: [Secret] = []
    /// The admin key, never empty; `nil` turns the admin endpoints off. Never in a file: `LLMGW_ADMIN_API_KEY`.
    public var adminKey: Secret?

    /// Makes the defaults.
    public init() {}

    /// Whether clients may be served without a key, as far as the configuration decides that: where `authentication` is `automatic`, a key that was
    /// ever kept still ends it.
    public var mayBeOpen: Bool {
        switch authentication {
        case .automatic: bearerTokens.isEmpty && adminKey == nil
        case .keys: false
        case .none: true
        }
    }

    /// Whether `host` can be reached from this machine only.
    public var isLoopback: Bool { HostName.isLoopback(host) }
}
