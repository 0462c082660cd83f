/// What a stored key allows, in the form requests are checked with. Immutable: a change of the key makes another.
public final class KeyGrant: Sendable {
    /// What the key may use.
    public let limits: KeyLimits
    /// Its share of capacity that is scarce: beside a key of weight 1 one of weight 3 gets three times as much. 1 ... 1000.
    let weight: Int
    /// From when on it is refused.
    let expiresAt: UnixTime?
    /// The models it may ask for; empty is every model.
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

    /// The grant where it keeps anything of what `name` stands for back; `nil` where it does not. A virtual model that is allowed by its own name
    /// stands for all it may choose.
    func restricting(_ name: String) -> KeyGrant? {
        models.isEmpty || models.contains { $0.matches(name) } ? nil : self
    }

    /// Whether the key may use a deployment, under whichever of its names.
    func allows(_ deployment: Deployment) -> Bool {
        models.isEmpty
            || models.contains { pattern in
                pattern.matches(deployment.model.id) || pattern.matches("\(deployment.provider.name)/\(deployment.model.id)")
                    || deployment.model.aliases.contains(where: pattern.matches)
            }
    }
}

/// A model's name in which `*` stands for any text, also none; case does not matter.
struct ModelPattern: Sendable {
    private let pieces: [String]

    init(_ text: String) {
        pieces = text.lowercased().split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether the whole name fits.
    func matches(_ name: String) -> Bool {
        var rest = Substring(name.lowercased())
        guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else { return pieces.first.map { rest == $0 } ?? false }
        guard rest.hasPrefix(first) else { return false }
        rest = rest.dropFirst(first.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}
