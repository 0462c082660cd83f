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

/// The operator's names and what they stand for.
///
/// They come before whatever providers call their models, so that no list takes one of them; `provider/id` still means the model itself. What an alias
/// stands for is not looked up among the aliases again, so a name may stand for a list that begins with the model of that name.
struct ModelAliases: Sendable {
    private let plain: [[UInt8]: ModelAlias]
    private let patterns: [(pattern: ModelPattern, alias: ModelAlias)]
    /// The plain ones, in the order of the file.
    let names: [ModelAlias]

    static let none = ModelAliases([])

    init(_ aliases: [ModelAlias]) {
        names = aliases.filter(\.isPlain)
        plain = Dictionary(names.map { (NameCatalogue.lowercased($0.name), $0) }) { first, _ in first }
        patterns = aliases.filter { !$0.isPlain }.map { (ModelPattern($0.name), $0) }
    }

    var isEmpty: Bool { plain.isEmpty && patterns.isEmpty }

    /// The alias that a name means: the plain one, or else the first pattern that fits; `nil` when none does.
    func alias(of name: String) -> ModelAlias? {
        guard !isEmpty, name.utf8.count <= ModelAlias.maximumNameBytes else { return nil }
        let lower = NameCatalogue.lowercased(name)
        return plain[lower] ?? lower.withBytes { bytes in patterns.first { $0.pattern.matches(bytes) }?.alias }
    }

    /// Whether a name is a plain alias.
    func isPlain(_ name: String) -> Bool { !plain.isEmpty && plain[NameCatalogue.lowercased(name)] != nil }
}
