/// How the gateway is measured from outside.
public struct MetricsOptions: Hashable, Sendable {
    /// Whether `GET /metrics` needs no key. Without this it needs the admin key, and is not served where there is none.
    public var `public` = false

    /// Makes the defaults.
    public init() {}
}
