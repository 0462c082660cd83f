internal import EventLoop
internal import Gateway

/// One client does what it likes, by the bytes of the input, to providers that are well and answer honestly; another asks now and then for what everybody
/// asks for, and must be served each time as if it were alone.
///
/// Honest is a provider that fails nobody but for what the request itself is: it refuses it, quotes it, can't cope with it, or is slow over it. Of its own it
/// names no limit and no outage.
public final class IsolationScenario {
    private static let mostSteps = 8

    private let input: FuzzInput
    private let cursor: FuzzCursor
    private let late: FuzzCursor
    private var simulation: GatewaySimulation!
    private var problems: [String] = []
    private var rogue: SimulatedClient?
    private var victim: SimulatedClient?
    private var rogueToken = ""
    private var victimToken = ""

    private let trace: ((String) -> Void)?

    /// Runs one scenario.
    ///
    /// - Parameter trace: Told what happens, for people who look into one run.
    /// - Returns: What did not hold, each in a line: nothing in a correct program.
    public static func run(_ bytes: [UInt8], trace: ((String) -> Void)? = nil) -> [String] { IsolationScenario(bytes, trace).run() }

    private init(_ bytes: [UInt8], _ trace: ((String) -> Void)?) {
        self.trace = trace
        input = FuzzInput(bytes)
        cursor = FuzzCursor(input, front: true)
        late = FuzzCursor(input, front: false)
    }

    private func run() -> [String] {
        let shape = cursor.byte()
        var providers: [ScriptedProvider] = []
        for name in FuzzSetup.names.prefix(1 + shape % 3) {
            providers.append(
                ScriptedProvider(name, models: ["m", "n"], keys: [FuzzSetup.secrets[0]]) { provider in
                    if shape & 4 != 0 { provider.limits.tokensPerDay = 1_000_000 }
                    if shape & 8 != 0 { provider.quirks = [.noStreamOptions] }
                } answer: { [unowned self] call in
                    let isRogues = call.context?.key.name == "rogue"
                    let script = isRogues ? answer(call, statesLimits: shape & 16 != 0) : .reply(to: call, "for", " all")
                    if isRogues { trace?("\(call.host) is asked: \(call.text)\n  and answers: \(script)") }
                    return script
                })
        }
        simulation = GatewaySimulation(providers, seed: UInt64(shape) + 1) {
            $0.failure.deadline = .seconds(20)
            $0.prepare(as: "isolation")
        }
        rogueToken = simulation.addKey("rogue")
        victimToken = simulation.addKey("victim")
        for number in 0..<IsolationScenario.mostSteps where !input.isUsedUp {
            step()
            if number % 4 == 3 { askAsEverybody() }
        }
        askAsEverybody()
        for client in simulation.clients { client.reads = true }
        // Who has sent more than is read ahead is not heard to leave until its requests have had their time.
        for _ in 0..<IsolationScenario.mostSteps where simulation.gateway.statistics.inFlight > 0 { simulation.advance(by: .seconds(21)) }
        problems += simulation.end()
        simulation = nil
        rogue = nil
        victim = nil
        return problems
    }

    private func askAsEverybody() {
        let before = simulation.elapsed
        let client = victim.flatMap { $0.end == nil ? $0 : nil } ?? simulation.client(victimToken)
        victim = client
        let count = client.answers.count
        client.chat("what everybody asks", model: late.choose(2) == 0 ? "m" : "priority-auto", stream: late.choose(2) == 0)
        let answer = client.answers.count > count ? client.answer : nil
        if answer?.status != 200 || answer?.isWhole != true || answer?.content != "for all" || simulation.elapsed != before {
            problems.append("another client got \(answer.map { "\($0.status) \($0.text.prefix(300))" } ?? "no answer")")
        }
    }

    private func step() {
        if rogue?.end != nil || rogue == nil { rogue = simulation.client(rogueToken) }
        let choice = cursor.choose(16)
        trace?("\(simulation.elapsed): step \(choice)")
        switch choice {
        case 0...8: rogue?.send(FuzzRequest(cursor, token: rogueToken).bytes)
        case 9: rogue?.leave()
        case 10: rogue?.reset()
        case 11...13: simulation.advance(by: .milliseconds([10, 100, 1000, 2000, 5000, 20_000, 60_000, 400_000][cursor.choose(8)]))
        case 14: rogue = simulation.client(rogueToken)
        default: rogue?.reads.toggle()
        }
    }

    /// What an honest provider answers to a request that it may not like.
    private func answer(_ call: ScriptedTransport.Call, statesLimits: Bool) -> UpstreamScript {
        var quoted: [UInt8] = []
        let start = late.choose(max(1, min(call.body.count, 256)))
        for byte in call.body.dropFirst(start).prefix(late.choose(80)) where byte >= 0x20 && byte != 0x22 && byte != 0x5C { quoted.append(byte) }
        let quote = quoted.string
        func refusal(_ status: Int, _ message: String, _ type: String, _ code: String) -> UpstreamScript {
            .status(status, "{\"error\":{\"message\":\"\(message)\",\"type\":\"\(type)\",\"param\":null,\"code\":\(code)}}")
        }
        let mistake = "invalid_request_error"
        switch late.choose(18) {
        case 0: return refusal(400, "Invalid value: '\(quote)'. Supported values are: 'low' and 'high'.", mistake, "\"invalid_value\"")
        case 1: return refusal(422, quote, mistake, "null")
        case 2: return refusal(404, "Conversation with id '\(quote)' not found.", mistake, "null")
        case 3: return .status(403, "<!DOCTYPE html><html><title>Attention Required!</title></html>", type: "text/html")
        case 4: return refusal(403, "\(quote)", "forbidden", "null")
        case 5: return refusal(500, "The server had an error while processing your request. \(quote)", "server_error", "null")
        case 6: return .status(200, #"{"choices":[]}"#)
        case 7: return .status(200, "")
        case 8: return .reply(to: call, "slow").after(.milliseconds([200, 1000, 4000, 30_000][late.choose(4)]))
        case 9: return .silence
        case 10: return .reply(to: call, "cut").breaking(after: late.byte())
        case 11: return refusal(400, "This model's maximum context length is 8192 tokens. \(quote)", mistake, "\"context_length_exceeded\"")
        case 12: return refusal(413, quote, mistake, "null")
        case 13: return .events(["data: {\"error\":{\"message\":\"\(quote)\"}}\n\n"])
        case 14: return .failure(.closedBeforeAnswer)
        case 15: return refusal(400, quote, mistake, "null")
        default:
            var script = UpstreamScript.reply(to: call, "good")
            if statesLimits, case .head(let status, let fields)? = script.steps.first {
                let limits = [("limit", "1000000"), ("remaining", "900000"), ("reset", "80000s")]
                script.steps[0] = .head(status: status, fields: fields + limits.map { (name: "x-ratelimit-\($0.0)-tokens-day", value: $0.1) })
            }
            return script
        }
    }
}
