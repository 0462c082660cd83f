internal import Wire

/// A name of the operator's that stands for something else: `aliases` of `best.yaml`.
public struct ModelAlias: Sendable, Hashable {
    /// The name, or a pattern in which `*` stands for any text; case does not matter.
    public let name: String
    /// What it stands for, in the order in which it is tried: profiles, models, or both.
    public let targets: [String]

    /// Makes an alias.
    public init(_ name: String, targets: [String]) {
        self.name = name
        self.targets = targets
    }

    /// Whether it is one name, and not a pattern.
    public var isPlain: Bool { !name.contains("*") }

    /// 500: the most aliases. Each request for a name that is none is compared with every pattern.
    public static let maximumCount = 500
    /// 16: the most names that one alias stands for.
    public static let maximumTargets = 16
    /// 256: the most bytes of a name.
    public static let maximumNameBytes = 256
}
