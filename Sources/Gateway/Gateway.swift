public import EventLoop
public import HTTPServer
internal import Wire

/// One request from its head to its last byte: authenticate, parse, admit, route, attempt, commit, finish.
public final class Gateway: HTTPResponder {
    private let loop: EventLoop
    private let observer: any GatewayObserver
    private let ledger: (any UsageLedger)?
    private let authenticator: Authenticator
    private let maximumBodyBytes: Int
    private let writer = AnswerWriter()
    private let attempts: AttemptLoop
    private let models: ModelDirectory
    private var ids: RequestIDSource
    /// Whether the gateway takes no further work; `/readyz` then says so.
    public var isDraining = false

    /// Makes a gateway for a configuration.
    public init(
        _ configuration: GatewayConfiguration, on loop: EventLoop, transport: any UpstreamTransport, observer: any GatewayObserver,
        ledger: (any UsageLedger)? = nil, modelLists: (any ModelListCache)? = nil
    ) {
        self.loop = loop
        self.observer = observer
        self.ledger = ledger
        authenticator = Authenticator(bearerTokens: configuration.server.bearerTokens, open: configuration.isOpen)
        maximumBodyBytes = configuration.server.limits.maximumBodyBytes
        models = ModelDirectory(configuration, on: loop, transport: transport, observer: observer, cache: modelLists)
        attempts = AttemptLoop(on: loop, transport: transport, writer: writer)
        ids = RequestIDSource()
        writer.allowsCrossOrigin = !configuration.isOpen
    }

    /// Finds out the models of the providers that have none in the configuration, from the cache or from them.
    ///
    /// Returns when every list is there, or after the configured patience; a list that is late comes in when it comes.
    public func start() async {
        await models.start()
    }

    /// Ends what runs beside requests.
    public func stop() {
        models.stop()
    }

    /// How many models can be asked for, over all providers.
    public var modelCount: Int { models.table.deployments.count }

    /// How many models each provider that has any is known to have, by the provider's name.
    public var modelCounts: [String: Int] {
        Dictionary(grouping: models.table.deployments, by: \.provider.name).mapValues { Set($0.map(\.model.id)).count }
    }

    // MARK: Before the body

    /// Phases authenticate and, for what needs no body, the answer.
    public func screen(_ exchange: HTTPExchange) -> Screening {
        let context = beginContext(exchange)
        do throws(GatewayError) {
            if context.method == .options {
                writer.respondToPreflight(on: exchange, context)
                finish(context, exchange, .answered)
                return .answered
            }
            try checkOrigin(exchange)
            if context.route.needsKey { context.key = try authenticate(exchange) }
            if context.route == .unknown { throw .unknownRoute(exchange.path.text) }
            guard context.route.serves(context.method) else { throw .wrongMethod(context.method.name, allow: context.route.allow) }
            if let coding = exchange.value(of: "content-encoding"), !coding.equalsIgnoringCase("identity") {
                throw GatewayError(415, .invalidRequest, code: nil, "a `content-encoding` is not accepted; send the body plain")
            }
            if case .model = context.route, let type = exchange.value(of: "content-type"), type.hasPrefixIgnoringCase("multipart/") {
                throw GatewayError(415, .invalidRequest, code: nil, "multipart bodies are not accepted; send JSON as `application/json`")
            }
            return .proceed(maximumBodyBytes: maximumBodyBytes)
        } catch {
            writer.respond(error, on: exchange, context)
            finish(context, exchange, .refused)
            return .answered
        }
    }

    /// Answers what the server did not take for a request, in the OpenAI shape.
    public func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) {
        let context = takeContext(exchange) ?? makeContext(exchange)
        writer.respond(.refusal(status: refusal.status, reason: refusal.reason), on: exchange, context)
        finish(context, exchange, .refused)
    }

    /// The key of a request. A connection that sends the same field again, as all do, is not digested again.
    private func authenticate(_ exchange: HTTPExchange) throws(GatewayError) -> VirtualKey {
        guard let field = exchange.value(of: "authorization") else { return try authenticator.authenticate(nil) }
        if let known = exchange.connectionState as? KnownClient, known.presented(field) { return known.key }
        let key = try authenticator.authenticate(field)
        exchange.connectionState = KnownClient(field, key)
        return key
    }

    // MARK: A whole request

    /// Answers a request whose body is complete.
    public func respond(to exchange: HTTPExchange) async {
        let context = takeContext(exchange) ?? makeContext(exchange)
        context.receivedAt = loop.now
        context.bytesIn = exchange.body.byteCount
        let outcome: RequestContext.Outcome
        do throws(GatewayError) {
            switch context.route {
            case .model(let endpoint): outcome = try await respond(to: exchange, context, endpoint)
            case .models, .modelDetail, .liveness, .readiness, .unknown: outcome = try answerHere(exchange, context)
            }
        } catch {
            writer.respond(error, on: exchange, context)
            outcome = exchange.hasLostClient ? .clientGone : .refused
        }
        finish(context, exchange, outcome)
    }

    /// Phases parse to commit of a request that goes to a provider.
    private func respond(to exchange: HTTPExchange, _ context: RequestContext, _ endpoint: Endpoint) async throws(GatewayError)
        -> RequestContext.Outcome
    {
        if isDraining { throw GatewayError(503, .server, code: "overloaded", "the gateway is shutting down", retryAfter: .seconds(1)) }
        let envelope = try parse(exchange, endpoint)
        context.isStream = envelope.stream && endpoint.canStream
        context.requestedModel = envelope.modelName(in: exchange.body)
        var candidates = try route(exchange, context, envelope, endpoint)
        if envelope.provider != nil { try candidates.apply(envelope.providerPreferences(in: exchange.body)) }
        return try await attempts.run(candidates, for: exchange, context, envelope, endpoint)
    }

    private func parse(_ exchange: HTTPExchange, _ endpoint: Endpoint) throws(GatewayError) -> RequestEnvelope {
        do throws(WireError) {
            let envelope = try RequestEnvelope(scanning: exchange.body)
            if endpoint == .chatCompletions, !envelope.hasMessages {
                throw WireError("`messages` is missing: an array of messages is needed", param: "messages")
            }
            return envelope
        } catch {
            throw .badRequest(error.message, param: error.param)
        }
    }

    private func route(
        _ exchange: HTTPExchange, _ context: RequestContext, _ envelope: RequestEnvelope, _ endpoint: Endpoint
    ) throws(GatewayError) -> Candidates {
        let further = envelope.models == nil ? [] : envelope.modelNames(in: exchange.body)
        let resolution: RouteTable.Resolution
        if envelope.modelHasEscapes {
            resolution = try models.table.resolve(Array(context.requestedModel.utf8).span.bytes, further: further, endpoint: endpoint)
        } else {
            resolution = try models.table.resolve(envelope.rawModel(in: exchange.body), further: further, endpoint: endpoint)
        }
        context.isBySubstring = resolution.isBySubstring
        return Candidates(deployments: resolution.candidates)
    }

    /// The routes that need no provider.
    private func answerHere(_ exchange: HTTPExchange, _ context: RequestContext) throws(GatewayError) -> RequestContext.Outcome {
        switch context.route {
        case .models:
            writer.respond(with: models.listing, on: exchange, context)
        case .modelDetail(let offset):
            let name = try PercentDecoding.decode(exchange.path.extracting(droppingFirst: offset))
            guard let entry = models.entry(name) else {
                throw .unknownModel(name, nearest: NearestName.several(near: name, among: models.table.deployments.map(\.model.id)))
            }
            writer.respond(with: entry, on: exchange, context)
        case .liveness:
            writer.respond(with: GatewayStatus.alive, on: exchange, context)
        case .readiness:
            let status = GatewayStatus.readiness(isDraining: isDraining, models: modelCount)
            writer.respond(status: status.isReady ? 200 : 503, with: status.body, on: exchange, context)
        case .model, .unknown:
            throw .unknownRoute(exchange.path.text)
        }
        return .answered
    }

    /// While the gateway is open no web page may use it: neither by a name that leads here (DNS rebinding) nor from another origin.
    private func checkOrigin(_ exchange: HTTPExchange) throws(GatewayError) {
        guard authenticator.isOpen else { return }
        if let host = exchange.value(of: "host"), !CrossOrigin.isLoopback(authority: host) {
            throw GatewayError(403, .permission, code: "host_not_allowed", "without keys the gateway answers on localhost only")
        }
        if let origin = exchange.value(of: "origin"), !CrossOrigin.isLoopback(origin: origin) {
            throw GatewayError(403, .permission, code: "origin_not_allowed", "without keys no web page may use the gateway")
        }
    }

    // MARK: The life of a context

    private func makeContext(_ exchange: HTTPExchange) -> RequestContext {
        let context = RequestContext(at: exchange.startedAt)
        if let sent = exchange.value(of: "x-request-id"), let id = RequestID(client: sent) {
            context.id = id
        } else {
            context.id = ids.next()
        }
        context.method = exchange.method
        context.route = Route(path: exchange.path)
        return context
    }

    private func beginContext(_ exchange: HTTPExchange) -> RequestContext {
        let context = makeContext(exchange)
        exchange.state = context
        return context
    }

    private func takeContext(_ exchange: HTTPExchange) -> RequestContext? {
        defer { exchange.state = nil }
        return exchange.state as? RequestContext
    }

    /// The last phase of every request, also of one that was refused or whose client has gone.
    private func finish(_ context: RequestContext, _ exchange: HTTPExchange, _ outcome: RequestContext.Outcome) {
        exchange.state = nil
        context.endedAt = loop.readClock()
        context.outcome = outcome
        context.status = outcome == .clientGone && !exchange.hasBegun ? 0 : exchange.status
        context.bytesOut = exchange.bytesWritten
        if context.endpoint != nil, let ledger {
            ledger.append(UsageRecord(of: context, at: .now))
        }
        observer.requestCompleted(context)
    }
}

/// Makes ids for requests: a random number of this process and a counter, so that each is unique without a system call.
struct RequestIDSource {
    private let process: UInt64
    private var counter: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        process = generator.next()
        counter = generator.next()
    }

    mutating func next() -> RequestID {
        counter &+= 0x9E37_79B9_7F4A_7C15  // an odd step: every value of 64 bits comes once
        return RequestID(process, counter)
    }
}
