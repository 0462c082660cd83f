internal import Wire

/// What a deployment is called, apart from the loop that it belongs to.
struct DeploymentNames: Sendable {
    let id: String
    let aliases: [String]
    /// The name that boards know the model by; `nil` where none does.
    let canonical: String?
    /// What stands before the id in `provider/id`, as UTF-8.
    let prefix: [UInt8]
    /// Whether the operator says which models the provider has, and the provider does not.
    let isConfigured: Bool
    let keyIndex: Int

    init(_ deployment: Deployment) {
        id = deployment.model.id
        aliases = deployment.model.aliases
        canonical = deployment.standing.quality.canonical
        prefix = deployment.provider.prefix
        isConfigured = deployment.provider.hasConfiguredModels
        keyIndex = deployment.keyIndex
    }
}

/// Everything a table knows of names. With thousands of models it takes some ms to make, which can be done on any thread.
struct RouteNames: Sendable {
    let presets: [String]
    let names: ModelNames
    let canonicals: CanonicalNames
    /// What a search of names needs; `nil` until it is needed.
    var index: NameIndex?

    /// Finds out what names mean.
    ///
    /// - Parameters:
    ///   - presets: The gateway's own names, each once.
    ///   - deployments: In the order of the files.
    init(presets: [String], _ deployments: [DeploymentNames]) {
        self.presets = presets
        names = ModelNames(presets: presets, deployments)
        canonicals = CanonicalNames(deployments)
    }

    /// The same with what searches need.
    func indexed() -> RouteNames {
        var indexed = self
        indexed.index = NameIndex(names)
        return indexed
    }

    /// The gateway's own names under a ranking.
    static func presets(of ranking: Ranking) -> [String] { [ScoringProfiles.automatic] + ranking.profiles.map(\.name) }
}

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

/// The canonical names of a table's deployments.
struct CanonicalNames: Sendable {
    private var table: NameTable
    private var starts: [Int32] = []
    private var places: [Int32] = []

    init(_ deployments: [DeploymentNames]) {
        table = NameTable(capacity: deployments.count)
        let numbers = deployments.map { deployment in deployment.canonical.map { Int32(clamping: table.insert($0)) } }
        starts = Array(repeating: 0, count: table.count + 1)
        for case let number? in numbers { starts[Int(number) + 1] += 1 }
        for number in 0..<table.count { starts[number + 1] += starts[number] }
        var next = starts
        places = Array(repeating: 0, count: Int(starts[table.count]))
        for (place, number) in numbers.enumerated() {
            guard let number else { continue }
            places[Int(next[Int(number)])] = Int32(clamping: place)
            next[Int(number)] += 1
        }
    }

    var count: Int { table.count }

    func number(of name: RawSpan) -> Int? { table.number(of: name) }

    func members(_ number: Int) -> [Int32] { Array(places[Int(starts[number])..<Int(starts[number + 1])]) }
}
