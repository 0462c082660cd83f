/// A request to a provider that brought no whole answer.
public struct UpstreamFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What failed, as far as the wire tells.
    public enum Kind: String, Sendable {
        /// The host's name could not be looked up.
        case resolve
        /// No TCP connection, or none in time to a closed port.
        case connect
        /// The TLS handshake failed, or the certificate did not verify.
        case tls
        /// The proxy refused or failed.
        case proxy
        /// The connection was not open in time.
        case connectTimeout
        /// No byte of the body came in time.
        case firstByteTimeout
        /// The answer stopped for too long.
        case idleTimeout
        /// The answer took too long in all.
        case totalTimeout
        /// The connection ended before the first byte of an answer.
        case closedBeforeAnswer
        /// The connection ended in the middle of the answer.
        case truncated
        /// The answer is not HTTP/1.1 as the rules have it, or its coding can't be read.
        case malformed
        /// This side could not open a socket; the provider is not to blame.
        case local
    }

    /// What failed.
    public let kind: Kind
    /// The details for the log: lower case, no secret, no text of the provider's.
    public let detail: String
    /// Whether a bound of the gateway for this one request ended it, and not a time-out that is configured for the provider: a time that was learnt,
    /// a share of the deadline, or the client's patience; or whether the whole answer took too long though it had begun in time, which is a matter of how
    /// much was asked for.
    public let isOwnBound: Bool

    /// Makes a failure.
    public init(_ kind: Kind, _ detail: String, isOwnBound: Bool = false) {
        self.kind = kind
        self.detail = detail
        self.isOwnBound = isOwnBound
    }

    /// The failure in one line.
    public var description: String { "\(kind.rawValue): \(detail)" }
}
