import Testing

@testable import Gateway

@Suite struct FleetSimulationTests {
    /// When the good provider changes: it is well, then slow, then failing, then well again.
    private static let slowFrom = 300.0
    private static let failingFrom = 600.0
    private static let wellFrom = 900.0
    private static let end = 1800.0
    private static let good = 0

    private static let providers = [
        SimulatedProvider(
            name: "good", ability: 1.5, prices: (0.3, 1.2),
            behaviour: { second in
                if second < slowFrom { return (0.4, 0.01, 0.5) }
                if second < failingFrom { return (9, 0.01, 0.5) }
                return second < wellFrom ? (0.4, 0.9, 1) : (0.4, 0.01, 0.5)
            }, rate: 120),
        SimulatedProvider(name: "steady", ability: 1.1, prices: (0.4, 1.6), behaviour: { _ in (0.7, 0.02, 0.5) }, rate: 90),
        SimulatedProvider(name: "quick", ability: 0.1, prices: (0.05, 0.1), behaviour: { _ in (0.15, 0.02, 0.3) }, rate: 250),
        SimulatedProvider(name: "dear", ability: 1.3, prices: (5, 25), behaviour: { _ in (0.6, 0.01, 0.5) }, rate: 80),
        SimulatedProvider(name: "flaky", ability: 1.2, prices: (0, 0), behaviour: { _ in (0.8, 0.25, 2) }, rate: 60),
    ]

    private static func simulation(seed: UInt64) -> FleetSimulation { FleetSimulation(providers, seconds: end, rate: 4, seed: seed) }

    /// How many requests a provider still got first after a moment, before fifty in a row went elsewhere.
    private func stragglers(_ result: FleetSimulation.Result, _ trace: [FleetSimulation.Request], after second: Double) -> Int {
        var count = 0
        var elsewhere = 0
        for (index, request) in trace.enumerated() where request.second >= second {
            if result.choices[index] == Self.good {
                count += 1 + elsewhere
                elsewhere = 0
            } else {
                elsewhere += 1
                if elsewhere == 50 { break }
            }
        }
        return count
    }

    @Test(arguments: [42, 2026] as [UInt64])
    func `traffic leaves a provider that turns slow, stays away while it fails, and comes back`(seed: UInt64) throws {
        let simulation = Self.simulation(seed: seed)
        let result = simulation.run(try RankingPolicy("BEST", Self.providers))
        let trace = simulation.trace
        #expect(result.share(of: Self.good, trace, 30..<Self.slowFrom) > 0.95)
        let left = stragglers(result, trace, after: Self.slowFrom)
        // Slow answers are known when they are whole, the first after 12 s, when some fifty requests are under way; and until then nothing was
        // known of the others, which a few requests find out.
        #expect(left < 200, "left after \(left) requests")
        #expect(result.share(of: Self.good, trace, Self.slowFrom + 60..<Self.failingFrom) < 0.05)
        #expect(result.share(of: Self.good, trace, Self.failingFrom..<Self.wellFrom) < 0.05)
        #expect(result.share(of: Self.good, trace, Self.wellFrom + 300..<Self.end) > 0.9, "it has come back within five minutes")
        print("fleet simulation, seed \(seed): left after \(left) requests (4 a second, slow answers take 12 s)")
    }

    @Test func `without exploration the same trace gives the same choices, request by request`() throws {
        let runs = try (0..<2).map { _ in
            try Self.simulation(seed: 42).run(try RankingPolicy("BEST", Self.providers) { $0.exploration.enabled = false })
        }
        #expect(runs[0] == runs[1])
    }

    @Test(arguments: [42, 2026] as [UInt64])
    func `against the usual orders on the same trace`(seed: UInt64) throws {
        let simulation = Self.simulation(seed: seed)
        let policies: [any SimulatedPolicy] = [
            try RankingPolicy("BEST", Self.providers), try RankingPolicy("BEST, exploration off", Self.providers) { $0.exploration.enabled = false },
            try RankingPolicy("BEST, fast", Self.providers, profile: "fast"), try RankingPolicy("BEST, cheap", Self.providers, profile: "cheap"),
            RoundRobin(Self.providers.count), LowestLatency(Self.providers.count), StaticOrder(Self.providers),
        ]
        let results = policies.map { ($0.name, simulation.run($0)) }
        print("fleet simulation, seed \(seed): \(simulation.trace.count) requests, at most \(FleetSimulation.attempts) attempts each")
        print("order                    success  first try  quality  p95 TTFT     cost")
        for (name, result) in results {
            print(
                pad(name, 24), pad(percent(result.successRate), 8), pad(percent(Double(result.firstTries) / Double(result.requests)), 10),
                pad(rounded(result.meanQuality, 1000), 8), pad(rounded(result.p95, 100) + " s", 9), "$" + rounded(result.dollars, 100))
        }
        let best = results[0].1
        let (roundRobin, lowest, fixed) = (results[4].1, results[5].1, results[6].1)
        #expect(best.successRate >= roundRobin.successRate && best.successRate >= fixed.successRate)
        #expect(best.meanQuality > roundRobin.meanQuality && best.meanQuality > lowest.meanQuality)
        #expect(best.p95 < fixed.p95 && best.p95 < roundRobin.p95)
        #expect(best.dollars < roundRobin.dollars)
        #expect(results[2].1.p95 < best.p95, "fast is faster")
        #expect(results[3].1.dollars < best.dollars, "cheap is cheaper")
    }

    private func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
    private func percent(_ value: Double) -> String { rounded(value * 100, 100) + " %" }
    private func rounded(_ value: Double, _ scale: Double) -> String { "\((value * scale).rounded() / scale)" }
}
