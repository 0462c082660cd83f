import EventLoop
import Testing

@testable import Gateway

/// A provider of a simulated fleet: how it behaves at a moment.
struct SimulatedProvider: Sendable {
    let name: String
    /// The ability of its model, as boards would tell it.
    let ability: Double
    /// US dollars for a million tokens.
    let prices: (prompt: Double, completion: Double)
    /// The median of the time to the first token in seconds, the probability of failure, and how long a failure takes, at a second of the trace.
    let behaviour: @Sendable (Double) -> (delay: Double, failure: Double, failsAfter: Double)
    /// Tokens a second.
    let rate: Double

    /// The quality of an answer, 0 to 1.
    var quality: Double { 1 / (1 + exponential(-ability)) }
}

private func exponential(_ x: Double) -> Double {
    // Enough of a series; tests import no C library.
    var sum = 1.0
    var term = 1.0
    for n in 1..<30 {
        term *= x / Double(n)
        sum += term
    }
    return sum
}

/// What decides the order in a simulation.
protocol SimulatedPolicy: AnyObject {
    var name: String { get }
    /// The providers in the order in which a request tries them.
    func order(at second: Double) -> [Int]
    func began(_ provider: Int, at second: Double)
    /// An attempt has an end.
    func ended(_ provider: Int, isSuccess: Bool, delay: Double, total: Double, tokens: Int, startedAt: Double, at second: Double)
}

/// A seeded trace of requests over a fleet, run under a policy.
struct FleetSimulation {
    /// One request: when it comes, and what chance will do to each of its attempts.
    struct Request {
        let second: Double
        let tokens: Int
        let chances: [(failure: Double, spread: Double)]
    }

    /// What came of a run.
    struct Result: Equatable {
        var requests = 0
        var answered = 0
        var firstTries = 0
        var quality = 0.0
        var dollars = 0.0
        var delays: [Double] = []
        /// Who was tried first, for each request.
        var choices: [Int] = []

        var successRate: Double { Double(answered) / Double(requests) }
        /// The mean quality over all requests; one without an answer has none.
        var meanQuality: Double { quality / Double(requests) }
        var p95: Double { delays.sorted()[min(delays.count - 1, delays.count * 95 / 100)] }

        /// The share of requests between two seconds that tried a provider first.
        func share(of provider: Int, _ trace: [Request], _ seconds: Range<Double>) -> Double {
            let within = trace.indices.filter { seconds.contains(trace[$0].second) }
            return Double(within.count { choices[$0] == provider }) / Double(within.count)
        }
    }

    /// Most attempts of one request.
    static let attempts = 2

    let providers: [SimulatedProvider]
    let trace: [Request]

    init(_ providers: [SimulatedProvider], seconds: Double, rate: Double, seed: UInt64) {
        self.providers = providers
        var random = SplitMix(seed: seed)
        var trace: [Request] = []
        var second = 0.0
        while second < seconds {
            second += Double.random(in: 0...(2 / rate), using: &random)
            let chances = providers.map { _ in
                (Double.random(in: 0..<1, using: &random), (0..<4).reduce(0.0) { sum, _ in sum + Double.random(in: -0.3...0.3, using: &random) })
            }
            trace.append(Request(second: second, tokens: Int.random(in: 100...600, using: &random), chances: chances))
        }
        self.trace = trace
    }

    /// Runs the trace; what attempts bring is told when it would be known.
    func run(_ policy: any SimulatedPolicy) -> Result {
        var result = Result()
        var pending: [(second: Double, tell: () -> Void)] = []
        // Most requests find nothing due, and need not look through everything that is under way.
        var earliest = Double.infinity
        func flush(until second: Double) {
            guard earliest <= second else { return }
            defer { earliest = pending.lazy.map(\.second).min() ?? .infinity }
            while let next = pending.indices.min(by: { pending[$0].second < pending[$1].second }), pending[next].second <= second {
                pending.remove(at: next).tell()
            }
        }
        for request in trace {
            flush(until: request.second)
            result.requests += 1
            let order = policy.order(at: request.second)
            result.choices.append(order[0])
            var second = request.second
            for (attempt, provider) in order.prefix(FleetSimulation.attempts).enumerated() {
                let started = second
                policy.began(provider, at: started)
                let behaviour = providers[provider].behaviour(started)
                let chance = request.chances[provider]
                if chance.failure < behaviour.failure {
                    second += behaviour.failsAfter
                    let ended = second
                    earliest = min(earliest, ended)
                    pending.append(
                        (
                            ended,
                            {
                                policy.ended(
                                    provider, isSuccess: false, delay: 0, total: ended - started, tokens: 0, startedAt: started, at: ended)
                            }
                        ))
                    continue
                }
                let delay = behaviour.delay * exponential(chance.spread)
                let total = delay + Double(request.tokens) / providers[provider].rate
                let tokens = request.tokens
                earliest = min(earliest, started + total)
                pending.append(
                    (
                        started + total,
                        {
                            policy.ended(
                                provider, isSuccess: true, delay: delay, total: total, tokens: tokens, startedAt: started, at: started + total)
                        }
                    ))
                result.answered += 1
                if attempt == 0 { result.firstTries += 1 }
                result.quality += providers[provider].quality
                result.delays.append(second + delay - request.second)
                let prices = providers[provider].prices
                result.dollars += (500 * prices.prompt + Double(tokens) * prices.completion) / 1_000_000
                break
            }
        }
        return result
    }
}

/// The ranking of the product, on the trace's clock.
final class RankingPolicy: SimulatedPolicy {
    let name: String
    private let router: Router
    private let deployments: [Deployment]

    init(_ name: String, _ providers: [SimulatedProvider], profile: String = "best", _ adjust: (inout ScoringOptions) -> Void = { _ in }) throws {
        self.name = name
        self.profile = profile
        var options = ScoringOptions()
        options.affinity.enabled = false
        adjust(&options)
        deployments = try providers.map { provider in
            try deployment("\(provider.name).test", provider.name) { model in
                (model.promptPrice, model.completionPrice) = (provider.prices.prompt, provider.prices.completion)
            }
        }
        let known = providers.map { ($0.name, (canonical: $0.name, mean: $0.ability)) }
        router = makeRouter(of: deployments, options, quality: FixedQuality(Dictionary(uniqueKeysWithValues: known)))
    }

    private let profile: String
    private let question = GatewayTests.question("best")

    func order(at second: Double) -> [Int] {
        let now = instant(second)
        guard let decision = try? withBytes(profile, { try router.decide($0, question, at: now) }) else { return [] }
        router.carriedOut(decision, at: now)
        return decision.candidates.map { candidate in deployments.firstIndex { $0 === candidate }! }
    }

    func began(_ provider: Int, at second: Double) {
        router.ranking.began(deployments[provider], at: instant(second))
    }

    func ended(_ provider: Int, isSuccess: Bool, delay: Double, total: Double, tokens: Int, startedAt: Double, at second: Double) {
        router.ranking.record(
            LiveRecord.Outcome(
                isSuccess: isSuccess, size: .small, startedAt: instant(startedAt), firstContent: isSuccess ? Int(delay * 1e6) : nil,
                total: Int(total * 1e6), isStream: true, outputTokens: tokens), deployments[provider], at: instant(second))
    }

    private func instant(_ second: Double) -> LoopInstant { noon.advanced(by: .milliseconds(Int(second * 1000))) }
}

/// Each provider in turn.
final class RoundRobin: SimulatedPolicy {
    let name = "round robin"
    private let count: Int
    private var next = 0

    init(_ count: Int) { self.count = count }

    func order(at second: Double) -> [Int] {
        next += 1
        return (0..<count).map { ($0 + next) % count }
    }

    func began(_ provider: Int, at second: Double) {}
    func ended(_ provider: Int, isSuccess: Bool, delay: Double, total: Double, tokens: Int, startedAt: Double, at second: Double) {}
}

/// The provider whose last successes were the quickest, as LiteLLM's `latency-based-routing` has it: a mean over the last ten; a provider of which
/// nothing is known goes first, and a failure counts as a very slow answer.
final class LowestLatency: SimulatedPolicy {
    let name = "lowest latency"
    private var delays: [[Double]]

    init(_ count: Int) { delays = Array(repeating: [], count: count) }

    func order(at second: Double) -> [Int] {
        let means = delays.map { $0.isEmpty ? 0 : $0.reduce(0, +) / Double($0.count) }
        return delays.indices.sorted { (means[$0], $0) < (means[$1], $1) }
    }

    func began(_ provider: Int, at second: Double) {}

    func ended(_ provider: Int, isSuccess: Bool, delay: Double, total: Double, tokens: Int, startedAt: Double, at second: Double) {
        delays[provider].append(isSuccess ? delay : 1000)
        if delays[provider].count > 10 { delays[provider].removeFirst() }
    }
}

/// One order for ever, best model first, as the original's score gives it; what failed is left alone for ten seconds, doubling each time.
final class StaticOrder: SimulatedPolicy {
    let name = "static (original)"
    private let ranked: [Int]
    private var coolsUntil: [Double]
    private var failures: [Int]

    init(_ providers: [SimulatedProvider]) {
        ranked = providers.indices.sorted { (-providers[$0].ability, $0) < (-providers[$1].ability, $1) }
        coolsUntil = providers.map { _ in 0 }
        failures = providers.map { _ in 0 }
    }

    func order(at second: Double) -> [Int] {
        ranked.filter { coolsUntil[$0] <= second } + ranked.filter { coolsUntil[$0] > second }
    }

    func began(_ provider: Int, at second: Double) {}

    func ended(_ provider: Int, isSuccess: Bool, delay: Double, total: Double, tokens: Int, startedAt: Double, at second: Double) {
        failures[provider] = isSuccess ? 0 : failures[provider] + 1
        if !isSuccess { coolsUntil[provider] = second + 10 * Double(1 << min(failures[provider] - 1, 10)) }
    }
}
