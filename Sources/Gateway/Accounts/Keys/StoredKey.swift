public import Cryptography

/// A client key as it is kept: everything but the secret.
public struct StoredKey: Sendable {
    /// The identity, also the second part of the key's text.
    public let id: VirtualKey.ID
    /// The name its owner gave it; not unique.
    public var name: String
    /// The part of the key's text that may be shown: scheme and id.
    public var prefix: String
    /// The SHA-256 of the secret part of the key's text.
    public var digest: SecretDigest
    /// When it was made.
    public let createdAt: UnixTime
    /// From when on it is refused; `nil` is never.
    public var expiresAt: UnixTime?
    /// Since when it is refused for good; `nil` while it is in use.
    public var revokedAt: UnixTime?
    /// The models it may ask for: names, in which `*` stands for any text; empty is every model.
    public var models: [String] = []
    /// What it may use.
    public var limits = KeyLimits()
    /// Its share of capacity that is scarce, one of `weights`: beside a key of weight 1 one of weight 3 gets three times as much.
    public var weight = KeyGrant.usualWeight
    /// Words of its owner's, for finding and grouping.
    public var tags: [String] = []
    /// When a request with it ended last, as far as the store knows.
    public var lastUsed: UnixTime?

    /// The weights there are.
    public static let weights = 1...1000

    /// Makes a key that is in use.
    public init(_ key: ClientKey, name: String, createdAt: UnixTime) {
        self.init(id: key.id, name: name, prefix: key.prefix, digest: key.digest, createdAt: createdAt)
    }

    /// Makes a key from what a store holds.
    public init(id: VirtualKey.ID, name: String, prefix: String, digest: SecretDigest, createdAt: UnixTime) {
        self.id = id
        self.name = name
        self.prefix = prefix
        self.digest = digest
        self.createdAt = createdAt
    }

    /// Whether the key opens anything at `now`.
    public func isActive(at now: UnixTime) -> Bool {
        revokedAt == nil && expiresAt.map { now < $0 } ?? true
    }
}
