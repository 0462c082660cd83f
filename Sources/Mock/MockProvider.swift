public import EventLoop
public import HTTPServer
internal import Wire

/// A scriptable provider, or a fleet of them: answers chat (whole and as a stream), completions, embeddings and
/// model lists like an OpenAI-compatible server, well or badly, as its fleet and the request's script say.
///
/// It is the responder of an `HTTPServer`, in a process of its own or in the gateway's. The same seed and the
/// same requests in the same order give the same answers.
///
/// | path | |
/// | --- | --- |
/// | `/v1/…` | the first provider of the fleet |
/// | `/<provider>/v1/…` | the provider of that name |
/// | `POST …/chat/completions`, `…/completions`, `…/embeddings` | script in the field `x-mock` or after the model's name: `mock:ttft=50,tokens=9` |
/// | `GET …/models`, `…/models/{id}` | the provider's models |
/// | `GET /mock/stats` | counters as JSON |
/// | `GET /mock/last` | the last request body, byte by byte |
/// | `POST /mock/config?key=value&…` | changes behaviours; under `/<provider>/` that of one provider |
/// | `POST /mock/reset` | behaviours and counters as at the start |
///
/// ```swift
/// let site = MockFleet.Provider(name: "slow", models: [MockFleet.Model("m")], behaviour: try MockBehaviour(parsing: "ttft=5,tokens=9"))
/// let provider = try MockProvider(on: loop, fleet: MockFleet([site]))
/// let address = SocketAddress(host: "127.0.0.1", port: 0)!
/// let server = try HTTPServer(on: loop, address: address, responder: provider)  // server.address has the port
/// ```
public final class MockProvider: HTTPResponder {
    /// The largest request body it accepts: 64 MiB, twice what the gateway lets through by default.
    public static let maximumBodyBytes = 64 * 1024 * 1024

    /// The loop it lives on.
    public let loop: EventLoop
    /// The fleet as it was given.
    public let fleet: MockFleet
    /// The seed of every choice.
    public let seed: UInt64
    /// Returns how many connections its server has open, for the counters.
    public var openConnections: () -> Int = { 0 }

    let sites: [MockSite]
    let prefixes: MockPrefixes
    let pacer: MockPacer
    let turns: MockTurns
    var last = MockLastRequest()
    var journal = MockJournal()
    /// Connections that have sent a request.
    var acceptedConnections = 0

    private var output = ByteBuffer(capacity: 4096)
    var reply = MockReply()
    private var calls: [MockCall] = []
    private var freeCalls: [MockCall] = []

    /// Makes the provider of a fleet; `close()` ends it.
    public init(on loop: EventLoop, fleet: MockFleet = .standard, seed: UInt64 = 0) throws(UVError) {
        self.loop = loop
        self.fleet = fleet
        self.seed = seed
        sites = fleet.providers.enumerated().map { MockSite($1, index: $0) }
        prefixes = MockPrefixes(fleet.providers.map(\.name))
        pacer = try MockPacer(on: loop)
        do {
            turns = try MockTurns(on: loop)
        } catch {
            pacer.close()
            throw error
        }
        pacer.delegate = self
        turns.delegate = self
    }

    /// Ends the timers; answers that wait for them never come. Call it once the server is closed.
    public func close() {
        pacer.close()
        turns.close()
    }

    /// Screens a request's head; every body is read.
    public func screen(_ exchange: HTTPExchange) -> Screening {
        if exchange.number == 1 { acceptedConnections += 1 }
        return .proceed(maximumBodyBytes: MockProvider.maximumBodyBytes)
    }

    /// Answers a request.
    public func respond(to exchange: HTTPExchange) async {
        guard let call = answer(exchange) else { return }
        await call.run()
        freeCalls.append(call)
    }

    /// Refuses anything that is not a request.
    public func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) {
        reply.removeAll()
        reply.become(MockErrorBody(shape: .openAI, status: refusal.status, message: refusal.reason, code: nil, hints: [], epoch: 0))
        _ = reply.send(on: exchange)
    }

    /// Answers at once, or returns the call that will.
    private func answer(_ exchange: HTTPExchange) -> MockCall? {
        let route = MockRoute(path: exchange.path, prefixes: prefixes)
        let site = sites[route.provider ?? 0]
        switch route.endpoint {
        case .chat, .completions, .embeddings:
            guard exchange.method == .post else {
                refuse(MockRefusal(status: 405, message: "Use POST."), on: exchange, at: site)
                return nil
            }
            return generate(route.endpoint, exchange, at: site)
        case .models, .model, .stats, .config, .reset, .last, .journal, .probe, .unknown:
            control(route, exchange, at: site)
            return nil
        }
    }

    // MARK: Memory that is shared by all answers

    /// Lends the buffer for the bytes of one write.
    func takeOutput() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &output)
        taken.removeAll()
        return taken
    }

    func giveBack(_ buffer: inout ByteBuffer) {
        // A single huge event must not stay in memory.
        if buffer.capacity > 1024 * 1024 { buffer.deallocate() }
        swap(&buffer, &output)
    }

    func takeCall() -> MockCall {
        if let call = freeCalls.popLast() { return call }
        let call = MockCall(provider: self, index: calls.count)
        calls.append(call)
        return call
    }
}

extension MockProvider: MockPacerDelegate {
    func pacerReached(_ token: UInt64) {
        let call = calls[Int(token & 0xFFFF_FFFF)]
        if call.isCurrent(token) { call.becameDue() }
    }
}
