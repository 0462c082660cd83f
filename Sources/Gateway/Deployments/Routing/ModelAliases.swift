internal import Wire

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
