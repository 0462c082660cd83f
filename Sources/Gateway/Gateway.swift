public import EventLoop
public import HTTPServer
internal import Wire

/// One request from its head to its last byte: authenticate, parse, route, admit, attempt, commit, relay, finish.
///
/// ```swift
/// var local = ProviderConfiguration(name: "local", baseURL: try HTTPURL(parsing: "http://127.0.0.1:11434/v1"))
/// local.models = [ModelConfiguration(id: "llama3.2")]
/// let transport = try CurlTransport(on: loop)
/// let log = RequestLog(to: LogSink(), json: true)
/// let gateway = Gateway(GatewayConfiguration(providers: [local]), on: loop, transport: transport, observer: log)
/// let server = try HTTPServer(on: loop, address: address, responder: gateway)
/// await gateway.start()
/// ```
public final class Gateway: HTTPResponder {
    let loop: EventLoop
    let observer: any GatewayObserver
    /// Where keys, usage and what was learnt are kept; `nil` keeps nothing.
    public let store: (any DataStore)?
    var settings: GatewaySettings
    /// Who may ask.
    let keys = KeyRing()
    /// The books of keys' limits.
    let limits: any SharedLimits
    let admission: Admission
    let writer: AnswerWriter
    let snapshot: SnapshotID
    let router: Router
    let attempts: AttemptLoop
    let models: ModelDirectory
    /// The requests that wait for a model that may still come.
    let expectants: ExpectantRequests
    /// Where work waits for its next piece that is too long for one turn of the loop.
    let turns: TurnQueue
    /// Which of the answers that take many turns are being made.
    let longAnswers = LongAnswers()
    /// Where those are written that need nothing of the loop's any more.
    let answerLane: AnswerLane
    /// The pages that are the same for all who may see everything.
    var sharedPages: [Page: SharedPage] = [:]
    let health: HealthRegistry
    private var heldByClients = HeldByClients()
    private let keeper: HealthKeeper?
    private let journal: SentJournal?
    let keepAlive: KeepAlive
    private let responses: ResponseKeeper
    private var ids: RequestIDSource
    private var refreshTimer: LoopTimer?
    var adminGuard = FailureGuard()
    /// Answers what is below `/admin/`; without it that is not served.
    public var admin: (any AdminEndpoints)?
    /// Keeps the books of limits over a restart.
    var booksTimer: LoopTimer?
    /// Whether the books are being written down.
    var isWritingBooks = false
    /// How large the books were when they were written down last, in bytes.
    var booksBytes = 0
    /// How many requests of each client are in work.
    private var openRequests: [ClientTag: Int] = [:]
    /// The requests in work of keys that are kept in the store.
    var keyedRequests: [ObjectIdentifier: RequestContext] = [:]
    /// What it has done since the start.
    public private(set) var statistics = GatewayStatistics()
    /// Writes the pages about the gateway; without it they are not served.
    public var pages: (any GatewayPages)?
    /// Whether every connection is being closed, whatever is in work on it: a client that is lost now has not left by itself.
    public var isCut = false
    /// Whether the gateway takes no further work; `/readyz` then says so.
    public var isDraining = false

    /// Makes a gateway for a configuration.
    public init(
        _ configuration: GatewayConfiguration, on loop: EventLoop, transport: any UpstreamTransport, observer: any GatewayObserver,
        store: (any DataStore)? = nil, limits: any SharedLimits = MemoryLimits(), modelLists: (any ModelListCache)? = nil,
        quality: (any QualitySource)? = nil
    ) {
        self.loop = loop
        self.observer = observer
        self.store = store
        self.limits = limits
        admission = Admission(limits, on: loop)
        keys.configure(configuration.server)
        keys.hasLoadedKeys = store == nil
        settings = GatewaySettings(configuration, generation: 0)
        snapshot = SnapshotID(configuration, quality: quality?.snapshot)
        writer = AnswerWriter(snapshot)
        router = Router(Ranking(configuration.scoring, quality: quality))
        router.aliases = ModelAliases(configuration.aliases)
        health = HealthRegistry()
        turns = TurnQueue(on: loop)
        answerLane = AnswerLane(on: loop)
        models = ModelDirectory(
            configuration, on: loop, transport: transport, notices: observer, cache: modelLists, health: health, router: router, turns: turns)
        attempts = AttemptLoop(configuration.failure, on: loop, transport: transport, writer: writer, router: router, observer: observer)
        expectants = ExpectantRequests(on: loop)
        models.newsCame = { [expectants] in expectants.tell() }
        router.isReady = { [ledger = attempts.ledger] in ledger.availability(of: $0, for: $1, .none, at: $2) == .ready }
        models.rated = { [snapshot] in snapshot.update(quality: $0) }
        keeper = store.map { [health, attempts, router] in
            HealthKeeper(health, attempts.ledger, router.endpoints, in: $0, on: loop, notices: observer)
        }
        responses = ResponseKeeper(in: store, on: loop, notices: observer)
        journal = store.map { [health] in SentJournal(health, in: $0, on: loop, notices: observer) }
        attempts.ledger.journal = journal
        attempts.ledger.keyCount = { [keys] in keys.count }
        keepAlive = KeepAlive(configuration.streaming, on: loop, writer: writer)
        ids = RequestIDSource(process: loop.makeSeed(), counter: loop.makeSeed())
        keysDidChange()
    }

    /// Finds out the models of the providers that have none in the configuration, from the cache or from them.
    ///
    /// Returns when every list is there, or after the configured patience; a list that is late comes in when it comes.
    public func start() async {
        models.beginWaiting()
        keepBooks()
        await keeper?.start(with: settings.configuration.providers)
        await responses.start()
        await journal?.start()
        startRefreshing()
        await models.start()
    }

    /// Takes another configuration into use in this turn of the loop. What needs longer, the ratings of models that are new and the choice among
    /// listed models by other patterns, follows; `settled()` waits for it.
    ///
    /// Requests in work go on with the deployments they have chosen. What was learnt about a deployment stays with it as long as its
    /// provider, key and model are configured, and so do the connections to it.
    public func apply(_ configuration: GatewayConfiguration) {
        loop.preconditionOnLoop()
        settings = GatewaySettings(configuration, generation: settings.generation + 1)
        snapshot.update(configuration)
        router.configure(configuration.scoring)
        router.aliases = ModelAliases(configuration.aliases)
        router.endpoints.reset(for: configuration.providers)
        attempts.apply(configuration.failure)
        models.apply(configuration, health: health)
        keys.configure(configuration.server)
        keepAlive.configure(configuration.streaming)
        keysDidChange()
    }

    /// Brings what was learnt into the order shortly after it was learnt, beside the requests.
    private func startRefreshing() {
        guard refreshTimer == nil else { return }
        refreshTimer = try? LoopTimer(on: loop) { [unowned self] _ in router.ranking.refreshIfDue(at: loop.now) }
        router.ranking.refreshBecameDue = { [unowned self] in refreshTimer?.arm(at: $0) }
    }

    /// Ends what runs beside requests.
    public func stop() {
        router.ranking.refreshBecameDue = nil
        refreshTimer?.close()
        refreshTimer = nil
        models.stop()
        expectants.close()
        closeBooks()
        attempts.stop()
        keeper?.stop()
        responses.stop()
        journal?.stop()
        keepAlive.close()
    }

    /// Called when the models that can be asked for have changed.
    public var modelsChanged: () -> Void {
        get { models.changed }
        set { models.changed = newValue }
    }

    /// Takes what the source of quality says now into use, as soon as every model is rated by it.
    public func qualityDidChange() {
        models.rate()
    }

    /// Does work that takes milliseconds and needs nothing of the loop's, such as writing a long answer, on another thread; one piece at a time.
    public func besideLoop<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await answerLane.run(work)
    }

    /// Returns when the models of the configuration in use are chosen and rated, as far as that needs nobody else; after some seconds in any case.
    public func settled() async {
        await models.settled()
    }

    /// The time of day, by the clock of its loop.
    public var timeOfDay: UnixTime { loop.unixTime }

    /// How many models can be asked for, over all providers.
    public var modelCount: Int { models.table.deployments.count }

    /// How many models each provider that has any is known to have, by the provider's name.
    public var modelCounts: [String: Int] { models.counts }

    // MARK: Before the body

    /// Phases authenticate and, for what needs no body, the answer.
    public func screen(_ exchange: HTTPExchange) -> Screening { screen(exchange, by: .clients) }

    func screen(_ exchange: HTTPExchange, by door: Door) -> Screening {
        let context = beginContext(exchange)
        context.door = door
        do throws(GatewayError) {
            if door == .admin, !context.route.isForOperators { throw .unknownRoute(exchange.path.text) }
            noteOrigin(of: exchange, context)
            if context.method == .options {
                writer.respondToPreflight(on: exchange, context)
                finish(context, exchange, .answered)
                return .answered
            }
            try checkOrigin(exchange, context)
            if exchange.repeatsAuthorization { throw .repeatedField("authorization") }
            if context.route.needsKey {
                if !keys.isOpen { context.key = .unknown }
                context.key = try authenticate(exchange, for: context)
            }
            if case .page(let page) = context.route {
                if page.access == .admin { context.key = .unknown }
                try checkAccess(to: page, exchange, door)
                if page.access == .admin { context.key = .admin }
            }
            if context.route == .admin {
                context.key = .unknown
                try checkAdmin(exchange, door)
                context.key = .admin
            }
            if context.route == .unknown { throw .unknownRoute(exchange.path.text) }
            guard context.route.serves(context.method) else { throw .wrongMethod(context.method.name, allow: context.route.allow) }
            if let coding = exchange.value(of: "content-encoding"), !coding.equalsIgnoringCase("identity") {
                throw GatewayError(415, .invalidRequest, code: nil, "a `content-encoding` is not accepted; send the body plain")
            }
            if case .model = context.route, let type = exchange.value(of: "content-type"), type.hasPrefixIgnoringCase("multipart/") {
                throw GatewayError(415, .invalidRequest, code: nil, "multipart bodies are not accepted; send JSON as `application/json`")
            }
            if !isNobodys(context.key) {
                exchange.clientIsKnown(as: heldByClients[context.key.id])
            } else if keys.isOpen, case .model = context.route {
                exchange.clientIsKnown(as: exchange.networkShare)
            }
            try checkPlaces(exchange, context)
            let most = settings.configuration.server.limits.maximumBodyBytes
            if exchange.contentLength.map({ $0 > heldByClients.least }) ?? exchange.hasBody {
                exchange.client = isNobodys(context.key) ? exchange.networkShare : heldByClients[context.key.id]
            }
            return .proceed(maximumBodyBytes: context.route == .admin ? min(most, Gateway.maximumAdminBodyBytes) : most)
        } catch {
            admission.look(context)
            writer.respond(error, on: exchange, context)
            finish(context, exchange, .refused)
            return .answered
        }
    }

    /// Refuses the request of a client that has its share of the connections already, where hardly any are left for the others.
    private func checkPlaces(_ exchange: HTTPExchange, _ context: RequestContext) throws(GatewayError) {
        guard case .model = context.route else { return }
        // Nobody but a key tells clients of one network apart.
        let count = keys.isOpen ? exchange.connectionsOfNetwork : (openRequests[context.key.tag] ?? 0) + 1
        guard exchange.isCrowded(by: count) else { return }
        exchange.endConnection()
        throw .tooManyConnections
    }

    /// Whose an answer is that waits for its client: that of the key, where there is one.
    public func share(of exchange: HTTPExchange) -> ClientShare? {
        guard let context = exchange.answering as? RequestContext else { return nil }
        return isNobodys(context.key) ? nil : heldByClients[context.key.id]
    }

    /// Whether a key tells no client from another.
    private func isNobodys(_ key: VirtualKey) -> Bool { key.id == VirtualKey.anonymous.id || key.id == VirtualKey.unknown.id }

    /// Answers what the server did not take for a request, in the OpenAI shape.
    public func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) {
        let known = takeContext(exchange)
        let context = known ?? makeContext(exchange)
        context.isHeadUnknown = known == nil
        admission.look(context)
        writer.respond(.refusal(status: refusal.status, reason: refusal.reason), on: exchange, context)
        finish(context, exchange, .refused)
    }

    // MARK: A whole request

    /// Answers a request whose body is complete.
    public func respond(to exchange: HTTPExchange) async {
        let context = takeContext(exchange) ?? makeContext(exchange)
        statistics.inFlight += 1
        let tag = context.key.tag
        openRequests[tag, default: 0] += 1
        defer {
            statistics.inFlight -= 1
            let left = (openRequests[tag] ?? 1) - 1
            openRequests[tag] = left > 0 ? left : nil
        }
        context.receivedAt = loop.now
        context.bytesIn = exchange.body.byteCount
        let outcome: RequestContext.Outcome
        do throws(GatewayError) {
            switch context.route {
            case .model(let endpoint): outcome = try await respond(to: exchange, context, endpoint)
            case .admin: outcome = try await respondToAdmin(exchange, context)
            case .explanation: outcome = try await explain(exchange, context)
            case .models, .modelDetail, .liveness, .readiness, .page, .unknown: outcome = try await answerHere(exchange, context)
            }
        } catch {
            admission.look(context)
            writer.respond(error, on: exchange, context)
            outcome = exchange.hasLostClient ? .clientGone : context.isKeptAlive ? .broken : .refused
        }
        finish(context, exchange, outcome)
    }

    /// Phases parse to commit of a request that goes to a provider.
    private func respond(to exchange: HTTPExchange, _ context: RequestContext, _ endpoint: Endpoint) async throws(GatewayError)
        -> RequestContext.Outcome
    {
        if isDraining { throw .shuttingDown }
        // A key may be revoked while the body is read and models are waited for.
        if context.key.grant != nil { keyedRequests[ObjectIdentifier(context)] = context }
        let reading: RequestReading
        var candidates: Candidates
        do throws(GatewayError) {
            let isLong = exchange.body.byteCount > RequestReading.mostOnLoop
            reading = isLong ? try await readBesideLoop(exchange, context, endpoint) : try readAtOnce(exchange, context, endpoint)
            let envelope = reading.envelope
            context.isStream = envelope.stream && endpoint.canStream
            context.isBackground = envelope.isBackground && endpoint == .responses
            context.hasMedia = envelope.hasMedia
            if envelope.hasMedia { (context.mediaBytes, context.mediaTokens) = (reading.media.dataBytes, reading.media.tokens) }
            context.requestedModel = reading.model
            context.images = reading.media.images
            if endpoint == .imageGenerations { context.madeImages = envelope.choiceCount }
            if exchange.hasLostClient { return .clientGone }
            if models.isGrowing || context.key.grant?.isRestricted == true {
                guard let found = try await routeWhenKnown(exchange, context, reading, endpoint) else { return .clientGone }
                candidates = found
            } else {
                candidates = try routeAtOnce(exchange, context, reading, endpoint)
            }
        } catch {
            // What is refused here was the client's doing and took its share of the loop; so did a name that nobody has yet.
            if error.status < 500 || error.param == "model" { try await admission.count(context) }
            throw error
        }
        let envelope = reading.envelope
        if context.key.grant != nil {
            if context.isCutOff { throw .revokedKey }
            try await admission.admit(
                context, candidates.deployments, outputLimit: envelope.outputLimit(of: endpoint), choices: envelope.answerCount(of: endpoint),
                density: context.key.grant?.limits.budget == nil ? 1 : TokenEstimate.density(of: exchange.body))
            if exchange.hasLostClient { return .clientGone }
        }
        if envelope.hasPreviousResponseID { try candidates.keep(reading.previousResponse, of: context.key.tag, in: responses.homes) }
        if endpoint == .responses, let id = reading.keptConversation {
            try candidates.keep(conversation: id, of: context.key.tag, in: responses.homes)
        }
        // Comments would keep a client's own time-out from coming, and what it gets in its place it does not take for one.
        let place = context.isStream && !attempts.hasOwnTimeout(exchange) ? keepAlive.begin(exchange, context) : nil
        defer { keepAlive.end(place) }
        let outcome = try await attempts.run(candidates, for: exchange, context, envelope, endpoint)
        if endpoint == .responses, outcome == .answered, let deployment = context.deployment {
            let home = ResponseHomes.Home(provider: deployment.provider.name, account: deployment.account, client: context.key.tag)
            if let id = context.answerIDs.response { responses.note(id, at: home) }
            // Whoever does not know conversations says nothing of them, and has none.
            if let id = reading.keptConversation, context.answerIDs.conversation == id { responses.note(id, .conversation, at: home) }
        }
        return outcome
    }

    /// The routes that need no provider.
    private func answerHere(_ exchange: HTTPExchange, _ context: RequestContext) async throws(GatewayError) -> RequestContext.Outcome {
        admission.look(context)
        switch context.route {
        case .models:
            return await listModels(exchange, context)
        case .modelDetail(let offset):
            return try await showModel(exchange, context, idOffset: offset)
        case .liveness:
            writer.respond(with: GatewayStatus.alive, on: exchange, context)
        case .readiness:
            let status = GatewayStatus.readiness(isDraining: isDraining, models: modelCount, store: store?.status)
            writer.respond(status: status.isReady ? 200 : 503, with: status.body, on: exchange, context)
        case .page(let page):
            return try await show(page, exchange, context)
        case .model, .explanation, .admin, .unknown:
            throw .unknownRoute(exchange.path.text)
        }
        return .answered
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
        exchange.answering = exchange.state
        exchange.state = nil
        return exchange.answering as? RequestContext
    }

    /// The last phase of every request, also of one that was refused or whose client has gone.
    private func finish(_ context: RequestContext, _ exchange: HTTPExchange, _ outcome: RequestContext.Outcome) {
        exchange.state = nil
        var outcome = outcome
        if outcome == .clientGone, isCut {
            // It did not leave, it was sent away.
            outcome = exchange.hasBegun ? .broken : .refused
            context.detail = "the gateway was stopped before the answer was whole"
        }
        context.endedAt = loop.readClock()
        context.outcome = outcome
        context.status = outcome == .clientGone && !exchange.hasBegun ? 0 : exchange.status
        context.bytesOut = exchange.bytesWritten
        if let ticket = context.ticket { router.ended(ticket) }
        if context.attempts > 0 { context.whyNotBest = whyNotBest(context) }
        if context.key.grant != nil {
            keyedRequests[ObjectIdentifier(context)] = nil
            admission.settle(context)
        }
        if context.endpoint != nil, let store {
            store.append(UsageRecord(of: context, at: loop.unixTime))
            for attempt in context.lost { store.append(UsageRecord(of: attempt, in: context, at: loop.unixTime)) }
        }
        statistics.ended(context)
        observer.requestCompleted(context)
    }
}
