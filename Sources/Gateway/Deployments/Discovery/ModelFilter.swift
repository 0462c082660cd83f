/// Which of the models a provider lists are taken: by `include` and `exclude`, regular expressions that match anywhere in the id, whatever its case.
///
/// An id is the provider's choice, so the expressions run where they hold up nobody, those of one provider over one list at a time.
final class ModelFilter {
    /// The expressions. A `Regex` is immutable once it is made, and these are never handed out: that is the guard.
    private struct Patterns: @unchecked Sendable {
        let include: [Regex<AnyRegexOutput>]
        let exclude: [Regex<AnyRegexOutput>]

        func accepts(_ id: String) -> Bool {
            (include.isEmpty || include.contains { id.contains($0) }) && !exclude.contains { id.contains($0) }
        }
    }

    private let texts: [[String]]
    private let patterns: Patterns
    /// Whether they are at work on a list.
    private(set) var isBusy = false

    init(_ configuration: ProviderConfiguration) {
        texts = [configuration.include, configuration.exclude]
        // Patterns that do not compile are refused when the configuration is read.
        patterns = Patterns(
            include: configuration.include.compactMap { try? Regex($0).ignoresCase() },
            exclude: configuration.exclude.compactMap { try? Regex($0).ignoresCase() })
    }

    /// Whether every model is taken.
    var takesAll: Bool { texts.allSatisfy(\.isEmpty) }

    /// Whether it is the filter of another configuration too.
    func isSame(as configuration: ProviderConfiguration) -> Bool { texts == [configuration.include, configuration.exclude] }

    /// The models of a list that are taken; `nil` while it is at work on another list, and at the end of the program.
    func choose(from list: [ModelConfiguration], in lanes: PatternLanes) async -> [ModelConfiguration]? {
        if takesAll { return list }
        guard !isBusy else { return nil }
        isBusy = true
        defer { isBusy = false }
        return await lanes.run { [patterns] in list.filter { patterns.accepts($0.id) } }
    }
}
