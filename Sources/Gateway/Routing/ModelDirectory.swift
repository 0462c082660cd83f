internal import EventLoop
internal import Wire

/// The models that can be asked for: those of the configuration, and those the providers tell.
final class ModelDirectory {
    /// How long after a list that could not be had the provider is asked again.
    private static let retryInterval: Duration = .seconds(60)
    /// How long a list is good for.
    private static let refreshInterval: Duration = .seconds(24 * 3600)

    /// The table requests are routed by; replaced as a whole.
    private(set) var table = RouteTable([])
    /// The body of `GET /v1/models`.
    private(set) var listing = ByteBuffer()

    private let loop: EventLoop
    private let transport: any UpstreamTransport
    private let observer: any GatewayObserver
    private let createdAt: Int
    private var sources: [Source]
    private var lists: [ModelListFetch] = []
    private var timer: LoopTimer?
    private var waiter: UnsafeContinuation<Void, Never>?
    private var isStopped = false

    /// One provider, with its deployments by key and model, which outlive a new list.
    private final class Source {
        let provider: Provider
        let origins: [UpstreamOrigin]
        var models: [ModelConfiguration]
        var isKnown: Bool
        var nextFetch: LoopInstant?
        var known: [String: Deployment] = [:]

        init(_ provider: Provider) {
            self.provider = provider
            let keys = max(1, provider.configuration.keys.count)
            origins = (0..<keys).map { _ in provider.origin(for: provider.configuration.baseURL) }
            models = provider.configuration.models ?? []
            isKnown = provider.configuration.models != nil
        }

        func deployments() -> [Deployment] {
            models.flatMap { model in
                origins.enumerated().map { index, origin in
                    let id = "\(index)/\(model.id)"
                    if let deployment = known[id] { return deployment }
                    let deployment = Deployment(provider: provider, model: model, keyIndex: index, origin: origin)
                    known[id] = deployment
                    return deployment
                }
            }
        }
    }

    init(_ configuration: GatewayConfiguration, on loop: EventLoop, transport: any UpstreamTransport, observer: any GatewayObserver) {
        self.loop = loop
        self.transport = transport
        self.observer = observer
        createdAt = WallClock.secondsSinceEpoch
        sources = configuration.providers.map { Source(Provider($0, defaults: configuration.timeouts)) }
        rebuild()
    }

    /// Asks every provider without configured models for its list; returns when all have answered, or after `patience`.
    func start(patience: Duration) async {
        let unknown = sources.filter { !$0.isKnown }
        guard !unknown.isEmpty else { return }
        timer = try? LoopTimer(on: loop) { [unowned self] _ in timerFired() }
        for source in unknown { fetch(source) }
        timer?.arm(after: patience)
        await withUnsafeContinuation { waiter = $0 }
    }

    func stop() {
        isStopped = true
        timer?.close()
        timer = nil
        for list in lists { list.cancel() }
        lists = []
        goOn()
    }

    /// One model of the listing; `nil` when there is none of this name.
    func entry(_ name: String) -> ByteBuffer? {
        var buffer = ByteBuffer()
        if RouteTable.presets.contains(name), !table.deployments.isEmpty {
            append(name, owner: "proxy-system", contextLength: nil, to: &buffer)
        } else if let deployment = table.exact(Array(name.utf8).span.bytes)?.first {
            append(name, owner: deployment.provider.configuration.baseURL.host, contextLength: deployment.model.contextLength, to: &buffer)
        } else {
            return nil
        }
        return buffer
    }

    // MARK: Lists

    private func fetch(_ source: Source) {
        source.nextFetch = nil
        let configuration = source.provider.configuration
        let url = configuration.modelURL ?? configuration.baseURL
        let endpoint = source.provider.endpoint(
            at: url, path: "/models", method: .get, keyIndex: 0, origin: source.provider.origin(for: url))
        var timeouts = source.provider.timeouts
        timeouts.total = min(timeouts.total, .seconds(30))
        let list = ModelListFetch(UpstreamRequest(endpoint: endpoint, body: nil, timeouts: timeouts, isCold: true)) { [weak self] list, outcome in
            self?.received(outcome, of: source, list)
        }
        lists.append(list)
        list.start(on: transport)
    }

    private func received(_ outcome: ModelListFetch.Outcome, of source: Source, _ list: ModelListFetch) {
        lists.removeAll { $0 === list }
        switch outcome {
        case .models(let models):
            source.isKnown = true
            source.models = models.filter { source.provider.configuration.accepts($0.id) }
            source.nextFetch = loop.now.advanced(by: ModelDirectory.refreshInterval)
            rebuild()
        case .failed(let reason):
            observer.notice("\(source.provider.name): no list of models (\(reason)); asking again in \(ModelDirectory.retryInterval.seconds) s")
            source.nextFetch = loop.now.advanced(by: ModelDirectory.retryInterval)
        }
        if lists.isEmpty { goOn() }
        if waiter == nil { armTimer() }
    }

    private func goOn() {
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume()
        armTimer()
    }

    private func timerFired() {
        guard !isStopped else { return }
        if waiter != nil {
            let late = sources.filter { !$0.isKnown }.map(\.provider.name).joined(separator: ", ")
            observer.notice("still waiting for the models of \(late); starting without them")
            return goOn()
        }
        for source in sources { if let next = source.nextFetch, next <= loop.now { fetch(source) } }
        armTimer()
    }

    private func armTimer() {
        guard let next = sources.compactMap(\.nextFetch).min() else { return }
        timer?.arm(at: next)
    }

    // MARK: Snapshots

    private func rebuild() {
        var deployments = sources.enumerated().flatMap { place, source in source.deployments().map { (place, $0) } }
        // Best first: the provider's factor, then the model's own; what is equal stays in the order of the file.
        deployments = deployments.enumerated().sorted { left, right in
            let (a, b) = (left.element.1, right.element.1)
            let (x, y) = (a.provider.configuration.basePriority, b.provider.configuration.basePriority)
            if x != y { return x > y }
            let (p, q) = (a.model.priority ?? 1, b.model.priority ?? 1)
            return p != q ? p > q : left.offset < right.offset
        }.map(\.element)
        table = RouteTable(deployments.map(\.1))
        writeListing()
    }

    private func writeListing() {
        listing = ByteBuffer()
        listing.append("{\"object\":\"list\",\"data\":[")
        var seen: Set<String> = []
        if !table.deployments.isEmpty {
            for name in RouteTable.presets { appendOnce(name, owner: "proxy-system", contextLength: nil, &seen) }
        }
        for deployment in table.deployments {
            appendOnce(
                deployment.model.id, owner: deployment.provider.configuration.baseURL.host, contextLength: deployment.model.contextLength, &seen)
        }
        listing.append("]}")
    }

    private func appendOnce(_ id: String, owner: String, contextLength: Int?, _ seen: inout Set<String>) {
        guard seen.insert(id).inserted else { return }
        if seen.count > 1 { listing.append(",") }
        append(id, owner: owner, contextLength: contextLength, to: &listing)
    }

    private func append(_ id: String, owner: String, contextLength: Int?, to buffer: inout ByteBuffer) {
        buffer.append("{\"id\":")
        buffer.append(jsonString: id)
        buffer.append(",\"object\":\"model\",\"created\":")
        buffer.append(decimal: createdAt)
        buffer.append(",\"owned_by\":")
        buffer.append(jsonString: owner)
        if let contextLength {
            buffer.append(",\"context_length\":")
            buffer.append(decimal: contextLength)
        }
        buffer.append("}")
    }
}

extension ProviderConfiguration {
    /// Whether a model that the provider tells is taken: by `include` and `exclude`, regular expressions that match anywhere in the id.
    func accepts(_ id: String) -> Bool {
        func matches(_ pattern: String) -> Bool { (try? Regex(pattern)).map { id.contains($0) } ?? false }
        return (include.isEmpty || include.contains(where: matches)) && !exclude.contains(where: matches)
    }
}
