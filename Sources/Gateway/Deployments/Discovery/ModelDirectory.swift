internal import EventLoop
internal import Wire

/// The models that can be asked for: those of the configuration, and those the providers tell.
final class ModelDirectory {
    /// Models that are rated in one go on another thread: a few hundredths of a second, after which others have a turn there.
    static let modelsPerRating = 256
    /// How long a start or a reload waits for models to be chosen and rated. A thousand take a tenth of a second; only an expression without an end
    /// takes this long.
    static let patience = Duration.seconds(5)
    /// Models whose deployments are made, described or scored in one turn of the loop, at about 0.002 ms each.
    private static let modelsPerTurn = 500
    /// Deployments whose health is looked up in one turn of the loop, at about 0.01 ms each. With more, whatever takes long is done in pieces.
    private static let lookUpsPerTurn = 100
    /// Things whose health is forgotten in one turn of the loop, at about 0.003 ms each.
    private static let forgottenPerTurn = 500

    /// The table requests are routed by.
    var table: RouteTable { router.table }
    /// Called after each change of the table.
    var changed: () -> Void = {}
    /// Called when a request that waits for a model may find it, or is to wait no longer: the table has changed, or nothing more is expected.
    var newsCame: () -> Void = {}
    /// Told when every model is rated by one state of what is known of quality, with that state's identity.
    var rated: (String) -> Void = { _ in }

    private let loop: EventLoop
    private let router: Router
    private let createdAt: Int
    private var sources: [ModelSource]
    private let discovery: ModelDiscovery
    private let transport: any UpstreamTransport
    private let health: HealthRegistry
    private let turns: TurnQueue
    private let lanes: PatternLanes
    private var kept: ModelListing?
    /// Whether a large table is being made, in pieces.
    private var isRebuilding = false
    /// Whether lists or ratings came that the table which is being made does not have.
    private var isRebuildDue = false
    /// Counts the tables that were taken into use.
    private var rebuilds = 0
    private var patienceTimer: LoopTimer?
    /// Since when, as far as anybody asked, something is to be made of what came.
    private var unsettledSince: LoopInstant?
    /// Those who wait until everything is chosen and rated.
    private var waiters: [UnsafeContinuation<Void, Never>] = []
    private var isStopped = false

    init(
        _ configuration: GatewayConfiguration, on loop: EventLoop, transport: any UpstreamTransport, notices: any Notices,
        cache: (any ModelListCache)? = nil, health: HealthRegistry = HealthRegistry(),
        router: Router = Router(Ranking(ScoringOptions())), turns: TurnQueue? = nil
    ) {
        self.loop = loop
        self.health = health
        self.turns = turns ?? TurnQueue(on: loop)
        lanes = PatternLanes(on: loop)
        self.router = router
        createdAt = loop.secondsSinceEpoch
        let sources = configuration.providers.map { ModelSource(Provider($0, defaults: configuration.timeouts, registry: health)) }
        self.sources = sources
        self.transport = transport
        discovery = ModelDiscovery(
            sources, options: configuration.discovery, on: loop, transport: transport, notices: notices, cache: cache, lanes: lanes)
        discovery.changed = { [unowned self] in rebuildSoon() }
        discovery.waitEnded = { [unowned self] in newsCame() }
        rebuild()
    }

    /// Has requests for models that nobody has yet wait from now on for the lists that have never come.
    func beginWaiting() { discovery.beginWaiting() }

    /// Finds out the models of the providers that have none in the configuration; returns when all are known and rated, or after the patience
    /// for it.
    func start() async {
        rate()
        await discovery.start()
        await settled()
    }

    /// Takes another configuration into use in this turn: providers that are still there keep what is known about them, those that are gone
    /// take no new request, and the lists of new ones are asked for.
    func apply(_ configuration: GatewayConfiguration, health: HealthRegistry) {
        var known = Dictionary(uniqueKeysWithValues: sources.map { ($0.provider.name, $0) })
        var retired: [UpstreamOrigin] = []
        sources = configuration.providers.map { configured in
            let provider = Provider(configured, defaults: configuration.timeouts, registry: health)
            guard let source = known.removeValue(forKey: provider.name) else { return ModelSource(provider) }
            retired += source.adopt(provider)
            return source
        }
        retired += known.values.flatMap(\.origins)
        lanes.renew()
        rebuild()
        for origin in retired { transport.retire(origin) }
        discovery.replaceSources(sources, options: configuration.discovery)
        rate()
    }

    func stop() {
        isStopped = true
        discovery.stop()
        turns.close()
        lanes.close()
        patienceTimer?.close()
        patienceTimer = nil
        letGo()
    }

    /// What `GET /v1/models` answers with.
    var listing: ModelListing {
        if let kept { return kept }
        let made = ModelListing(table, createdAt: createdAt)
        kept = made
        return made
    }

    /// How many models each provider that has any is known to have, by the provider's name.
    var counts: [String: Int] {
        Dictionary(sources.lazy.filter { !$0.models.isEmpty }.map { ($0.provider.name, $0.models.count) }) { first, _ in first }
    }

    // MARK: Tables

    /// Puts the models of all sources into a new table.
    private func rebuild() {
        isRebuildDue = false
        let old = table
        router.adopt(sources.flatMap { $0.deployments() }, at: loop.now)
        tookTable(insteadOf: old)
    }

    private func tookTable(insteadOf old: RouteTable) {
        rebuilds += 1
        kept = nil
        lookUpHealth(of: table.deployments.prefix(ModelDirectory.lookUpsPerTurn))
        if table.deployments.count > ModelDirectory.lookUpsPerTurn {
            loop.task((table, loop)) { await $0.prepareSearches(on: $1) }
            loop.task((self, table)) { await $0.lookUpAllHealth(of: $1) }
        } else {
            forgetHealth()
        }
        // Taking thousands of objects apart takes a turn of its own.
        if old.deployments.count > ModelDirectory.lookUpsPerTurn { loop.task((turns, old)) { turns, _ in await turns.nextTurn() } }
        changed()
        newsCame()
    }

    /// Looks up what a large table has too much of for one turn of the loop.
    private func lookUpAllHealth(of table: RouteTable) async {
        var rest = table.deployments.dropFirst(ModelDirectory.lookUpsPerTurn)
        repeat {
            await turns.nextTurn()
            // With another table this is begun anew.
            guard !isStopped, table === self.table else { return }
            lookUpHealth(of: rest.prefix(ModelDirectory.lookUpsPerTurn))
            rest = rest.dropFirst(ModelDirectory.lookUpsPerTurn)
        } while !rest.isEmpty
        repeat {
            await turns.nextTurn()
            guard !isStopped, table === self.table else { return }
        } while !forgetHealth()
    }

    /// Finds what is known of the health of deployments, so that whoever goes over all health sees theirs.
    private func lookUpHealth(of deployments: ArraySlice<Deployment>) {
        for deployment in deployments { _ = deployment.health }
    }

    /// Forgets the health of what no deployment stands for any more; whether all of it is forgotten.
    @discardableResult
    private func forgetHealth() -> Bool {
        health.keep(
            only: table.deployments + sources.flatMap(\.retiredDeployments), at: loop.now, epoch: loop.millisecondsSinceEpoch,
            forgetting: ModelDirectory.forgottenPerTurn)
    }

    private func rebuildSoon() {
        guard !isStopped else { return }
        if sources.reduce(0, { $0 + $1.deploymentCount }) <= ModelDirectory.lookUpsPerTurn {
            rebuild()
            return rate()
        }
        // One table is made of all that comes in this turn, or while another is being made.
        isRebuildDue = true
        guard !isRebuilding else { return }
        isRebuilding = true
        loop.task(self) { await $0.rebuildInPieces() }
    }

    /// Makes a table of thousands of deployments with no more in one turn of the loop than it bears. Until it is whole, requests go by the old one.
    private func rebuildInPieces() async {
        repeat {
            isRebuildDue = false
            await makeTable()
            await turns.nextTurn(for: .requests)
        } while isRebuildDue && !isStopped
        // In the same turn as the rating begins: between the two nothing would seem to be expected.
        isRebuilding = false
        rate()
    }

    private func makeTable() async {
        // A reload makes a table in one turn, with other providers: what is being made then is of no more use.
        let before = rebuilds
        func pause() async -> Bool {
            await turns.nextTurn(for: .requests)
            return !isStopped && rebuilds == before
        }
        repeat { guard await pause() else { return } } while !prepareDeployments()
        let deployments = sources.flatMap { $0.deployments() }
        var names: [DeploymentNames] = []
        names.reserveCapacity(deployments.count)
        var rest = deployments[...]
        while !rest.isEmpty {
            guard await pause() else { return }
            let piece = rest.prefix(ModelDirectory.modelsPerTurn)
            router.ranking.prepare(piece, at: loop.now)
            names += piece.lazy.map(DeploymentNames.init)
            rest = rest.dropFirst(piece.count)
        }
        let presets = RouteNames.presets(of: router.ranking)
        let made = await LoopWork.run(on: loop) { [names] in RouteNames(presets: presets, names).indexed() }
        guard await pause() else { return }
        let old = table
        router.adopt(deployments, at: loop.now, names: made)
        tookTable(insteadOf: old)
    }

    /// Makes the deployments of some of the models; whether all are made.
    private func prepareDeployments() -> Bool {
        var left = ModelDirectory.modelsPerTurn
        for source in sources where left > 0 { left -= source.prepareDeployments(atMost: left) }
        return left > 0
    }

    // MARK: Ratings

    /// Has models rated that are not rated by what is known of quality now; until they are, they have the rating they had, or none.
    ///
    /// That takes a tenth of a millisecond for each model, and expressions of the operator's run on names that providers choose: so it is done in
    /// the lanes, for each provider by itself, and one piece after the other.
    func rate() {
        guard !isStopped, let quality = router.ranking.source else { return settle() }
        var isComplete = true
        for source in sources {
            let models = source.unrated(by: quality.snapshot)
            guard !models.isEmpty else { continue }
            isComplete = false
            // An adjustment's expression that comes to no end on some name is not begun again on it: only when the adjustments, or the boards, are
            // others, or the name is gone.
            guard source.isBeingRatedBy != quality.snapshot || source.isRatingInVain else { continue }
            source.isBeingRatedBy = quality.snapshot
            source.ratingRun += 1
            loop.task((self, source, models)) { directory, source, models in await directory.rate(models, of: source) }
        }
        if isComplete { rated(quality.snapshot) }
        settle()
    }

    private func rate(_ models: [ModelConfiguration], of source: ModelSource) async {
        guard let quality = router.ranking.source else { return }
        let (snapshot, rate, provider, run) = (quality.snapshot, quality.rater, source.provider.name, source.ratingRun)
        var rest = models[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(ModelDirectory.modelsPerRating))
            rest = rest.dropFirst(piece.count)
            source.piece = piece
            let ratings = await lanes.run { piece.map { rate($0, provider) } }
            guard let ratings, !isStopped, source.ratingRun == run else { return }
            source.note(ratings, of: piece, by: snapshot)
        }
        source.isBeingRatedBy = nil
        source.piece = []
        // More may have come in the meantime, and boards may have been read; the new table sees to both.
        rebuildSoon()
    }

    // MARK: Growing

    /// Whether a name that nobody has now may be one in a moment: lists are waited for, or what came is still made of use.
    var isGrowing: Bool {
        guard !isStopped else { return false }
        if discovery.isWaiting { return true }
        guard !isSettled else {
            unsettledSince = nil
            return false
        }
        // An expression without an end is not waited for again and again.
        let since = unsettledSince ?? loop.now
        unsettledSince = since
        return loop.now < since.advanced(by: ModelDirectory.patience)
    }

    /// When models that nobody has yet may be there; `nil` when none are expected.
    var nextNews: Duration? { discovery.expectsMore ? discovery.nextNews : nil }

    /// The longest that one request waits for a list.
    func patience(_ options: DiscoveryOptions) -> Duration { max(options.patience, ModelDirectory.patience) }

    // MARK: Waiting

    /// Whether nothing is to come but what providers still have to tell.
    private var isSettled: Bool {
        guard !isRebuilding else { return false }
        // Every request asks: a closure would be an allocation each time.
        for source in sources where !source.isChosen || source.isBeingRatedBy != nil { return false }
        return true
    }

    /// Returns when every list is chosen from and every model rated, or after `patience`.
    func settled() async {
        guard !isSettled, !isStopped else { return }
        if patienceTimer == nil { patienceTimer = try? LoopTimer(on: loop) { [unowned self] _ in letGo() } }
        guard let patienceTimer else { return }
        patienceTimer.arm(after: ModelDirectory.patience)
        await withUnsafeContinuation { waiters.append($0) }
    }

    private func settle() {
        guard isSettled else { return }
        unsettledSince = nil
        letGo()
        newsCame()
    }

    private func letGo() {
        patienceTimer?.disarm()
        let all = waiters
        waiters = []
        for waiter in all { waiter.resume() }
    }
}
