internal import EventLoop
internal import Wire

/// The models that can be asked for: those of the configuration, and those the providers tell.
final class ModelDirectory {
    /// The table requests are routed by.
    var table: RouteTable { router.table }
    /// The body of `GET /v1/models`.
    private(set) var listing = ByteBuffer()
    /// Called after each change of the table.
    var changed: () -> Void = {}

    private let loop: EventLoop
    private let router: Router
    private let writer: ModelListing
    private var sources: [ModelSource]
    private let discovery: ModelDiscovery
    private let transport: any UpstreamTransport

    init(
        _ configuration: GatewayConfiguration, on loop: EventLoop, transport: any UpstreamTransport, observer: any GatewayObserver,
        cache: (any ModelListCache)? = nil, health: HealthRegistry = HealthRegistry(),
        router: Router = Router(Ranking(ScoringOptions()))
    ) {
        self.loop = loop
        self.router = router
        writer = ModelListing(createdAt: loop.secondsSinceEpoch)
        let sources = configuration.providers.map { ModelSource(Provider($0, defaults: configuration.timeouts, registry: health)) }
        self.sources = sources
        self.transport = transport
        discovery = ModelDiscovery(
            sources, options: configuration.discovery, on: loop, transport: transport, observer: observer, cache: cache)
        discovery.changed = { [unowned self] in rebuild() }
        rebuild()
    }

    /// Finds out the models of the providers that have none in the configuration; returns when all are known, or after the patience for it.
    func start() async {
        await discovery.start()
    }

    /// Goes over to another configuration in this turn: providers that are still there keep what is known about them, those that are gone
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
        rebuild()
        for origin in retired { transport.retire(origin) }
        discovery.replaceSources(sources, options: configuration.discovery)
    }

    func stop() {
        discovery.stop()
    }

    /// One model of the listing; `nil` when there is none of this name.
    func entry(_ name: String) -> ByteBuffer? {
        writer.entry(name, table)
    }

    // MARK: Snapshots

    /// Puts the models of all sources into a new table.
    func rebuild() {
        router.adopt(sources.flatMap { $0.deployments() }, at: loop.now)
        listing = writer.all(table)
        changed()
    }
}
