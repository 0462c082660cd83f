internal import Wire

/// What each name of a model means, whoever claims it.
///
/// The gateway's own names, the presets, mean what the gateway says, in any mix of cases. For every other name the claims count in this order, so
/// that nobody takes a name that is another's or adds itself to it by calling its own model so:
///
/// | a name that is | means | and besides |
/// | --- | --- | --- |
/// | `provider/id` | that provider's model | what the operator gave that id or alias |
/// | an id | every provider's model of that id | what the operator gave that alias |
/// | an alias of the operator's | every model he gave it to | |
/// | an alias of a provider's list | that model, at whoever lists it under this alias | |
///
/// An alias of a list is no name at all where it is, in any mix of cases, a name of another kind or one that an earlier provider gives another model.
struct ModelNames: Sendable {
    /// How a deployment comes by a name.
    enum Claim: UInt8, Sendable {
        case qualified, configuredID, listedID, configuredAlias, listedAlias

        var bit: UInt8 { 1 << rawValue }
        static let ids = Claim.configuredID.bit | Claim.listedID.bit
    }

    /// The names; the first ones are the presets.
    private(set) var table: NameTable
    /// How many of the names are presets.
    let presetCount: Int
    /// Where the claims on each name begin in `places` and `kinds`, and where the last ones end.
    private var starts: [Int32] = []
    /// The deployments that claim a name, ascending.
    private var places: [Int32] = []
    private var kinds: [Claim] = []
    /// Names that are spelt like a preset but for the case.
    private var blocked: Set<Int32> = []

    /// Finds out what names mean.
    ///
    /// - Parameters:
    ///   - presets: The gateway's own names, each once.
    ///   - deployments: In the order of the files.
    init(presets: [String], _ deployments: [DeploymentNames]) {
        table = NameTable(capacity: presets.count + deployments.count * 2)
        presetCount = presets.count
        for preset in presets { table.insert(preset) }
        var claims: [(number: Int32, place: Int32, kind: Claim)] = []
        claims.reserveCapacity(deployments.count * 2)
        var hasListedAliases = false
        var qualified: [UInt8] = []
        for (place, deployment) in deployments.enumerated() {
            let isConfigured = deployment.isConfigured
            func claim(_ number: Int, _ kind: Claim) { claims.append((Int32(clamping: number), Int32(clamping: place), kind)) }
            claim(table.insert(deployment.id), isConfigured ? .configuredID : .listedID)
            qualified.removeAll(keepingCapacity: true)
            qualified += deployment.prefix
            qualified += deployment.id.utf8
            claim(table.insert(qualified.span.bytes), .qualified)
            if isConfigured {
                for alias in deployment.aliases { claim(table.insert(alias), .configuredAlias) }
            } else if !deployment.aliases.isEmpty {
                hasListedAliases = true
            }
        }
        block(presets)
        if hasListedAliases { addListedAliases(of: deployments, to: &claims) }
        group(claims)
    }

    /// The number of a name that means something besides the presets or is one of them.
    func number(of name: RawSpan) -> Int? {
        guard let number = table.number(of: name) else { return nil }
        return blocked.isEmpty || !blocked.contains(Int32(clamping: number)) ? number : nil
    }

    /// The places of the deployments that a name means, ascending; none for a preset.
    func members(_ number: Int) -> [Int32] {
        guard number >= presetCount, !blocked.contains(Int32(clamping: number)) else { return [] }
        let range = Int(starts[number])..<Int(starts[number + 1])
        let claimed = range.reduce(0) { $0 | kinds[$1].bit }
        let counted: UInt8 =
            if claimed & Claim.qualified.bit != 0 {
                Claim.qualified.bit | Claim.configuredID.bit | Claim.configuredAlias.bit
            } else if claimed & Claim.ids != 0 {
                Claim.ids | Claim.configuredAlias.bit
            } else if claimed & Claim.configuredAlias.bit != 0 {
                Claim.configuredAlias.bit
            } else {
                Claim.listedAlias.bit
            }
        return places(range, counted)
    }

    /// The places of the deployments that have a name as their id, whatever the name means, ascending.
    func holders(ofID number: Int) -> [Int32] { places(Int(starts[number])..<Int(starts[number + 1]), Claim.ids) }

    /// Whether a deployment that has a name as its id, whatever the name means, fulfils a condition.
    func hasHolder(ofID number: Int, where condition: (Int) -> Bool) -> Bool {
        (Int(starts[number])..<Int(starts[number + 1])).contains { kinds[$0].bit & Claim.ids != 0 && condition(Int(places[$0])) }
    }

    /// Whether the name is some deployment's `provider/id`.
    func isQualified(_ name: String) -> Bool {
        guard let number = Array(name.utf8).withBytes({ table.number(of: $0) }), number >= presetCount else { return false }
        return (Int(starts[number])..<Int(starts[number + 1])).contains { kinds[$0] == .qualified }
    }

    /// Whether somebody has the name by the operator's word, or it is a provider's `provider/id`.
    func isOperators(_ number: Int) -> Bool {
        let operators = Claim.qualified.bit | Claim.configuredID.bit | Claim.configuredAlias.bit
        return number >= presetCount && (Int(starts[number])..<Int(starts[number + 1])).contains { kinds[$0].bit & operators != 0 }
    }

    /// Whether nobody has the name but by a provider's list, as the id of a model.
    func isListedOnly(_ number: Int) -> Bool {
        let claimed = (Int(starts[number])..<Int(starts[number + 1])).reduce(0) { $0 | kinds[$1].bit }
        let operators = Claim.qualified.bit | Claim.configuredID.bit | Claim.configuredAlias.bit
        return claimed & Claim.listedID.bit != 0 && claimed & operators == 0
    }

    /// Whether some deployment has the name as its id.
    func isID(_ number: Int) -> Bool {
        (Int(starts[number])..<Int(starts[number + 1])).contains { kinds[$0].bit & Claim.ids != 0 }
    }

    private func places(_ range: Range<Int>, _ counted: UInt8) -> [Int32] {
        var found: [Int32] = []
        for index in range where kinds[index].bit & counted != 0 && found.last != places[index] { found.append(places[index]) }
        return found
    }

    private mutating func block(_ presets: [String]) {
        let reserved = presets.map { NameCatalogue.lowercased($0) }
        let lengths = Set(reserved.map(\.count))
        for number in presetCount..<max(presetCount, table.count) where lengths.contains(table.length(number)) {
            var name: [UInt8] = []
            NameCatalogue.appendLowercased(table.name(number), to: &name)
            if reserved.contains(name) { blocked.insert(Int32(clamping: number)) }
        }
    }

    private mutating func addListedAliases(of deployments: [DeploymentNames], to claims: inout [(number: Int32, place: Int32, kind: Claim)]) {
        // Each alias, in lower case, with the id it means: that of the first one to be called so.
        var aliases = NameTable()
        var meant: [String?] = []
        for deployment in deployments where !deployment.isConfigured && deployment.keyIndex == 0 {
            for alias in deployment.aliases where aliases.insert(NameCatalogue.lowercased(alias).span.bytes) == meant.count {
                meant.append(deployment.id)
            }
        }
        // Names of every other kind are in the table already, the presets too. Most have neither the length nor the ends of any alias.
        var likely = PlaceSet(count: ModelNames.sketches)
        likely.insert(ModelNames.foreign)
        for alias in 0..<aliases.count { likely.insert(ModelNames.sketch(aliases.name(alias))) }
        var text: [UInt8] = []
        for number in 0..<table.count where likely.contains(ModelNames.sketch(table.name(number))) {
            text.removeAll(keepingCapacity: true)
            NameCatalogue.appendLowercased(table.name(number), to: &text)
            guard let alias = aliases.number(of: text.span.bytes), let id = meant[alias] else { continue }
            if number < presetCount || !table.name(number).elementsEqual(id.utf8) { meant[alias] = nil }
        }
        for (place, deployment) in deployments.enumerated() where !deployment.isConfigured {
            for alias in deployment.aliases {
                let text = NameCatalogue.lowercased(alias)
                guard let number = aliases.number(of: text.span.bytes), meant[number] == deployment.id else { continue }
                claims.append((Int32(clamping: table.insert(alias)), Int32(clamping: place), .listedAlias))
            }
        }
    }

    /// A number that is the same for names that differ only in the case of letters, and for few others.
    private static func sketch(_ name: ArraySlice<UInt8>) -> Int {
        guard let first = name.first, let last = name.last, !name.contains(where: { $0 >= 0x80 }) else { return foreign }
        return ((Int(first | 0x20) &* 31 &+ Int(last | 0x20)) &* 67 &+ name.count) & (sketches - 1)
    }

    /// How many such numbers there are.
    private static let sketches = 4096
    /// That of names with letters of other scripts, whose lower case may be of another length.
    private static let foreign = 0

    /// Puts the claims on each name together; those on one name stay in their order.
    private mutating func group(_ claims: [(number: Int32, place: Int32, kind: Claim)]) {
        starts = Array(repeating: 0, count: table.count + 1)
        for claim in claims { starts[Int(claim.number) + 1] += 1 }
        for number in 0..<table.count { starts[number + 1] += starts[number] }
        var next = starts
        places = Array(repeating: 0, count: claims.count)
        kinds = Array(repeating: .qualified, count: claims.count)
        for claim in claims {
            let index = Int(next[Int(claim.number)])
            (places[index], kinds[index]) = (claim.place, claim.kind)
            next[Int(claim.number)] += 1
        }
    }
}
