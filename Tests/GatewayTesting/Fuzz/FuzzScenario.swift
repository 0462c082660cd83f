internal import EventLoop
internal import Gateway

/// One run of a whole gateway in which bytes decide everything: who asks what, how providers answer, what time it is and what the operator does.
///
/// The same bytes make the same run. What must hold whatever the bytes are is looked at as it goes on and at its end.
public final class FuzzScenario {
    /// Things that happen in one run; longer ones find nothing that two short ones do not.
    private static let mostSteps = 8
    private static let mostClients = 5
    private static let mostKeys = 4
    /// A reload takes as long as several requests.
    private static let mostReloads = 3

    private let cursor: FuzzCursor
    private let input: FuzzInput
    private let answers: FuzzAnswers
    private var simulation: GatewaySimulation!
    private var client: SimulatedClient?
    /// What a client has written and not sent yet.
    private var unsent: [UInt8] = []
    private var permissions = FuzzPermissions()
    private var problems: [String] = []
    private var longestDeadline = Duration.seconds(20)
    private var reloads = 0
    private var isOver = false

    private let trace: ((String) -> Void)?

    /// Runs one scenario.
    ///
    /// - Parameter trace: Told what happens, for people who look into one run.
    /// - Returns: What did not hold, each in a line: nothing in a correct program.
    public static func run(_ bytes: [UInt8], trace: ((String) -> Void)? = nil) -> [String] {
        FuzzScenario(bytes, trace).run()
    }

    private init(_ bytes: [UInt8], _ trace: ((String) -> Void)?) {
        self.trace = trace
        input = FuzzInput(bytes)
        cursor = FuzzCursor(input, front: true)
        answers = FuzzAnswers(FuzzCursor(input, front: false))
    }

    private func run() -> [String] {
        start()
        for _ in 0..<FuzzScenario.mostSteps where !input.isUsedUp { step() }
        finish()
        // Closures of the simulation lead here.
        simulation = nil
        client = nil
        return problems
    }

    private func start() {
        let shape = cursor.byte()
        let hasStore = cursor.isRare(4)
        let door = cursor.choose(4)
        let count = [1, 2, 2, 3, 4, 1, 2, 1][shape % 8]
        var providers: [ScriptedProvider] = []
        for name in FuzzSetup.names.prefix(count) { providers.append(scripted(FuzzSetup.provider(name, cursor))) }
        simulation = GatewaySimulation(providers, seed: UInt64(shape) + 1, hasStore: hasStore) { configuration in
            FuzzSetup.options(&configuration, cursor)
            FuzzSetup.doors(&configuration, door)
            longestDeadline = max(longestDeadline, configuration.failure.deadline)
            configuration.prepare(as: "fuzz")
        }
        if cursor.isRare(16) { simulation.loop.held.most = 2000 }
        if door >= 2 { addKey() }
    }

    private func scripted(_ configuration: ProviderConfiguration) -> ScriptedProvider {
        ScriptedProvider(configuration: configuration) { [unowned self] call in
            permissions.check(call, &problems)
            let script = answers.script(for: call)
            trace?("\(call.host)\(call.target) is asked: \(call.text)\n  and answers: \(script)")
            return script
        }
    }

    // MARK: Steps

    private func step() {
        let choice = cursor.choose(40)
        trace?("\(simulation.elapsed): step \(choice)")
        switch choice {
        case 0...11: request()
        case 12...15: simulation.advance(by: .milliseconds([100, 1, 20, 500, 1000, 3000, 7000, 16_000][cursor.choose(8)]))
        case 16: simulation.advance(by: .seconds(long()))
        case 17...19: connect()
        case 20: choose { self.client = $0 }
        case 21: client?.leave()
        case 22: client?.reset()
        case 23: if let client { client.reads.toggle() }
        case 24: sendRest()
        case 25: client?.send(cursor.raw(most: 40))
        case 26, 27: addKey()
        case 28: changeKey()
        case 29, 30: reload()
        case 31: simulation.moveWallClock(by: .seconds([3600, -3600, 86_400, -86_400, 1, -1, 10_000_000, -1_900_000_000][cursor.choose(8)]))
        case 32, 33: play()
        case 34: simulation.transport.breakAll([.truncated, .idleTimeout, .local, .malformed][cursor.choose(4)])
        case 35: advanceToNext()
        case 36: operate()
        case 37: client?.stream.room = 1 + cursor.byte() * 16
        case 38: for _ in 0..<(2 + cursor.choose(6)) { request() }
        default: head()
        }
    }

    /// Days only where nothing is written down every few seconds: that is thousands of times the work.
    private func long() -> Int {
        let seconds = [60, 61, 300, 20, 3600, 7200, 86_400, 90_000][cursor.choose(8)]
        return simulation.store == nil ? seconds : min(seconds, 300)
    }

    private func connect() {
        guard simulation.clients.count < FuzzScenario.mostClients else { return choose { self.client = $0 } }
        let choice = cursor.choose(8)
        let names = permissions.names
        let token: String? =
            switch choice {
            case 0, 1, 2: names.isEmpty ? FuzzSetup.tokens[0] : permissions.token(of: names[cursor.choose(names.count)])
            case 3: FuzzSetup.tokens[0]
            case 4: nil
            case 5: "llmgw-sk-abcdefghijkl-0000000000000000000000000000000000000000000"
            case 6: names.last.flatMap(permissions.token)
            default: FuzzSetup.tokens[1]
            }
        sendRest()
        let room = [Int.max, .max, 4096, 100][cursor.choose(4)]
        client = simulation.client(token, room: room)
    }

    private func choose(_ body: (SimulatedClient) -> Void) {
        sendRest()
        if !simulation.clients.isEmpty { body(simulation.clients[cursor.choose(simulation.clients.count)]) }
    }

    private func request() {
        if client == nil { connect() }
        guard let client else { return }
        sendRest()
        let bytes = FuzzRequest(cursor, token: client.token).bytes
        trace?("a client sends: \(bytes.string)")
        switch cursor.choose(12) {
        case 8: client.send(bytes, every: 1 + cursor.choose(64))
        case 9, 10:
            let place = (cursor.byte() * 4) % (bytes.count + 1)
            client.send(Array(bytes.prefix(place)))
            unsent = Array(bytes.dropFirst(place))
        case 11: client.send(bytes + FuzzRequest(cursor, token: client.token).bytes)
        default: client.send(bytes)
        }
    }

    private func sendRest() {
        guard !unsent.isEmpty else { return }
        client?.send(unsent)
        unsent = []
    }

    /// A request for a head alone, on a connection of its own: the only answer on it has no body.
    private func head() {
        guard simulation.clients.count < FuzzScenario.mostClients else { return }
        let path = ["/v1/models", "/ok", "/v1/models/m", "/v1/chat/completions", "/x", "/readyz", "/stats"][cursor.choose(7)]
        let client = simulation.client(FuzzSetup.tokens[0])
        client.request("HEAD", path, fields: [("connection", "close")])
    }

    // MARK: The operator

    private func addKey() {
        guard permissions.names.count < FuzzScenario.mostKeys else { return changeKey() }
        let name = "k\(permissions.names.count)"
        let models = FuzzPermissions.patterns[cursor.choose(FuzzPermissions.patterns.count)]
        let weight = [1, 3, 1000][cursor.choose(3)]
        let token = simulation.addKey(name, models: models, weight: weight) { FuzzPermissions.limit(&$0, cursor) }
        permissions.add(name, token: token, models: models)
    }

    private func changeKey() {
        guard !permissions.names.isEmpty else { return addKey() }
        let name = permissions.names[cursor.choose(permissions.names.count)]
        switch cursor.choose(4) {
        case 0: simulation.revokeKey(name)
        case 1:
            let models = FuzzPermissions.patterns[cursor.choose(FuzzPermissions.patterns.count)]
            permissions.change(name, models: models)
            simulation.changeKey(name) { $0.models = models }
        case 2: simulation.changeKey(name) { $0.expiresAt = UnixTime(milliseconds: Int64(GatewaySimulation.epoch) + 1000) }
        default:
            permissions.forgetLimits(name)
            simulation.changeKey(name) { FuzzPermissions.limit(&$0.limits, cursor) }
        }
    }

    private func reload() {
        reloads += 1
        guard reloads <= FuzzScenario.mostReloads else { return }
        simulation.reload { configuration in
            switch cursor.choose(8) {
            case 0: FuzzSetup.options(&configuration, cursor)
            case 1: if configuration.providers.count > 1 { configuration.providers.remove(at: cursor.choose(configuration.providers.count)) }
            case 2: configuration.scoring.profiles.own = [:]
            case 3: configuration.providers.reverse()
            case 4: FuzzSetup.doors(&configuration, cursor.choose(4))
            default:
                // Another shape of one of the four, which may be new.
                let name = FuzzSetup.names[cursor.choose(4)]
                let provider = FuzzSetup.provider(name, cursor)
                if let place = configuration.providers.firstIndex(where: { $0.name == name }) {
                    configuration.providers[place] = provider
                } else {
                    configuration.providers.append(provider)
                    simulation.adopt([scripted(provider)])
                }
            }
            longestDeadline = max(longestDeadline, configuration.failure.deadline)
            configuration.prepare(as: "fuzz")
        }
    }

    private func operate() {
        let (gateway, loop) = (simulation.gateway, simulation.loop)
        FuzzChecks.checkReports(gateway, &problems)
        switch cursor.choose(6) {
        case 0: for name in permissions.names { if let key = simulation.keys[name] { loop.step { gateway.endStreams(of: key.id) } } }
        case 1: gateway.isDraining.toggle()
        case 2: loop.step { gateway.checkpointLimits() }
        case 3: loop.step { gateway.qualityDidChange() }
        case 4:
            loop.step { [self] in
                _ = try? gateway.clearRests(RestFilter())
                // Requests that waited go on when the step has ended; until then nothing has failed again.
                if !gateway.restReports().isEmpty { problems.append("something still rests: \(gateway.restReports())") }
            }
        default:
            guard !isOver else { return }
            isOver = true
            simulation.drain(within: .seconds(1))
        }
    }

    // MARK: Providers by hand

    /// A call that has no end goes on by hand.
    private func play() {
        guard let call = simulation.calls.last(where: { !$0.hasEnded }) else { return }
        call.play(answers.script(for: call))
    }

    private func advanceToNext() {
        for _ in 0...cursor.choose(4) { if !simulation.advanceToNextEvent() { return } }
    }

    // MARK: The end

    private func finish() {
        sendRest()
        for client in simulation.clients { client.reads = true }
        trace?("\(simulation.elapsed): the end")
        // Each request ends by itself in its time, also where nobody leaves.
        simulation.advance(by: longestDeadline + .seconds(65))
        // Those of one connection come one after the other.
        for _ in 0..<FuzzScenario.mostSteps * 10 where simulation.gateway.statistics.inFlight > 0 { simulation.advance(by: longestDeadline) }
        let left = simulation.gateway.statistics.inFlight
        if left != 0 { problems.append("\(left) requests are in work long after their time") }
        if simulation.gateway.waitingRequests != 0 { problems.append("\(simulation.gateway.waitingRequests) requests wait long after their time") }
        FuzzChecks.checkReports(simulation.gateway, &problems)
        FuzzChecks.check(simulation, longest: longestDeadline, &problems)
        problems += simulation.end().filter { !$0.hasPrefix("client ") }
        permissions.checkLimits(simulation.calls, &problems)
        if let trace {
            for client in simulation.clients { trace("a client got: \(client.received)") }
            for notice in simulation.observer.notices { trace("noticed: \(notice)") }
        }
    }
}
