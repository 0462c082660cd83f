internal import Foundation

/// The abilities of all models that boards or catalogues know, and the prior for all others.
///
/// It is made by fitting boards (`init(fitting:facts:listing:)`) or read from the snapshot that comes with the
/// program (`init(snapshot:)`), and queried for each model of a provider's list; it is a value, so a new one
/// replaces the old one at once.
///
/// ```swift
/// let table = QualityTable(fitting: boards, facts: [])
/// let known = table.quality(ofID: "provider/alpha-2-7b")  // by its rows
/// let unknown = table.quality(ofID: "omega-9-7b")  // by its description alone, and less surely
/// ```
public struct QualityTable: Sendable {
    /// What is known about one model.
    struct Entry: Sendable {
        var identity: ModelIdentity
        var ability: Double
        var deviation: Double
        var prior: Double
        /// Rows about the model itself, and about all releases of it.
        var evidence: Int
        var baseEvidence: Int
        var tasks: [TaskClass: Double]
        var facts: ModelCatalogue.Entry
    }

    /// The prior for a model without an entry.
    struct Prior: Sendable {
        var centre = AbilityFeatures.Centre()
        var weights = [Double](repeating: 0, count: AbilityFeatures.names.count)
        /// The spread of abilities around it.
        var deviation = 1.0
        /// What is also known about families and versions, by `Kinship.name`.
        var groups: [String: Double] = [:]

        /// What is known about a model's nearest relatives.
        func effect(on identity: ModelIdentity) -> Double {
            groups[Kinship.name(of: identity, in: .version)] ?? groups[Kinship.name(of: identity, in: .family)] ?? 0
        }
    }

    /// The entries by canonical name, in ascending order.
    let entries: [Entry]
    let prior: Prior
    /// The sources it was made from, with their licences.
    public let sources: [String]
    /// The day of the newest board entry in it, in days since 2020-01-01.
    public let newestDay: Int?
    /// Names that the user has given to ids, by id.
    public var aliases: [String: String] = [:]
    private let index: QualityIndex

    init(entries: [Entry], prior: Prior, sources: [String], newestDay: Int?) {
        self.entries = entries
        self.prior = prior
        self.sources = sources
        self.newestDay = newestDay
        index = QualityIndex(entries)
    }

    /// A table without models: every model is judged only by its name and list, with a wide deviation.
    public static let empty = QualityTable(entries: [], prior: Prior(), sources: [], newestDay: nil)

    /// How many models it knows.
    public var modelCount: Int { entries.count }
    /// How many of them have rows on boards.
    public var measuredCount: Int { entries.count { $0.evidence > 0 } }

    /// The canonical names of the models with rows, in ascending order.
    public var measuredNames: [String] { entries.filter { $0.evidence > 0 }.map(\.identity.canonical) }

    /// Fits the boards.
    ///
    /// - Parameters:
    ///   - facts: The facts that catalogues give about models.
    ///   - listing: Models of providers' lists, so that each has an entry with its facts.
    ///   - sources: The names of its sources.
    public init(fitting boards: [Board], facts: [ModelFact], listing: [ListedModel] = [], sources: [String] = []) {
        var firstSeen: [String: Int] = [:]
        var identities: [ModelIdentity] = []
        for board in boards where !board.isPart {
            for row in board.rows {
                let identity = ModelIdentity(parsing: row.model)
                guard !identity.isComposite, !identity.words.isEmpty else { continue }
                identities.append(identity)
                guard let day = row.day ?? board.day else { continue }
                firstSeen[identity.canonical] = min(day, firstSeen[identity.canonical] ?? day)
            }
        }
        identities += listing.map { ModelIdentity(parsing: $0.id) }
        let catalogue = ModelCatalogue(facts + listing.map(ModelFact.init), naming: identities, firstSeen: firstSeen)
        var fit = AbilityFit(boards, catalogue)
        fit.run()
        self.init(fit, sources: sources)
    }

    init(_ fit: AbilityFit, sources: [String]) {
        var tasks = [[TaskClass: Double]](repeating: [:], count: fit.ability.count)
        for task in TaskClass.allCases where task != .general {
            let (difference, rows) = fit.taskDifference(task)
            for place in tasks.indices where rows[place] > 0 { tasks[place][task] = fit.ability[place] + difference[place] }
        }
        let entries = fit.catalogue.entries.enumerated().map { place, facts in
            Entry(
                identity: facts.identity, ability: fit.ability[place], deviation: fit.variance[place].squareRoot(), prior: fit.prior[place],
                evidence: fit.evidence[place], baseEvidence: fit.baseEvidence[place], tasks: tasks[place], facts: facts)
        }
        self.init(
            entries: entries, prior: Prior(centre: fit.centre, weights: fit.weights, deviation: fit.settings.spreads.all, groups: fit.groupEffects),
            sources: sources,
            newestDay: fit.boards.compactMap(\.day).max())
    }

    /// The quality of a model of a provider's list.
    public func quality(of model: ListedModel) -> ModelQuality {
        let identity = identity(of: model)
        if let found = find(identity, model), found.entry.baseEvidence > 0 || found.isExact {
            return quality(found.entry, as: identity, model, isRelative: !found.isExact || found.entry.evidence == 0)
        }
        return estimate(identity, model)
    }

    /// The description by which a listed model is judged: that of its entry or its relative's, otherwise that
    /// of its list.
    func source(of model: ListedModel) -> ModelCatalogue.Entry {
        let identity = identity(of: model)
        if let found = find(identity, model), found.entry.baseEvidence > 0 || found.isExact {
            return found.entry.facts
        }
        return described(identity, model)
    }

    private func described(_ identity: ModelIdentity, _ model: ListedModel) -> ModelCatalogue.Entry {
        var facts = ModelCatalogue.Entry(identity: identity)
        facts.releasedDay = identity.stamp?.dayNumber ?? model.createdDay
        if let price = model.price, price.output > 0 { facts.price = price }
        facts.contextLength = model.contextLength
        if !model.supportedParameters.isEmpty { facts.reasons = model.supportedParameters.contains("reasoning") ? 1 : 0 }
        return facts
    }

    /// The quality of a model if only the id is known.
    public func quality(ofID id: String) -> ModelQuality { quality(of: ListedModel(id: id)) }

    /// The identity of a listed model: by the user's alias, otherwise by its id.
    public func identity(of model: ListedModel) -> ModelIdentity { ModelIdentity(parsing: aliases[model.id] ?? model.id) }

    /// The entry for a model: by its own name, otherwise by the other names that its provider gives it.
    private func find(_ identity: ModelIdentity, _ model: ListedModel) -> (entry: Entry, isExact: Bool)? {
        let own = index.find(identity)
        if let own, entries[own.place].baseEvidence > 0 { return (entries[own.place], own.isExact) }
        for alias in model.aliases {
            let other = ModelIdentity(parsing: alias)
            // A provider's claim about what it serves is accepted if it names the same family.
            guard other.family == identity.family, let found = index.find(other), entries[found.place].baseEvidence > 0 else { continue }
            return (entries[found.place], false)
        }
        return own.map { (entries[$0.place], $0.isExact) }
    }

    private func quality(_ entry: Entry, as identity: ModelIdentity, _ model: ListedModel, isRelative: Bool) -> ModelQuality {
        let rows = isRelative ? entry.baseEvidence : entry.evidence
        let isMeasured = entry.baseEvidence > 0
        // A relative may differ by as much as releases of one model do, plus half.
        let isOther = entry.identity.key != identity.key
        let deviation = isOther ? (entry.deviation * entry.deviation + 0.15 * 0.15).squareRoot() : entry.deviation
        let basis: ModelQuality.Basis = !isMeasured ? .description : isRelative ? .relative(entry.identity.canonical) : .boards
        return made(identity, model, entry.ability, deviation, entry.prior, isMeasured ? rows : 0, basis, entry.tasks, entry.facts)
    }

    /// A model that no board and no catalogue has.
    private func estimate(_ identity: ModelIdentity, _ model: ListedModel) -> ModelQuality {
        let facts = described(identity, model)
        let described = zip(AbilityFeatures.columns(facts, prior.centre), prior.weights).reduce(0) { $0 + $1.0 * $1.1 }
        return made(identity, model, described + prior.effect(on: identity), prior.deviation, described, 0, .description, [:], facts)
    }

    private func made(
        _ identity: ModelIdentity, _ model: ListedModel, _ ability: Double, _ deviation: Double, _ prior: Double, _ evidence: Int,
        _ basis: ModelQuality.Basis, _ tasks: [TaskClass: Double], _ facts: ModelCatalogue.Entry
    ) -> ModelQuality {
        let mean = ModelQuality.scaled(ability)
        return ModelQuality(
            canonical: identity.canonical, mean: mean, deviation: deviation * mean * (1 - mean), evidence: evidence, basis: basis,
            tasks: tasks.mapValues(ModelQuality.scaled), releasedDay: facts.releasedDay, contextLength: facts.contextLength ?? model.contextLength,
            outputLimit: facts.outputLimit,
            inputModalities: model.inputModalities.isEmpty ? facts.inputModalities : model.inputModalities,
            outputModalities: model.outputModalities.isEmpty ? facts.outputModalities : model.outputModalities, price: facts.price ?? model.price,
            modelClass: ModelClass(of: model, identity), ability: ability, abilityDeviation: deviation, priorAbility: prior)
    }
}
