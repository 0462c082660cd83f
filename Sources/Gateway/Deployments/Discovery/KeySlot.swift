internal import Cryptography

/// One key of a provider's pool, or the provider itself when it needs none: what connections are kept for.
final class KeySlot {
    /// The connections' origin.
    let origin: UpstreamOrigin
    /// The key's; the key itself need not be kept to be known again.
    private let digest: SecretDigest?

    private init(digest: SecretDigest?, origin: UpstreamOrigin) {
        self.digest = digest
        self.origin = origin
    }

    /// A slot for each key of `provider`; those of `known` that stand for the same key at the same place are used again.
    static func slots(of provider: Provider, reusing known: [KeySlot]) -> [KeySlot] {
        var known = known
        let digests: [SecretDigest?] = provider.configuration.keys.map { key in
            key.value.reveal { text in SecretDigest(of: Array(text.utf8).span.bytes) }
        }
        return (digests.isEmpty ? [nil] : digests).map { digest in
            let origin = provider.origin(for: provider.configuration.baseURL)
            guard let index = known.firstIndex(where: { $0.serves(digest, at: origin) }) else { return KeySlot(digest: digest, origin: origin) }
            return known.remove(at: index)
        }
    }

    private func serves(_ digest: SecretDigest?, at origin: UpstreamOrigin) -> Bool {
        guard self.origin.isSamePlace(as: origin) else { return false }
        return switch (self.digest, digest) {
        case (nil, nil): true
        case (let mine?, let other?): mine.matches(other)
        case (nil, _), (_, nil): false
        }
    }
}

extension UpstreamOrigin {
    /// Whether connections to `other` would lead to the same place in the same way.
    func isSamePlace(as other: UpstreamOrigin) -> Bool {
        isSecure == other.isSecure && host == other.host && port == other.port && proxy == other.proxy && certificateFile == other.certificateFile
    }
}
