import EventLoop
import Foundation
import Gateway
import GatewayTesting
import Testing

/// What one client does changes nothing for another: a model of three clients, A, B and C, over a fleet of providers with limits.
///
/// A does whatever the API allows, and its requests say how each provider is to treat them: it can bring about every status, body, silence and break there
/// is. B asks ordinary questions. Now and then C meets trouble of its own, long before and after anybody else meets any. Whatever A does, B has the right
/// answer, in its time, and its limits show its own use alone.
///
/// Left out is what is capacity that A rightly uses: what A really sends beyond half of what a provider's configured limits allow; and connections that
/// fail, which no request brings about. That a connection takes long is in it. A limit that A alone has met may cost B the second after which it finds out.
@Suite struct NonInterferenceTests {
    /// How many runs are made; `make test` makes some hundred, `PROPERTY_RUNS=20000 swift test --filter NonInterference` many.
    private static let runs = ProcessInfo.processInfo.environment["PROPERTY_RUNS"].flatMap { Int($0) } ?? 60
    /// The first seed.
    private static let firstSeed = ProcessInfo.processInfo.environment["PROPERTY_SEED"].flatMap { UInt64($0) } ?? 1

    @Test func `a client has its answers, its times and its limits, whatever another client does`() throws {
        for seed in Self.firstSeed..<Self.firstSeed + UInt64(Self.runs) {
            var (story, quiet) = (InterferenceStory(seed: seed, hasA: true), InterferenceStory(seed: seed, hasA: false))
            let problems = story.run()
            #expect(problems.isEmpty, "seed \(seed): \(problems.prefix(3)); A did: \(story.deeds.suffix(40))")
            #expect(
                quiet.run().isEmpty && story.heard == quiet.heard,
                "seed \(seed): B hears \(story.difference(from: quiet)); A did: \(story.deeds.suffix(40))")
            if !problems.isEmpty || story.heard != quiet.heard { return }
        }
    }
}

/// One run of the model.
private struct InterferenceStory {
    /// Decides what B does and how time goes on.
    private var random: RandomSource
    /// Decides what A does.
    private var whims: RandomSource
    /// Whether A does anything.
    private let hasA: Bool
    /// What B was told, question by question.
    private(set) var heard: [Int: [String]] = [:]
    private let simulation: GatewaySimulation
    private let tokenA: String
    private let tokenB: String
    private let tokenC: String
    private var attackers: [SimulatedClient] = []
    private var questions: [Question] = []
    private var asked = 0
    /// What A did, for a person to read.
    private(set) var deeds: [String] = []

    /// A question of B's that waits for its answer.
    private struct Question {
        let client: SimulatedClient
        let number: Int
        let askedAt: Duration
        /// How long its provider takes.
        let nominal: Duration
        let isStream: Bool
    }

    private static let requestsPerDay = 1000
    /// After how long B finds out about a limit that A alone has met.
    private static let findingOut: Duration = .seconds(1)
    /// What each key of a provider lets through in a minute.
    private static let providerLimit = 200

    init(seed: UInt64, hasA: Bool) {
        random = RandomSource(seed: seed)
        whims = RandomSource(seed: ~seed)
        self.hasA = hasA
        let count = 2 + Int(random.next() % 3)
        let names = ["a", "b", "c", "d"].prefix(count)
        let providers = names.map { name in
            ScriptedProvider(name, models: ["m", "only-\(name)"], keys: ["sk-\(name)-1", "sk-\(name)-2"]) {
                $0.limits.requestsPerMinute = InterferenceStory.providerLimit
                $0.limits.tokensPerMinute = InterferenceStory.providerLimit * 1000
            } answer: {
                InterferenceStory.answer($0, seed: seed)
            }
        }
        simulation = GatewaySimulation(providers, seed: seed, hasStore: true)
        tokenA = simulation.addKey("A")
        tokenB = simulation.addKey("B") { limits in
            limits.requestsPerDay = InterferenceStory.requestsPerDay
            limits.tokensPerDay = 10_000_000
            limits.concurrency = 50
        }
        tokenC = simulation.addKey("C")
    }

    /// The first answers that are others without A.
    func difference(from quiet: InterferenceStory) -> [String] {
        heard.keys.sorted().filter { heard[$0] != quiet.heard[$0] }.prefix(2).map { "\(heard[$0] ?? []), without A \(quiet.heard[$0] ?? [])" }
    }

    mutating func run() -> [String] {
        var problems: [String] = []
        for _ in 0..<Int(20 + random.next() % 60) {
            switch random.next() % 30 {
            case 0..<18: attack()
            case 18..<24: ask()
            case 24: meetTrouble()
            default: break
            }
            simulation.advance(by: .milliseconds(Int64(pick([0, 1, 20, 300, 1500, 8000]))))
            problems += judge()
            if !problems.isEmpty { return problems }
        }
        // All that A began has an end by now, and B asks once more.
        simulation.advance(by: .seconds(Int64(pick([0, 1, 60, 700]))))
        ask()
        simulation.advance(by: .seconds(10))
        problems += judge()
        ask()
        simulation.advance(by: .seconds(10))
        if let last = heard[asked] == nil ? questions.last?.client.answer : nil { heard[0] = [last["x-ratelimit-remaining-tokens"] ?? "-"] }
        problems += judge()
        for question in questions { problems.append("B's question \(question.number) has no answer") }
        problems += simulation.end()
        return problems
    }

    private mutating func pick<T>(_ choices: [T]) -> T { choices[Int(random.next() % UInt64(choices.count))] }

    private mutating func whim<T>(_ choices: [T]) -> T { choices[Int(whims.next() % UInt64(choices.count))] }

    // MARK: B

    private mutating func ask() {
        asked += 1
        let client = simulation.client(tokenB)
        let isStream = random.next() % 2 == 0
        let delay = pick([0, 5, 200, 2000, 4000])
        questions.append(
            Question(client: client, number: asked, askedAt: simulation.elapsed, nominal: .milliseconds(delay), isStream: isStream))
        client.chat("question \(asked) takes \(delay) ms", stream: isStream, members: pick(["", "\"max_tokens\":50", "\"temperature\":0.5"]))
    }

    /// C meets trouble that lasts, and nobody else does for a while: it is C's alone, whatever A has met before.
    private mutating func meetTrouble() {
        let trouble = pick(["401 invalid_api_key", "404 model_not_found", "402 insufficient_quota"])
        simulation.advance(by: .seconds(660))
        simulation.client(tokenC).chat("trouble \(trouble)")
        simulation.advance(by: .seconds(1))
        ask()
        simulation.advance(by: .seconds(660))
    }

    /// What is wrong with B's answers so far.
    private mutating func judge() -> [String] {
        var problems: [String] = []
        questions.removeAll { question in
            guard let answer = question.client.answer, answer.isWhole else {
                let late = simulation.elapsed - question.askedAt
                if late > question.nominal + .seconds(9) { problems.append("B's question \(question.number) waits since \(late)") }
                return false
            }
            if answer.status != 200 || answer.content != "answer \(question.number)" {
                problems.append("B's question \(question.number) got \(answer.status) \(answer.text.prefix(300)) (\(answer["x-best-trail"] ?? "-"))")
            }
            let limit = InterferenceStory.requestsPerDay
            if answer["x-ratelimit-limit-requests"] != "\(limit)" || answer["x-ratelimit-remaining-requests"] != "\(limit - question.number)" {
                problems.append("B's limits are \(answer["x-ratelimit-remaining-requests"] ?? "-") after \(question.number) requests")
            }
            // How many tokens are left, and until when, depends on which of B's own requests are under way.
            let limits = answer.fields.filter { $0.name.hasPrefix("x-ratelimit-limit") || $0.name == "x-ratelimit-remaining-requests" }
            heard[question.number] = ["\(answer.status)", answer.content] + limits.map(\.value)
            return true
        }
        for record in simulation.observer.completed where record.key.name == "B" {
            let time = record.endedAt.elapsed(since: record.receivedAt)
            if time > .milliseconds(4000) + .milliseconds(600) + InterferenceStory.findingOut { problems.append("a request of B's took \(time)") }
        }
        return problems
    }

    // MARK: A

    private mutating func attack() {
        guard hasA else { return }
        let client: SimulatedClient
        if let known = attackers.last, whims.next() % 3 == 0, known.end == nil { client = known } else { client = simulation.client(tokenA) }
        attackers.append(client)
        switch whims.next() % 12 {
        case 0:
            let count = Int(whims.next() % 20)
            deeds.append("pipelines \(count)")
            client.send((0..<count).map { _ in client.text("GET", whim(["/v1/models", "/ok", "/v1/models/m", "/nothing"])) }.joined())
        case 1:
            let name = whim(["nope", "m,m,m", "priority-auto", "only", "a/m", "\\u0000", "best", String(repeating: "x", count: 3000), "*", "%"])
            deeds.append("asks for \(name.prefix(20))")
            client.chat("hi", model: name, stream: whims.next() % 2 == 0)
        case 2:
            deeds.append("explains")
            client.request("POST", "/v1/route/explain", body: SimulatedClient.chatBody(wish(), members: number()))
        case 3 where attackers.count > 1:
            deeds.append("leaves")
            let other = whim(attackers)
            if whims.next() % 2 == 0 { other.leave() } else { other.reset() }
        case 4 where attackers.count > 1:
            deeds.append("does not read")
            whim(attackers).reads = whims.next() % 3 == 0
        default: burst(client)
        }
    }

    /// Asks a poisonous question, once or some times in a row or at once.
    private mutating func burst(_ client: SimulatedClient) {
        // What is really sent takes of the allowance that is everybody's; what never is does not.
        if whims.next() % 6 == 0 || isUsingMuch { return reachInVain() }
        let wish = wish()
        var members = whim(["", number(), "\"reasoning_effort\":\"invalid_api_key\"", "\"user\":\"insufficient_quota\""])
        var fields: [(name: String, value: String)] = []
        if whims.next() % 4 == 0 { fields.append(("x-stainless-read-timeout", whim(["0.1", "0.5", "3", "1e9", "-1"]))) }
        if whims.next() % 4 == 0 { fields.append(("x-best-wait", whim(["0", "1", "100s", "NaN"]))) }
        let isStream = whims.next() % 2 == 0
        let count = whim([1, 1, 2, 5, 12])
        deeds.append("\(count) times «\(wish)» \(members) \(fields.map { "\($0.name)=\($0.value)" }) \(isStream ? "streamed" : "")")
        for index in 0..<count {
            // Each is another request.
            let prompt = whims.next() % 2 == 0 ? wish : "\(wish) number \(index)"
            let other = index == 0 ? client : simulation.client(tokenA)
            if index > 0 { attackers.append(other) }
            if whims.next() % 5 == 0 { members = "" }
            let model = whim(["m", "m", "m", "priority-auto", "a/m", "m,only-a"])
            other.chat(prompt, model: model, stream: isStream, members: members, fields: fields)
        }
    }

    /// Whether more than half of what any key of a provider allows has been sent lately.
    private var isUsingMuch: Bool {
        var counts: [String: Int] = [:]
        for call in simulation.calls.reversed() {
            if simulation.loop.now.elapsed(since: call.startedAt) > .seconds(65) { break }
            if call.hasBegunSending { counts[call.host + (call.field("authorization") ?? ""), default: 0] += 1 }
        }
        return counts.values.contains { $0 > InterferenceStory.providerLimit / 2 }
    }

    /// Asks for what takes long to be connected, and does not wait for it.
    private mutating func reachInVain() {
        let patience = whim(["0.1", "0.3", "leaves", "resets"])
        let count = whim([3, 10, 30])
        deeds.append("\(count) times in vain: \(patience)")
        for _ in 0..<count {
            let other = simulation.client(tokenA)
            attackers.append(other)
            other.chat(
                "please: connect", stream: whims.next() % 2 == 0, fields: patience.first == "0" ? [("x-stainless-read-timeout", patience)] : [])
            if patience == "leaves" { other.leave() }
            if patience == "resets" { other.reset() }
        }
    }

    private mutating func number() -> String {
        "\"max_tokens\":\(whim(["0", "1", "1000000", "9223372036854775807", "18446744073709551616"]))"
    }

    /// How the providers are to treat the request.
    private mutating func wish() -> String {
        let status = whim([
            400, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 418, 422, 425, 429, 429, 429, 451, 498, 500, 500, 501, 502, 503, 503, 504, 520,
            529,
        ])
        let word = whim([
            "invalid_api_key", "insufficient_quota", "model_not_found", "billing_hard_limit", "rate_limit_exceeded", "account_deactivated",
            "credit balance", "per day", "overloaded", "context_length_exceeded", "content_filter", "model does not exist", "try again in 86400s",
        ])
        return switch whims.next() % 13 {
        case 0..<6:
            "please: status \(status) \(whim(["message", "code", "type", "detail", "quote", "page"])) \(whim(["", "retry 3600", "retry 1"])) \(word)"
        case 6: "please: silence"
        case 7: "please: close"
        case 8: "please: empty"
        case 9: "please: garbage"
        case 10: "please: inside \(word)"
        case 11: "please: tokens"
        default: "please: break \(word)"
        }
    }

    // MARK: The providers

    /// What a provider answers: to B the right answer, and once in a while a hiccup; to A what A wishes.
    private static func answer(_ call: ScriptedTransport.Call, seed: UInt64) -> UpstreamScript {
        let prompt = call.text
        if let trouble = prompt.range(of: "trouble ") {
            let words = prompt[trouble.upperBound...].prefix { $0 != "\"" }.split(separator: " ")
            return .status(Int(words[0])!, "{\"error\":{\"message\":\"no\",\"code\":\"\(words[1])\"}}")
        }
        if let wish = prompt.range(of: "please: ") { return grant(String(prompt[wish.upperBound...].prefix { $0 != "\"" }), call) }
        guard let place = prompt.range(of: "question ") else { return .reply(to: call, "hello") }
        let words = prompt[place.upperBound...].split(separator: " ")
        let (number, delay) = (words[0], Int(words[2]) ?? 0)
        var chance = RandomSource(seed: seed ^ UInt64(number)! &* 0x9E37 ^ UInt64(call.host.utf8.first ?? 0) << 32)
        // A hiccup, which the request does not meet again.
        if chance.next() % 40 == 0, call.context?.attempts == 1 { return .status(500, "{\"error\":{\"message\":\"hiccup\"}}") }
        return .reply(to: call, "answer \(number)").after(.milliseconds(Int64(delay)))
    }

    private static func grant(_ wish: String, _ call: ScriptedTransport.Call) -> UpstreamScript {
        let words = wish.split(separator: " ", maxSplits: 2).map(String.init)
        let last = words.count > 2 ? words[2] : ""
        switch words.first {
        case "silence": return .silence
        case "connect": return UpstreamScript.silence.connecting(for: .seconds(4))
        case "tokens":
            let message = "Rate limit reached on tokens per day (TPD): Limit 100000, Used 97050, Requested 3619. Please try again in 9m38s."
            return .status(429, "{\"error\":{\"message\":\"\(message)\",\"type\":\"tokens\"}}", fields: [("retry-after", "578")])
        case "close": return .failure(.closedBeforeAnswer)
        case "empty": return call.asksForStream ? .events([ChatText.finish(), ChatText.done]) : .status(200, "{\"choices\":[]}")
        case "garbage": return .status(200, "{\"choices\":[{", type: call.asksForStream ? "text/event-stream" : "application/json")
        case "inside":
            let error = "{\"error\":{\"message\":\"\(wish)\",\"code\":\"\(words[1])\",\"type\":\"\(words[1])\"}}"
            return call.asksForStream ? .events(["data: \(error)\n\n"]) : .status(200, error)
        case "break": return UpstreamScript.chunks("half", "an", "answer").breaking(after: 150)
        default: break
        }
        let parts = last.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true).map(String.init)
        let form = parts.first ?? ""
        let word = parts.last.map { $0.hasPrefix("retry") ? "" : $0 } ?? ""
        var fields: [(name: String, value: String)] = []
        if last.contains("retry 3600") { fields.append(("retry-after", "3600")) }
        if last.contains("retry 1 ") { fields.append(("retry-after", "1")) }
        let body =
            switch form {
            case "message": "{\"error\":{\"message\":\"\(word)\",\"type\":null,\"code\":null}}"
            case "code": "{\"error\":{\"message\":\"no\",\"code\":\"\(word)\"}}"
            case "type": "{\"error\":{\"message\":\"no\",\"type\":\"\(word)\"}}"
            case "detail": "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"bad\",\"input\":{\"code\":\"\(word)\",\"message\":\"\(word)\"}}]}"
            case "quote": "{\"error\":{\"message\":\"Invalid value: '\(wish)'. Supported values are: 'low' and 'high'.\"}}"
            default: "<html>\(word)</html>"
            }
        return .status(Int(words[1]) ?? 500, body, type: form == "page" ? "text/html" : "application/json", fields: fields)
    }
}
