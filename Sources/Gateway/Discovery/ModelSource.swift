internal import EventLoop
internal import Wire

/// One provider as a source of models: its list, and its deployments by key and model, which outlive a new list and a reload.
final class ModelSource {
    /// The provider as it is configured now.
    private(set) var provider: Provider
    /// The models that are offered now: those of the configuration, or of the list less what `include` and `exclude` leave out.
    private(set) var models: [ModelConfiguration]
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

    private var slots: [KeySlot]
    private var filter: ModelFilter
    private var known: [String: [Deployment]] = [:]
    /// The models that have gone, the first to go first.
    private var retired: [String] = []

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

    /// Takes a list.
    ///
    /// - Parameter time: When it came, in seconds since 1970.
    /// - Returns: What changed of the models that are offered.
    @discardableResult
    func take(_ list: [ModelConfiguration], at time: Int) -> ModelListDifference {
        // Names are shown to everybody and kept.
        let list = list.filter { model in !([model.id] + model.aliases + model.otherNames).contains { provider.redactor.finds(in: $0) } }
        let offered = list.filter { filter.accepts($0.id) }
        let difference = ModelListDifference(from: models, to: offered)
        models = offered
        listed = list
        listedAt = time
        isKnown = true
        for id in difference.added { retired.removeAll { $0 == id } }
        retired += difference.gone
        // What was learnt about a model is kept should it return, but a provider that renames its models for ever must not fill the memory.
        while retired.count > DiscoveryLimits.maximumRetired { known[retired.removeFirst()] = nil }
        return difference
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
        self.provider = provider
        filter = ModelFilter(new)
        if hasOtherKeys { keyIndex = 0 }
        if let configured = new.models {
            (models, listed, isKnown, nextFetch) = (configured, nil, true, nil)
        } else {
            models = (listed ?? []).filter { filter.accepts($0.id) }
            isKnown = listed != nil
        }
        known = known.mapValues { deployments in
            zip(slots, places).enumerated().map { index, pair in
                let learned = pair.1.map { deployments[$0].learned }
                return Deployment(
                    provider: provider, model: deployments[0].model, keyIndex: index, origin: pair.0.origin, learned: learned ?? LearnedState())
            }
        }
        return before.filter { slot in !slots.contains { $0 === slot } }.map(\.origin)
    }

    /// The origins of every key.
    var origins: [UpstreamOrigin] { slots.map(\.origin) }

    /// The deployments of the models that are offered: one for each key.
    func deployments() -> [Deployment] {
        models.flatMap { model in
            if let deployments = known[model.id] {
                for deployment in deployments { deployment.model = model }
                return deployments
            }
            let deployments = slots.enumerated().map { Deployment(provider: provider, model: model, keyIndex: $0.offset, origin: $0.element.origin) }
            known[model.id] = deployments
            return deployments
        }
    }

    /// The call for a page of the list.
    func listRequest(_ query: String?, timeout: Duration) -> UpstreamRequest {
        let endpoint = provider.endpoint(
            at: listURL, path: query.map { "/models?\($0)" } ?? "/models", method: .get, keyIndex: keyIndex, origin: provider.origin(for: listURL))
        var timeouts = provider.timeouts
        timeouts.total = min(timeouts.total, timeout)
        return UpstreamRequest(endpoint: endpoint, body: nil, timeouts: timeouts, isCold: true)
    }
}

/// Which of the models a provider lists are taken: by `include` and `exclude`, regular expressions that match anywhere in the id.
struct ModelFilter {
    private let include: [Regex<AnyRegexOutput>]
    private let exclude: [Regex<AnyRegexOutput>]

    init(_ configuration: ProviderConfiguration) {
        // Patterns that do not compile are refused when the configuration is read.
        include = configuration.include.compactMap { try? Regex($0) }
        exclude = configuration.exclude.compactMap { try? Regex($0) }
    }

    func accepts(_ id: String) -> Bool {
        (include.isEmpty || include.contains { id.contains($0) }) && !exclude.contains { id.contains($0) }
    }
}
