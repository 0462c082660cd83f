internal import Wire

/// What searches among the names of a table need; it can be made on any thread.
struct NameIndex: Sendable {
    /// The ids, each once.
    let ids: NameCatalogue
    /// The number in `ModelNames` of each of them.
    let numbers: [Int32]
    /// The names that mean something.
    let sorted: SortedNames

    init(_ names: ModelNames) {
        numbers = (0..<names.table.count).filter { names.isID($0) }.map { Int32(clamping: $0) }
        ids = NameCatalogue(utf8: numbers.lazy.map { names.table.name(Int($0)) })
        sorted = SortedNames(names)
    }
}
