internal import Wire

/// What a stored key allows, in the form requests are checked with. Immutable: a change of the key makes another.
public final class KeyGrant: Sendable {
    /// What the key may use.
    public let limits: KeyLimits
    /// Its share of capacity that is scarce: beside a key of weight 1 one of weight 3 gets three times as much. 1 ... 1000.
    let weight: Int
    /// From when on it is refused.
    let expiresAt: UnixTime?
    /// The models it may ask for; empty is every model. Which deployments of a table these are, `Allowance` tells.
    let models: [ModelPattern]

    /// The weight of a key that has none of its own, and of static tokens.
    public static let usualWeight = 1

    init(_ key: StoredKey) {
        limits = key.limits
        weight = key.weight
        expiresAt = key.expiresAt
        models = key.models.map(ModelPattern.init)
    }

    /// Whether the key is refused at `now` because of its age. The clock is read only for a key that has an expiry.
    func isExpired(at now: @autoclosure () -> UnixTime) -> Bool {
        expiresAt.map { $0 <= now() } ?? false
    }

    /// Whether a pattern of it fits one of the operator's names, so that it may ask for whatever that stands for.
    func frees(_ name: String) -> Bool {
        NameCatalogue.lowercased(name).withBytes { bytes in models.contains { $0.matches(bytes) } }
    }

    /// Whether there are models it may not ask for.
    var isRestricted: Bool { !models.isEmpty }
}
