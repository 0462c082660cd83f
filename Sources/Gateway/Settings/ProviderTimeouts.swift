/// The waiting times of a provider that differ from the server's own; `nil` means the server's.
public struct ProviderTimeouts: Hashable, Sendable {
    /// For name resolution, TCP and TLS together.
    public var connect: Duration?
    /// From the request sent to the first byte of the answer.
    public var firstByte: Duration?
    /// The longest silence between two pieces of the answer.
    public var idle: Duration?
    /// For one attempt, from its start to the last byte of the answer.
    public var total: Duration?

    /// Makes a set that changes nothing.
    public init() {}
}
