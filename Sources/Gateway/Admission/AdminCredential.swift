internal import Cryptography
internal import HTTPServer
internal import Wire

/// The admin key, as its digest: what opens the endpoints of the operator and nothing else.
struct AdminCredential: Sendable {
    private let digest: SecretDigest

    init(_ key: Secret) {
        digest = key.reveal { text in SecretDigest(of: Array(text.utf8).span.bytes) }
    }

    /// Whether a request carries the key, in `X-Admin-API-Key` or as a bearer token, which is what Prometheus can send. Compared in constant time.
    func isPresented(by exchange: HTTPExchange) -> Bool {
        if let field = exchange.value(of: "x-admin-api-key") { return digest.matches(SecretDigest(of: field.trimmed)) }
        guard let field = exchange.authorization, field.hasPrefixIgnoringCase("bearer ") else { return false }
        return digest.matches(SecretDigest(of: field.extracting(droppingFirst: 7).trimmed))
    }
}
