internal import EventLoop
internal import Wire

/// Which deployments can serve a model's name. Made anew when the configuration or a list of models changes; what a name means in it never changes.
final class RouteTable {
    /// One name of a request and what it stands for.
    struct Part {
        let group: CandidateGroup
        /// Whether the client's key may use all of it: it allows the preset itself.
        var isFree = false
    }

    /// What a request's names led to.
    struct Resolution {
        /// In the order in which they are tried; within one the score decides.
        var parts: [Part]
        /// The profile whose score counts.
        var profile = 0
        /// How the names were found; of several names the least exact counts.
        var match = NameMatch.exact
    }

    /// What looking names up may cost for one request, all of its names together.
    private struct Budget {
        /// Deployments that parts of ids may stand for: no more are looked at in any case.
        var deployments = CandidateSet.capacity
        /// Ids that may be looked at for such parts, about half a millisecond.
        var steps = 20_000
        /// Bytes of names whose spelling may be taken apart, at some µs for each ten.
        var spelledBytes = 512
    }

    /// Most names in one request: of a comma-separated list and a `models` array together.
    static let maximumNames = 32

    /// Every deployment, in the order of the files.
    let deployments: [Deployment]
    /// The names that stand for a choice among all chat models.
    let presets: [String]
    /// What names mean.
    let names: ModelNames
    /// The operator's names, which come before all others.
    let aliases: ModelAliases
    /// Whether requests are shared out by weights anywhere.
    let hasWeights: Bool
    /// The places of the deployments that presets choose among.
    let presetPlaces: [Int32]
    private let ranking: Ranking
    private let auto: CandidateGroup
    private let canonicals: CanonicalNames
    /// What each name stands for, once it was asked for.
    private var groups: [CandidateGroup?]
    private var canonicalGroups: [CandidateGroup?]
    private var allowances = AllowanceCache()
    /// The keys of which it is being found out what they may ask for, with those who wait for that.
    private var searches: [ObjectIdentifier: [UnsafeContinuation<Void, Never>]] = [:]
    /// What a search of names needs; made when it is needed first, or before on another thread.
    private var index: NameIndex?

    /// Makes the table of these deployments, which the ranking has adopted.
    ///
    /// - Parameter prepared: Their names under the ranking's profiles, where those were made before.
    init(_ deployments: [Deployment], ranking: Ranking, aliases: ModelAliases = .none, names prepared: RouteNames? = nil) {
        let prepared = prepared ?? RouteNames(presets: RouteNames.presets(of: ranking), deployments.map(DeploymentNames.init))
        self.aliases = aliases
        hasWeights = deployments.contains { $0.model.weight != nil || $0.keyWeight != nil }
        self.deployments = deployments
        self.ranking = ranking
        presets = prepared.presets
        names = prepared.names
        canonicals = prepared.canonicals
        index = prepared.index
        groups = Array(repeating: nil, count: names.table.count)
        canonicalGroups = Array(repeating: nil, count: canonicals.count)
        presetPlaces = deployments.indices.filter { deployments[$0].isChat }.map { Int32(clamping: $0) }
        auto = CandidateGroup(presetPlaces.map { deployments[Int($0)] })
    }

    /// US dollars for a million tokens of a deployment's; `nil` when nobody says.
    func prices(of deployment: Deployment) -> (prompt: Double, completion: Double)? { ranking.prices(of: deployment) }

    // MARK: Names

    /// The deployments that have `name` as their id, `provider/id` or alias, or as their canonical name.
    func exact(_ name: RawSpan) -> [Deployment] {
        if let number = names.number(of: name) { return members(number).map { deployments[Int($0)] } }
        return canonicals.number(of: name).map { canonicals.members($0).map { deployments[Int($0)] } } ?? []
    }

    /// The places of the deployments that the name with a number means, ascending.
    ///
    /// No provider takes a name from others by listing it as an id: it is shared with those whose canonical name it is, or who list it in another mix of
    /// cases; and where it is the operator's in another mix, or somebody's `provider/id`, it means that.
    func members(_ number: Int) -> [Int32] {
        let claimed = names.members(number)
        guard !claimed.isEmpty, names.isListedOnly(number) else { return claimed }
        var name: [UInt8] = []
        NameCatalogue.appendLowercased(names.table.name(number), to: &name)
        let sorted = sortedNames
        var (operators, others) = ([Int32](), members(ofCanonical: name))
        // Most names are one model's alone.
        guard sorted.isShared(number) || !others.isEmpty else { return claimed }
        for place in sorted.places(of: name) where sorted.number(place) != number {
            let other = sorted.number(place)
            if names.isOperators(other) {
                operators += names.members(other)
            } else if names.isListedOnly(other) {
                others += names.members(other)
            }
        }
        if !operators.isEmpty { return Set(operators).sorted() }
        return others.isEmpty ? claimed : Set(claimed).union(others).sorted()
    }

    /// The places of the deployments of a canonical name.
    func members(ofCanonical name: [UInt8]) -> [Int32] { canonicals.number(of: name.span.bytes).map { canonicals.members($0) } ?? [] }

    /// The place of a preset; `nil` when the name is none.
    func preset(_ name: RawSpan) -> Int? { names.number(of: name).flatMap { $0 < names.presetCount ? $0 : nil } }

    /// The groups of candidates for the value of `model`, in order.
    ///
    /// - Parameters:
    ///   - name: The value of `model`; empty when the endpoint needs none.
    ///   - further: The names of `models`.
    ///   - allowance: What the client's key may ask for; `nil` is everything.
    ///   - grant: The key itself, which may allow an alias by its name.
    /// - Throws: 404 for an unknown name, 400 for a preset on an endpoint that has none.
    func resolve(
        _ name: RawSpan, further: [String], endpoint: Endpoint, _ allowance: Allowance?, _ grant: KeyGrant? = nil
    ) throws(GatewayError) -> Resolution {
        if further.isEmpty, let number = names.number(of: name), !isListOfNames(name, number), aliases.isEmpty || alias(of: name.text) == nil,
            let found = part(number, endpoint, allowance)
        {
            return Resolution(parts: [found], profile: profile(of: number))
        }
        if name.byteCount == 0, further.isEmpty, endpoint == .moderations { return try resolveNameless(endpoint) }
        var wanted = name.text.split(separator: ",").map { $0.trimmingSpaces }
        // An id may hold a comma.
        if wanted.count > 1, let number = names.number(of: name), !isListOfNames(name, number) { wanted = [name.text] }
        wanted += further.map { $0[...].trimmingSpaces }
        wanted.removeAll(where: \.isEmpty)
        guard wanted.count <= RouteTable.maximumNames else {
            let (members, param) = further.isEmpty ? ("`model` names", "model") : ("`model` and `models` together name", "models")
            throw .badRequest("\(members) \(wanted.count) models, at most \(RouteTable.maximumNames) are allowed", param: param)
        }
        var resolution = Resolution(parts: [])
        var budget = Budget()
        var missing: String?
        var isFirst = true
        func add(_ found: Resolution?, isFree: Bool, _ name: String) {
            defer { isFirst = false }
            guard let found else {
                missing = missing ?? name
                return
            }
            resolution.match = max(resolution.match, found.match)
            if isFirst { resolution.profile = found.profile }
            for var part in found.parts {
                part.isFree = part.isFree || isFree
                // A name that stands for the same again adds nothing.
                if !resolution.parts.contains(where: { $0.group === part.group && $0.isFree == part.isFree }) { resolution.parts.append(part) }
            }
        }
        var hasPreset = false
        for name in wanted {
            guard let alias = alias(of: name) else {
                if isPreset(name) { hasPreset = true }
                add(lookUp(name, endpoint, allowance, &budget), isFree: false, name)
                continue
            }
            // Whoever may use the name may use what it stands for, and nothing else by it.
            let isFree = grant?.frees(name) ?? false
            for target in alias.targets.prefix(ModelAlias.maximumTargets) where resolution.parts.count < RouteTable.maximumParts {
                if isPreset(target) { hasPreset = true }
                let found = lookUp(target, endpoint, allowance, &budget)
                // What only holds the text was given its name by its provider, who is not to add itself to what a key may use.
                add(found, isFree: isFree && found?.match != .substring, name)
            }
        }
        guard resolution.parts.isEmpty else { return resolution }
        if hasPreset {
            if endpoint.modelKind != .chat {
                throw .badRequest("`\(name.text)` chooses among chat models; name a model for this endpoint", param: "model")
            }
            throw GatewayError(
                503, .server, code: "overloaded", "no provider is ready: none is configured, or none has told its models yet",
                retryAfter: .seconds(5))
        }
        throw unknown(missing ?? name.text, allowance)
    }

    /// Whether a name that only lists have as an id is a list of names, of which somebody has one: no provider takes lists from clients by calling a model so.
    private func isListOfNames(_ name: RawSpan, _ number: Int) -> Bool {
        guard name.firstIndex(of: UInt8(ascii: ",")) != nil, !names.isOperators(number) else { return false }
        return name.text.split(separator: ",").contains { part in
            Array(part.trimmingSpaces.utf8).withBytes { names.number(of: $0) ?? canonicals.number(of: $0) } != nil
        }
    }

    /// The most groups of candidates of one request, once its aliases are replaced by what they stand for.
    private static let maximumParts = 256

    /// What a name stands for by the operator's word. The gateway's own names stay what they are, and `provider/id` means the model itself.
    func alias(of name: String) -> ModelAlias? {
        guard !aliases.isEmpty, !isPreset(name), let alias = aliases.alias(of: name) else { return nil }
        return !alias.isPlain && names.isQualified(name) ? nil : alias
    }

    /// Whether one of the operator's names is of use: it stands for something that is there and that may be asked for.
    ///
    /// - Parameters:
    ///   - isFree: Whether whatever it stands for may be.
    ///   - allowance: What the client's key may ask for; `nil` is everything.
    func isOfUse(_ alias: ModelAlias, isFree: Bool, _ allowance: Allowance?) -> Bool {
        alias.targets.contains { target in
            let bytes = Array(target.utf8)
            if let preset = bytes.withBytes({ preset($0) }) { return !deployments.isEmpty && (isFree || allowance?.shows(preset: preset) ?? true) }
            return bytes.withBytes { exact($0) }.contains { isFree || allowance?.allows($0.standing.place) ?? true }
        }
    }

    private func isPreset(_ name: String) -> Bool { Array(name.utf8).withBytes { preset($0) != nil } }

    /// What a request without a model goes to, where a client may leave it out: for moderations whoever is made for them.
    private func resolveNameless(_ endpoint: Endpoint) throws(GatewayError) -> Resolution {
        let able = deployments.filter { $0.kind == endpoint.modelKind && $0.serves(endpoint) }
        let made = able.filter { !$0.isGuard }
        guard !able.isEmpty else { throw .endpointNotServed(endpoint, "") }
        return Resolution(parts: [Part(group: CandidateGroup(made.isEmpty ? able : made))])
    }

    /// The error for a name that nobody has, with those near it that the client may ask for.
    func unknown(_ name: String, _ allowance: Allowance?) -> GatewayError {
        let index = searchIndex
        let near = index.ids.nearest(to: name) { place in
            allowance.map { allowance in names.hasHolder(ofID: Int(index.numbers[place])) { allowance.allows($0) } } ?? true
        }
        return .unknownModel(name, nearest: near.map { String(decoding: names.table.name(Int(index.numbers[$0])), as: UTF8.self) })
    }

    /// The profile of the preset with a number; the first one for every other name. `priority-auto` goes before the profiles and means the first.
    private func profile(of number: Int) -> Int { number < names.presetCount ? max(0, number - 1) : 0 }

    /// What the name with a number stands for; `nil` for a preset that stands for nothing here.
    private func part(_ number: Int, _ endpoint: Endpoint, _ allowance: Allowance?) -> Part? {
        if let known = groups[number] { return Part(group: known) }
        if number < names.presetCount {
            guard endpoint.modelKind == .chat, !auto.isEmpty else { return nil }
            return Part(group: auto, isFree: allowance?.frees(preset: number) ?? false)
        }
        let made = CandidateGroup(members(number).map { deployments[Int($0)] })
        groups[number] = made
        return Part(group: made)
    }

    private func canonicalPart(_ number: Int) -> Part {
        if let known = canonicalGroups[number] { return Part(group: known) }
        let made = CandidateGroup(canonicals.members(number).map { deployments[Int($0)] })
        canonicalGroups[number] = made
        return Part(group: made)
    }

    /// A preset, a provider's own id, `provider/id` or alias; a canonical name, in any spelling; last, every id that contains the text.
    private func lookUp(_ name: String, _ endpoint: Endpoint, _ allowance: Allowance?, _ budget: inout Budget) -> Resolution? {
        let bytes = Array(name.utf8)
        if let number = names.number(of: bytes.span.bytes) {
            guard let part = part(number, endpoint, allowance) else { return nil }
            return Resolution(parts: [part], profile: profile(of: number))
        }
        if let number = canonicals.number(of: bytes.span.bytes) { return Resolution(parts: [canonicalPart(number)]) }
        if bytes.count <= budget.spelledBytes {
            budget.spelledBytes -= bytes.count
            if let canonical = ranking.source?.canonicalName(of: name),
                let number = Array(canonical.utf8).withBytes({ canonicals.number(of: $0) })
            {
                return Resolution(parts: [canonicalPart(number)], match: .spelling)
            }
        }
        let found = deployments(holding: NameCatalogue.lowercased(name), &budget)
        return found.isEmpty ? nil : Resolution(parts: [Part(group: CandidateGroup(found))], match: .substring)
    }

    /// The deployments whose ids contain a text, in the order of the files.
    private func deployments(holding text: [UInt8], _ budget: inout Budget) -> [Deployment] {
        let index = searchIndex
        var found: [Int32] = []
        let most = budget.deployments
        index.ids.find(text, steps: &budget.steps) { place in
            found += names.holders(ofID: Int(index.numbers[place]))
            return found.count < most
        }
        found = Array(found.prefix(most))
        budget.deployments -= found.count
        return found.map { deployments[Int($0)] }
    }

    // MARK: Searching

    /// The names in alphabetical order.
    var sortedNames: SortedNames { searchIndex.sorted }

    private var searchIndex: NameIndex {
        if let index { return index }
        let made = NameIndex(names)
        index = made
        return made
    }

    /// Makes what searches need on another thread, so that the first one need not.
    func prepareSearches(on loop: EventLoop) async {
        guard index == nil else { return }
        let made = await LoopWork.run(on: loop) { [names] in NameIndex(names) }
        if index == nil { index = made }
    }

    // MARK: Keys

    /// What a key may ask for, where that is known already; `nil` is not known.
    func knownAllowance(of grant: KeyGrant) -> Allowance? { allowances.allowance(of: grant) }

    /// Remembers what a key may ask for.
    func keep(_ allowance: Allowance, of grant: KeyGrant) { allowances.keep(allowance, of: grant) }

    /// Finds out what a key may ask for in pieces that keep nobody waiting. Of several requests of a key one does it for all.
    func searchAllowance(of grant: KeyGrant, _ turns: TurnQueue) async {
        let id = ObjectIdentifier(grant)
        guard knownAllowance(of: grant) == nil else { return }
        guard searches[id] == nil else { return await withUnsafeContinuation { searches[id]?.append($0) } }
        searches[id] = []
        var search = AllowanceSearch(grant, self)
        while true {
            if let found = search.advance(steps: AllowanceSearch.stepsPerTurn) {
                keep(found, of: grant)
                break
            }
            await turns.nextTurn(for: .requests)
        }
        for waiter in searches.removeValue(forKey: id) ?? [] { waiter.resume() }
    }

    /// What a key may ask for, found out now if it was not before; `nil` where that is everything.
    func allowance(of grant: KeyGrant?) -> Allowance? {
        guard let grant, grant.isRestricted else { return nil }
        if let known = allowances.allowance(of: grant) { return known }
        var search = AllowanceSearch(grant, self)
        // With as many steps as it takes it ends.
        guard let found = search.advance(steps: .max) else { preconditionFailure("a search without bounds has not ended") }
        keep(found, of: grant)
        return found
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
