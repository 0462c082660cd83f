internal import Cryptography
internal import Wire

/// Every key that opens the gateway: the static tokens of the configuration, and the keys of the store, of which it holds a copy in memory.
///
/// Only digests are kept. Every comparison looks at all of its bytes, and a key whose id is not known is compared all the same, so the time taken
/// tells nothing about a secret or an id (CVE-2025-59425).
final class KeyRing {
    private struct Token {
        let digest: SecretDigest
        let key: VirtualKey
    }

    private struct Entry {
        let digest: SecretDigest
        let key: VirtualKey
        let isRevoked: Bool
    }

    private var tokens: [Token] = []
    private var entries: [VirtualKey.ID: Entry] = [:]
    private let decoy = SecretDigest(of: RawSpan())
    private var openMode = OpenMode()
    /// Grows with every change, so that what a connection has proved before is proved anew.
    private(set) var generation = 0
    /// Whether the store's keys are known; while they are not, a key that is not known may still be good.
    var hasLoadedKeys = true { didSet { decide() } }

    /// Whether every client is served, with any key or none.
    private(set) var isOpen = false

    /// What clients need, and what there is that opens.
    func access(at now: UnixTime) -> ClientAccess {
        var access = ClientAccess()
        access.isOpen = isOpen
        access.tokens = tokens.count
        access.keptKeys = entries.count
        access.activeKeys = entries.values.count { !$0.isRevoked && $0.key.grant?.isExpired(at: now) != true }
        access.keysAreKnown = hasLoadedKeys
        return access
    }

    /// Takes the static tokens of a configuration, and what it says of clients without a key.
    func configure(_ server: ServerOptions) {
        openMode.configure(server)
        generation += 1
        tokens = zip(server.bearerTokens, server.tokenKeys).map { token, key in
            Token(digest: token.reveal { text in SecretDigest(of: Array(text.utf8).span.bytes) }, key: key)
        }
        decide()
    }

    /// How many keys open the gateway, those counted that have expired.
    var count: Int {
        if counted.generation != generation { counted = (generation, tokens.count + entries.values.count { !$0.isRevoked }) }
        return counted.count
    }

    private var counted = (generation: -1, count: 0)

    /// The static tokens, as the keys they are.
    var tokenKeys: [VirtualKey] { tokens.map(\.key) }

    /// Needs a key of everybody from now on, unless the configuration says that nobody needs one.
    func endOpenMode() {
        openMode.end()
        generation += 1
        decide()
    }

    private func decide() {
        if !entries.isEmpty { openMode.end() }
        isOpen = openMode.servesEverybody(keysAreKnown: hasLoadedKeys)
    }

    /// Takes the store's keys in place of those it had.
    func replaceKeys(_ keys: [StoredKey]) {
        generation += 1
        entries = [:]
        for key in keys { entries[key.id] = KeyRing.entry(key) }
        decide()
    }

    /// Every key by what tells its client apart in failures, also those that are revoked.
    var keysByTag: [ClientTag: VirtualKey] {
        var keys: [ClientTag: VirtualKey] = [:]
        for token in tokens { keys[token.key.tag] = token.key }
        for entry in entries.values { keys[entry.key.tag] = entry.key }
        return keys
    }

    /// Takes one key that was made or changed.
    func put(_ key: StoredKey) {
        generation += 1
        entries[key.id] = KeyRing.entry(key)
        decide()
    }

    private static func entry(_ key: StoredKey) -> Entry {
        Entry(
            digest: key.digest, key: VirtualKey(id: key.id, name: key.name, grant: KeyGrant(key)), isRevoked: key.revokedAt != nil)
    }

    /// The token of an `authorization` field: "Bearer" in any case (RFC 9110 §11.1), one or more spaces, the token; `nil` when there is none.
    @_lifetime(copy authorization)
    static func bearerToken(_ authorization: RawSpan) -> RawSpan? {
        guard authorization.hasPrefixIgnoringCase("bearer ") else { return nil }
        let token = authorization.extracting(droppingFirst: 7).trimmed
        return token.byteCount > 0 ? token : nil
    }

    /// The key that a token opens.
    ///
    /// - Throws: 401 when it opens nothing; 503 when that can't be known.
    func authenticate(token: RawSpan, at now: @autoclosure () -> UnixTime) throws(GatewayError) -> VirtualKey {
        if isOpen { return .anonymous }
        if let presented = ClientKey.presented(token) {
            let entry = entries[presented.id]
            let isRight = (entry?.digest ?? decoy).matches(presented.digest)
            if let entry, isRight, !entry.isRevoked {
                if entry.key.grant?.isExpired(at: now()) == true { throw .expiredKey }
                return entry.key
            }
        }
        let digest = SecretDigest(of: token)
        var found: VirtualKey?
        for token in tokens where token.digest.matches(digest) { found = token.key }
        if let found { return found }
        if !hasLoadedKeys { throw .keysUnknown }
        throw .unknownKey
    }
}
