/// What changed from one list of models to the next, in words for the log.
struct ModelListDifference: Equatable {
    /// Ids named in one line; the rest are counted.
    private static let maximumNames = 5

    let added: [String]
    let gone: [String]

    init(from old: [ModelConfiguration], to new: [ModelConfiguration]) {
        let before = Set(old.map(\.id))
        let after = Set(new.map(\.id))
        added = new.map(\.id).filter { !before.contains($0) }
        gone = old.map(\.id).filter { !after.contains($0) }
    }

    /// For example "2 new models (a, b), 1 gone (c)"; `nil` when the lists have the same models.
    var description: String? {
        var parts: [String] = []
        if !added.isEmpty { parts.append("\(added.count) new \(added.count == 1 ? "model" : "models") (\(Self.names(added)))") }
        if !gone.isEmpty { parts.append("\(gone.count) gone (\(Self.names(gone)))") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func names(_ ids: [String]) -> String {
        let shown = ids.prefix(maximumNames).joined(separator: ", ")
        return ids.count > maximumNames ? "\(shown) and \(ids.count - maximumNames) more" : shown
    }
}
