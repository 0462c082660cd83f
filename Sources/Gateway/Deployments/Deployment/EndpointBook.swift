internal import EventLoop
internal import Wire

/// Which endpoints providers have turned out not to have, as opposed to a model: remembered, so that no second request makes a call that is dead.
///
/// A 404 may be a firewall's answer to one odd request, or that of a server behind the provider that is out of order for one model. So a single sign says
/// little, and two say more the less they have in common. `/v1/chat/completions` is never forgotten: every provider has it, and where it is missing for
/// a while the rests of its models tell. A provider that has served the endpoint before is believed to have it, and so is a model: of a provider that has
/// served it for another one the signs tell of their model alone.
///
/// | signs of | not asked for it | how long |
/// | --- | --- | --- |
/// | one model | that model, by the client that met it | 10 min |
/// | one model, by two clients | that model, by anybody | 10 min |
/// | two models, in one request | the provider, by the client that met it | 10 min |
/// | two models, in two requests | the provider, by the client that met it | 24 h |
/// | two models, in two requests, by two clients | the provider, by anybody | 24 h |
///
/// While nobody needs a key, everybody is one client and counts as two. All of it is forgotten when an operator clears rests, and with every reload. What
/// holds for everybody with any model is kept over a restart, for the rest of its day and as long as the provider's address stays.
final class EndpointBook {
    /// How long an endpoint is taken to be missing.
    static let lifetime = Duration.seconds(24 * 3600)
    /// How long it is by signs that may be those of one model alone, or of one request.
    static let shortLifetime = Duration.seconds(600)
    /// Signs that are remembered for one endpoint of a provider, the latest.
    private static let maximumSigns = 256
    /// Clients and models of whom it is remembered; further ones are asked for again.
    private static let maximumMarks = 1024

    /// An endpoint of a provider at its address.
    struct Place: Hashable {
        let provider: String
        let url: HTTPURL
        let endpoint: Endpoint

        init(_ provider: Provider, _ endpoint: Endpoint) {
            self.provider = provider.name
            url = provider.configuration.baseURL
            self.endpoint = endpoint
        }

        fileprivate init(_ provider: ProviderConfiguration, _ endpoint: Endpoint) {
            self.provider = provider.name
            url = provider.baseURL
            self.endpoint = endpoint
        }
    }

    /// A request that met it.
    struct Sign {
        let client: ClientTag
        let model: String
        /// Tells its request from others.
        let request: UInt64

        init(_ client: ClientTag, model: String, request: UInt64) {
            (self.client, self.model, self.request) = (client, model, request)
        }
    }

    /// Whom an endpoint is missing for: a client, a model, or a client with a model.
    private struct Mark: Hashable {
        var client: ClientTag?
        var model: String?
    }

    /// What was found out.
    private struct Entry {
        var status: Int
        /// When it began.
        var since: LoopInstant
        /// How long before that it was known, in an earlier run.
        var age = Duration.zero
        /// Until when it holds for everybody, with any model.
        var until = LoopInstant(nanoseconds: 0)
        /// Until when it holds for some.
        var marks: [Mark: LoopInstant] = [:]
        var signs: [(sign: Sign, until: LoopInstant)] = []

        /// Until when some of it holds.
        var end: LoopInstant { marks.values.reduce(until, max) }

        mutating func mark(_ mark: Mark, until end: LoopInstant, now: LoopInstant) {
            if marks.count >= EndpointBook.maximumMarks { marks = marks.filter { $0.value > now } }
            if marks.count < EndpointBook.maximumMarks || marks[mark] != nil { marks[mark] = max(end, marks[mark] ?? end) }
        }
    }

    private var entries: [Place: Entry] = [:]
    /// Called when what is to be kept has changed.
    var changed: () -> Void = {}
    /// The models for which it has been served since the start, at addresses that are still configured.
    private var served: [Place: Set<String>] = [:]
    /// A bit for each endpoint that some provider is taken not to have.
    private var known: UInt32 = 0

    /// Whether every provider may have an endpoint, so that none need be looked up.
    @inline(__always)
    func isClear(_ endpoint: Endpoint) -> Bool { known & (1 << UInt32(endpoint.rawValue)) == 0 }

    /// Until when a provider is taken not to have an endpoint for a model, for a client; `nil` when it may have it.
    func until(_ endpoint: Endpoint, of deployment: Deployment, for client: ClientTag, now: LoopInstant) -> LoopInstant? {
        guard !isClear(endpoint), let entry = entries[Place(deployment.provider, endpoint)] else { return nil }
        var end = entry.until
        if !entry.marks.isEmpty {
            let model = deployment.model.id
            end = max(end, entry.marks[Mark(client: client)] ?? end)
            end = max(end, entry.marks[Mark(model: model)] ?? end)
            end = max(end, entry.marks[Mark(client: client, model: model)] ?? end)
        }
        return end > now ? end : nil
    }

    /// A provider answered that it does not have an endpoint.
    ///
    /// - Returns: Whether it is known for everybody from now on, and was not before.
    @discardableResult
    func missed(_ endpoint: Endpoint, at provider: Provider, _ sign: Sign, status: Int, now: LoopInstant) -> Bool {
        let place = Place(provider, endpoint)
        let servedModels = served[place]
        guard endpoint != .chatCompletions, servedModels?.contains(sign.model) != true else { return false }
        var entry = entries[place] ?? Entry(status: status, since: now)
        entry.signs.removeAll { $0.until <= now }
        if entry.signs.isEmpty, entry.end <= now { entry = Entry(status: status, since: now) }
        let (short, long) = (now.advanced(by: EndpointBook.shortLifetime), now.advanced(by: EndpointBook.lifetime))
        entry.mark(Mark(client: sign.client, model: sign.model), until: short, now: now)
        let isKnownBefore = entry.until > now
        for (other, _) in entry.signs {
            let isOther = other.client != sign.client
            if other.model == sign.model {
                if isOther { entry.mark(Mark(model: sign.model), until: short, now: now) }
            } else if servedModels != nil {
                continue
            } else if other.request == sign.request {
                if !isOther { entry.mark(Mark(client: sign.client), until: short, now: now) }
            } else if isOther || sign.client == .everybody {
                entry.until = long
            } else {
                entry.mark(Mark(client: sign.client), until: long, now: now)
            }
        }
        if entry.signs.count >= EndpointBook.maximumSigns { entry.signs.removeFirst() }
        entry.signs.append((sign, long))
        entries[place] = entry
        known |= 1 << UInt32(endpoint.rawValue)
        if entry.until > now { changed() }
        return !isKnownBefore && entry.until > now
    }

    /// A provider answered a request for an endpoint as it should.
    func served(_ endpoint: Endpoint, by deployment: Deployment) {
        guard endpoint != .chatCompletions else { return }
        let place = Place(deployment.provider, endpoint)
        guard served[place, default: []].insert(deployment.model.id).inserted, entries.removeValue(forKey: place) != nil else { return }
        changed()
    }

    /// Forgets what is taken to be missing, of one provider or of all; of a model what is known of it alone.
    func clear(provider: String? = nil, model: String? = nil) {
        defer { changed() }
        if let model {
            for (place, var entry) in entries where provider == nil || place.provider == provider {
                entry.signs.removeAll { $0.sign.model == model }
                entry.marks = entry.marks.filter { $0.key.model != model }
                entries[place] = entry
            }
            return
        }
        guard let provider else {
            entries = [:]
            known = 0
            return
        }
        entries = entries.filter { $0.key.provider != provider }
    }

    /// Forgets what is taken to be missing, as another configuration is in use. What was served at an address that is still there is known on.
    func reset(for providers: [ProviderConfiguration]) {
        clear()
        let addresses = Dictionary(providers.map { ($0.name, $0.baseURL) }) { first, _ in first }
        served = served.filter { addresses[$0.key.provider] == $0.key.url }
    }

    /// What is to be kept over a restart.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func kept(at now: LoopInstant, epoch: Int) -> [KeptEndpoint] {
        entries.filter { $0.value.until > now }.map { place, entry in
            let known = now.elapsed(since: entry.since) + entry.age
            return KeptEndpoint(
                provider: place.provider, url: place.url.text, endpoint: place.endpoint, status: entry.status,
                since: epoch - Int(clamping: known.millisecondsRoundedUp),
                until: epoch + Int(clamping: entry.until.elapsed(since: now).millisecondsRoundedUp))
        }.sorted { ($0.provider, $0.endpoint.rawValue) < ($1.provider, $1.endpoint.rawValue) }
    }

    /// Takes what an earlier run has left, of providers that are configured with the same address.
    func restore(_ kept: [KeptEndpoint], for providers: [ProviderConfiguration], at now: LoopInstant, epoch: Int) {
        for kept in kept where kept.until > epoch {
            guard let provider = providers.first(where: { $0.name == kept.provider && $0.baseURL.text == kept.url }) else { continue }
            var entry = Entry(status: kept.status, since: now)
            // No clock that was set back makes it last longer.
            entry.until = now.advanced(by: min(.milliseconds(kept.until - epoch), EndpointBook.lifetime))
            if kept.since > 0, kept.since < epoch { entry.age = min(.milliseconds(epoch - kept.since), EndpointBook.lifetime) }
            entries[Place(provider, kept.endpoint)] = entry
            known |= 1 << UInt32(kept.endpoint.rawValue)
        }
    }

    /// What is taken to be missing, by provider and endpoint.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func reports(at now: LoopInstant, epoch: Int) -> [MissingEndpoint] {
        entries.filter { $0.value.end > now }.map { place, entry in
            let time = UnixTime(milliseconds: Int64(epoch))
            let known = now.elapsed(since: entry.since) + entry.age
            return MissingEndpoint(
                provider: place.provider, endpoint: place.endpoint, status: entry.status, isForEverybody: entry.until > now,
                since: time.advanced(by: .zero - known), until: time.advanced(by: entry.end.elapsed(since: now)))
        }.sorted { ($0.provider, $0.endpoint.rawValue) < ($1.provider, $1.endpoint.rawValue) }
    }
}

extension GatewayError {
    /// No provider of a model has the endpoint at all.
    static func endpointNotServed(_ endpoint: Endpoint, _ model: String) -> GatewayError {
        GatewayError(
            404, .invalidRequest, code: "model_not_found", param: "model",
            model.isEmpty ? "no provider serves /v1\(endpoint.path)" : "no provider of the model `\(model)` serves /v1\(endpoint.path)",
            shouldRetry: false)
    }
}
