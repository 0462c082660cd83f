import EventLoop
import Foundation
import Gateway
import GatewayTesting
import Testing

/// The scenarios of `make fuzz`, decided by numbers that are the same each time, and by the inputs that once found something.
@Suite struct GatewayFuzzTests {
    private static let runsOfALot = 250

    private func bytes(_ random: inout RandomSource) -> [UInt8] {
        (0..<Int.random(in: 0...120, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    @Test(arguments: 0..<10)
    func `whatever clients, providers and the operator do, the gateway keeps its promises`(lot: Int) {
        var random = RandomSource(seed: UInt64(lot))
        for run in 0..<GatewayFuzzTests.runsOfALot {
            let input = bytes(&random)
            let problems = FuzzScenario.run(input)
            #expect(problems.isEmpty, "run \(run) of lot \(lot): \(input)")
        }
    }

    @Test(arguments: 0..<2)
    func `whatever one client does to honest providers, another is served as if it were alone`(lot: Int) {
        var random = RandomSource(seed: UInt64(lot))
        for run in 0..<GatewayFuzzTests.runsOfALot {
            let input = bytes(&random)
            let problems = IsolationScenario.run(input)
            #expect(problems.isEmpty, "run \(run) of lot \(lot): \(input)")
        }
    }

    @Test func `what has once been found is not found again`() throws {
        let seeds = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/Seeds")
        func inputs(_ target: String) throws -> [(name: String, bytes: [UInt8])] {
            try FileManager.default.contentsOfDirectory(at: seeds.appendingPathComponent(target), includingPropertiesForKeys: nil).map {
                ($0.lastPathComponent, Array(try Data(contentsOf: $0)))
            }
        }
        let (gateway, isolation) = (try inputs("gateway"), try inputs("isolation"))
        #expect(gateway.count > 10 && isolation.count > 3)
        for input in gateway { #expect(FuzzScenario.run(input.bytes).isEmpty, "\(input.name)") }
        for input in isolation { #expect(IsolationScenario.run(input.bytes).isEmpty, "\(input.name)") }
    }

    @Test func `a run is the same each time`() {
        var random = RandomSource(seed: 3)
        for _ in 0..<20 {
            let input = bytes(&random)
            var stories: [[String]] = [[], []]
            for place in 0..<2 { _ = FuzzScenario.run(input, trace: { stories[place].append($0) }) }
            #expect(stories[0] == stories[1])
        }
    }

    @Test func `nothing of a run outlives it`() throws {
        weak var gateway: Gateway?
        weak var loop: EventLoop?
        weak var simulation: GatewaySimulation?
        try withGateway(.script("a", .status(503), .chunks("x")), .script("b", .chunks("y")), hasStore: true) { running in
            (gateway, loop, simulation) = (running.gateway, running.loop, running)
            let client = running.client(running.addKey("key") { $0.requestsPerMinute = 5 })
            for _ in 0..<3 { client.chat(stream: true) }
            running.reload { $0.providers.removeFirst() }
            client.chat(fields: [("x-best-wait", "9")])
            running.advance(by: .seconds(100))
        }
        #expect(gateway == nil && loop == nil && simulation == nil)
    }
}
