internal import Admin
internal import Configuration
internal import EventLoop
internal import Gateway
internal import Glibc
internal import HTTPServer
internal import Mock
internal import Observability
internal import Quality
internal import Scoring
internal import Service
internal import Upstream

/// The composition of a serving process: every object is made here, once.
final class ServeProgram {
    /// Descriptors kept for files, the listener and the resolver when the connection cap is derived.
    private static let reservedDescriptors = 64

    let settings: ServeSettings
    let loop = EventLoop()
    let service: ServiceManager
    let observer: RequestLog
    /// The configuration in use.
    var configuration: GatewayConfiguration
    /// Whether the built-in mock fleet stands for providers.
    var usesMock: Bool
    /// Whether the start is over and the end has not begun.
    private(set) var isServing = false
    /// What was wrong with the files when they were read last; `nil` when they are in use.
    var refusal: String?
    private(set) var server: HTTPServer?
    private(set) var gateway: Gateway?
    private(set) var adminListener: AdminListener?

    private let address: SocketAddress
    private let sink = LogSink()
    private let pages = StatusPages()
    let quality = ScoringQuality()
    private var reloader: Reloader<LoadedConfiguration>?
    private var mockServer: HTTPServer?
    private var mockProvider: MockProvider?
    private var transport: CurlTransport?
    private var store: OpenStore?
    private var leaderboards: LeaderboardRefresher?
    private var signals: [SignalWatcher] = []
    /// Whether a reload was asked for before there was anything to reload.
    private var wantsReload = false
    private var isStopping = false
    private var exitCode: Int32 = 0

    init(_ configuration: GatewayConfiguration, settings: ServeSettings, address: SocketAddress) {
        self.configuration = configuration
        self.settings = settings
        self.address = address
        usesMock = settings.forcesMock || settings.isDemo && configuration.providers.isEmpty
        service = ServiceManager(on: loop, environment: settings.environment, processID: getpid())
        observer = RequestLog(to: sink, json: false)
        observer.showsTime = !JournalStream.isConnected(2, environment: settings.environment)
        applyLogging()
    }

    /// Has the log written as the configuration says.
    func applyLogging() {
        let logging = configuration.logging
        observer.change(toJSON: logging.format == .json, coloured: Terminal.showsColours(on: 2, wish: logging.colour))
        observer.isQuiet = !logging.requests
    }

    /// Serves until a signal ends it.
    ///
    /// - Returns: The exit code.
    func run() -> Int32 {
        ProcessTraits.forbidMemoryDumps()
        loop.held.most = configuration.server.maximumHeldBytes
        loop.task(self) { await $0.start() }
        loop.run()
        store?.close(telling: observer)
        sink.close()
        // An expression of the operator's may be at work for ever on what a provider calls its models.
        if !LoopWork.finish(within: .seconds(2)) { ProcessTraits.exitAtOnce(exitCode) }
        return exitCode
    }

    private func start() async {
        do throws(UVError) {
            try watchSignals()
            let transport = try CurlTransport(on: loop)
            self.transport = transport
            if usesMock { try startMock() }
            let store = try OpenStore(configuration, on: loop, observer: observer)
            self.store = store
            // At once: the database on its thread, the qualities on the pool's, the certificates on the loop.
            let reading = loop.task(self) { await $0.quality.load($0.configuration, directory: $0.settings.directory, on: $0.loop) }
            let warming = loop.task(self) { await $0.warmUpCertificates() }
            let refusal = await store.open()
            await reading.value
            await warming.value
            // A signal may have ended it meanwhile.
            guard !isStopping else { return }
            if let refusal {
                Terminal.error(refusal)
                exitCode = 78
                return shutDown()
            }
            let gateway = Gateway(
                configuration, on: loop, transport: transport, observer: observer, store: store.ports, limits: MemoryLimits(),
                modelLists: usesMock ? nil : ModelListFile(configuration, on: loop), quality: quality)
            gateway.pages = pages
            await gateway.loadKeys()
            self.gateway = gateway
            guard !isStopping else { return }
            gateway.modelsChanged = { [unowned self] in if isServing { service.statusChanged(to: status) } }
            let reloader = makeReloader()
            self.reloader = reloader
            gateway.admin = AdminResponder(gateway, store: store.ports, reload: reloader.reload)
            pages.metricSources.append { [unowned store] text in StoreMetrics.write(store.ports.status, into: &text) }
            pages.metricSources.append { [unowned self] text in
                LeaderboardMetrics.write(quality, failed: leaderboards?.problems ?? [:], into: &text)
            }
            if wantsReload { reloader.request() }
            service.statusChanged(to: "starting: asking providers for their models")
            let server = try HTTPServer(on: loop, address: address, adopting: settings.listener, limits: limits(), responder: gateway)
            self.server = server
            // After the clients' one, so that a second instance has ended by now.
            guard listenForOperators(gateway) else { return shutDown() }
            await gateway.start()
            guard !isStopping else { return }
            announce(server)
            keepLeaderboards()
            isServing = true
            service.ready(status: status)
        } catch {
            Terminal.error(ServeProgram.explain(error, address))
            exitCode = 69
            shutDown()
        }
    }

    /// Reacts to signals from now on, those that came before included.
    private func watchSignals() throws(UVError) {
        for signal in [SignalWatcher.Signal.terminate, .interrupt, .quit] {
            signals.append(try SignalWatcher(signal, on: loop) { [unowned self] in stopRequested() })
        }
        signals.append(
            try SignalWatcher(.hangUp, on: loop) { [unowned self] in
                if let reloader { reloader.request() } else { wantsReload = true }
            })
        ProcessSignals.release()
    }

    /// Reads the machine's certificates, where a provider needs them, while nobody waits for the loop.
    private func warmUpCertificates() async {
        guard let transport, configuration.providers.contains(where: { $0.baseURL.scheme == .https }) else { return }
        await transport.warmUpCertificates()
    }

    /// Opens the operator's own listener, where one is configured.
    ///
    /// - Returns: Whether all is well; if not, it has been said why.
    private func listenForOperators(_ gateway: Gateway) -> Bool {
        guard let address = configuration.admin.listen else { return true }
        do throws(UVError) {
            adminListener = try AdminListener(configuration.admin, at: address, limits: limits(), gateway: gateway, on: loop)
            return true
        } catch {
            Terminal.error(AdminListener.explain(error, address))
            exitCode = 69
            return false
        }
    }

    /// The mock fleet as providers: same process, same loop, real sockets.
    private func startMock() throws(UVError) {
        let fleet = MockFleet.demonstration
        let mock = try MockProvider(on: loop, fleet: fleet)
        mockProvider = mock
        let server = try HTTPServer(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)!, responder: mock)
        mockServer = server
        mock.openConnections = { [unowned server] in server.openConnections }
        guard let bound = server.address else { return }
        configuration.providers = fleet.providers.map { provider in
            let url = "http://\(bound)/\(provider.name)/v1"
            guard let base = try? HTTPURL(parsing: url) else { preconditionFailure("the mock's own address \(url) must parse") }
            var made = ProviderConfiguration(name: provider.name, baseURL: base)
            made.models = provider.models.map { model in
                var configured = ModelConfiguration(id: model.id)
                configured.contextLength = model.contextLength > 0 ? model.contextLength : nil
                return configured
            }
            return made
        }
    }

    /// Keeps the table of qualities fresh, beside the requests, as the configuration says now.
    func keepLeaderboards() {
        guard let transport, !usesMock, !isStopping else { return }
        self.leaderboards?.stop()
        let leaderboards = LeaderboardRefresher(
            configuration, on: loop, transport: transport, observer: observer, boardsChanged: { [weak self] in await self?.reloadQuality() })
        self.leaderboards = leaderboards
        for problem in quality.newProblems() { observer.notice(problem) }
        leaderboards.start()
    }

    /// What a client may do now.
    func limits() -> ServerLimits {
        var limits = configuration.server.limits
        // A request needs a descriptor on each side.
        let reserved = ServeProgram.reservedDescriptors + (configuration.admin.listen == nil ? 0 : AdminListener.maximumConnections)
        let affordable = max(16, (ProcessTraits.raiseDescriptorLimit() - reserved) / 2)
        limits.maximumConnections = min(configuration.server.maximumConnections ?? affordable, affordable)
        return limits
    }

    private func announce(_ server: HTTPServer) {
        guard let bound = server.address, let gateway else { return }
        // From here on: reading the certificates at the start is known to take longer.
        watchTurns()
        let message = StartMessage(
            configuration: configuration, url: "http://\(bound)", modelCounts: gateway.modelCounts, mock: mockReason,
            adminPlace: adminListener?.place, access: gateway.access,
            firstKeyTarget: gateway.servesAdmin ? firstKeyTarget("http://\(bound)") : nil)
        for line in message.lines { Terminal.say(line) }
        ProcessTraits.releaseStartupCode()
    }

    /// What follows `curl` where keys are made.
    private func firstKeyTarget(_ url: String) -> String {
        let path = "/admin/keys"
        return adminListener?.curlTarget(path) ?? url + path
    }

    /// Has turns of the loop that take too long said.
    func watchTurns() {
        loop.slowTurn = (
            configuration.logging.slowTurn,
            { [observer] turn in
                let (whole, longest) = (Self.milliseconds(turn.duration), Self.milliseconds(turn.longestDuration))
                observer.notice("the loop's turn took \(whole); \(turn.callbacks) callbacks, the longest: \(turn.longest), \(longest)")
            }
        )
    }

    /// With one decimal: `15.3 ms`.
    private static func milliseconds(_ duration: Duration) -> String {
        "\((duration / .milliseconds(1) * 10).rounded() / 10) ms"
    }

    // MARK: The end

    /// The first signal drains, the second stops at once.
    private func stopRequested() {
        guard !isStopping else { return shutDown() }
        isStopping = true
        isServing = false
        gateway?.isDraining = true
        reloader?.stop()
        observer.notice("stopping: finishing what is in work")
        service.stopping(status: "stopping: finishing what is in work")
        loop.task(self) { program in
            await program.server?.drain(deadline: program.configuration.server.drainTimeout)
            // The last to go: how the drain goes on is seen there.
            await program.adminListener?.drain()
            program.shutDown()
        }
    }

    private func shutDown() {
        gateway?.isCut = true
        server?.closeAll()
        adminListener?.close()
        gateway?.stop()
        leaderboards?.stop()
        store?.detach()
        transport?.close()
        mockProvider?.close()
        mockServer?.closeAll()
        service.close()
        for signal in signals { signal.close() }
        signals = []
        loop.stop()
    }

    private static func explain(_ error: UVError, _ address: SocketAddress) -> String {
        if error.isAddressInUse { return "port \(address.port) on \(address.host) is in use; stop the other program or choose another with --port" }
        if error.isPermissionDenied { return "port \(address.port) needs more rights; choose one above 1023 with --port" }
        return "can't listen on \(address): \(error)"
    }
}
