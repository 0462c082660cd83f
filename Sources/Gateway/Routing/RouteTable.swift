internal import Wire

/// Which deployments can serve a model's name. Made anew when the configuration or a list of models changes, and never changed.
struct RouteTable {
    /// What a name led to.
    struct Resolution {
        /// The groups, in the order in which they are tried; within a group the score decides.
        var groups: [CandidateGroup]
        /// The profile whose score counts.
        var profile = 0
        /// How the names were found; of several names the least exact counts.
        var match = NameMatch.exact
    }

    /// What stands under a name.
    private struct Entry {
        var group: CandidateGroup
        var profile: Int
    }

    /// Most names in one comma-separated list or `models` array.
    static let maximumNames = 32
    /// Most deployments that a part of an id stands for.
    private static let maximumDeploymentsBySubstring = 1000

    /// Every deployment, in the order of the files.
    let deployments: [Deployment]
    /// The names that stand for a choice among all chat models.
    let presets: [String]
    private let ranking: Ranking
    private var names = NameTable<Entry>()
    private var canonicals = NameTable<Entry>()
    private let auto: CandidateGroup

    /// Makes the table of these deployments, which the ranking has adopted.
    init(_ deployments: [Deployment], ranking: Ranking) {
        self.deployments = deployments
        self.ranking = ranking
        auto = CandidateGroup(deployments.filter(\.isChat))
        var named: [String: [Deployment]] = [:]
        var canonical: [String: [Deployment]] = [:]
        for deployment in deployments {
            let known = [deployment.model.id, "\(deployment.provider.name)/\(deployment.model.id)"] + deployment.model.aliases
            for name in Set(known) { named[name, default: []].append(deployment) }
            if let name = deployment.standing.quality.canonical { canonical[name, default: []].append(deployment) }
        }
        presets = [ScoringProfiles.automatic] + ranking.profiles.map(\.name)
        for (name, members) in named { names.update(name, default: Entry(group: CandidateGroup(members), profile: 0)) { _ in } }
        for (name, members) in canonical { canonicals.update(name, default: Entry(group: CandidateGroup(members), profile: 0)) { _ in } }
        for (place, name) in presets.enumerated() where named[name] == nil {
            names.update(name, default: Entry(group: auto, profile: max(0, place - 1))) { _ in }
        }
    }

    /// The deployments that have `name` as their id, `provider/id` or alias, or as their canonical name.
    func exact(_ name: RawSpan) -> CandidateGroup? {
        guard let entry = names.value(name) ?? canonicals.value(name), entry.group !== auto else { return nil }
        return entry.group
    }

    /// The groups of candidates for the value of `model`, in order.
    ///
    /// - Throws: 404 for an unknown name, 400 for a preset on an endpoint that has none.
    func resolve(_ name: RawSpan, further: [String], endpoint: Endpoint) throws(GatewayError) -> Resolution {
        if further.isEmpty, let found = names.value(name), found.group !== auto || endpoint.modelKind == .chat && !auto.isEmpty {
            return Resolution(groups: [found.group], profile: found.profile)
        }
        var wanted = name.text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
        wanted += further
        guard wanted.count <= RouteTable.maximumNames else {
            throw .badRequest("`model` names \(wanted.count) models, at most \(RouteTable.maximumNames) are allowed", param: "model")
        }
        var resolution = Resolution(groups: [])
        var missing: String?
        for (place, name) in wanted.enumerated() {
            guard let found = lookUp(name, endpoint) else {
                missing = missing ?? name
                continue
            }
            resolution.match = max(resolution.match, found.match)
            if place == 0 { resolution.profile = found.profile }
            resolution.groups += found.groups
        }
        guard !resolution.groups.isEmpty else {
            if wanted.contains(where: presets.contains) {
                if endpoint.modelKind != .chat {
                    throw .badRequest("`\(name.text)` chooses among chat models; name a model for this endpoint", param: "model")
                }
                throw GatewayError(503, .server, code: "overloaded", "no provider is ready: none is configured, or none has told its models yet")
            }
            let unknown = missing ?? name.text
            throw .unknownModel(unknown, nearest: NearestName.several(near: unknown, among: deployments.map(\.model.id)))
        }
        return resolution
    }

    /// A provider's own id, `provider/id` or alias; a canonical name, in any spelling; last, every id that contains the text.
    private func lookUp(_ name: String, _ endpoint: Endpoint) -> Resolution? {
        if let found = Array(name.utf8).withBytes({ names.value($0) }) {
            guard found.group !== auto || endpoint.modelKind == .chat && !auto.isEmpty else { return nil }
            return Resolution(groups: [found.group], profile: found.profile)
        }
        if let found = Array(name.utf8).withBytes({ canonicals.value($0) }) { return Resolution(groups: [found.group]) }
        if let canonical = ranking.source?.canonicalName(of: name), let found = Array(canonical.utf8).withBytes({ canonicals.value($0) }) {
            return Resolution(groups: [found.group], match: .spelling)
        }
        let text = name.lowercased()
        let found = deployments.lazy.filter { $0.model.id.lowercased().contains(text) }.prefix(RouteTable.maximumDeploymentsBySubstring)
        return found.isEmpty ? nil : Resolution(groups: [CandidateGroup(Array(found))], match: .substring)
    }
}

extension Array<UInt8> {
    func withBytes<R>(_ body: (RawSpan) -> R) -> R { body(span.bytes) }
}

extension Substring {
    var trimmingSpaces: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
