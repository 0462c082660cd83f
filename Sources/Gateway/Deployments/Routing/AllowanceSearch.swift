internal import Wire

/// Finds out what a key may ask for, in steps, since that may take as many comparisons as it has patterns times the table has names.
struct AllowanceSearch {
    /// The steps of one turn of the loop: about a millisecond.
    static let stepsPerTurn = 15_000

    private let patterns: [ModelPattern]
    private let table: RouteTable
    private let names: SortedNames
    private var places: PlaceSet
    private var presets: [Bool]
    /// The names whose meaning is allowed already, by their places: a name may fit many patterns.
    private var allowed: PlaceSet
    /// The pattern that is looked at, and the name.
    private var pattern = 0
    private var name = 0
    /// What was found, once the patterns are done, and the one of the operator's names that is looked at then.
    private var found: Allowance?
    private var alias = 0

    init(_ grant: KeyGrant, _ table: RouteTable) {
        patterns = grant.models
        self.table = table
        names = table.sortedNames
        places = PlaceSet(count: table.deployments.count)
        allowed = PlaceSet(count: names.count)
        presets = Array(repeating: false, count: table.presets.count)
    }

    /// Goes on.
    ///
    /// - Parameter steps: How many names may be looked at.
    /// - Returns: What the key may ask for, once that is known.
    mutating func advance(steps: Int) -> Allowance? {
        var left = steps
        while pattern < patterns.count {
            guard left > 0 else { return nil }
            let current = patterns[pattern]
            switch current.form {
            case .all:
                for place in table.deployments.indices { places.insert(place) }
                for preset in presets.indices { presets[preset] = true }
            case .exact(let text):
                left -= allow(exactly: text)
                for (index, preset) in table.presets.enumerated() where current.matches(preset) { presets[index] = true }
            case .prefix(let text):
                let range = names.places(beginningWith: text)
                name = max(name, range.lowerBound)
                while name < range.upperBound {
                    guard left > 0 else { return nil }
                    left -= allow(name)
                    name += 1
                }
            case .general:
                while name < names.count {
                    guard left > 0 else { return nil }
                    left -= !allowed.contains(name) && names.matches(current, at: name) ? allow(name) : 1
                    name += 1
                }
            }
            (pattern, name, left) = (pattern + 1, 0, left - 1)
        }
        let known = table.aliases.names
        let allowance =
            found
            ?? Allowance(
                places, presets: presets, reachesPresets: table.presetPlaces.contains { places.contains(Int($0)) }, aliases: known.count)
        found = allowance
        while alias < known.count {
            guard left > 0 else { return nil }
            left -= look(at: known[alias], allowance)
            alias += 1
        }
        return allowance
    }

    /// Finds out whether the one of the operator's names whose turn it is is of use.
    ///
    /// - Returns: The steps that took.
    private mutating func look(at name: ModelAlias, _ allowance: Allowance) -> Int {
        let isFree = NameCatalogue.lowercased(name.name).withBytes { bytes in patterns.contains { $0.matches(bytes) } }
        if isFree { allowance.freeAliases.insert(alias) }
        if table.isOfUse(name, isFree: isFree, allowance) { allowance.shownAliases.insert(alias) }
        return patterns.count + name.targets.count * AllowanceSearch.stepsOfMeaning
    }

    private mutating func allow(exactly text: [UInt8]) -> Int {
        let known = names.places(of: text)
        guard known.isEmpty else { return known.reduce(0) { $0 + allow($1) } }
        // What the gateway means by a name is not what a provider's model happens to be called.
        if table.presets.contains(where: { NameCatalogue.lowercased($0) == text }) { return 1 }
        for place in table.members(ofCanonical: text) { places.insert(Int(place)) }
        return 1
    }

    /// Allows what the name at a place of the order means.
    ///
    /// - Returns: The steps that took.
    private mutating func allow(_ place: Int) -> Int {
        guard !allowed.contains(place) else { return 1 }
        allowed.insert(place)
        for member in table.members(names.number(place)) { places.insert(Int(member)) }
        return AllowanceSearch.stepsOfMeaning
    }

    /// What finding out the meaning of a name counts as, beside a look at it: some µs.
    private static let stepsOfMeaning = 32
}
