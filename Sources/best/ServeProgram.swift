internal import EventLoop
internal import Gateway
internal import HTTPServer
internal import Mock
internal import Observability
internal import Upstream

/// The composition of a serving process: every object is made here, once.
final class ServeProgram {
    /// Descriptors kept for files, the listener and the resolver when the connection cap is derived.
    private static let reservedDescriptors = 64

    private var configuration: GatewayConfiguration
    private let address: SocketAddress
    private let usesMock: Bool
    private let loop = EventLoop()
    private let sink = LogSink()
    private let observer: RequestLog
    private var server: HTTPServer?
    private var mockServer: HTTPServer?
    private var mockProvider: MockProvider?
    private var transport: CurlTransport?
    private var gateway: Gateway?
    private var signals: [SignalWatcher] = []
    private var isStopping = false
    private var exitCode: Int32 = 0

    init(_ configuration: GatewayConfiguration, address: SocketAddress, usesMock: Bool) {
        self.configuration = configuration
        self.address = address
        self.usesMock = usesMock
        observer = RequestLog(
            to: sink, json: configuration.logging.format == .json, coloured: Terminal.showsColours(on: 2, wish: configuration.logging.colour))
        observer.isQuiet = !configuration.logging.requests
    }

    /// Serves until a signal ends it.
    ///
    /// - Returns: The exit code.
    func run() -> Int32 {
        ProcessTraits.forbidMemoryDumps()
        loop.task(self) { await $0.start() }
        loop.run()
        sink.close()
        return exitCode
    }

    private func start() async {
        do throws(UVError) {
            let transport = try CurlTransport(on: loop)
            self.transport = transport
            if usesMock { try startMock() }
            let gateway = Gateway(
                configuration, on: loop, transport: transport, observer: observer,
                modelLists: usesMock ? nil : ModelListFile(configuration, on: loop))
            self.gateway = gateway
            for signal in [SignalWatcher.Signal.terminate, .interrupt] {
                signals.append(try SignalWatcher(signal, on: loop) { [unowned self] in stopRequested() })
            }
            let server = try HTTPServer(on: loop, address: address, limits: limits(), responder: gateway)
            self.server = server
            if configuration.providers.contains(where: { $0.baseURL.scheme == .https }) { await transport.warmUpCertificates() }
            await gateway.start()
            announce(server)
        } catch {
            Terminal.error(ServeProgram.explain(error, address))
            exitCode = 69
            shutDown()
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

    private func limits() -> ServerLimits {
        var limits = configuration.server.limits
        // A request needs a descriptor on each side.
        let affordable = max(16, (ProcessTraits.raiseDescriptorLimit() - ServeProgram.reservedDescriptors) / 2)
        limits.maximumConnections = min(configuration.server.maximumConnections ?? affordable, affordable)
        return limits
    }

    private func announce(_ server: HTTPServer) {
        guard let bound = server.address, let gateway else { return }
        // From here on: reading the certificates at the start is known to take longer.
        loop.slowTurn = (
            configuration.logging.slowTurn,
            { [observer] turn in
                observer.notice(
                    "the loop's turn took \(turn.duration); \(turn.callbacks) callbacks, the longest: \(turn.longest), \(turn.longestDuration)")
            }
        )
        let message = StartMessage(configuration: configuration, url: "http://\(bound)", modelCounts: gateway.modelCounts, usesMock: usesMock)
        for line in message.lines { Terminal.say(line) }
        ProcessTraits.releaseStartupCode()
    }

    // MARK: The end

    /// The first signal drains, the second stops at once.
    private func stopRequested() {
        guard !isStopping else { return shutDown() }
        isStopping = true
        gateway?.isDraining = true
        observer.notice("stopping: finishing what is in work")
        loop.task(self) { program in
            await program.server?.drain(deadline: program.configuration.server.drainTimeout)
            program.shutDown()
        }
    }

    private func shutDown() {
        server?.closeAll()
        gateway?.stop()
        transport?.close()
        mockProvider?.close()
        mockServer?.closeAll()
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
