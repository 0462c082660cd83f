public import EventLoop
public import Gateway
public import HTTPServer

/// A whole gateway in one thread, without sockets and without waiting: clients in memory, providers by script, time by hand.
///
/// Everything is synchronous: after each call all that follows from it at that moment has happened. The same seed and the same calls give the same
/// run, within one process to the byte (the order of a `Dictionary` differs between processes).
///
/// ```swift
/// try withGateway(.script("a", .status(503), .chunks("Hel", "lo")), .script("b", .chunks("from b"))) { simulation in
///     let client = simulation.client()
///     client.chat("hi", stream: true)            // a request, and all that follows from it now
///     #expect(client.answer?.content == "from b")
///     simulation.advance(by: .seconds(2))        // the rest of the provider a is over
///     client.chat("hi", stream: true)
///     #expect(client.answer?.events.last == "[DONE]")
/// }                                              // ends everything and looks for what was not given back
/// ```
///
/// A provider without a script is answered by the test, call by call:
///
/// ```swift
/// try withGateway(ScriptedProvider("a")) { simulation in
///     let key = simulation.addKey("small", models: ["m"]) { $0.requestsPerMinute = 2 }
///     let client = simulation.client(key)
///     client.chat(stream: true)
///     let call = try #require(simulation.call)
///     call.beginStream()
///     call.send(ChatText.chunk("Hel"))
///     client.leave()
///     #expect(call.isCancelled)
/// }
/// ```
public final class GatewaySimulation {
    /// The time at which every simulation begins on the loop's clock: not near its start, so that no time before it is cut off.
    public static let start = LoopInstant(nanoseconds: 1_000_000_000_000_000)
    /// The time of day at the beginning: noon of 2027-01-15 (UTC), a Friday.
    public static let epoch = 1_800_014_400_000

    /// The loop.
    public let loop: EventLoop
    /// The providers' side.
    public let transport: ScriptedTransport
    /// The gateway.
    public let gateway: Gateway
    /// Its listener of clients.
    public let server: HTTPServer
    /// What it was told has ended.
    public let observer = CompletionRecorder()
    /// The books of keys' limits.
    public let limits = CountedLimits()
    /// Where keys and usage are kept; `nil` without a store.
    public let store: RecordingStore?
    /// Every client so far.
    public private(set) var clients: [SimulatedClient] = []
    /// The configuration in use.
    public private(set) var configuration: GatewayConfiguration
    private var providers: [String: (ScriptedTransport.Call) -> UpstreamScript] = [:]
    private var random: RandomSource
    private var hasFinished = false
    /// The listeners beside that of clients.
    private var otherServers: [HTTPServer] = []

    /// Starts a gateway.
    ///
    /// - Parameters:
    ///   - seed: Decides all that is left to chance.
    ///   - hasStore: Whether usage is recorded and books are kept.
    ///   - checkpoints: What an earlier run has left in the store.
    ///   - quality: What says how good models are and what they cost.
    ///   - configure: Changes the configuration before the start.
    public init(
        _ providers: [ScriptedProvider] = [], seed: UInt64 = 1, hasStore: Bool = false, checkpoints: [String: [UInt8]] = [:],
        quality: (any QualitySource)? = nil,
        configure: (inout GatewayConfiguration) -> Void = { _ in }
    ) {
        loop = EventLoop(simulatedFrom: GatewaySimulation.start, epoch: GatewaySimulation.epoch, seed: seed)
        random = RandomSource(seed: seed)
        transport = ScriptedTransport(on: loop)
        store = hasStore ? RecordingStore() : nil
        store?.checkpoints = checkpoints
        configuration = GatewayConfiguration(providers: providers.map(\.configuration))
        configure(&configuration)
        gateway = Gateway(configuration, on: loop, transport: transport, observer: observer, store: store, limits: limits, quality: quality)
        server = HTTPServer(on: loop, limits: configuration.server.limits, responder: gateway)
        adopt(providers)
        transport.answer = { [unowned self] call in self.providers[call.host]?(call) ?? .silence }
        loop.step { [self] in
            loop.task(self) { simulation in
                if simulation.store != nil { await simulation.gateway.loadKeys() }
                await simulation.gateway.start()
            }
        }
    }

    // MARK: Time

    /// Moves time on; what is due meanwhile happens at its time.
    public func advance(by duration: Duration) { loop.advance(by: duration) }

    /// Moves time on to what is to happen next, and past it.
    ///
    /// - Returns: Whether there was something.
    @discardableResult
    public func advanceToNextEvent() -> Bool {
        guard let next = loop.nextEvent else { return false }
        loop.advance(to: next)
        return true
    }

    /// Since the beginning.
    public var elapsed: Duration { loop.now.elapsed(since: GatewaySimulation.start) }

    /// Sets the time of day on or back.
    public func moveWallClock(by duration: Duration) { loop.moveWallClock(by: Int(duration.components.seconds) * 1000) }

    // MARK: Clients

    /// Opens a connection.
    ///
    /// - Parameters:
    ///   - token: What the client sends in `authorization`.
    ///   - room: Bytes that are taken from the gateway while the client does not read.
    ///   - network: Where the client comes from.
    public func client(_ token: String? = nil, room: Int = .max, network: ClientNetwork = .local) -> SimulatedClient {
        let stream = MemoryStream(on: loop, room: room, network: network)
        let client = SimulatedClient(stream, token: token)
        clients.append(client)
        loop.step { [self] in server.accept(stream) }
        return client
    }

    /// Opens a connection to the operator's own listener, as `admin.listen` of the configuration makes one.
    public func operatorClient() -> SimulatedClient { client(of: AdminDoor(gateway)) }

    /// Opens a connection to another listener, which has this responder.
    public func client(of responder: any HTTPResponder) -> SimulatedClient {
        let server = HTTPServer(on: loop, limits: configuration.server.limits, responder: responder)
        otherServers.append(server)
        let stream = MemoryStream(on: loop)
        let client = SimulatedClient(stream, token: nil)
        clients.append(client)
        loop.step { server.accept(stream) }
        return client
    }

    // MARK: Keys

    /// Makes a client key.
    ///
    /// - Returns: What the client sends in `authorization`.
    public func addKey(_ name: String, models: [String] = [], weight: Int = 1, _ limit: (inout KeyLimits) -> Void = { _ in }) -> String {
        let key = ClientKey(using: &random)
        var stored = StoredKey(key, name: name, createdAt: UnixTime(milliseconds: Int64(loop.millisecondsSinceEpoch)))
        stored.models = models
        stored.weight = weight
        limit(&stored.limits)
        put(stored)
        return key.plaintext.reveal { $0 }
    }

    /// The stored keys by name.
    public private(set) var keys: [String: StoredKey] = [:]

    /// Changes a key, as the operator's endpoints do.
    public func changeKey(_ name: String, _ change: (inout StoredKey) -> Void) {
        guard var key = keys[name] else { return }
        change(&key)
        put(key)
    }

    /// Refuses a key from now on, and ends its streams.
    public func revokeKey(_ name: String) {
        changeKey(name) { $0.revokedAt = UnixTime(milliseconds: Int64(loop.millisecondsSinceEpoch)) }
        guard let id = keys[name]?.id else { return }
        loop.step { [self] in gateway.endStreams(of: id) }
    }

    private func put(_ key: StoredKey) {
        keys[key.name] = key
        store?.put(key)
        loop.step { [self] in gateway.keyChanged(key) }
    }

    // MARK: Configuration

    /// Goes over to another configuration, as a reload does. Scripts of providers that stay are kept.
    public func reload(_ change: (inout GatewayConfiguration) -> Void) {
        change(&configuration)
        let next = configuration
        loop.step { [self] in
            gateway.apply(next)
            server.apply(next.server.limits)
        }
    }

    /// Has providers answer by these scripts from now on, those of the same name in place of what they had.
    public func adopt(_ providers: [ScriptedProvider]) {
        for provider in providers { if let answer = provider.answer { self.providers[provider.configuration.baseURL.host] = answer } }
    }

    /// Ends the listener, as a signal to stop does: answers in work have so long.
    public func drain(within deadline: Duration) {
        loop.step { [self] in loop.task(server) { await $0.drain(deadline: deadline) } }
    }

    // MARK: Calls

    /// Every call of a provider so far.
    public var calls: [ScriptedTransport.Call] { transport.calls }

    /// The last call.
    public var call: ScriptedTransport.Call? { transport.calls.last }

    /// The hosts that were asked, in order, without `.test`.
    public var asked: [String] { transport.calls.map { $0.host.hasSuffix(".test") ? String($0.host.dropLast(5)) : $0.host } }

    // MARK: The end

    /// Has every client leave, stops the gateway, and looks for what was not given back.
    ///
    /// - Throws: What is left.
    public func finish() throws(SimulationLeftovers) {
        let lines = end()
        if !lines.isEmpty { throw SimulationLeftovers(lines: lines) }
    }

    /// Has every client leave, stops the gateway, and returns what was not given back.
    public func end() -> [String] {
        guard !hasFinished else { return [] }
        hasFinished = true
        // Those who left are still owed what they are told at the end of their answers.
        var lines = clients.enumerated().compactMap { place, client in client.problem.map { "client \(place) got no HTTP: \($0)" } }
        for client in clients where !client.stream.isClosed {
            client.reads = true
            client.leave()
        }
        // What a provider still sends though nobody wants it any more is given up after a second.
        loop.advance(by: .seconds(2))
        lines += gateway.holdings.map { "held: \($0)" }
        let open = ([server] + otherServers).reduce(0) { $0 + $1.openConnections }
        if open != 0 { lines.append("\(open) connections are open") }
        if loop.held.used != 0 { lines.append("\(loop.held.used) bytes are held") }
        lines += limits.open.map { "\($0.value) reservations of \($0.key.value) have no end" }.sorted() + limits.problems + observer.problems
        loop.step { [self] in gateway.stop() }
        loop.advance(by: .seconds(2))
        if transport.live != 0 { lines.append("\(transport.live) calls have no end") }
        let handles = loop.close()
        if handles.total != 0 { lines.append("handles are open: \(handles)") }
        return lines
    }
}

/// Runs a story with a gateway, ends everything, and looks for what was not given back.
///
/// - Throws: What `body` throws, else what is left.
public func withGateway(
    _ providers: ScriptedProvider..., seed: UInt64 = 1, hasStore: Bool = false, configure: (inout GatewayConfiguration) -> Void = { _ in },
    _ body: (GatewaySimulation) throws -> Void
) throws {
    try withGateway(providers, seed: seed, hasStore: hasStore, configure: configure, body)
}

/// Runs a story with a gateway, ends everything, and looks for what was not given back.
///
/// - Throws: What `body` throws, else what is left.
public func withGateway(
    _ providers: [ScriptedProvider], seed: UInt64 = 1, hasStore: Bool = false, quality: (any QualitySource)? = nil,
    configure: (inout GatewayConfiguration) -> Void = { _ in }, _ body: (GatewaySimulation) throws -> Void
) throws {
    let simulation = GatewaySimulation(providers, seed: seed, hasStore: hasStore, quality: quality, configure: configure)
    try body(simulation)
    try simulation.finish()
}
