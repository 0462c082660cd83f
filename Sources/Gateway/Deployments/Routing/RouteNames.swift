internal import Wire

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
