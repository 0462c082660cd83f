internal import Cryptography
internal import Wire

/// Who is asking: finds the key behind an `authorization` field.
///
/// Only digests are kept, and every one is compared in full, so the time taken tells nothing about a secret (CVE-2025-59425).
public struct Authenticator: Sendable {
    private struct Entry: Sendable {
        let digest: SecretDigest
        let key: VirtualKey
    }

    private let entries: [Entry]
    /// Whether every client is served, with any key or none.
    public let isOpen: Bool

    /// Serves whoever presents one of these tokens; `open` serves everybody.
    public init(bearerTokens: [Secret], open: Bool) {
        isOpen = open
        entries = bearerTokens.enumerated().map { index, token in
            let name = "token-\(index + 1)"
            let digest = token.reveal { text in SecretDigest(of: Array(text.utf8).span.bytes) }
            return Entry(digest: digest, key: VirtualKey(id: VirtualKey.ID(name), name: name))
        }
    }

    /// The key of a request.
    ///
    /// - Parameter authorization: The value of the `authorization` field; `nil` when there is none.
    /// - Throws: 401 when there is no token, or it is not one of ours.
    public func authenticate(_ authorization: RawSpan?) throws(GatewayError) -> VirtualKey {
        if isOpen { return .anonymous }
        guard let authorization else { throw .missingKey }
        // "Bearer" in any case (RFC 9110 §11.1), one or more spaces, the token.
        guard authorization.hasPrefixIgnoringCase("bearer ") else { throw .missingKey }
        let token = authorization.extracting(droppingFirst: 7).trimmed
        guard token.byteCount > 0 else { throw .missingKey }
        let digest = SecretDigest(of: token)
        var found: VirtualKey?
        for entry in entries where entry.digest.matches(digest) { found = entry.key }
        guard let found else { throw .unknownKey }
        return found
    }
}
