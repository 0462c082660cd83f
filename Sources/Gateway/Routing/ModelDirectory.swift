internal import EventLoop
internal import Wire

/// The models that can be asked for: those of the configuration, and those the providers tell.
final class ModelDirectory {
    /// The table requests are routed by; replaced as a whole.
    private(set) var table = RouteTable([])
    /// The body of `GET /v1/models`.
    private(set) var listing = ByteBuffer()
    /// Called after each change of the table.
    var changed: () -> Void = {}

    private let writer = ModelListing(createdAt: WallClock.secondsSinceEpoch)
    private var sources: [ModelSource]
    private let discovery: ModelDiscovery

    init(
        _ configuration: GatewayConfiguration, on loop: EventLoop, transport: any UpstreamTransport, observer: any GatewayObserver,
        cache: (any ModelListCache)? = nil
    ) {
        let sources = configuration.providers.map { ModelSource(Provider($0, defaults: configuration.timeouts)) }
        self.sources = sources
        discovery = ModelDiscovery(
            sources, options: configuration.discovery, on: loop, transport: transport, observer: observer, cache: cache)
        discovery.changed = { [unowned self] in rebuild() }
        rebuild()
    }

    /// Finds out the models of the providers that have none in the configuration; returns when all are known, or after the patience for it.
    func start() async {
        await discovery.start()
    }

    func stop() {
        discovery.stop()
    }

    /// One model of the listing; `nil` when there is none of this name.
    func entry(_ name: String) -> ByteBuffer? {
        writer.entry(name, table)
    }

    // MARK: Snapshots

    private func rebuild() {
        let deployments = sources.flatMap { $0.deployments() }
        // Best first: the provider's factor, then the model's own; what is equal stays in the order of the file.
        let ordered = deployments.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            let (x, y) = (a.provider.configuration.basePriority, b.provider.configuration.basePriority)
            if x != y { return x > y }
            let (p, q) = (a.model.priority ?? 1, b.model.priority ?? 1)
            return p != q ? p > q : left.offset < right.offset
        }.map(\.element)
        table = RouteTable(ordered)
        listing = writer.all(table)
        changed()
    }
}
