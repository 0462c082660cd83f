internal import EventLoop
internal import Wire

/// One provider as a source of models: its list, and its deployments by key and model, which outlive a new list and a reload.
final class ModelSource {
    /// The provider as it is configured now.
    private(set) var provider: Provider
    /// The models that are offered now: those of the configuration, or of the list less what `include` and `exclude` leave out.
    private(set) var models: [ModelConfiguration] {
        didSet {
            ratedBy = nil
            forgetDeployments()
        }
    }
    /// The list as the provider gave it; `nil` when the configuration has the models, or no list has come yet.
    private(set) var listed: [ModelConfiguration]?
    /// When the list came, in seconds since 1970.
    private(set) var listedAt = 0
    /// Whether the models are known, from the configuration, the cache or the provider.
    private(set) var isKnown: Bool
    /// When the provider is asked next; `nil` while a call is on its way and for models of the configuration.
    var nextFetch: LoopInstant?
    var schedule = FetchSchedule()
    /// The place of the key that the list is asked for with: the first one, until the provider rejects it.
    var keyIndex = 0
    /// Whether what is known may be another provider's, or another key's, since a reload: the list is to be asked for again.
    var needsNewList = false

    /// Whether `models` is what the filter leaves of the list; if not, that is still to be found out.
    private(set) var isChosen = true
    /// The state of what is known of quality by which its models are being rated; `nil` while they are not.
    var isBeingRatedBy: String?
    /// The models that are at work just now.
    var piece: [ModelConfiguration] = []
    /// Whether one of those that are at work is not offered any more, or not as it was.
    var isRatingInVain: Bool {
        let offered = Dictionary(models.lazy.map { ($0.id, $0) }) { first, _ in first }
        return !piece.allSatisfy { offered[$0.id] == $0 }
    }
    /// Counts the runs of rating, of which only the last goes on.
    var ratingRun = 0

    private var slots: [KeySlot]
    private var filter: ModelFilter
    /// Counts the lists and the filters, so that a choice among an earlier list is known.
    private var version = 0
    private var known: [String: Known] = [:]
    /// The models that have gone, the first to go first.
    private var retired: [String] = []

    /// The state of quality by which all that is offered is rated.
    private var ratedBy: String?
    /// The deployments of what is offered, as long as that stays.
    private var kept: [Deployment]?
    /// Those that are gathered so far, of the first `gatheredModels` of what is offered.
    private var gathered: [Deployment] = []
    private var gatheredModels = 0
    /// What was rated since those were handed out.
    private var rated: [Known] = []

    /// What is known of one model. An object, since it is long and there are thousands.
    private final class Known {
        /// What was learnt with each key.
        var learned: [LearnedState]
        /// One for each key; none until they are needed after a reload.
        var deployments: [Deployment] = []
        /// How good it is; `nil` until it was rated.
        var quality: QualityRating?
        /// What that was made of: the model, and the state of what was known of quality.
        var rated: (model: ModelConfiguration, snapshot: String)?

        init(_ learned: [LearnedState]) { self.learned = learned }

        /// Lets the deployments have the rating.
        func showQuality() {
            guard let quality else { return }
            for learned in learned { learned.standing.quality = quality }
        }
    }

    init(_ provider: Provider) {
        self.provider = provider
        slots = KeySlot.slots(of: provider, reusing: [])
        filter = ModelFilter(provider.configuration)
        models = provider.configuration.models ?? []
        isKnown = provider.configuration.models != nil
    }

    /// Whether the models are asked for, and not configured.
    var isDiscovered: Bool { provider.configuration.models == nil }

    /// Where the list is.
    var listURL: HTTPURL { provider.configuration.modelURL ?? provider.configuration.baseURL }

    // MARK: Lists

    /// Takes a list that was cleaned; which of its models are offered, `choose` finds out.
    ///
    /// - Parameter time: When it came, in seconds since 1970.
    func receive(_ list: [ModelConfiguration], at time: Int) {
        listed = list
        listedAt = time
        isChosen = false
        version += 1
    }

    /// Whether that needs no expression of the operator's to run.
    var choosesAtOnce: Bool { filter.takesAll }

    /// Finds out which models of the list are offered, without any expression having to run.
    ///
    /// - Returns: What changed of the models that are offered; `nil` when nothing was to be found out.
    func chooseAtOnce() -> ModelListDifference? {
        guard !isChosen, choosesAtOnce, let listed else { return nil }
        return offer(listed)
    }

    /// Finds out which models of the list are offered; of a list that came meanwhile, when there is one.
    ///
    /// - Returns: What changed of them; `nil` when nothing was to be found out, or when the expressions are still at work on another list.
    func choose(in lanes: PatternLanes) async -> ModelListDifference? {
        while !isChosen, let list = listed {
            let before = version
            guard let chosen = await filter.choose(from: list, in: lanes) else { return nil }
            if version == before { return offer(chosen) }
        }
        return nil
    }

    private func offer(_ offered: [ModelConfiguration]) -> ModelListDifference {
        let difference = ModelListDifference(from: models, to: offered)
        models = offered
        isKnown = true
        isChosen = true
        retire(difference)
        return difference
    }

    /// Remembers which models have gone, and forgets the first of them. What was learnt about one is kept should it return, but a provider that renames
    /// its models for ever, or an operator who does, must not fill the memory.
    private func retire(_ difference: ModelListDifference) {
        if !retired.isEmpty {
            let added = Set(difference.added)
            retired.removeAll { added.contains($0) }
        }
        retired += difference.gone
        let surplus = max(0, retired.count - DiscoveryLimits.maximumRetired)
        for id in retired.prefix(surplus) { known[id] = nil }
        retired.removeFirst(surplus)
    }

    /// What is taken of a list: no more further names than one may have, and no model with a secret in a name, since names are shown to everybody and
    /// kept. Looking through thousands of names takes a while, so it is done beside the loop.
    static func cleaned(_ list: [ModelConfiguration], _ redactor: Redactor) -> [ModelConfiguration] {
        bounded(list).filter { model in !([model.id] + model.aliases + model.otherNames).contains { redactor.finds(in: $0) } }
    }

    private static func bounded(_ list: [ModelConfiguration]) -> [ModelConfiguration] {
        var list = list
        var left = DiscoveryLimits.maximumAliases
        for index in list.indices where !list[index].aliases.isEmpty {
            let most = min(left, DiscoveryLimits.maximumAliasesOfModel)
            if list[index].aliases.count > most { list[index].aliases.removeSubrange(most...) }
            left -= list[index].aliases.count
        }
        return list
    }

    /// Goes on as `provider`, another configuration of the same name: keys that are still there keep their connections and what was learnt
    /// about their deployments, and the list stays until another comes.
    ///
    /// - Returns: The origins that are no longer used.
    func adopt(_ provider: Provider) -> [UpstreamOrigin] {
        let (old, new) = (self.provider.configuration, provider.configuration)
        let before = slots
        slots = KeySlot.slots(of: provider, reusing: before)
        let places = slots.map { slot in before.firstIndex { $0 === slot } }
        let hasOtherKeys = slots.count != before.count || zip(slots, before).contains { $0 !== $1 }
        needsNewList = new.models == nil && (old.models != nil || old.baseURL != new.baseURL || old.modelURL != new.modelURL || hasOtherKeys)
        self.provider.successor = provider
        self.provider = provider
        if !filter.isSame(as: new) {
            filter = ModelFilter(new)
            isChosen = false
            version += 1
        }
        if hasOtherKeys { keyIndex = 0 }
        if let configured = new.models {
            retire(ModelListDifference(from: models, to: configured))
            (models, listed, isKnown, nextFetch, isChosen) = (configured, nil, true, nil, true)
            version += 1
        } else if listed == nil {
            retire(ModelListDifference(from: models, to: []))
            (models, isKnown, isChosen) = ([], false, true)
        } else {
            _ = chooseAtOnce()
        }
        forgetDeployments()
        for known in known.values {
            if hasOtherKeys { known.learned = places.map { place in place.map { known.learned[$0] } ?? LearnedState() } }
            known.deployments = []
        }
        return before.filter { slot in !slots.contains { $0 === slot } }.map(\.origin)
    }

    /// The origins of every key.
    var origins: [UpstreamOrigin] { slots.map(\.origin) }

    /// The deployments of the models that are offered: one for each key, with what is known of the model and the rating it had last.
    func deployments() -> [Deployment] {
        prepareDeployments(atMost: .max)
        return kept ?? []
    }

    /// How many deployments there are of the models that are offered.
    var deploymentCount: Int { models.count * slots.count }

    /// Does a part of what `deployments()` would have to do.
    ///
    /// - Returns: For how many models there was something to do; fewer than `most` when nothing is left.
    @discardableResult
    func prepareDeployments(atMost most: Int) -> Int {
        var count = 0
        while count < most, let known = rated.popLast() {
            known.showQuality()
            count += 1
        }
        guard kept == nil else { return count }
        while count < most, gatheredModels < models.count {
            let model = models[gatheredModels]
            for deployment in made(model).deployments {
                deployment.model = model
                gathered.append(deployment)
            }
            gatheredModels += 1
            count += 1
        }
        if gatheredModels == models.count {
            kept = gathered
            (gathered, gatheredModels) = ([], 0)
        }
        return count
    }

    private func forgetDeployments() { (kept, gathered, gatheredModels) = (nil, [], 0) }

    /// What is known of a model, with deployments.
    private func made(_ model: ModelConfiguration) -> Known {
        let known = known[model.id] ?? add(model)
        if known.deployments.isEmpty {
            known.deployments = slots.indices.map { index in
                Deployment(provider: provider, model: model, keyIndex: index, origin: slots[index].origin, learned: known.learned[index])
            }
            known.showQuality()
        }
        return known
    }

    private func add(_ model: ModelConfiguration) -> Known {
        let new = Known(slots.map { _ in LearnedState() })
        known[model.id] = new
        return new
    }

    /// The deployments of models that have gone and may return, as far as something is known of their health.
    var retiredDeployments: [Deployment] { retired.flatMap { known[$0]?.deployments.filter(\.hasKnownHealth) ?? [] } }

    // MARK: Ratings

    /// The models that are offered and not rated by what is known of quality now.
    func unrated(by snapshot: String) -> [ModelConfiguration] {
        if ratedBy == snapshot { return [] }
        let unrated = models.filter { model in
            guard let rated = known[model.id]?.rated else { return true }
            return rated.snapshot != snapshot || rated.model != model
        }
        if unrated.isEmpty { ratedBy = snapshot }
        return unrated
    }

    /// Takes what models are rated.
    func note(_ ratings: [QualityRating], of models: [ModelConfiguration], by snapshot: String) {
        for (model, quality) in zip(models, ratings) {
            guard let known = known[model.id] else { continue }
            known.quality = quality
            known.rated = (model, snapshot)
            rated.append(known)
        }
    }

    /// The call for a page of the list.
    func listRequest(_ query: String?, timeout: Duration) -> UpstreamRequest {
        let endpoint = provider.endpoint(
            at: listURL, path: query.map { "/models?\($0)" } ?? "/models", method: .get, keyIndex: keyIndex, origin: provider.origin(for: listURL))
        var timeouts = provider.timeouts
        timeouts.total = min(timeouts.total, timeout)
        var request = UpstreamRequest(endpoint: endpoint, body: nil, timeouts: timeouts, isCold: true)
        request.maximumBodyBytes = DiscoveryLimits.maximumBytes
        return request
    }
}
