internal import EventLoop
internal import Wire

/// Which endpoints providers have turned out not to have, as opposed to a model: remembered, so that no second request makes a call that is dead.
///
/// A 404 may be a firewall's answer to one odd request. So the first one counts for the client that met it, and for everybody once another client has met
/// the same; a provider that has served the endpoint before is believed to have it. `/v1/chat/completions` is never forgotten: every provider has it, and
/// where it is missing for a while the rests of its models tell.
///
/// It is forgotten after a day, when an operator clears rests, and with every reload.
final class EndpointBook {
    /// How long an endpoint is taken to be missing.
    static let lifetime = Duration.seconds(24 * 3600)
    /// Clients of whom it is remembered for one endpoint; further ones are asked for again.
    private static let maximumClients = 256

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
    }

    /// What was found out.
    private struct Entry {
        var status: Int
        /// When it began, and when it ends.
        var since: LoopInstant
        var until: LoopInstant
        /// Whether it holds for everybody.
        var isConfirmed = false
        /// The clients that met it, each until when it holds for it.
        var clients: [ClientTag: LoopInstant] = [:]
    }

    private var entries: [Place: Entry] = [:]
    /// What has been served since the start or the last reload.
    private var served: Set<Place> = []
    /// A bit for each endpoint that some provider is taken not to have.
    private var known: UInt32 = 0

    /// Whether every provider may have an endpoint, so that none need be looked up.
    @inline(__always)
    func isClear(_ endpoint: Endpoint) -> Bool { known & (1 << UInt32(endpoint.rawValue)) == 0 }

    /// Whether a provider is taken not to have an endpoint, for a client.
    func isMissing(_ endpoint: Endpoint, at provider: Provider, for client: ClientTag, now: LoopInstant) -> Bool {
        until(endpoint, at: provider, for: client, now: now) != nil
    }

    /// Until when a provider is taken not to have an endpoint, for a client; `nil` when it may have it.
    func until(_ endpoint: Endpoint, at provider: Provider, for client: ClientTag, now: LoopInstant) -> LoopInstant? {
        guard !isClear(endpoint), let entry = entries[Place(provider, endpoint)], entry.until > now else { return nil }
        if entry.isConfirmed { return entry.until }
        return entry.clients[client].flatMap { $0 > now ? $0 : nil }
    }

    /// A provider answered that it does not have an endpoint.
    ///
    /// - Returns: Whether that is news for everybody.
    @discardableResult
    func missed(_ endpoint: Endpoint, at provider: Provider, by client: ClientTag, status: Int, now: LoopInstant) -> Bool {
        let place = Place(provider, endpoint)
        guard endpoint != .chatCompletions, !served.contains(place) else { return false }
        let end = now.advanced(by: EndpointBook.lifetime)
        var entry = entries[place] ?? Entry(status: status, since: now, until: end)
        if entry.until <= now { entry = Entry(status: status, since: now, until: end) }
        let isOther = entry.clients.contains { $0.key != client && $0.value > now }
        entry.until = end
        if entry.clients.count < EndpointBook.maximumClients || entry.clients[client] != nil { entry.clients[client] = end }
        // Everybody is one client while nobody needs a key.
        let isNews = !entry.isConfirmed && (isOther || client == .everybody)
        if isNews { entry.isConfirmed = true }
        entries[place] = entry
        known |= 1 << UInt32(endpoint.rawValue)
        return isNews
    }

    /// A provider answered a request for an endpoint as it should.
    func served(_ endpoint: Endpoint, at provider: Provider) {
        guard endpoint != .chatCompletions else { return }
        let place = Place(provider, endpoint)
        if served.insert(place).inserted { entries[place] = nil }
    }

    /// Forgets what is taken to be missing, of one provider or of all.
    func clear(provider: String? = nil) {
        guard let provider else {
            entries = [:]
            known = 0
            return
        }
        entries = entries.filter { $0.key.provider != provider }
    }

    /// Forgets everything, as another configuration is in use.
    func reset() {
        clear()
        served = []
    }

    /// What is taken to be missing, by provider and endpoint.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func reports(at now: LoopInstant, epoch: Int) -> [MissingEndpoint] {
        entries.filter { $0.value.until > now }.map { place, entry in
            let time = UnixTime(milliseconds: Int64(epoch))
            return MissingEndpoint(
                provider: place.provider, endpoint: place.endpoint, status: entry.status, isForEverybody: entry.isConfirmed,
                since: time.advanced(by: .zero - now.elapsed(since: entry.since)), until: time.advanced(by: entry.until.elapsed(since: now)))
        }.sorted { ($0.provider, $0.endpoint.rawValue) < ($1.provider, $1.endpoint.rawValue) }
    }
}

/// An endpoint that a provider is taken not to have.
public struct MissingEndpoint: Sendable, Equatable {
    /// The provider's name.
    public let provider: String
    /// The endpoint.
    public let endpoint: Endpoint
    /// The status of the answer that said so: 404, 405 or 501.
    public let status: Int
    /// Whether it is not asked by anybody; otherwise not by the clients that met it.
    public let isForEverybody: Bool
    /// Since when it is known.
    public let since: UnixTime
    /// When it is asked again.
    public let until: UnixTime
}

extension Gateway {
    /// The endpoints that providers have turned out not to have.
    public var missingEndpoints: [MissingEndpoint] { router.endpoints.reports(at: loop.now, epoch: loop.millisecondsSinceEpoch) }
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
